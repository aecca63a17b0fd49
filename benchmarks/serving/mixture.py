"""Good requests and bad ones, and the status that each has to be answered with."""

import json
import zlib
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

import numpy as np
from PIL import Image

from benchmarks.serving.messages import INFER, infer_binary, infer_json, request
from digitnet.arrays import Images

_BOUNDARY = "a-part-of-a-form"


class Manner(Enum):
    """How a request is sent."""

    WHOLE = "whole"
    BEGUN = "begun"  # its headers alone; it has to be answered nevertheless, and its connection is of no more use
    CUT = "cut off"  # half of it, and then the client says that no more will come


@dataclass(frozen=True)
class Case:
    """One request."""

    name: str  # for people
    message: bytes  # it, as bytes
    is_good: bool  # whether it has to be answered with 200; otherwise with one of 400 to 499
    share: int = 1  # how many of it there are for one of the rarest
    manner: Manner = Manner.WHOLE  # how it is sent

    def is_right(self, status: int) -> bool:
        """Whether that is how it has to be answered."""
        return status == 200 if self.is_good else 400 <= status < 500


def cases(images: Images) -> list[Case]:
    """All kinds of requests.

    Returns good and bad ones; about one request in five is bad.
    """
    return [*_good(images), *_bad(images)]


def _good(images: Images) -> list[Case]:
    picture, number = _picture(images[0]), _picture(np.hstack(list(images[:4])))
    instances = json.dumps({"instances": images[:1].tolist()}).encode()
    part = 'Content-Disposition: form-data; name="file"; filename="number.png"\r\nContent-Type: image/png'
    form = f"--{_BOUNDARY}\r\n{part}\r\n\r\n".encode() + number + f"\r\n--{_BOUNDARY}--\r\n".encode()
    get = ("/v2", "/v2/models/digitnet", "/v2/health/live", "/v2/health/ready", "/metrics", "/openapi.json", "/")
    return [
        Case("infer, JSON", infer_json(images[:1]), is_good=True, share=20),
        Case("infer, binary", infer_binary(images[:1]), is_good=True, share=30),
        Case("infer, 256 images, binary", infer_binary(images[:256]), is_good=True, share=2),
        Case("TensorFlow Serving", request("/v1/models/digitnet:predict", instances), is_good=True, share=8),
        Case("predict, PNG", request("/predict", picture, "image/png"), is_good=True, share=6),
        Case("read, PNG", request("/read", number, "image/png"), is_good=True, share=3),
        Case("read, form", request("/read", form, f"multipart/form-data; boundary={_BOUNDARY}"), is_good=True, share=3),
        *(Case(f"GET {path}", request(path, method="GET"), is_good=True) for path in get),
    ]


def _bad(images: Images) -> list[Case]:
    good = infer_json(images[:1])
    pixels = images[:1].tolist()

    def infer(name: str, body: bytes) -> Case:
        return Case(name, request(INFER, body), is_good=False)

    def tensor(name: str, **changes: object) -> Case:
        fields = {"name": "images", "shape": [1, 28, 28], "datatype": "UINT8", "data": pixels, **changes}
        return infer(name, json.dumps({"inputs": [fields]}).encode())

    many = [(f"X-Header-{number}", "value") for number in range(10_000)]
    return [
        infer("malformed JSON", b'{"inputs": [{"name"'),
        infer("JSON nested 100,000 deep", b"[" * 100_000),
        infer("no inputs", b"{}"),
        tensor("wrong shape", shape=[1, 28, 27]),
        tensor("wrong datatype", datatype="FP64"),
        tensor("pixels that are not numbers", data=[[["a"] * 28] * 28]),
        tensor("NaN", data=[[[float("nan")] * 28] * 28]),
        tensor("pixel of 256", data=[[[256] * 28] * 28]),
        *_lies(images),
        Case("unknown model", request("/v2/models/other/infer", b"{}"), is_good=False),
        Case("unknown version", request("/v2/models/digitnet/versions/9/infer", b"{}"), is_good=False),
        Case("path traversal", request("/../../../../etc/passwd", method="GET"), is_good=False),
        Case("path traversal, escaped", request("/%2e%2e/%2e%2e/etc/passwd", method="GET"), is_good=False),
        Case("wrong method", request(INFER, method="DELETE"), is_good=False),
        Case("picture bomb", request("/read", _bomb(), "image/png"), is_good=False),
        Case("not a picture", request("/read", b"GIF89a but not really", "image/gif"), is_good=False),
        Case("10,000 headers", request("/v2", method="GET", headers=many), is_good=False),
        Case("not HTTP", b"HELLO\r\n\r\n", is_good=False),
        Case("body cut off", good[: len(good) // 2], is_good=False, manner=Manner.CUT),
    ]


def _lies(images: Images) -> list[Case]:
    """Binary requests whose numbers do not agree with their bytes."""
    whole = infer_binary(images[:1])
    head, _, body = whole.partition(b"\r\n\r\n")
    size = str(images[:1].nbytes).encode()
    claimed = whole.replace(b'"binary_data_size":' + size, b'"binary_data_size":' + b"9" * len(size))
    length = b"Inference-Header-Content-Length: "
    start = head.index(length) + len(length)
    too_long = head[:start] + b"9999999" + head[head.index(b"\r\n", start) :] if b"\r\n" in head[start:] else head
    length_alone = head[: head.index(b"Content-Length: ", start)] + b"Content-Length: 99999999999"
    return [
        Case("lying binary size", claimed, is_good=False),
        Case("lying header length", too_long + b"\r\n\r\n" + body, is_good=False),
        Case("100 GB announced", length_alone + b"\r\n\r\n", is_good=False, manner=Manner.BEGUN),
    ]


def _picture(image: Images) -> bytes:
    """PNG of ink on paper, three times as large, with a margin."""
    paper = 255 - np.pad(image, 8).repeat(3, 0).repeat(3, 1)
    buffer = BytesIO()
    Image.fromarray(paper).save(buffer, "PNG")
    return buffer.getvalue()


def _bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    side = (60_000).to_bytes(4, "big")
    header = side + side + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
