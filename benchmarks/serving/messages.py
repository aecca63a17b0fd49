"""What is sent to the servers, and how their answers are read: the same images in the form that each understands."""

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images

Headers = Sequence[tuple[str, str]]
Message = Callable[[Images], bytes]  # images uint8 (n, 28, 28) -> a whole HTTP request
Reader = Callable[[dict[str, str], bytes], NDArray[Any]]  # headers and body of an answer -> probabilities (n, 10)

INFER = "/v2/models/digitnet/infer"
_JSON = "application/json"


@dataclass(frozen=True)
class Forms:
    """How a server is asked, in two ways, and how its answers are read."""

    json: Message  # pixels as numbers in JSON
    compact: Message  # pixels in the most compact form that it reads over HTTP
    compact_name: str  # what that is
    read_json: Reader  # reads an answer to the first
    read_compact: Reader  # reads an answer to the second


def request(
    path: str, body: bytes = b"", content_type: str = _JSON, method: str = "POST", headers: Headers = ()
) -> bytes:
    """A whole HTTP/1.1 request for a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    if body or method == "POST":
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def infer_json(images: Images) -> bytes:
    """The Open Inference Protocol, pixels as nested lists."""
    return request(INFER, _dumped(_inference({"datatype": "UINT8", "data": images.tolist()}, images)))


def infer_binary(images: Images) -> bytes:
    """The Open Inference Protocol with its binary extension, both ways."""
    pixels = images.tobytes()
    tensor = {"datatype": "UINT8", "parameters": {"binary_data_size": len(pixels)}}
    head = _dumped(_inference(tensor, images, binary_data=True))
    length = ("Inference-Header-Content-Length", str(len(head)))
    return request(INFER, head + pixels, "application/octet-stream", headers=[length])


def _inference(tensor: dict[str, Any], images: Images, *, binary_data: bool = False) -> dict[str, Any]:
    output: dict[str, Any] = {"name": "probabilities"}
    if binary_data:
        output["parameters"] = {"binary_data": True}
    return {"inputs": [{"name": "images", "shape": list(images.shape), **tensor}], "outputs": [output]}


def _base64(images: Images) -> str:
    return base64.b64encode(images.tobytes()).decode("ascii")


def _dumped(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _open_inference_json(_: dict[str, str], body: bytes) -> NDArray[Any]:
    (output,) = (output for output in json.loads(body)["outputs"] if output["name"] == "probabilities")
    return np.asarray(output["data"], np.float32).reshape(output["shape"])


def _open_inference_binary(headers: dict[str, str], body: bytes) -> NDArray[Any]:
    end = int(headers["inference-header-content-length"])
    (output,) = json.loads(body[:end])["outputs"]
    return np.frombuffer(body[end:], np.float32).reshape(output["shape"])


def _named_probabilities(_: dict[str, str], body: bytes) -> NDArray[Any]:
    return np.asarray(json.loads(body)["probabilities"], np.float32)


def _bare_list(_: dict[str, str], body: bytes) -> NDArray[Any]:
    return np.asarray(json.loads(body), np.float32).reshape(-1, 10)


def _mlserver_base64(images: Images) -> bytes:
    tensor = {"name": "images", "datatype": "BYTES", "shape": [1], "data": [_base64(images)]}
    return request(INFER, _dumped({"inputs": [tensor]}))


OURS = Forms(infer_json, infer_binary, "binary tensors", _open_inference_json, _open_inference_binary)
MLSERVER = Forms(infer_json, _mlserver_base64, "base64 in JSON", _open_inference_json, _open_inference_json)
LITSERVE = Forms(
    lambda images: request("/predict", _dumped({"images": images.tolist()})),
    lambda images: request("/predict", _dumped({"base64": _base64(images)})),
    "base64 in JSON",
    _named_probabilities,
    _named_probabilities,
)
BENTOML = Forms(
    lambda images: request("/numbers", _dumped({"images": images.tolist()})),
    lambda images: request("/text", _dumped({"images": [_base64(image) for image in images]})),
    "base64 in JSON",
    _bare_list,
    _bare_list,
)


def write_messages(messages: Iterable[bytes], path: Path) -> None:
    """Write requests where a client in another process finds them: the length on a line, then the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"%d\n%b" % (len(message), message) for message in messages))


def read_messages(path: Path) -> list[bytes]:
    """Read what `write_messages` wrote.

    Raises ValueError where the file is not one of these.
    """
    messages = []
    with path.open("rb") as file:
        while line := file.readline():
            messages.append(file.read(int(line)))
    return messages
