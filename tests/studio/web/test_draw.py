"""Panel 1: drawing with mouse, finger, pen and keyboard, and the answer to it."""

import base64
import json
import re
from collections.abc import Callable
from math import cos, sin
from typing import TYPE_CHECKING, Any

import pytest

from patience import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
ONE = [[(0.2, 0.2), (0.2, 0.5), (0.2, 0.85)]]
HERO = "#draw-answer .hero"
VERDICT = "#draw-answer .verdict"
EMPTY = "Nothing is drawn yet. Draw a digit, and the answer appears here."
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
    _expect(page, VERDICT, EMPTY)
    assert page.locator("#draw-answer .answer-actions").is_hidden()
    draw(page, SEVEN)
    _expect(page, HERO, "7")
    page.get_by_role("button", name="Undo").click()
    _expect(page, VERDICT, EMPTY)
    _expect(page, HERO, "")


def test_a_drawn_number_is_read_as_one(page: "Page", draw: Callable[..., None]) -> None:
    draw(page, ONE)
    draw(page, SEVEN)
    _expect(page, HERO, "17")
    assert page.locator("#draw-pad .box").count() == 2
    page.get_by_role("button", name="Clear").click()
    _expect(page, VERDICT, EMPTY)
    assert page.locator("#draw-pad .box").count() == 0


def test_nothing_is_sure_while_the_pen_moves(page: "Page") -> None:
    box = page.locator("#draw-pad .pad").bounding_box()
    assert box is not None
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in SEVEN[0]]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=5)
    _expect(page, HERO, "7")  # all of it is drawn, but the pen is still down
    _expect(page, VERDICT, re.compile("^So far"))
    expect(page.locator("#draw-answer .answer")).to_have_attribute("data-state", "so-far")
    page.mouse.up()
    _expect(page, VERDICT, "Sure.")
    _expect(page, "#draw-answer .timing", re.compile(r"^[\d.]+\s% chance that it is right"))


SMILEY = [
    [(0.5 + 0.3 * cos(turn / 4), 0.5 + 0.36 * sin(turn / 4)) for turn in range(27)],
    [(0.42, 0.4), (0.42, 0.41)],
    [(0.58, 0.4), (0.58, 0.41)],
    [(0.5 + 0.16 * cos(0.4 + turn / 8), 0.5 + 0.19 * sin(0.4 + turn / 8)) for turn in range(19)],
]
HALF_OF_SEVEN = [SEVEN[0][:3]]


def test_a_smiley_and_half_of_a_seven_are_never_sure(page: "Page", draw: Callable[..., None]) -> None:
    for strokes in (SMILEY, HALF_OF_SEVEN):
        draw(page, strokes)
        answer = page.locator("#draw-answer .answer")
        expect(answer).to_have_attribute("data-state", re.compile("^(unsure|not_a_digit)$"))
        _expect(page, VERDICT, re.compile("^(Not sure|This does not look|There is no digit)"))
        page.get_by_role("button", name="Clear").click()


def test_several_numbers_are_as_sure_as_each_of_them(page: "Page") -> None:
    digit = {"label": 7, "confidence": 0.99, "candidates": [7], "probabilities": [0.1] * 10, "box": [0, 0, 9, 9]}
    reading = {"status": "unsure", "text": "7\n7", "digits": [{**digit, "status": "ok"}, {**digit, "status": "unsure"}]}
    module = "import('./js/verdict.js').then(({ verdict }) => verdict(%s, [...'0123456789']))"

    def verdict(*statuses: str) -> str:
        numbers = [{"text": text, "status": one} for text, one in zip(("12", "67", "8"), statuses, strict=True)]
        return str(page.evaluate(module % json.dumps({**reading, "numbers": numbers})))

    assert verdict("ok", "unsure", "unsure") == "3 numbers, not sure of 67 or 8."
    assert verdict("ok", "ok", "ok") == "Sure of all 3 numbers."
    assert verdict("unsure", "unsure", "unsure") == "Not sure of any of the 3 numbers."


def test_one_digit_says_that_there_are_several(open_page: Callable[..., "Page"], draw: Callable[..., None]) -> None:
    page = open_page("#draw?mode=digit")
    draw(page, [*ONE, *SEVEN])
    _expect(page, VERDICT, "Not sure: there is more than one digit. “Number” reads them all.")
    expect(page.locator("#draw-answer .answer")).to_have_attribute("data-state", "unsure")
    page.get_by_label("Number").check()
    _expect(page, HERO, "17")


@pytest.fixture
def held(page: "Page") -> list[Any]:
    """The page's drawings that wait to be read; the test says what becomes of them."""
    waiting: list[Any] = []

    def hold(route: Any) -> None:
        waiting.append(route)

    page.route("**/studio/read**", hold)
    return waiting


REFUSED = {"status": "not_a_digit", "text": "", "digits": [], "numbers": [], "images": [], "notes": [], "steps": []}


def _answer_refused(page: "Page", held: list[Any]) -> None:
    """Answer as the server answers a scrawl in which it finds no digit."""
    image = base64.b64encode(bytes(range(196)) * 4).decode()
    busy = page.locator("#draw-answer .answer[aria-busy=true]")

    def all_answered() -> bool:
        while held:  # a drawing that has grown meanwhile is asked about once more
            held.pop().fulfill(json={**REFUSED, "refused": image, "others": 0, "width": 420, "height": 350})
        return busy.count() == 0

    wait_until(lambda: page.evaluate("true") and held)
    wait_until(all_answered)


def test_empty_waiting_refused_and_away_are_four_sentences(
    page: "Page", held: list[Any], draw: Callable[..., None]
) -> None:
    page.evaluate("fetch('studio/corrections?all=1', { method: 'DELETE' })")
    _expect(page, VERDICT, EMPTY)
    draw(page, HALF_OF_SEVEN)
    _expect(page, VERDICT, "Reading …")  # after a moment there is a sign of work
    expect(page.locator("#draw-answer .answer")).to_have_class(re.compile("slow"))
    _answer_refused(page, held)
    _expect(page, VERDICT, "There is no digit in this drawing.")
    expect(page.locator("#draw-answer .answer")).not_to_have_class(re.compile("slow"))
    page.locator("#draw-answer summary").click()  # what was refused can be corrected
    page.locator("#draw-answer").get_by_role("button", name="7", exact=True).click()
    _expect(page, ".notice span", re.compile("^Saved as 7"))
    page.route("**/studio/**", _refuse)
    page.get_by_label("One digit").check()
    _expect(page, VERDICT, re.compile("^The server does not answer. What is here stays"))
    page.unroute("**/studio/**", _refuse)
    _answer_refused(page, held)
    _expect(page, VERDICT, "There is no digit in this drawing.")


def test_an_answer_that_is_late_says_so_beside_the_one_of_before(
    page: "Page", held: list[Any], draw: Callable[..., None]
) -> None:
    draw(page, HALF_OF_SEVEN)
    _answer_refused(page, held)
    _expect(page, VERDICT, "There is no digit in this drawing.")
    draw(page, ONE)
    expect(page.locator("#draw-answer .work")).to_have_text("Reading …")
    expect(page.locator("#draw-answer .work")).to_be_visible()
    _expect(page, VERDICT, re.compile("^Nothing so far"))  # that was no answer to what is drawn now
    _answer_refused(page, held)
    _expect(page, VERDICT, "There is no digit in this drawing.")
    expect(page.locator("#draw-answer .work")).to_be_hidden()


def test_the_drawing_survives_a_reload(page: "Page", draw: Callable[..., None]) -> None:
    draw(page, SEVEN)
    _expect(page, HERO, "7")
    page.reload()
    _expect(page, HERO, "7")
    assert page.locator("#draw-pad .pad").evaluate(_INK_ROWS) > 0
    page.get_by_role("button", name="Undo").click()
    _expect(page, VERDICT, EMPTY)
    page.reload()
    _expect(page, VERDICT, EMPTY)
    page.evaluate("sessionStorage.setItem('digitnet-drawing', '[[[1, 2]], 3]')")  # nothing of ours
    page.evaluate("window.addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
    page.reload()
    _expect(page, VERDICT, EMPTY)


def test_keys_draw_too(page: "Page") -> None:
    page.locator("#draw-pad .pad").focus()
    page.keyboard.press("Space")
    for _ in range(26):
        page.keyboard.press("ArrowDown")
    _expect(page, HERO, "1")
    page.keyboard.press("Delete")
    _expect(page, VERDICT, EMPTY)


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


def _refuse(route: Any) -> None:
    route.abort("connectionrefused")


def test_the_page_says_when_the_server_is_gone_and_goes_on_when_it_is_back(
    page: "Page", draw: Callable[..., None]
) -> None:
    page.route("**/studio/**", _refuse)
    draw(page, SEVEN)
    _expect(page, "#connection", re.compile("The server does not answer"))
    page.unroute("**/studio/**", _refuse)
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
