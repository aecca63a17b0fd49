"""The page's side of a server, without a socket."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from digitnet.server.routing import Application
from live_server import ask

__all__ = ["Page"]


@dataclass(frozen=True)
class Page:
    """The page's side of a server.

    Attributes:
        app: The application.
        small: Id of a network of 20 and 12 neurons.
        few_classes: Id of one that knows three classes.
        folder: Of the studio.
    """

    app: Application
    small: str
    few_classes: str
    folder: Path

    def get(self, path: str, **query: Any) -> httpx.Response:
        """GET /studio/..."""
        return ask(self.app, "GET", f"/studio/{path}", params=query)

    def post(self, path: str, **request: Any) -> httpx.Response:
        """POST /studio/..."""
        return ask(self.app, "POST", f"/studio/{path}", **request)
