"""What an endpoint is, and which of them a path and a method mean."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Endpoint", "Route", "Routes", "get", "post"]

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """What one path offers.

    Attributes:
        name: In measurements: one of few.
        endpoints: For each method.
        is_open: Whether it needs no token.
    """

    name: str
    endpoints: Mapping[str, Endpoint]
    is_open: bool = False

    @property
    def methods(self) -> str:
        """All that it offers, for the header Allow."""
        return ", ".join(sorted(self.endpoints))


Routes: TypeAlias = Mapping[str, Route]  # by path


def get(name: str, endpoint: Endpoint, *, is_open: bool = False) -> Route:
    """A path to be read."""
    return Route(name, {"GET": endpoint, "HEAD": endpoint}, is_open)


def post(name: str, endpoint: Endpoint) -> Route:
    """A path to send something to."""
    return Route(name, {"POST": endpoint})
