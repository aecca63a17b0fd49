"""Panel 2: pictures that are chosen, dropped, pasted or taken."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

HERO = "#picture-body .hero"
_HAND_OVER = """([text, kind, where]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "photo.png", { type: "image/png" }));
  const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: files, bubbles: true });
  document.querySelector(where).dispatchEvent(event);
}"""


def _hand_over(page: "Page", photo: Path, kind: str, where: str) -> None:
    page.evaluate(_HAND_OVER, [base64.b64encode(photo.read_bytes()).decode(), kind, where])


def test_a_dropped_photo_is_read_and_every_step_is_shown(open_page: Callable[..., "Page"], photo: Path) -> None:
    page = open_page("#picture")
    _hand_over(page, photo, "drop", "#picture-body .drop")
    expect(page.locator(HERO)).to_have_text("4")
    expect(page.locator("#picture-body .box text")).to_have_text("4")
    steps = page.locator("#picture-body .steps img")
    assert steps.count() >= 2
    assert steps.evaluate_all("images => images.every((image) => image.naturalWidth > 0)")
    assert page.locator("#picture-body .seen canvas").count() == 1  # the 28 x 28 that the network sees


def test_a_pasted_photo_is_read(open_page: Callable[..., "Page"], photo: Path) -> None:
    page = open_page("#picture")
    _hand_over(page, photo, "paste", "body")
    expect(page.locator(HERO)).to_have_text("4")


def test_a_chosen_file_that_is_no_picture_is_refused_in_a_sentence(
    open_page: Callable[..., "Page"], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"this is not a picture")
    page = open_page("#picture")
    page.locator("#picture-body input[type=file]").first.set_input_files(wrong)
    expect(page.locator("#picture-body .answer")).to_have_attribute("data-state", "error")
    expect(page.locator("#picture-body .verdict")).to_have_text(re.compile(r"\w+ .*\w"))
    assert str(tmp_path) not in page.locator("body").inner_text()


def test_a_photo_from_the_camera_is_read(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#picture")
    page.get_by_role("button", name="Take a photo").click()
    expect(page.locator(".camera video")).to_have_js_property("readyState", 4)  # it has pictures
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("#picture-body .steps img").first).to_be_visible()
    expect(page.locator(".camera")).to_have_count(0)
