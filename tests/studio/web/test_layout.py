"""What is in sight: on a desk, at twice the size, on a tablet and on a phone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytest.importorskip("playwright.sync_api", reason="needs the dev extra")

DESK = {"width": 1440, "height": 900}
TWICE = {"width": 720, "height": 450}  # a window of 1440 x 900 at 200 %
TABLET = {"width": 820, "height": 1180}
PHONE = {"width": 390, "height": 844}


# How wide the name of the network is, and how much room its selector has for it.
_NAME_AND_ROOM = """(select) => {
  const style = getComputedStyle(select);
  const context = document.createElement("canvas").getContext("2d");
  context.font = style.font;
  const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
  return [context.measureText(select.selectedOptions[0].textContent).width, select.clientWidth - padding];
}"""


def _seen_share(page: "Page", what: "Locator") -> float:
    """The part of an element's height that is in the window and not below the menu at its foot."""
    box = what.bounding_box()
    assert box is not None
    tabs = page.locator(".tabs").bounding_box()
    header = page.locator(".top").bounding_box()
    assert tabs is not None
    assert header is not None
    height = page.evaluate("innerHeight")
    foot = tabs["y"] if tabs["y"] > height / 2 else height
    return (min(box["y"] + box["height"], foot) - max(box["y"], header["y"] + header["height"])) / box["height"]


@pytest.mark.parametrize("size", [DESK, TWICE, TABLET, PHONE], ids=["desk", "twice", "tablet", "phone"])
def test_the_pad_is_whole_and_the_answer_in_sight(open_page: Callable[..., "Page"], size: dict[str, int]) -> None:
    page = open_page(viewport=size)
    assert _seen_share(page, page.locator("#draw-pad .pad")) == 1
    assert _seen_share(page, page.locator("#draw-answer .headline")) == 1
    needed, room = page.locator("#model").evaluate(_NAME_AND_ROOM)
    assert needed <= room + 0.5  # the name of the network is readable to its end


@pytest.mark.parametrize("size", [DESK, TWICE], ids=["desk", "twice"])
def test_the_small_pad_of_the_glass_box_and_its_answer_are_in_sight(
    open_page: Callable[..., "Page"], size: dict[str, int]
) -> None:
    page = open_page("#inside?view=large", viewport=size)
    assert _seen_share(page, page.locator("#panel-inside .pad")) > (0.95 if size == TWICE else 0.999)
    assert _seen_share(page, page.locator("#panel-inside .side-answer > .note")) == 1


def test_the_small_network_is_whole_at_every_size(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#inside", viewport=DESK)
    page.locator(".diagram .unit").first.wait_for()
    assert page.locator(".diagram .unit").count() == 16 + 16 + 10
    assert _seen_share(page, page.locator(".diagram")) == 1
    for size in (DESK, TWICE, TABLET, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert _seen_share(page, page.locator("#panel-inside .pad")) > (0.95 if size == TWICE else 0.999)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
        inner = page.locator(".diagram").bounding_box()
        assert inner is not None
        for unit in (0, 20, 41):
            box = page.locator(".diagram .unit").nth(unit).bounding_box()
            assert box is not None
            assert inner["x"] <= box["x"]
            assert box["x"] + box["width"] <= inner["x"] + inner["width"] + 1
            assert min(box["width"], box["height"]) >= 24  # what a finger can hit, by WCAG 2.2


# Screenshots would differ with every machine's letters, so what they would show is asked for: parts of the page that
# stick out of their card, or of the window.
PLACES = (
    "draw",
    "picture",
    "inside",
    "inside?view=large",
    "inside?view=change",
    "inside?view=map",
    "train",
    "mistakes",
)
_STICKING_OUT = """() => [...document.querySelectorAll(".panel:not([hidden]) .card")].flatMap((card) => {
  const right = Math.min(card.getBoundingClientRect().right, innerWidth);
  const scrolls = (element) => element !== card && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) ||
    scrolls(element.parentElement));
  const isSeen = (part) => part.checkVisibility({ visibilityProperty: true }) && !part.closest(".unseen, .edges, svg");
  return [...card.querySelectorAll("*")].filter((part) => isSeen(part) && !scrolls(part.parentElement) &&
    part.getBoundingClientRect().right > right + 1).map((part) => part.outerHTML.slice(0, 80));
})"""


def test_nothing_sticks_out_of_its_card_at_any_size(
    open_page: Callable[..., "Page"], draw: Callable[..., None]
) -> None:
    page = open_page(viewport=DESK)
    draw(page, [[(0.36, 0.22), (0.64, 0.21), (0.45, 0.85)]])
    page.locator("#draw-answer .hero").get_by_text("7").wait_for()
    ready = {
        "inside": ".unit",
        "inside?view=large": ".neuron",
        "inside?view=change": ".stroke",
        "mistakes": ".gallery .tile",
    }
    for place in PLACES:
        page.evaluate("(place) => { location.hash = place; }", place)
        page.locator(f".panel:not([hidden]) {ready.get(place, '.card')}").locator("visible=true").first.wait_for()
        for size in (DESK, TWICE, TABLET, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert page.evaluate("document.documentElement.scrollWidth") == size["width"], (place, size)
            assert page.evaluate(_STICKING_OUT) == [], (place, size)
