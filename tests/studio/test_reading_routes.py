"""What the server is, and what is written in a drawing."""

import base64
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from digitnet.arrays import AnyArray
from digitnet.datasets import load_mnist
from digitnet.inference.answers import outcome
from digitnet.inference.classifier import Classifier
from digitnet.studio.teaching.settings import described_settings
from studio_page import Page


def png(pixels: AnyArray) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def number() -> bytes:
    """Three digits on paper."""
    images = load_mnist()[1].images[:3]
    return png(255 - np.pad(np.hstack(list(images)), 8).repeat(4, 0).repeat(4, 1))


@pytest.fixture(scope="module")
def photo() -> bytes:
    """The same digits on brownish paper under uneven light, larger than the page has room for."""
    ink = np.pad(np.hstack(list(load_mnist()[1].images[:3])), 12).repeat(8, 0).repeat(8, 1)
    light = np.linspace(230, 120, ink.shape[1])[np.newaxis, :, np.newaxis] * np.array([1, 0.95, 0.85])
    noise = np.random.default_rng(0).normal(0, 2, (*ink.shape, 3))
    return png((light * (1 - 0.8 * ink[:, :, np.newaxis] / 255) + noise).clip(0, 255).astype(np.uint8))


def test_the_server_tells_what_it_is(page: Page, classifier: Classifier) -> None:
    told = page.get("about").json()
    assert told["model"]["class_names"] == list("0123456789")
    assert told["model"]["parameters"] == sum(layer["parameters"] for layer in classifier.metadata.layers)
    assert told["models"][0] == {"id": "", "name": "Built-in network"}
    assert {model["id"] for model in told["models"][1:]} == {page.small, page.few_classes}
    assert told["training"]["available"] is False
    assert "--no-training" in told["training"]["reason"]
    assert told["training"]["settings"] == described_settings()
    assert told["limits"]["picture_bytes"] == 32 << 20
    assert str(page.folder) not in page.get("about").text


def test_a_picture_that_is_too_long_is_the_clients_mistake(page: Page) -> None:
    response = page.post("read", content=png(np.full((1, 1001), 255, np.uint8)))
    assert response.status_code == 422
    assert "1,001 x 1 pixels; the longer side may be 1,000 times" in response.json()["error"]


@pytest.mark.parametrize("mode", ["number", "digit"])
def test_a_drawing_is_read_as_the_classifier_reads_it(
    page: Page, classifier: Classifier, number: bytes, mode: str
) -> None:
    told = page.post("read", content=number, params={"mode": mode}).json()
    trace = classifier.trace_number(number) if mode == "number" else classifier.trace_digit(number)
    assert {name: told[name] for name in ("text", "status", "digits", "written", "numbers", "notes")} == {
        name: value
        for name, value in outcome("", trace.reading).items()
        if name in told and name not in {"file", "error"}
    }
    assert told["text"] == ("721" if mode == "number" else trace.reading.text)
    assert (told["height"], told["width"]) == trace.ink.shape == (44 * 4, 100 * 4)
    assert [base64.b64decode(image) for image in told["images"]] == [image.tobytes() for image in trace.images]
    assert told["steps"] == []


def test_another_network_answers_if_it_is_asked(page: Page, number: bytes) -> None:
    loaded, small = (page.post("read", content=number, params={"model": model}).json() for model in ("", page.small))
    assert small["digits"][0]["probabilities"] != loaded["digits"][0]["probabilities"]
    few = page.post("read", content=number, params={"model": page.few_classes, "mode": "digit"}).json()
    assert len(few["digits"][0]["probabilities"] or [0, 0, 0]) == 3


def test_blank_paper_is_no_digit(page: Page) -> None:
    blank = png(np.full((60, 80), 255, np.uint8))
    assert page.post("read", content=blank).json()["digits"] == []
    told = page.post("read", content=blank, params={"mode": "digit", "steps": "1"}).json()
    assert (told["status"], told["text"], told["images"]) == ("not_a_digit", "", [])


def test_what_no_digit_was_found_in_comes_as_one_image_to_be_corrected(page: Page, number: bytes) -> None:
    paper = np.full((350, 420), 255, np.uint8)
    wave = np.array([(0.36, 0.22), (0.42, 0.24), (0.5, 0.21), (0.64, 0.23)]) * (420, 350)
    cv2.polylines(paper, [wave.astype(np.int32)], False, 0, 18, cv2.LINE_AA)
    told = page.post("read", content=png(paper)).json()
    assert (told["images"], told["digits"]) == ([], [])
    refused = np.frombuffer(base64.b64decode(told["refused"]), np.uint8).reshape(28, 28)
    rows, columns = np.nonzero(refused > 127)
    assert np.ptp(columns) > 2.5 * np.ptp(rows)  # the wave
    assert page.post("read", content=number).json()["refused"] is None


def test_one_digit_of_several_is_told_of(page: Page, number: bytes) -> None:
    told = page.post("read", content=number, params={"mode": "digit"}).json()
    assert (told["others"], told["status"]) == (2, "unsure")
    assert page.post("read", content=number).json()["others"] == 0


def test_each_step_is_a_picture_that_is_no_larger_than_the_page_needs(page: Page, photo: bytes) -> None:
    told = page.post("read", content=photo, params={"steps": "1"}).json()
    names = [step["name"] for step in told["steps"]]
    assert names[0] == "the picture"
    assert names[-1] == "ink"
    assert len(names) >= 3
    shapes = []
    for step in told["steps"]:
        kind, _, content = step["png"].partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(BytesIO(base64.b64decode(content))) as image:
            shapes.append(image.size)
            if step["name"] == "the picture":
                found = np.asarray(image.convert("RGB"), np.float64).reshape(-1, 3).mean(axis=0)
    assert {max(shape) for shape in shapes} == {480}
    with Image.open(BytesIO(photo)) as image:
        expected = np.asarray(image, np.float64).reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=1.5)  # red is red, and blue is blue
    assert told["width"] == 108 * 8


@pytest.mark.parametrize(
    ("query", "content", "status", "error"),
    [
        ({"mode": "word"}, b"x", 400, "mode is 'word': expected number or digit"),
        ({"steps": "yes"}, b"x", 400, "steps is 'yes': expected 0 or 1"),
        ({}, b"", 400, "the body is empty: expected a picture"),
        ({"model": "run-77"}, b"x", 404, "there is no run 'run-77': it may have been deleted"),
        ({"model": "../../etc/passwd"}, b"x", 404, "there is no run"),
        ({}, b"no picture", 422, "not a picture"),
    ],
)
def test_a_wrong_question_is_told_so(
    page: Page, query: dict[str, str], content: bytes, status: int, error: str
) -> None:
    response = page.post("read", content=content, params=query)
    assert response.status_code == status
    assert error in response.json()["error"]
