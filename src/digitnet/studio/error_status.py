"""The HTTP status of each error of the teaching, and texts in JSON."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from digitnet.errors import DigitnetError, RequestError
from digitnet.studio.teaching import BusyError, FullError, NotFoundError, StorageError

__all__ = ["Endpoint", "text_of", "with_error_status"]

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_STATUS: tuple[tuple[type[DigitnetError], int], ...] = (
    (NotFoundError, 404),
    (BusyError, 409),
    (FullError, 409),
    (StorageError, 503),  # a full or unwritable disk: not the client's mistake, and not one of the program's own
)


def with_error_status(endpoint: Endpoint) -> Endpoint:
    """The same endpoint; an error of `digitnet.studio.teaching.errors` becomes an answer with its HTTP status."""

    async def checked(request: Request) -> Response:
        try:
            return await endpoint(request)
        except tuple(kind for kind, _ in _STATUS) as error:
            status = next(status for kind, status in _STATUS if isinstance(error, kind))
            raise RequestError(str(error), status) from error

    return checked


def text_of(content: dict[str, Any], name: str, default: str | None = None) -> str:
    """A text in an object of JSON.

    Args:
        content: The object.
        name: Of the text.
        default: What a missing one is; None where it may not be missing.

    Returns:
        The text.

    Raises:
        RequestError: 400, it is missing or something else.
    """
    value = content.get(name, default)
    if not isinstance(value, str):
        found = "nothing" if name not in content else repr(value)[:40]
        raise RequestError(f"{name} is {found}: expected a text")
    return value
