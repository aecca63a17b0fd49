"""What is said of a path that there is not."""

import re

from digitnet.errors import RequestError
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION

__all__ = ["unknown"]

_MODEL = re.compile(r"/v[12]/models/([^/:]+)(?:/versions/([^/:]+))?")


def unknown(path: str) -> RequestError:
    """The refusal of a path.

    Args:
        path: As a client asked for it.

    Returns:
        An error of status 404, whose sentence says what there is instead.
    """
    found = _MODEL.match(path)
    if found and found[1] != MODEL_NAME:
        return RequestError(f"there is no such model: the model here is {MODEL_NAME}", 404)
    if found and found[2] not in {None, MODEL_VERSION}:
        return RequestError(f"there is no such version of {MODEL_NAME}: the version here is {MODEL_VERSION}", 404)
    return RequestError("there is nothing at this path: /openapi.json describes what there is", 404)
