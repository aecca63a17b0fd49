"""Panel 3, what would change its mind: the search, and the image that is changed by hand."""

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from digitnet.inference.classifier import load_classifier

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe

CROSSED_SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.5, 0.6), (0.45, 0.85)], [(0.42, 0.52), (0.62, 0.52)]]


def _share(text: str) -> float:
    found = re.search(r"\(([\d.]+)\u00a0%\)", text)
    assert found is not None
    return float(found.group(1)) / 100


def _find_a_small_change(page: "Page", usual: str) -> None:
    """By the search, whose answer is the model's own; the slider goes from its image back to the one that was drawn."""
    headline = page.locator(".change-card .diagram-answer")
    with page.expect_response("**/studio/counterfactual") as answer:
        page.get_by_role("button", name="Find a small change").click()
    told = answer.value.json()
    expect(page.locator(".change-sentence")).to_have_text(told["sentences"]["change"])
    expect(headline).not_to_have_text(usual)
    changed = np.frombuffer(base64.b64decode(told["image"]), np.uint8).reshape(1, 28, 28)
    share = load_classifier().predict_proba(changed)[0].max()
    assert _share(headline.inner_text()) == pytest.approx(float(share), abs=0.0006)
    expect(page.locator(".change-card .note").first).to_contain_text(f"{len(told['pixels'])} pixels changed")
    assert Axe().run(page).response["violations"] == []

    slider = page.get_by_role("slider", name="How many of the pixels are changed")
    slider.focus()
    page.keyboard.press("ArrowLeft")  # one pixel less: the answer is what it was
    expect(headline).to_have_text(re.compile(f"^It answers (?!{told['label']} )"))
    page.keyboard.press("Home")
    expect(headline).to_have_text(usual)


def test_the_answer_is_changed_by_the_search_by_keys_and_stroke_by_stroke(
    open_page: Callable[..., "Page"], draw: Callable[..., None]
) -> None:
    page = open_page("#inside?view=change", bypass_csp=True, reduced_motion="reduce")
    headline = page.locator(".change-card .diagram-answer")
    expect(headline).to_have_text("Nothing is drawn yet")
    draw(page, CROSSED_SEVEN, pad=".change-side .pad")
    expect(headline).to_have_text(re.compile(r"^It answers 7 \("))
    usual = headline.inner_text()

    _find_a_small_change(page, usual)
    grid = page.get_by_label("The image, pixel by pixel")
    grid.focus()
    for _ in range(3):  # along the shaft of the 7, from the middle of the image
        page.keyboard.press("ArrowUp")
        page.keyboard.press(" ")
    expect(page.locator(".change-card .note").first).to_contain_text("As it came: 7")
    expect(page.locator("#announcer")).to_have_text(re.compile(r"Row 12, column 15: 0 % ink"))
    page.get_by_role("button", name="Put all back").click()
    expect(headline).to_have_text(usual)

    with page.expect_response("**/studio/answer") as anew:
        page.get_by_role("button", name="Rub out stroke 2 of 2").click()
    without = anew.value.json()["probabilities"][7]
    expect(headline).to_have_text(re.compile("^It answers 7"))
    assert _share(headline.inner_text()) == pytest.approx(min(without, 0.9999), abs=0.0006)
    page.get_by_role("button", name="Put all back").click()
    expect(headline).to_have_text(usual)
    box = grid.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.34 * box["height"])  # through the bar at its top
    page.mouse.up()
    expect(page.locator(".change-card .note").first).to_contain_text("orange and \u2212 is ink taken away")
