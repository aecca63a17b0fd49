"""The server's OpenAPI 3.1 description: `openapi.json`, completed with what depends on the model and the settings."""

import functools
from pathlib import Path
from typing import Any

import orjson

from digitnet import __version__
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION, Settings

__all__ = ["description"]

_FILE = Path(__file__).with_suffix(".json")
_EVERYWHERE = ("400", "403", "503")  # every endpoint may answer with these statuses


def description(classes: int, settings: Settings) -> dict[str, Any]:
    """Describe the server's endpoints in OpenAPI 3.1, without the files of the page.

    Args:
        classes: Number of classes of the model.
        settings: The server's settings.

    Returns:
        The description, ready to be written as JSON.
    """
    content: dict[str, Any] = orjson.loads(_file_content())
    content["info"]["version"] = __version__
    content["servers"] = [{"url": "/" + settings.root_path.strip("/")}]
    schemas = content["components"]["schemas"]
    schemas["Label"]["maximum"] = classes - 1
    schemas["Digit"]["properties"]["probabilities"]["maxItems"] = classes
    schemas["Probabilities"] |= {"minItems": classes, "maxItems": classes}
    for item in content["paths"].values():
        for operation in item.values():
            statuses = [*_EVERYWHERE]
            if settings.token is not None and operation["tags"] != ["health"]:  # health checks carry no token
                operation["security"] = [{"token": []}]
                statuses.append("401")
            shared = {status: {"$ref": f"#/components/responses/{status}"} for status in statuses}
            operation["responses"] = shared | operation["responses"]
    # Each path of the model exists once more with the one version in it.
    model = f"/models/{MODEL_NAME}"
    versioned = {
        path.replace(model, f"{model}/versions/{MODEL_VERSION}"): item for path, item in content["paths"].items()
    }
    content["paths"] |= versioned
    return content


@functools.cache
def _file_content() -> bytes:
    return _FILE.read_bytes()
