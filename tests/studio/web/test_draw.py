"""Panel 1: drawing with mouse, finger, pen and keyboard, and the answer to it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
ONE = [[(0.2, 0.2), (0.2, 0.5), (0.2, 0.85)]]
HERO = "#draw-answer .hero"
VERDICT = "#draw-answer .verdict"
_INK_ROWS = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(width >> 1, 0, 1, height);
  return data.filter((value, index) => index % 4 === 3 && value > 127).length / height;
}"""


def _expect(page: "Page", where: str, text: str | re.Pattern[str]) -> None:
    expect(page.locator(where)).to_have_text(text)


def test_a_drawn_seven_is_read_as_a_seven(page: "Page", draw: Callable[..., None]) -> None:
    draw(page, SEVEN)
    _expect(page, HERO, "7")
    _expect(page, "#draw-answer .bars .chosen .bar-name", "7")
    _expect(page, "#draw-answer .timing", re.compile(r"Answered in \d+ ms"))
    shares = page.locator("#draw-answer .bar-value").all_inner_texts()
    assert abs(sum(float(share.replace("%", "")) for share in shares) - 100) < 0.5


def test_where_nothing_is_drawn_there_is_no_digit(page: "Page", draw: Callable[..., None]) -> None:
    _expect(page, VERDICT, "No digit here yet.")
    assert page.locator("#draw-answer .answer-actions").is_hidden()
    draw(page, SEVEN)
    _expect(page, HERO, "7")
    page.get_by_role("button", name="Undo").click()
    _expect(page, VERDICT, "No digit here yet.")
    _expect(page, HERO, "")


def test_a_drawn_number_is_read_as_one(page: "Page", draw: Callable[..., None]) -> None:
    draw(page, ONE)
    draw(page, SEVEN)
    _expect(page, HERO, "17")
    assert page.locator("#draw-pad .box").count() == 2
    page.get_by_role("button", name="Clear").click()
    _expect(page, VERDICT, "No digit here yet.")
    assert page.locator("#draw-pad .box").count() == 0


def test_keys_draw_too(page: "Page") -> None:
    page.locator("#draw-pad .pad").focus()
    page.keyboard.press("Space")
    for _ in range(26):
        page.keyboard.press("ArrowDown")
    _expect(page, HERO, "1")
    page.keyboard.press("Delete")
    _expect(page, VERDICT, "No digit here yet.")


def test_a_finger_draws_and_the_page_does_not_scroll_under_it(open_page: Callable[..., "Page"]) -> None:
    page = open_page(viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True)
    box = page.locator("#draw-pad .pad").bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in SEVEN[0]]
    session = page.context.new_cdp_session(page)

    def touch(kind: str, at: list[tuple[float, float]]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in at]})

    touch("touchStart", points[:1])
    for point in points[1:]:
        touch("touchMove", [point])
    touch("touchEnd", [])
    _expect(page, HERO, "7")
    assert page.evaluate("scrollY") == 0


def test_a_pen_that_is_pressed_draws_a_wider_line(page: "Page") -> None:
    def width_of_line(pressure: float) -> float:
        page.locator("#draw-pad .pad").evaluate(
            """(pad, pressure) => {
              const box = pad.getBoundingClientRect();
              const send = (kind, x) => pad.dispatchEvent(new PointerEvent(kind, { pointerId: 1, pointerType: "pen",
                button: 0, pressure, clientX: box.left + x * box.width, clientY: box.top + box.height / 2 }));
              pad.setPointerCapture = () => {};
              send("pointerdown", 0.3); send("pointermove", 0.5); send("pointermove", 0.7); send("pointerup", 0.7);
            }""",
            pressure,
        )
        # It is painted in the next frame.
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        width = page.locator("#draw-pad .pad").evaluate(_INK_ROWS)
        page.get_by_role("button", name="Clear").click()
        return float(width)

    light, firm = width_of_line(0.1), width_of_line(0.9)
    assert 1.8 < firm / light < 3  # half of its width and the pressure: 1.4 / 0.6


def test_the_way_of_reading_stands_in_the_address(page: "Page", open_page: Callable[..., "Page"]) -> None:
    page.get_by_label("One digit").check()
    assert page.url.endswith("#draw?mode=digit")
    again = open_page("#draw?mode=digit")
    assert again.get_by_label("One digit").is_checked()


def test_the_page_says_when_the_server_is_gone_and_goes_on_when_it_is_back(
    page: "Page", draw: Callable[..., None]
) -> None:
    def refuse(route: Any) -> None:
        route.abort("connectionrefused")

    page.route("**/studio/**", refuse)
    draw(page, SEVEN)
    _expect(page, "#connection", re.compile("The server does not answer"))
    page.unroute("**/studio/**", refuse)
    _expect(page, HERO, "7")  # what was drawn meanwhile is answered without being drawn again
    expect(page.locator("#connection")).to_be_hidden()


def test_a_server_that_asks_for_a_token_gets_one(open_page: Callable[..., "Page"], draw: Callable[..., None]) -> None:
    def ask(route: Any) -> None:
        if route.request.headers.get("authorization") == "Bearer right":
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": "a token is needed"})

    page = open_page()
    page.route("**/studio/**", ask)
    draw(page, SEVEN)
    page.get_by_role("textbox", name="Token").fill("right")
    page.get_by_role("button", name="Go on").click()
    _expect(page, HERO, "7")
