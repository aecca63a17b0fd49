"""The description of all of this."""

from typing import Any

from digitnet import __version__
from digitnet.server.settings import Settings

__all__ = ["description"]


def description(classes: int, settings: Settings) -> dict[str, Any]:
    """What OpenAPI says."""
    return {"openapi": "3.1.0", "info": {"title": "digitnet", "version": __version__}, "paths": {}}
