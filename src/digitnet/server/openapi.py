"""The description of all of this, as OpenAPI 3.1; tests hold it against what the server does."""

from typing import Any

from digitnet import __version__
from digitnet.server.open_inference import JSON_LENGTH
from digitnet.server.schemas import Schema, reference, schemas
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION, Settings

__all__ = ["description"]

_REASONS = {
    400: "The request is malformed.",
    401: "The token is missing or wrong.",
    403: "The host or the origin is not allowed.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The body's type or encoding is not read.",
    422: "The picture cannot be read: damaged, not a picture, or of too many pixels.",
    503: "The server has too much to do, or is about to end; Retry-After tells when to try again.",
}
_ALWAYS = (400, 403, 503)
_BINARY: Schema = {"type": "string", "format": "binary"}
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/tiff", "application/pdf", "application/octet-stream")


def description(classes: int, settings: Settings) -> dict[str, Any]:
    """What OpenAPI says of the server; the page's own paths are not among it.

    Args:
        classes: How many the model tells apart.
        settings: Of the server.

    Returns:
        JSON-ready.
    """
    prefix = settings.root_path.strip("/")
    needs_token = settings.token is not None
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "digitnet",
            "version": __version__,
            "summary": "Handwritten digits: Open Inference Protocol V2, TensorFlow Serving's REST, and pictures.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"/{prefix}" if prefix else "/"}],
        "paths": {path: _path(item, needs_token=needs_token) for path, item in _paths().items()},
        "components": {
            "schemas": schemas(classes),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, dict[str, Any]]:
    return {**_open_inference(), **_tensorflow_serving(), **_pictures(), **_operation()}


def _path(item: dict[str, Any], *, needs_token: bool) -> dict[str, Any]:
    """The item, with what depends on the token."""
    if not needs_token:
        return item
    return {method: _with_token(operation) for method, operation in item.items()}


def _with_token(operation: dict[str, Any]) -> dict[str, Any]:
    if operation["tags"] == ["health"]:  # open to whoever watches over the server
        return operation
    responses = {**operation["responses"], **_errors(401)}
    return {**operation, "security": [{"token": []}], "responses": responses}


def _open_inference() -> dict[str, dict[str, Any]]:
    model = f"/v2/models/{MODEL_NAME}"
    ready = _get("Whether the model answers.", "ModelReady", also={"503": _json("It does not.", "ModelReady")})
    metadata = _get("What the model takes and gives.", "ModelMetadata")
    health = {"tags": ["health"]}
    described = {
        "/v2": _get("Who serves.", "ServerMetadata"),
        "/v2/health/live": {"get": {**_get("Whether the process answers.", "Live")["get"], **health}},
        "/v2/health/ready": {
            "get": {
                **_get("Whether to send requests.", "Ready", also={"503": _json("Not any more.", "Ready")})["get"],
                **health,
            }
        },
    }
    for base in (model, f"{model}/versions/{MODEL_VERSION}"):
        described |= {base: metadata, f"{base}/ready": ready, f"{base}/infer": _infer()}
    return described


def _infer() -> dict[str, Any]:
    answer = _json("Probabilities, logits and labels.", "InferenceResponse")
    answer["content"]["application/octet-stream"] = {"schema": _BINARY}
    answer["headers"] = {JSON_LENGTH: {"description": "Bytes of JSON before the tensors.", "schema": _integer()}}
    body = {
        "application/json": {"schema": reference("InferenceRequest")},
        "application/octet-stream": {"schema": _BINARY},
    }
    header = {
        "name": JSON_LENGTH,
        "in": "header",
        "description": "How many bytes of the body are JSON, where the bytes of a tensor follow.",
        "schema": _integer(),
    }
    return _post("Classify images.", body, answer, (408, 413, 415), "open inference", [header])


def _tensorflow_serving() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = {}
    for base in (model := f"/v1/models/{MODEL_NAME}", f"{model}/versions/{MODEL_VERSION}"):
        body = {"application/json": {"schema": reference("PredictRequest")}}
        answer = _json("Probabilities.", "PredictResponse")
        described |= {
            base: _get("Which versions there are.", "ModelStatus", "tensorflow serving"),
            f"{base}/metadata": _get("What the model takes and gives.", "ServingMetadata", "tensorflow serving"),
            f"{base}:predict": _post("Classify images.", body, answer, (408, 413), "tensorflow serving"),
        }
    return described


def _pictures() -> dict[str, dict[str, Any]]:
    form = {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}
    body = {
        **{kind: {"schema": _BINARY} for kind in _PICTURE_TYPES},
        "multipart/form-data": {"schema": form},
    }

    def operation(summary: str) -> dict[str, Any]:
        described = _post(summary, body, _json("What was read.", "Answer"), (408, 413, 415), "pictures")
        described["post"]["responses"]["422"] = _json(_REASONS[422], "PictureError")
        return described

    return {
        "/read": operation("Read all numbers of a picture."),
        "/predict": operation("Read the one digit of a picture."),
    }


def _operation() -> dict[str, dict[str, Any]]:
    text = {"description": "Measurements.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    this = {"description": "This.", "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "/metrics": {"get": _described("For Prometheus.", {"200": text}, (), "operation")},
        "/openapi.json": {"get": _described("This description.", {"200": this}, (), "operation")},
    }


def _get(summary: str, schema: str, tag: str = "open inference", also: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"get": _described(summary, {"200": _json("OK.", schema), **(also or {})}, (), tag)}


def _post(
    summary: str,
    body: dict[str, Any],
    answer: dict[str, Any],
    refusals: tuple[int, ...],
    tag: str,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    operation = _described(summary, {"200": answer}, refusals, tag)
    return {"post": {**operation, "parameters": parameters or [], "requestBody": {"required": True, "content": body}}}


def _described(summary: str, responses: dict[str, Any], refusals: tuple[int, ...], tag: str) -> dict[str, Any]:
    return {"summary": summary, "tags": [tag], "responses": {**_errors(*_ALWAYS, *refusals), **responses}}


def _errors(*statuses: int) -> dict[str, Any]:
    return {str(status): _json(_REASONS[status], "Error") for status in statuses}


def _json(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": reference(schema)}}}


def _integer() -> Schema:
    return {"type": "integer", "minimum": 0}
