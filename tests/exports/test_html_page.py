"""The page: what is inside, its frame against `read_digit`, and the whole of it in a browser with the real runtime."""

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from browsers import started_browser
from digitnet.arrays import GrayPicture, Images
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.exports import web
from digitnet.exports.export import export_model
from digitnet.exports.html_page import packed_file
from digitnet.exports.verification import comparison_images
from digitnet.inference.classifier import load_classifier
from digitnet.inference.decision import second_probabilities
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.ensemble import save_committee
from exported import model_path, web_runtime_folder
from made_up_model_files import model_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FRAME = Path(str(web.__file__)).with_name("frame.js")
SIDE = 140
RUNTIME = os.environ.get("DIGITNET_ONNXRUNTIME_WEB")  # the .tgz of the npm package
needs_runtime = pytest.mark.skipif(
    RUNTIME is None, reason="needs npm's onnxruntime-web, named by DIGITNET_ONNXRUNTIME_WEB: scripts/test-exports"
)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with started_browser() as started:
        yield started


def settings_of(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def bundled_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of the bundled model, with a runtime that does nothing."""
    folder = tmp_path_factory.mktemp("page")
    found = export_model("html", folder / "page.html", runtime=web_runtime_folder(folder))
    assert (found.comparison.largest_difference, found.comparison.other_labels) == (0.0, 0)
    return folder / "page.html"


def test_the_page_holds_the_model_file_the_runtime_and_its_licence(bundled_page: Path) -> None:
    page = bundled_page.read_text(encoding="utf-8")
    assert packed_file(page, "model") == bundled_model_path("int8").read_bytes()
    for name, content in (("wasm", b"\0asm"), ("glue", b"export {}"), ("runtime", b"throw 1")):
        assert packed_file(page, name) == content
    assert "MIT License" in page
    assert "Copyright (c) Microsoft Corporation" in page
    assert "ONNX Runtime Web 1.2.3" in page
    assert not re.search(r"""(src|href)=["']|https?://""", page)  # nothing is fetched
    with pytest.raises(ModelFileError, match="the page has no sound inside"):
        packed_file(page, "sound")


def test_it_decides_by_the_thresholds_of_the_classifier(bundled_page: Path) -> None:
    expected = load_classifier().decision.single
    assert settings_of(bundled_page.read_text(encoding="utf-8")) == {
        "class_names": list("0123456789"),
        "unsure_below": expected.unsure_below,
        "candidate_from": expected.candidate_from,
        "refused_below": expected.refused_below,
    }


def test_labels_are_text_and_a_model_without_digit_score_refuses_nothing(tmp_path: Path) -> None:
    names = ("</script><b>", "@model@", "&")
    (tmp_path / "m.onnx").write_bytes(model_file((8,), names=names))
    runtime = web_runtime_folder(tmp_path)
    export_model("html", tmp_path / "page.html", tmp_path / "m.onnx", precision="float32", runtime=runtime)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    found = settings_of(page)
    assert (tuple(found["class_names"]), found["refused_below"]) == (names, None)
    assert "<b>" not in page
    assert packed_file(page, "model") == (tmp_path / "m.onnx").read_bytes()


def test_a_committee_answers_in_a_page_too(tmp_path: Path) -> None:
    members = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        members.append(model_path(tmp_path / name, (8 if name == "a" else 9,)))
    save_committee(members, tmp_path / "c.onnx")
    runtime = web_runtime_folder(tmp_path)
    found = export_model("html", tmp_path / "p.html", tmp_path / "c.onnx", precision="float32", runtime=runtime)
    assert found.comparison.other_labels == 0


def drawings(mnist: tuple[Dataset, Dataset]) -> Images:
    """Digits as people draw them on a pad: any size, slant, pen and place, with soft edges; uint8 (200, 140, 140)."""
    rng = np.random.default_rng(0)
    return np.stack([drawing(mnist[0].images[place], rng) for place in rng.choice(60_000, 200, replace=False)])


def drawing(image: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    scale, slant, pen = rng.uniform(2, 4), rng.uniform(-0.3, 0.6), int(rng.integers(-1, 3))
    large = cv2.GaussianBlur(cv2.resize(image, None, fx=scale, fy=scale), (0, 0), scale / 3)
    sharp = np.clip((large.astype(np.float32) - 110) * 6 + 128, 0, 255).astype(np.uint8)
    centre = SIDE / 2 + rng.uniform(-4, 4, 2)
    half = len(sharp) / 2
    move = np.array([[1, slant, centre[0] - half - slant * half], [0, 1, centre[1] - half]])
    placed = cv2.warpAffine(sharp, move, (SIDE, SIDE))
    if pen > 0:
        placed = cv2.dilate(placed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pen + 1, 2 * pen + 1)))
    return np.asarray(placed, np.uint8)


def framed_in(page: "Page", inks: Images) -> Images:
    """What the JavaScript makes of drawings."""
    page.add_script_tag(path=FRAME)
    code = """([packed, side]) => {
      const all = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const framed = [];
      for (let start = 0; start < all.length; start += side * side) {
        const data = all.subarray(start, start + side * side);
        framed.push(Array.from(Frame.of({ data, width: side, height: side }) ?? new Uint8Array(784)));
      }
      return framed;
    }"""
    found = page.evaluate(code, [base64.b64encode(inks.tobytes()).decode(), inks.shape[1]])
    return np.array(found, np.uint8).reshape(-1, 28, 28)


def test_drawings_are_brought_to_the_frame_as_read_digit_brings_them(
    browser: "Browser", mnist: tuple[Dataset, Dataset]
) -> None:
    inks = drawings(mnist)
    framed = framed_in(browser.new_page(), inks)
    classifier = load_classifier()
    outputs = classifier.predictor.outputs(framed)
    assert outputs.second_logits is not None
    labels = (outputs.probabilities + second_probabilities(outputs.second_logits)).argmax(axis=1)
    read = [classifier.trace_digit(255 - ink) for ink in inks]
    assert sum(trace.digits[0].label is not None for trace in read) >= 195  # these are digits, and are read as such
    others = [
        (number, trace.digits[0].label, int(label))
        for number, (trace, label) in enumerate(zip(read, labels, strict=True))
        if trace.digits[0].label not in {None, int(label)}
    ]
    assert others == []
    differences = np.array(
        [
            np.abs(trace.images[0].astype(int) - image).max()
            for trace, image in zip(read, framed, strict=True)
            if len(trace.images)
        ]
    )
    # A level; elsewhere the ink itself was found differently. OpenCV 4 rounds places to 1/32 of a pixel where it warps.
    warps_exactly = int(cv2.__version__.split(".")[0]) >= 5
    assert (differences <= 1).mean() > (0.85 if warps_exactly else 0.65)


def test_no_ink_has_no_frame_and_one_dot_has(browser: "Browser") -> None:
    inks = np.zeros((3, 40, 40), np.uint8)
    inks[1, 20, 20] = 255
    inks[2, 10:30, 18:22] = 255
    blank, dot, stroke = framed_in(browser.new_page(), inks)
    assert blank.max() == 0
    assert dot.max() == 255
    rows, columns = np.nonzero(stroke)
    assert np.ptp(rows) == 19  # 20 pixels high
    assert abs(columns.mean() - 14) <= 0.5


def test_a_page_that_cannot_run_says_so(browser: "Browser", bundled_page: Path) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - not there without the dev extra

    page = browser.new_page()
    page.goto(bundled_page.as_uri())
    expect(page.locator("#status")).to_have_text(re.compile(r"^The network cannot run: .+\.$"))


def test_a_browser_without_webassembly_is_told_in_one_line(browser: "Browser", bundled_page: Path) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - not there without the dev extra

    page = browser.new_page()
    page.add_init_script("delete globalThis.WebAssembly")
    page.goto(bundled_page.as_uri())
    line = "The network cannot run: this browser has no WebAssembly, which runs the network."
    expect(page.locator("#status")).to_have_text(line)


@needs_runtime
def test_the_page_answers_from_a_file_and_as_the_model_file_does(browser: "Browser", tmp_path: Path) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - not there without the dev extra

    found = export_model("html", tmp_path / "page.html", runtime=RUNTIME)
    assert found.size <= 8_000_000
    context = browser.new_context(offline=True)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator("#status")).to_have_text("Draw a digit.")
    images = comparison_images()
    code = """(packed) => outputsOf(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)))
      .then(({ probabilities }) => Array.from(probabilities))"""
    batches = [base64.b64encode(images[start : start + 250].tobytes()).decode() for start in range(0, 2000, 250)]
    answers = [page.evaluate(code, packed) for packed in batches]
    probabilities = np.concatenate(answers).reshape(-1, 10)
    expected = load_classifier().predict_proba(images)
    assert int((probabilities.argmax(axis=1) != expected.argmax(axis=1)).sum()) == 0
    assert np.abs(probabilities - expected).max() < 1e-3
    draw_seven(page)
    expect(page.locator("#label")).to_have_text("7")
    expect(page.locator("#status")).to_have_text(re.compile(r"^Answered in \d+ ms, on this device alone\.$"))
    page.locator("#clear").click()
    expect(page.locator("#status")).to_have_text("Draw a digit.")
    assert troubles == []
    context.close()


def draw_seven(page: "Page") -> None:
    box = page.locator("#pad").bounding_box()
    assert box is not None
    points = [(0.36, 0.22), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]
    for number, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        if number == 0:
            page.mouse.down()
    page.mouse.up()
