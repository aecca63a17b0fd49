"""What the bodies of requests and responses look like, as JSON Schema, for the description of the server."""

from typing import Any, TypeAlias

from digitnet.arrays import IMAGE_SIDE
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION
from digitnet.server.tensors import INPUT, OUTPUTS

__all__ = ["Schema", "reference", "schemas"]

Schema: TypeAlias = dict[str, Any]

_PIXEL: Schema = {"type": "integer", "minimum": 0, "maximum": 255, "description": "0 = paper, 255 = ink"}
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NEVER = False  # a schema that nothing fits


def schemas(classes: int) -> dict[str, Schema]:
    """All named schemas.

    Args:
        classes: How many the model tells apart.
    """
    return {
        "Error": _object({"error": _TEXT}),
        "ServerMetadata": _object({"name": _TEXT, "version": _TEXT, "extensions": _array(_TEXT)}),
        "Live": _object({"live": {"const": True}}),
        "Ready": _object({"ready": {"type": "boolean"}}),
        "ModelReady": _object({"name": {"const": MODEL_NAME}, "ready": {"type": "boolean"}}),
        "ModelMetadata": _model_metadata(),
        "InferenceRequest": _inference_request(),
        "InferenceResponse": _inference_response(),
        "ModelStatus": _object({"model_version_status": _array({"type": "object"})}),
        "ServingMetadata": _object({"model_spec": {"type": "object"}, "metadata": {"type": "object"}}),
        "PredictRequest": _predict_request(),
        "PredictResponse": _predict_response(classes),
        "Answer": _answer(classes),
        "PictureError": _picture_error(),
    }


def reference(name: str) -> Schema:
    """A named schema, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any], *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _array(items: Schema, least: int = 0, most: int | None = None) -> Schema:
    bounds = {} if most is None else {"maxItems": most}
    return {"type": "array", "items": items, "minItems": least, **bounds}


def _tuple(*items: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(items), "minItems": len(items), "maxItems": len(items)}


def _rows() -> Schema:
    return _array(_array(_PIXEL, IMAGE_SIDE, IMAGE_SIDE), IMAGE_SIDE, IMAGE_SIDE)


def _model_metadata() -> Schema:
    tensor = _object({"name": _TEXT, "datatype": _TEXT, "shape": _array({"type": "integer"})})
    return _object(
        {
            "name": {"const": MODEL_NAME},
            "versions": _array(_TEXT),
            "platform": _TEXT,
            "inputs": _array(tensor),
            "outputs": _array(tensor),
        }
    )


def _inference_request() -> Schema:
    side: Schema = {"const": IMAGE_SIDE}
    tensor = _object(
        {
            "name": {"const": INPUT},
            "datatype": {"const": "UINT8"},
            "shape": _tuple({"type": "integer", "minimum": 0}, side, side),
            "data": {
                "description": "All pixels, flat or nested as the shape says.",
                "anyOf": [_array(_PIXEL), _array(_rows())],
            },
            "parameters": {
                "type": "object",
                "properties": {"binary_data_size": _COUNT, "shared_memory_region": _NEVER},
            },
        },
        "data",
        "parameters",
    )
    output = _object(
        {
            "name": {"enum": list(OUTPUTS)},
            "parameters": {
                "type": "object",
                "properties": {
                    "binary_data": {"type": "boolean"},
                    "classification": _NEVER,
                    "shared_memory_region": _NEVER,
                },
            },
        },
        "parameters",
    )
    parameters = {"type": "object", "properties": {"binary_data_output": {"type": "boolean"}}}
    return _object(
        {"id": _TEXT, "parameters": parameters, "inputs": _array(tensor, 1, 1), "outputs": _array(output)},
        *("id", "parameters", "outputs"),
    )


def _inference_response() -> Schema:
    output = _object(
        {
            "name": {"enum": list(OUTPUTS)},
            "datatype": {"enum": sorted(set(OUTPUTS.values()))},
            "shape": _array(_COUNT, 1, 2),
            "data": _array(_NUMBER),
            "parameters": _object({"binary_data_size": _COUNT}),
        },
        "data",
        "parameters",
    )
    name, version = {"const": MODEL_NAME}, {"const": MODEL_VERSION}
    return _object({"id": _TEXT, "model_name": name, "model_version": version, "outputs": _array(output)}, "id")


def _predict_request() -> Schema:
    image: Schema = {
        "anyOf": [
            _rows(),
            _array(_array(_array(_PIXEL, 1, 1), IMAGE_SIDE, IMAGE_SIDE), IMAGE_SIDE, IMAGE_SIDE),
            _array(_PIXEL, IMAGE_SIDE * IMAGE_SIDE, IMAGE_SIDE * IMAGE_SIDE),
        ]
    }
    named = {**_object({INPUT: image}), "additionalProperties": False}
    rows: Schema = {"anyOf": [_array(image, 1), _array(named, 1)]}
    columns = {**_object({INPUT: _array(image)}), "additionalProperties": False}
    request = _object(
        {
            "signature_name": {"const": "serving_default"},
            "instances": rows,
            "inputs": {"anyOf": [_array(image), columns]},
        },
        *("signature_name", "instances", "inputs"),
    )
    return {**request, "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}]}


def _predict_response(classes: int) -> Schema:
    rows = _array(_array(_SHARE, classes, classes))
    response = _object({"predictions": rows, "outputs": rows}, "predictions", "outputs")
    return {**response, "oneOf": [{"required": ["predictions"]}, {"required": ["outputs"]}]}


def _answer(classes: int) -> Schema:
    label: Schema = {"type": "integer", "minimum": 0, "maximum": classes - 1}
    status: Schema = {"enum": ["ok", "unsure", "not_a_digit"]}
    digit = _object(
        {
            "label": {"anyOf": [label, {"type": "null"}]},
            "confidence": _SHARE,
            "candidates": _array(label),
            "probabilities": _array(_SHARE, 0, classes),
            "box": _array(_NUMBER, 4, 4),
            "line": _COUNT,
            "status": status,
        }
    )
    return _object(
        {
            "file": _TEXT,
            "status": status,
            "text": _TEXT,
            "digits": _array(digit),
            "notes": _array(_TEXT),
            "error": {"type": "null"},
        }
    )


def _picture_error() -> Schema:
    return _object(
        {
            "file": _TEXT,
            "status": {"const": "error"},
            "text": {"const": ""},
            "digits": _array({}, 0, 0),
            "notes": _array(_TEXT),
            "error": _TEXT,
        }
    )
