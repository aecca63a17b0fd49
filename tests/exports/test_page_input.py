"""What the exported page takes: a picture that is dropped, pasted or chosen, and a pen that the keyboard moves.

The runtime inside these pages does nothing, so that what is looked at is the ink on the pad.
"""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import pytest
from PIL import Image

from browsers import started_browser
from digitnet.arrays import AnyArray, GrayPicture
from digitnet.datasets import Dataset
from digitnet.exports.export import export_model
from exported import model_path, web_runtime_folder
from patience import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Form: TypeAlias = Callable[[AnyArray], AnyArray]
SIDE = 140
INK_OF_PAD = """() => {
  const data = pen.getImageData(0, 0, pad.width, pad.height).data;
  let packed = "";
  for (let place = 3; place < data.length; place += 4) packed += String.fromCharCode(data[place]);
  return btoa(packed);
}"""
FILES = """([bytes, name, type]) => {
  const file = new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type: "image/png" });
  const transfer = new DataTransfer();
  transfer.items.add(file);
  const Kind = type === "paste" ? ClipboardEvent : DragEvent;
  const key = type === "paste" ? "clipboardData" : "dataTransfer";
  const event = new Kind(type, { [key]: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with started_browser() as started:
        yield started


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    runtime = web_runtime_folder(folder)
    export_model("html", folder / "page.html", model_path(folder), precision="float32", runtime=runtime)
    return folder / "page.html"


@pytest.fixture(scope="module")
def opened(browser: "Browser", page_file: Path) -> "Iterator[Page]":
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_file.as_uri())
    yield page
    context.close()


@pytest.fixture
def page(opened: "Page") -> "Page":
    """The page with an empty pad."""
    opened.locator("#clear").click()
    return opened


@pytest.fixture
def ink(mnist: tuple[Dataset, Dataset]) -> GrayPicture:
    """A drawn digit with empty paper around it, uint8 (140, 140)."""
    large = cv2.resize(mnist[0].images[0], (84, 84), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.copyMakeBorder(large, 28, 28, 28, 28, cv2.BORDER_CONSTANT), np.uint8)


def png(picture: AnyArray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def pad_of(page: "Page") -> GrayPicture:
    return np.frombuffer(base64.b64decode(page.evaluate(INK_OF_PAD)), np.uint8).reshape(280, 280)


def expected_pad(ink: GrayPicture) -> GrayPicture:
    """The drawing as the pad has it: 263 of its 280 pixels, in the middle, and what is faint is paper."""
    shown = cv2.resize(ink, (263, 263), interpolation=cv2.INTER_LINEAR)
    placed = cv2.copyMakeBorder(shown, 8, 9, 8, 9, cv2.BORDER_CONSTANT)
    share = placed.astype(np.float64) / placed.max()
    return np.asarray(np.clip(share - 0.15, 0, None) / 0.85 * 255, np.uint8)


def noisy(ink: AnyArray) -> AnyArray:
    return np.clip(225 - 0.6 * ink + np.random.default_rng(0).normal(0, 3, ink.shape), 0, 255).astype(np.uint8)


FORMS: dict[str, Form] = {
    "dark on light": lambda ink: 255 - ink,
    "a grainy scan": noisy,
    "red": lambda ink: np.dstack([np.full_like(ink, 255), 255 - ink, 255 - ink]),
    "white on nothing": lambda ink: np.dstack([np.full_like(ink, 255)] * 3 + [ink]),
    "light on dark": lambda ink: ink,
}


def test_a_dropped_picture_leaves_its_ink_on_the_pad(page: "Page", ink: GrayPicture) -> None:
    for form, drawn in FORMS.items():
        page.locator("#clear").click()
        assert page.evaluate(FILES, [png(drawn(ink)), "seven.png", "drop"])  # the browser does not leave the page
        wait_for_ink(page)
        difference = np.abs(pad_of(page).astype(int) - expected_pad(ink))
        # A browser's interpolation may be off by some levels; a stroke in the wrong place, or inverted, by all of them.
        assert difference.mean() < 4, form
        assert (difference > 80).mean() < 0.002, form


def wait_for_ink(page: "Page") -> None:
    """The browser decodes a picture beside the script."""
    wait_until(lambda: pad_of(page).any())


def test_a_pasted_and_a_chosen_picture_are_taken_too(page: "Page", ink: GrayPicture, tmp_path: Path) -> None:
    page.evaluate(FILES, [png(255 - ink), "seven.png", "paste"])
    wait_for_ink(page)
    pasted = pad_of(page)
    page.locator("#clear").click()
    assert not pad_of(page).any()
    (tmp_path / "seven.png").write_bytes(base64.b64decode(png(255 - ink)))
    page.locator("#picture").set_input_files(tmp_path / "seven.png")
    wait_for_ink(page)
    assert np.array_equal(pad_of(page), pasted)
    page.locator("#undo").click()  # what was there before the picture
    assert not pad_of(page).any()


NO_DRAWINGS = (
    (base64.b64encode(b"no picture").decode(), "notes.png is no picture that this browser can open."),
    (png(np.full((50, 90), 255, np.uint8)), "Nothing is drawn in this picture."),
    (png(np.tile(np.linspace(20, 240, 90), (50, 1)).astype(np.uint8)), "This looks like a photograph with shadows."),
    (png(np.full((1, 1), 9, np.uint8)), "Nothing is drawn in this picture."),
)


def test_what_is_no_drawing_is_one_line_and_leaves_the_pad_alone(page: "Page") -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - not there without the dev extra

    page.clock.install(time=0)
    page.clock.pause_at(1000)
    draw_by_keys(page, "ArrowRight", 3)
    page.evaluate("document.getElementById('status').textContent = ''")
    page.clock.run_for(1000)  # the drawing is answered when no key has been pressed for a while; no answer comes later
    expect(page.locator("#status")).to_contain_text("The network cannot run")  # this page has none
    before = pad_of(page)
    for content, words in NO_DRAWINGS:
        page.evaluate(FILES, [content, "notes.png", "drop"])
        expect(page.locator("#status")).to_contain_text(words)
        assert np.array_equal(pad_of(page), before)


def draw_by_keys(page: "Page", key: str, times: int) -> None:
    page.locator("#pad").focus()
    page.keyboard.press(" ")
    for _ in range(times):
        page.keyboard.press(key)
    page.keyboard.press(" ")


def test_the_keyboard_draws_undoes_and_clears(page: "Page") -> None:
    page.reload()  # with the pen where it is at first
    draw_by_keys(page, "ArrowDown", 15)
    rows, columns = np.nonzero(pad_of(page) > 127)
    pen_width = 280 / 13
    assert np.ptp(rows) == pytest.approx(15 * 8 + pen_width, abs=3)
    assert np.ptp(columns) == pytest.approx(pen_width, abs=3)
    assert columns.mean() == pytest.approx(140, abs=1)
    first = pad_of(page)
    for _ in range(4):
        page.keyboard.press("ArrowLeft")  # with the pen lifted
    assert np.array_equal(pad_of(page), first)
    draw_by_keys(page, "ArrowRight", 8)
    assert (pad_of(page) > first).any()
    page.keyboard.press("Backspace")
    assert np.array_equal(pad_of(page), first)
    page.keyboard.press("Delete")
    assert not pad_of(page).any()
    page.keyboard.press("Control+z")
    assert np.array_equal(pad_of(page), first)


def test_a_second_finger_draws_nothing(page: "Page") -> None:
    code = """() => {
      const send = (type, pointerId, clientX) =>
        pad.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY: pad.offsetTop + 60, button: 0 }));
      pad.setPointerCapture = () => {};
      const left = pad.getBoundingClientRect().left;
      send("pointerdown", 1, left + 40);
      send("pointerdown", 2, left + 200);
      send("pointermove", 2, left + 220);
      send("pointermove", 1, left + 60);
      send("pointerup", 1, left + 60);
    }"""
    page.evaluate(code)
    _, columns = np.nonzero(pad_of(page))
    assert columns.max() < 140


def test_axe_finds_nothing_in_light_and_in_dark(browser: "Browser", page_file: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe
    context = browser.new_context(bypass_csp=True, color_scheme="light", viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.goto(page_file.as_uri())
    draw_by_keys(opened, "ArrowDown", 5)
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = axe().run(opened).response["violations"]
        assert [f"{scheme}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found] == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360  # nothing to scroll sideways
    context.close()
