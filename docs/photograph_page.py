"""The screenshots of the page, taken anew: `.venv/bin/python docs/photograph_page.py`.

Starts a server of its own, draws in a real Chromium, trains two small networks, and writes docs/figures/page_*.png.
Needs the extras serve, train and dev, and Debian's chromium; takes about two minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

FIGURES = Path(__file__).parent / "figures"
_CHROMIUM = shutil.which("chromium")
_PATIENCE = 120_000.0  # milliseconds
_SEVEN = [(0.62, 0.24), (0.72, 0.23), (0.84, 0.23), (0.79, 0.42), (0.73, 0.62), (0.69, 0.82)]
_TWO = [(0.38, 0.33), (0.42, 0.23), (0.5, 0.25), (0.5, 0.4), (0.43, 0.62), (0.36, 0.8), (0.45, 0.79), (0.56, 0.79)]
_ONE = [(0.14, 0.36), (0.22, 0.23), (0.22, 0.5), (0.21, 0.82)]


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "digitnet", "serve", "--port", "0", "--no-access-log", "--studio-dir", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            first = server.stdout.readline() if server.stdout else ""
            found = re.search(r"http://\S+", first)
            if found is None:
                sys.exit(f"the server did not say where it is: {first}")
            yield found.group().rstrip("/") + "/"
        finally:
            server.terminate()


def _draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    box = page.locator("#draw-pad .pad").bounding_box()
    if box is None:
        sys.exit("the pad is not shown")
    for stroke in strokes:
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y, steps=6)
        page.mouse.up()


def _photograph(page: Page, name: str) -> None:
    """Write a screenshot with few colours, each pixel in the nearest of them."""
    pixels = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        sys.exit("the browser gave no screenshot")
    # The last bits of each channel hold nothing but the smoothing of letters, and cost most of the bytes.
    levels = np.clip(np.round(pixels.astype(np.float32) / 255 * 31) * (255 / 31), 0, 255).astype(np.uint8)
    cv2.imwrite(str(FIGURES / name), levels, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _photograph_drawing(page: Page) -> None:
    _draw(page, [_ONE, _TWO, _SEVEN])
    expect(page.locator("#draw-answer .hero")).to_have_text("127")
    page.mouse.move(0, 0)
    page.wait_for_timeout(3000)  # the last point is answered too
    _photograph(page, "page_draw.png")


def _photograph_inside(page: Page) -> None:
    page.locator("#draw-answer .seen button").nth(1).click()
    page.get_by_role("button", name="Look inside").click()
    expect(page.locator(".diagram-answer")).to_contain_text("answers 2")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    _photograph(page, "page_inside.png")


def _photograph_training(page: Page, address: str) -> None:
    for settings in ("optimizer=sgd&learning_rate=0.01", "optimizer=adam"):
        page.goto(f"{address}#train?sizes=64&epochs=8&training_images=15000&{settings}")
        page.reload()
        page.get_by_role("button", name="Start training").click()
        page.get_by_role("button", name="Draw for it").wait_for()
    page.locator("#train-body .runs").get_by_role("button", name=re.compile("^Compare")).click()
    expect(page.locator("#train-body .charts .chart").first.locator("circle")).to_have_count(2)
    page.evaluate("document.querySelector('.notice')?.remove(); scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    _photograph(page, "page_train.png")


def main() -> None:
    """Take all three."""
    flags = ["--disable-gpu", "--disable-quic", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1200, "height": 760}, color_scheme="light", reduced_motion="reduce")
        page.set_default_timeout(_PATIENCE)
        expect.set_options(timeout=_PATIENCE)
        page.goto(address)
        page.wait_for_selector("html.ready")
        _photograph_drawing(page)
        _photograph_inside(page)
        _photograph_training(page, address)
        browser.close()


if __name__ == "__main__":
    main()
