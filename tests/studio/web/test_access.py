"""For everyone: axe-core, the keyboard, small screens, less motion, both colour schemes."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe

PANELS = ("draw", "picture", "inside", "train", "mistakes", "teach", "learn")
FILLED = (*PANELS, "large")  # with the larger network in the panel Inside as well
PAPER = "getComputedStyle(document.body).backgroundColor"
SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]


def _fill(page: "Page", panel: str, draw: Callable[..., None]) -> None:
    """Show a panel with something in it."""
    if panel in {"draw", "inside", "large", "teach"}:
        draw(page, SEVEN)
        expect(page.locator("#draw-answer .hero")).to_have_text("7")
    if panel == "teach":
        page.locator("#draw-answer summary").click()
        page.locator("#draw-answer").get_by_role("button", name="1", exact=True).click()
        page.get_by_role("button", name="Teach the network").click()
        expect(page.locator("#teach-body .kept li").first).to_be_visible()
    elif panel == "inside":
        page.get_by_role("button", name="Look inside").click()
        page.locator(".diagram .unit").nth(4).focus()
        page.get_by_label("Weight of", exact=False).first.fill("2")
        page.get_by_role("button", name=re.compile("^Switch off")).click()
        expect(page.get_by_role("button", name="Set all back")).to_be_visible()
        page.get_by_role("button", name="1 step", exact=True).click()
        expect(page.locator(".step-numbers > li")).to_have_count(5)
    elif panel == "large":
        page.get_by_role("button", name="Look inside").click()
        page.get_by_label("The one that answers", exact=True).check()
        page.locator("#inside-body .neuron").first.click()
        layer = page.locator("#inside-body .layer").first
        layer.get_by_role("button", name="Look at it").click()
        expect(layer.locator(".neuron-about")).to_be_visible()
    elif panel != "draw":
        page.get_by_role("link", name=panel.capitalize()).click()
    if panel == "learn":
        page.get_by_role("button", name="Begin lesson 1, Pixels").click()
        page.locator(".dock-steps button").nth(2).click()
        page.locator(".dock-form").get_by_role("button", name="Check").click()
        expect(page.locator(".dock-status.refused")).to_be_visible()
    if panel == "mistakes":
        expect(page.locator("#mistakes-body .gallery .tile").first).to_be_visible()


def _sentences(violations: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}" for one in violations for node in one["nodes"]
    ]


@pytest.mark.parametrize("panel", FILLED)
def test_axe_finds_nothing(open_page: Callable[..., "Page"], draw: Callable[..., None], panel: str) -> None:
    page = open_page(color_scheme="light", reduced_motion="reduce", bypass_csp=True)
    _fill(page, panel, draw)
    assert page.locator("h1:visible").count() == 1
    light = page.evaluate(PAPER)
    assert _sentences(Axe().run(page).response["violations"]) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")  # with all that is on it
    assert page.evaluate(PAPER) != light
    assert _sentences(Axe().run(page).response["violations"]) == []


@pytest.mark.parametrize("panel", FILLED)
def test_a_phone_never_scrolls_sideways(
    open_page: Callable[..., "Page"], draw: Callable[..., None], panel: str
) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    _fill(page, panel, draw)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths == [360, 360]


def test_the_first_tab_leads_past_the_menu_and_every_panel_is_reached_by_keys(page: "Page") -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for panel in PANELS[1:]:
        page.get_by_role("link", name=panel.capitalize(), exact=True).focus()
        page.keyboard.press("Enter")
        page.locator(f"#panel-{panel}").wait_for()
        assert page.evaluate("document.activeElement.id") == f"title-{panel}"  # reading goes on at its title


def test_who_wants_less_motion_gets_none(open_page: Callable[..., "Page"]) -> None:
    seconds = "getComputedStyle(document.querySelector('.bar-fill')).transitionDuration"
    assert open_page(reduced_motion="no-preference").evaluate(seconds) != "0s"
    assert open_page(reduced_motion="reduce").evaluate(seconds) == "0s"


def test_the_colours_follow_the_system_until_someone_chooses(open_page: Callable[..., "Page"]) -> None:
    page = open_page(color_scheme="light")
    light = page.evaluate(PAPER)
    page.get_by_role("button", name="Dark colours").click()
    dark = page.evaluate(PAPER)
    assert dark == open_page(color_scheme="dark").evaluate(PAPER) != light
    page.reload()
    page.wait_for_selector("html.ready")
    assert page.evaluate(PAPER) == dark  # it is remembered
