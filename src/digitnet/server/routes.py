"""Routes: the endpoints of a path by method, and whether they need the token."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Endpoint", "Route", "Routes", "get", "post"]

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """The endpoints of one path.

    Attributes:
        name: Its label in metrics; several paths may share one.
        endpoints: The endpoint of each method.
        is_open: Whether it is served without the token.
    """

    name: str
    endpoints: Mapping[str, Endpoint]
    is_open: bool = False

    @property
    def methods(self) -> str:
        """The methods it has, for the header Allow."""
        return ", ".join(sorted(self.endpoints))


Routes: TypeAlias = Mapping[str, Route]  # by path


def get(name: str, endpoint: Endpoint, *, is_open: bool = False) -> Route:
    """A route for GET and HEAD."""
    return Route(name, {"GET": endpoint, "HEAD": endpoint}, is_open)


def post(name: str, endpoint: Endpoint) -> Route:
    """A route for POST."""
    return Route(name, {"POST": endpoint})
