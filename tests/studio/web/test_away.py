"""The server goes away before each panel is filled, and comes back: the page says so, and then all of it is there."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

# What each place of the page shows when it has what it needs.
FILLED = {
    "draw": "#draw-answer .hero:has-text('7')",
    "inside": ".diagram .unit",
    "inside?view=large": ".neurons .neuron",
    "inside?view=change": ".stroke",
    "inside?view=map": ".map-legend label",
    "train": ":is(.runs, .dials)",
    "mistakes": ".gallery .tile",
    # The server is the one of all tests of the page, some of which correct an answer.
    "teach": ".card:is(:has-text('None yet.'), :has-text('that you corrected'))",
}
WITHOUT_QUESTIONS = {"inside", "inside?view=change"}  # what they show is there, or comes with the next question


def test_the_server_goes_away_and_comes_back_in_the_middle_of_each_panel(
    page: "Page", draw: Callable[..., None]
) -> None:
    banner = page.locator("#connection")
    for place, filled in FILLED.items():
        page.route("**/studio/**", lambda route: route.abort())
        if place == "draw":
            draw(page, [[(0.36, 0.22), (0.64, 0.21), (0.45, 0.85)]])
        page.evaluate("(place) => { location.hash = place; }", place)
        page.locator(f"#panel-{place.split('?')[0]}").wait_for()
        if place not in WITHOUT_QUESTIONS:
            expect(banner).to_contain_text("does not answer")
        page.unroute_all()
        expect(banner).to_be_hidden()
        page.locator(f".panel:not([hidden]) {filled}").locator("visible=true").first.wait_for()
