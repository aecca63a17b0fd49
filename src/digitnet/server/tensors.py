"""Bodies of the Open Inference Protocol: bytes -> images, outputs -> bytes; binary tensors follow the JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.errors import RequestError
from digitnet.server.bodies import parse_json
from digitnet.server.large_requests import Answers
from digitnet.server.numbers import to_pixels
from digitnet.server.replies import dump_json
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION

__all__ = ["INPUT", "OUTPUTS", "InferenceRequest", "binary_tensors", "json_pieces", "read_request"]

INPUT = "images"
OUTPUTS = {"probabilities": "FP32", "logits": "FP32", "labels": "UINT8"}  # the name and datatype of each

# Rows of an output that are written at once, in less than a millisecond: others are answered before the next ones are.
_ROWS = 512
_PIXELS = IMAGE_SIDE * IMAGE_SIDE


@dataclass(frozen=True, slots=True, eq=False)
class InferenceRequest:
    """An inference request.

    Attributes:
        images: uint8 (n, 28, 28).
        outputs: Name of each requested output, and whether as a binary tensor.
        id: The client's name for the request; None without one.
    """

    images: Images
    outputs: tuple[tuple[str, bool], ...]
    id: str | None

    @property
    def with_logits(self) -> bool:
        """Whether the logits are requested."""
        return any(name == "logits" for name, _ in self.outputs)


def read_request(body: bytes | bytearray, json_length: int | None) -> InferenceRequest:
    """Read the body of an inference request.

    Args:
        body: JSON; after it the bytes of a binary tensor, if there is one.
        json_length: How many bytes are JSON; None for all of them.

    Returns:
        The request.

    Raises:
        RequestError: 400, the body does not follow the protocol or does not fit the model.
    """
    if json_length is not None and json_length > len(body):
        raise RequestError(f"Inference-Header-Content-Length is {json_length:,}, but the body has {len(body):,} bytes")
    content = parse_json(body if json_length is None else body[:json_length])
    name = content.get("id")
    if "id" in content and not isinstance(name, str):
        raise RequestError("id is not a string")
    images = _images(content, b"" if json_length is None else memoryview(body)[json_length:])
    return InferenceRequest(images, _outputs(content), name)


def json_pieces(request: InferenceRequest, answers: Answers) -> Iterator[bytes]:
    """Write the JSON of a response, a few hundred rows at a time.

    Args:
        request: The request.
        answers: The model's outputs.

    Yields:
        The next piece of the JSON; for few images all of it.
    """
    named = {} if request.id is None else {"id": request.id}
    head = dump_json({**named, "model_name": MODEL_NAME, "model_version": MODEL_VERSION})
    pieces = [head[:-1], b',"outputs":[']  # without the brace at its end
    for place, (name, is_binary) in enumerate(request.outputs):
        values = _values(name, answers)
        tensor: dict[str, Any] = {"name": name, "datatype": OUTPUTS[name], "shape": values.shape}
        if place:
            pieces.append(b",")
        if is_binary:
            pieces.append(dump_json({**tensor, "parameters": {"binary_data_size": values.nbytes}}))
            continue
        pieces += [dump_json(tensor)[:-1], b',"data":[']
        for start in range(0, len(values), _ROWS):
            if start:
                yield b"".join(pieces)
                pieces = [b","]
            rows = np.ascontiguousarray(values[start : start + _ROWS]).reshape(-1)
            pieces.append(dump_json(rows)[1:-1])
        pieces.append(b"]}")
    yield b"".join([*pieces, b"]}"])


def binary_tensors(request: InferenceRequest, answers: Answers) -> list[bytes]:
    """The bytes that follow the JSON of a response.

    Args:
        request: The request.
        answers: The model's outputs.

    Returns:
        Each output that is requested as a binary tensor; none for a response that is all JSON.
    """
    return [_values(name, answers).tobytes() for name, is_binary in request.outputs if is_binary]


def _values(name: str, answers: Answers) -> AnyArray:
    if name == "labels":
        labels: AnyArray = answers.probabilities.argmax(axis=1).astype(np.uint8)
        return labels
    values = answers.probabilities if name == "probabilities" else answers.logits
    if values is None:
        raise ValueError(f"{name} have not been computed")
    return np.asarray(values, "<f4")  # little-endian, as the protocol demands


def _images(content: dict[str, Any], tensors: bytes | memoryview) -> Images:
    inputs = content.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise RequestError(f'inputs is not an array of one object: expected the input "{INPUT}" alone')
    tensor: dict[str, Any] = inputs[0]
    if tensor.get("name") != INPUT:
        raise RequestError(f'the name of the input is {_quoted(tensor.get("name"))}: expected "{INPUT}"')
    if tensor.get("datatype") != "UINT8":
        raise RequestError(
            f'the datatype of "{INPUT}" is {_quoted(tensor.get("datatype"))}: expected "UINT8", pixels from 0 to 255'
        )
    shape = _shape(tensor.get("shape"))
    size = _parameters(tensor, f'the input "{INPUT}"').get("binary_data_size")
    if size is None:
        return _from_json(tensor, shape, tensors)
    return _from_bytes(tensor, shape, size, tensors)


def _shape(shape: Any) -> tuple[int, int, int]:
    side = IMAGE_SIDE
    if (
        not isinstance(shape, list)
        or any(type(length) is not int for length in shape)
        or shape[1:] != [side, side]
        or shape[0] < 0
    ):
        raise RequestError(f'the shape of "{INPUT}" is {_quoted(shape)}: expected [n, {side}, {side}]')
    return shape[0], side, side


def _from_json(tensor: dict[str, Any], shape: tuple[int, int, int], tensors: bytes | memoryview) -> Images:
    if len(tensors):
        raise RequestError(f'{len(tensors):,} bytes follow the JSON, but "{INPUT}" has no binary_data_size')
    if "data" not in tensor:
        raise RequestError(f'the input "{INPUT}" has neither data nor a binary_data_size')
    pixels = to_pixels(tensor["data"], f'the data of "{INPUT}"')
    if pixels.size != shape[0] * _PIXELS or (pixels.ndim > 1 and pixels.shape != shape):
        raise RequestError(f'the data of "{INPUT}" has the shape {list(pixels.shape)}: expected {list(shape)}, or flat')
    return pixels.reshape(shape)


def _from_bytes(tensor: dict[str, Any], shape: tuple[int, int, int], size: Any, tensors: bytes | memoryview) -> Images:
    if "data" in tensor:
        raise RequestError(f'the input "{INPUT}" has both data and a binary_data_size')
    if type(size) is not int or size != shape[0] * _PIXELS:
        raise RequestError(
            f'the binary_data_size of "{INPUT}" is {_quoted(size)}: {list(shape)} of UINT8 are '
            f"{shape[0] * _PIXELS:,} bytes"
        )
    if len(tensors) != size:
        raise RequestError(f'{len(tensors):,} bytes follow the JSON: expected the {size:,} of "{INPUT}"')
    return np.frombuffer(tensors, np.uint8).reshape(shape)


def _outputs(content: dict[str, Any]) -> tuple[tuple[str, bool], ...]:
    all_binary = _boolean(_parameters(content, "the request").get("binary_data_output", False), "binary_data_output")
    wanted = content.get("outputs", [])
    if wanted == []:
        return tuple((name, all_binary) for name in OUTPUTS)
    if not isinstance(wanted, list) or not all(isinstance(output, dict) for output in wanted):
        raise RequestError("outputs is not an array of objects")
    outputs = tuple(_output(output, all_binary) for output in wanted)
    if len({name for name, _ in outputs}) < len(outputs):
        raise RequestError("an output is requested twice")
    return outputs


def _output(output: dict[str, Any], all_binary: bool) -> tuple[str, bool]:
    name = output.get("name")
    if not isinstance(name, str) or name not in OUTPUTS:
        raise RequestError(f"there is no output {_quoted(name)}: the model has {', '.join(OUTPUTS)}")
    parameters = _parameters(output, f'the output "{name}"')
    if "classification" in parameters:
        raise RequestError('the parameter classification is not offered: ask for "labels" or "probabilities"')
    return name, _boolean(parameters.get("binary_data", all_binary), "binary_data")


def _parameters(content: dict[str, Any], owner: str) -> dict[str, Any]:
    parameters = content.get("parameters", {})
    if not isinstance(parameters, dict):
        raise RequestError(f"the parameters of {owner} are not an object")
    if "shared_memory_region" in parameters:
        raise RequestError(f"{owner} is said to be in shared memory, which is not offered: send it in the request")
    return parameters


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"{name} is not true or false")
    return value


def _quoted(value: Any) -> str:
    """A value that a client sent, as JSON of at most 40 characters."""
    text = dump_json(value).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."
