"""Panel 3, the map: loaded when it is opened, and all of it is reached by mouse and by keys."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from digitnet.datasets import load_mnist
from digitnet.inspection.digit_map import read_digit_map

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
COUNT_FRAMES = """() => {
  window.frames = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) {
    if (this.canvas.classList.contains("map-canvas")) window.frames++;
    return put.apply(this, all);
  };
}"""


def _lasso_all(page: "Page") -> None:
    box = page.locator(".map-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.01 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    for x, y in [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99)]:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
    page.mouse.up()


def test_digits_are_found_opened_and_lassoed_and_the_drawing_stands_among_them(
    open_page: Callable[..., "Page"], draw: Callable[..., None]
) -> None:
    page = open_page(bypass_csp=True, reduced_motion="reduce")
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url) if "/map" in request.url else None)
    page.get_by_role("link", name="Inside", exact=True).click()
    page.locator(".diagram .unit").first.wait_for()
    assert scripts == []  # the map is loaded when it is opened
    page.get_by_label("Map", exact=True).check()
    canvas = page.locator(".map-canvas")
    canvas.wait_for()
    draw(page, SEVEN, pad=".map-side .pad")
    expect(page.locator(".map-side > .note")).to_contain_text("of class 7")
    assert Axe().run(page).response["violations"] == []

    digits, test = read_digit_map(), load_mnist()[1]
    wrong = int((digits.predicted_labels != test.labels[digits.numbers]).sum())
    page.get_by_role("button", name=f"List the {wrong} mistakes").click()
    tiles = page.locator(".map-chosen .tile")
    expect(tiles).to_have_count(wrong)
    tiles.first.click()
    expect(page.locator(".map-chosen h2")).to_have_text(re.compile(r"^Test image \d+, a \d, taken for \d$"))

    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    opened = page.locator(".map-chosen h2")
    expect(opened).to_have_text(re.compile(r"^Test image \d+, a \d, read right$"))
    found = re.findall(r"\d+", opened.inner_text())
    assert test.labels[int(found[0])] == int(found[1])
    expect(page.locator("#announcer")).to_have_text(opened.inner_text())

    page.get_by_label("Lasso", exact=True).check()
    _lasso_all(page)
    expect(page.locator(".map-chosen .note").first).to_contain_text(f"5,000 digits, {wrong} read wrong")
    page.locator(".map-legend").get_by_label("7", exact=True).uncheck()
    page.get_by_role("button", name="List what is in sight").click()
    sevens = int((test.labels[digits.numbers] == 7).sum())
    expect(page.locator(".map-chosen .note").first).to_contain_text(f"{5000 - sevens:,} digits")
    _look_closer(page, 5000 - sevens)
    page.get_by_role("link", name="Draw").click()
    page.get_by_role("button", name="Dark colours").click()  # paints the map too, which has no area now: no error


def _look_closer(page: "Page", shown: int) -> None:
    page.evaluate(COUNT_FRAMES)
    page.get_by_role("button", name="Nearer").click()
    page.wait_for_function("window.frames === 1")
    page.get_by_role("button", name="List what is in sight").click()
    expect(page.locator(".map-chosen .note").first).not_to_contain_text(f"{shown:,} digits")
    page.get_by_label("Projection (PCA)").check()
    expect(page.locator(".map-about")).to_contain_text("of all differences")
    page.wait_for_function("window.frames > 1")
    frames = page.evaluate("window.frames")
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate("window.frames") == frames  # what nobody touches is not painted
