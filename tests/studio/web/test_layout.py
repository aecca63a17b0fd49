"""What is in sight, and where everything stands: on a desk, at twice the size, on a tablet and on a phone."""

import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from digitnet.inspection.digit_map import DIGIT_MAP_PATH, read_digit_map
from digitnet.studio.teaching.encoding import encoded_bytes
from digitnet.studio.teaching.settings import RunSettings
from layout_pictures import difference, layout_picture, use_bars_for_letters

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


# What each place of the page shows when it is ready.
READY = {
    "draw": ".seen button",
    "picture": ".drop",
    "inside": ".unit",
    "inside?view=large": ".card:last-child > .tiles .tile",  # the nearest digits come last
    "inside?view=change": ".stroke",
    "inside?view=map": ".map-side .note:has-text('filled circle')",  # the drawing has its place
    "train": ".dials",
    "train?run=run-1": ".boundary-strip canvas",
    "mistakes": ".gallery .tile",
    "teach": ".card",
    "learn": ".card",
}
SIZES = {"1440": DESK, "720": TWICE, "820": TABLET, "390": PHONE}
APPROVED = Path(__file__).parent / "approved"
RENEW = "DIGITNET_RENEW_LAYOUT"  # set it to write the approved pictures anew
_STICKING_OUT = """() => [...document.querySelectorAll(".panel:not([hidden]) .card")].flatMap((card) => {
  const right = Math.min(card.getBoundingClientRect().right, innerWidth);
  const scrolls = (element) => element !== card && (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) ||
    scrolls(element.parentElement));
  const isSeen = (part) => part.checkVisibility({ visibilityProperty: true }) && !part.closest(".unseen, .edges, svg");
  return [...card.querySelectorAll("*")].filter((part) => isSeen(part) && !scrolls(part.parentElement) &&
    part.getBoundingClientRect().right > right + 1).map((part) => part.outerHTML.slice(0, 80));
})"""
_TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def _made_up_run() -> dict[str, Any]:
    """The answers of a server that has one finished run, by the end of their addresses."""
    figures = {"loss": 0.5, "accuracy": 0.8, "validation_loss": 0.6, "validation_accuracy": 0.75, "seconds": 1.5}
    field = base64.b64encode(bytes(784)).decode()
    matrix = [[450 if row == column else 5 for column in range(10)] for row in range(10)]
    events = [{"epoch": epoch, **figures, "fields": [field] * 16, "confusion": matrix} for epoch in (1, 2)]
    lines = [f"id: {number}\nevent: epoch\ndata: {json.dumps(data)}\n\n" for number, data in enumerate(events, start=1)]
    winners = np.where(np.arange(625) % 25 < 13, 4, 9).astype(np.uint8)
    shares = np.where(winners == [[4], [9]], 60_000, 5_000).astype("<u2")
    frame = {"shares": encoded_bytes(shares), "winners": encoded_bytes(winners)}
    settings = {**RunSettings().to_dict(), "epochs": 2}
    run = {"id": "run-1", "kind": "run", "name": "Run 1: 128-64", "base": None, "status": "finished", "error": ""}
    figures_of_run = {"epochs_done": 2, "validation_accuracy": 0.75, "result": None}
    return {
        "training": {"runs": [{**run, "resumable": False, "created": "", "settings": settings, **figures_of_run}]},
        "training/events": "".join(lines),
        "training/boundary": {
            "classes": [4, 9],
            "side": 25,
            "images": base64.b64encode(bytes(8 * 784)).decode(),
            "frames": [{"at": at, **frame} for at in (0, 1, 2)],
        },
        "corrections": {"corrections": []},
        "map/place": {  # to find it takes the server a second of work
            "label": 7,
            "neighbours": read_digit_map(DIGIT_MAP_PATH).numbers[:8].tolist(),
            "places": {"umap": [30_000, 30_000], "pca": [30_000, 30_000]},
        },
    }


@pytest.fixture
def layout(open_page: Callable[..., "Page"], draw: Callable[..., None]) -> "Page":
    """The page with a drawn 7, and a server of which one run and no correction is known."""
    page = open_page(viewport=DESK, bypass_csp=True, reduced_motion="reduce", color_scheme="light")
    for name, answer in _made_up_run().items():
        page.route(re.compile(rf"/studio/{name}(\?.*)?$"), _fulfilled_with(answer))
    page.route("**/studio/about", _without_runs)
    page.reload()
    page.wait_for_selector("html.ready")
    use_bars_for_letters(page)
    draw(page, [[(0.36, 0.22), (0.64, 0.21), (0.45, 0.85)]])
    page.locator("#draw-answer .hero").get_by_text("7").wait_for()
    return page


def _fulfilled_with(answer: str | dict[str, Any]) -> Callable[[Any], None]:
    is_stream = isinstance(answer, str)
    body = answer if is_stream else json.dumps(answer)
    return lambda route: route.fulfill(body=body, content_type="text/event-stream" if is_stream else "application/json")


def _without_runs(route: Any) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=json.dumps({**answer.json(), "models": answer.json()["models"][:1]}))


def test_everything_stands_where_it_did_and_nothing_sticks_out_of_its_card(layout: "Page", tmp_path: Path) -> None:
    """Layouts that are changed on purpose: run this test with DIGITNET_RENEW_LAYOUT=1, and look at the new pictures."""
    page, differences = layout, []
    for place, ready in READY.items():
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.evaluate("(place) => { location.hash = place; }", place)
        page.locator(f".panel:not([hidden]) {ready}").locator("visible=true").first.wait_for()
        page.wait_for_load_state("networkidle")
        for width, size in SIZES.items():
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.evaluate(_TWO_FRAMES)
            assert page.evaluate("document.documentElement.scrollWidth") == size["width"], (place, size)
            assert page.evaluate(_STICKING_OUT) == [], (place, size)
            name = f"{re.sub('[^a-z]+', '-', place.removesuffix('=run-1'))}-{width}.png"
            picture = layout_picture(page)
            if RENEW in os.environ:
                APPROVED.mkdir(exist_ok=True)
                cv2.imwrite(str(APPROVED / name), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
            elif found := difference(picture, APPROVED / name):
                cv2.imwrite(str(tmp_path / name), picture)
                differences.append(f"{name}: {found}")
    if RENEW in os.environ:
        pytest.skip(f"the pictures in {APPROVED} are new: look at them")
    assert differences == [], f"the pictures of now are in {tmp_path}, the approved ones in {APPROVED}"
