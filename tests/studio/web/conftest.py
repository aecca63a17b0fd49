"""A real browser in front of a real server."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import cv2
import numpy as np
import pytest

from advice import BROWSER_HINT
from browsers import browser_path, started_browser
from drawn_pages import photo as with_noise
from drawn_pages import strokes, written
from patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_SERVER = ("starlette", "uvicorn", "orjson")
_FLAGS = [
    "--disable-quic",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a test picture
    "--use-fake-ui-for-media-stream",
]
_PATIENCE = 1e3 * PATIENCE  # milliseconds

# Notices go after six seconds, which on a busy machine may be over before a test has looked at them.
_KEEP_NOTICES = """
const later = window.setTimeout;
window.setTimeout = (act, wait, ...more) => ((wait ?? 0) < 6000 ? later(act, wait, ...more) : 0);
"""

Point: TypeAlias = tuple[float, float]
Stroke: TypeAlias = list[Point]
Draw: TypeAlias = Callable[..., None]

# In parts of the pad's width and height.
SEVEN: list[Stroke] = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
ONE: list[Stroke] = [[(0.2, 0.2), (0.2, 0.5), (0.2, 0.85)]]


def _reason() -> str:
    missing = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    if missing:
        return f"needs the dev extra: {', '.join(missing)} missing"
    if any(find_spec(name) is None for name in _SERVER):
        return "needs the serve extra"
    return "" if browser_path() else BROWSER_HINT


@pytest.fixture(scope="package")
def studio_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps what is made on the page."""
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="package")
def address(studio_folder: Path) -> Iterator[str]:
    """The address of a server of our own, at a free port."""
    if reason := _reason():
        pytest.skip(reason)
    options = ["--port", "0", "--no-access-log", "--studio-dir", str(studio_folder)]
    command = [sys.executable, "-m", "digitnet", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            yield _wait_for_address(server)
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.communicate(timeout=PATIENCE)
            server.kill()


def _wait_for_address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    timer = threading.Timer(PATIENCE, server.kill)
    timer.start()
    told = ""
    for line in server.stdout:
        told += line
        if found := re.search(r"http://[\w.:\[\]]+", line):
            timer.cancel()
            threading.Thread(target=server.stdout.read, daemon=True).start()  # so that the pipe never fills
            return found.group().rstrip("/") + "/"
    timer.cancel()
    pytest.fail(f"the server did not say where it is: {told}")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, for a file of tests: while Playwright runs, other tests of this process can have no event loop."""
    if reason := _reason():
        pytest.skip(reason)
    with started_browser(*_FLAGS) as started:
        yield started


@pytest.fixture
def open_page(browser: "Browser", address: str) -> Iterator[Callable[..., "Page"]]:
    """Open the page at a place in its address bar; what goes wrong in the browser fails the test."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def open_at(place: str = "", **options: Any) -> "Page":
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(_KEEP_NOTICES)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.goto(address + place)
        page.wait_for_selector("html.ready")
        return page

    yield open_at
    for context in contexts:
        context.close()
    unexpected = [trouble for trouble in troubles if "Failed to load resource" not in trouble]
    assert unexpected == []  # a refused request is the server's answer, which the tests look at themselves


@pytest.fixture
def page(open_page: Callable[..., "Page"]) -> "Page":
    """The page as it opens."""
    return open_page()


@pytest.fixture
def draw() -> Draw:
    """Draw strokes with the mouse: `draw(page, SEVEN)`, `draw(page, SEVEN, pad="#panel-inside .pad")`."""

    def with_mouse(page: "Page", strokes: list[Stroke], *, pad: str = "#draw-pad .pad", shift: float = 0.0) -> None:
        box = page.locator(pad).bounding_box()
        assert box is not None
        for stroke in strokes:
            points = [(box["x"] + box["width"] * (x + shift), box["y"] + box["height"] * y) for x, y in stroke]
            page.mouse.move(*points[0])
            page.mouse.down()
            for x, y in points[1:]:
                page.mouse.move(x, y, steps=5)
            page.mouse.up()

    return with_mouse


@pytest.fixture
def inside(page: "Page", draw: Draw) -> "Page":
    """The glass box of the network that answers, with a drawn 7 in it, explained to the end of its last stroke."""
    from playwright.sync_api import expect  # noqa: PLC0415 - as above

    draw(page, SEVEN)
    expect(page.locator("#draw-answer .hero")).to_have_text("7")
    expect(page.locator("#draw-answer .answer")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Look inside").click()
    page.get_by_label("The one that answers", exact=True).check()
    side = page.locator("#inside-body .inside-side")
    expect(side.locator(".hero")).to_have_text("7")
    expect(side).to_have_attribute("aria-busy", "false")
    expect(page.locator("#inside-body .neurons .neuron").first).to_be_visible()
    return page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of a 4 on paper that lies half in the shade."""
    ink = strokes(10)
    shade = np.linspace(235, 120, ink.shape[1])[None, :, None] * np.ones((*ink.shape, 3))
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), with_noise(written(shade, (40.0, 30.0, 30.0), ink)))
    return path
