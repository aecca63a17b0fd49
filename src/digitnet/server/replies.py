"""JSON responses and error responses, by orjson: it writes NumPy arrays, and nothing that is not JSON, such as NaN."""

import re
from typing import Any

import orjson
from starlette.responses import Response

from digitnet.errors.escaping import escape_controls

__all__ = ["dump_json", "error_response", "json_response", "without_folders"]

_Headers = tuple[tuple[str, str], ...]


def dump_json(content: Any) -> bytes:
    """JSON text in UTF-8; NumPy arrays as nested lists, float32 with as many digits as it takes and no more."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def json_response(content: Any, status: int = 200, headers: _Headers = ()) -> Response:
    """A response with JSON.

    Args:
        content: Dicts, lists, text, numbers, dataclasses, contiguous NumPy arrays.
        status: Status of the response.
        headers: Names and values of more headers.

    Returns:
        The response.

    Raises:
        TypeError: Something in the content is not JSON.
    """
    return Response(dump_json(content), status, dict(headers), "application/json")


def error_response(status: int, message: str, headers: _Headers = ()) -> Response:
    """An error response in the form of all of the server's protocols: {"error": "..."}.

    Args:
        status: 400 to 599.
        message: One sentence; line breaks become spaces, and control characters are written out.
        headers: Names and values of more headers.

    Returns:
        The response.
    """
    # The message may quote what a client sent, which need not be encodable as UTF-8.
    text = " ".join(message.encode("utf-8", "backslashreplace").decode().split())
    return json_response({"error": escape_controls(text)}, status, headers)


def without_folders(text: str) -> str:
    """Remove the folders from all paths in a message: clients see no more of this machine than names of files.

    Args:
        text: Message of an error.
    """
    return re.sub(r"(?:[A-Za-z]:)?(?:[/\\][^\s/\\:']+)+[/\\]([^\s/\\:']+)", r"\1", text)
