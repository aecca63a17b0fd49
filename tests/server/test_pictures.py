"""A picture in, the contract's JSON out."""

import zlib
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from digitnet.datasets import load_mnist
from digitnet.inference.answers import outcome
from digitnet.inference.classifier import Classifier
from digitnet.server.routing import Application
from live_server import ask


@pytest.fixture(scope="module")
def number() -> bytes:
    """PNG of three digits on paper."""
    images = load_mnist()[1].images[:3]
    paper = 255 - np.pad(np.hstack(list(images)), 8).repeat(3, 0).repeat(3, 1)
    buffer = BytesIO()
    Image.fromarray(paper).save(buffer, "PNG")
    return buffer.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a kilobyte that says it has many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def sent(app: Application, path: str, picture: bytes, kind: str = "image/png") -> httpx.Response:
    return ask(app, "POST", path, content=picture, headers={"Content-Type": kind} if kind else {})


def test_a_number_is_read_as_the_classifier_reads_it(app: Application, classifier: Classifier, number: bytes) -> None:
    response = sent(app, "/read", number)
    assert response.status_code == 200
    assert response.json() == outcome("", classifier.read_number(number))
    assert response.json()["text"] == "721"


def test_a_digit_is_read_as_the_classifier_reads_it(app: Application, classifier: Classifier, number: bytes) -> None:
    assert sent(app, "/predict", number).json() == outcome("", classifier.read_digit(number))


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "IMAGE/JPEG; q=1"])
def test_what_kind_of_picture_it_is_the_picture_tells(app: Application, number: bytes, kind: str) -> None:
    assert sent(app, "/read", number, kind).json()["text"] == "721"


def test_a_form_tells_the_name_of_the_file(app: Application, number: bytes) -> None:
    files = {"file": ("number.png", number, "image/png")}
    found = ask(app, "POST", "/read", files=files).json()
    assert (found["file"], found["text"]) == ("number.png", "721")


def test_a_blank_picture_is_no_mistake(app: Application) -> None:
    buffer = BytesIO()
    Image.new("L", (100, 80), 255).save(buffer, "PNG")
    found = sent(app, "/predict", buffer.getvalue()).json()
    assert (found["status"], found["digits"][0]["label"]) == ("not_a_digit", None)


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (b"not a picture", "not"),
        (b"\x89PNG\r\n\x1a\n cut off", "damaged"),
        (bomb(), "scale it down"),
        (bomb(1, 64_000_000), "cut it into pieces"),
    ],
    ids=["no picture", "damaged", "bomb", "strip"],
)
def test_a_picture_that_cannot_be_read(app: Application, picture: bytes, sentence: str) -> None:
    response = sent(app, "/read", picture)
    found: dict[str, Any] = response.json()
    assert response.status_code == 422
    assert (found["status"], found["digits"]) == ("error", [])
    assert sentence in found["error"]
    assert "/" not in found["error"].replace("60,000 x 60,000", "")  # no path


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_other_types_are_refused(app: Application, number: bytes, kind: str) -> None:
    response = sent(app, "/read", number, kind)
    assert response.status_code == 415
    assert "image/png" in response.json()["error"]


def test_an_empty_body_is_refused(app: Application) -> None:
    response = sent(app, "/read", b"")
    assert response.status_code == 400
    assert "empty" in response.json()["error"]
