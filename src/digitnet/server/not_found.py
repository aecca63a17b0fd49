"""Responses for unknown paths (404)."""

import re

from digitnet.errors import RequestError
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION

__all__ = ["not_found"]

_MODEL = re.compile(r"/v[12]/models/([^/:]+)(?:/versions/([^/:]+))?")


def not_found(path: str) -> RequestError:
    """The error for a path without an endpoint.

    Args:
        path: As the client sent it.

    Returns:
        An error of status 404, whose sentence names what exists instead.
    """
    found = _MODEL.match(path)
    if found and found[1] != MODEL_NAME:
        return RequestError(f"there is no such model: the model here is {MODEL_NAME}", 404)
    if found and found[2] not in {None, MODEL_VERSION}:
        return RequestError(f"there is no such version of {MODEL_NAME}: the version here is {MODEL_VERSION}", 404)
    return RequestError("there is nothing at this path: /openapi.json describes what there is", 404)
