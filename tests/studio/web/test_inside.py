"""Panel 3, the glass box: what the page makes of the server's explanation."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

ONE = [[(0.5, 0.2), (0.5, 0.5), (0.5, 0.85)]]
SIDE = "#inside-body .inside-side"


def _numbers(text: str) -> list[float]:
    return [float(number.replace("\u2212", "-")) for number in re.findall(r"[+\u2212]\d+\.\d+", text)]


def test_blank_paper_ink_and_woken_neurons_add_up_to_the_score(inside: "Page") -> None:
    caption = inside.locator("#inside-body .attribution-large figcaption")
    blank = set()
    for label in (7, 1):
        inside.locator("#inside-body .classes button").nth(label).click()
        expect(caption).to_contain_text(f"The score of {label} as a sum")
        *parts, score = _numbers(caption.inner_text())
        assert len(parts) == 4
        assert abs(score - sum(parts)) <= 0.026  # each is rounded to two digits
        blank.add(parts[0])
    assert len(blank) == 2
    expect(inside.locator("#inside-body")).to_contain_text("Why 7 and not 1: its score is higher by")
    expect(inside.locator("#inside-body")).not_to_contain_text("does not depend on the ink")
    offered = inside.locator("#inside-body .neuron .value").all_inner_texts()
    assert len(offered) >= 12
    assert not {"+0.00", "\u22120.00"} & set(offered)  # none that does nothing


def test_every_picture_has_a_sentence(inside: "Page") -> None:
    sentences = inside.locator("#inside-body .stack > .card > p:first-of-type, #inside-body .prose p").all_inner_texts()
    assert len(sentences) >= 5
    words = [sentence for sentence in sentences if sentence and not sentence.startswith(("quiets", "The score of"))]
    assert all(len(sentence.split()) >= 5 for sentence in words)


def test_a_neuron_that_is_switched_off_changes_the_answer_until_it_is_on_again(inside: "Page") -> None:
    shares = inside.locator(f"{SIDE} .bar-value")
    before = shares.all_inner_texts()
    last = inside.locator("#inside-body .layer").last
    for place in range(3):
        last.locator(".neuron").nth(place).click()
        expect(inside.locator(f"{SIDE} .switches")).to_have_text(re.compile(f"^{place + 1} neurons? off"))
    expect(shares).not_to_have_text(before)
    moved = inside.locator(f"{SIDE} .switches").inner_text()
    score = re.search(r"score (?:of 7 )?went from (\S+) to (\S+), its probability from [\d.]+ % to [\d.]+ %", moved)
    assert score is not None, moved
    assert score[1] != score[2]
    assert inside.locator(f"{SIDE} .bar-mark").first.is_visible()  # where the bars would end
    inside.get_by_role("button", name="Switch all on").click()
    expect(inside.locator(f"{SIDE} .switches")).to_be_hidden()
    expect(shares).to_have_text(before)


def test_a_single_neuron_tells_what_it_looks_for(inside: "Page") -> None:
    layer = inside.locator("#inside-body .layer").first
    layer.locator("input").fill("5")
    layer.get_by_role("button", name="Look at it").click()
    expect(layer.get_by_role("heading", name="Neuron 5")).to_be_visible()
    assert layer.locator(".neuron-about li canvas").count() >= 4
    layer.get_by_role("button", name="Switch off", exact=True).click()
    expect(inside.locator(f"{SIDE} .switches")).to_have_text(re.compile("^1 neuron off"))


def test_the_switch_of_an_open_neuron_follows_every_other_switch(inside: "Page") -> None:
    layer = inside.locator("#inside-body .layer").last
    unit = layer.locator(".neuron").first.get_attribute("data-unit") or ""
    layer.locator("input").fill(unit)
    layer.get_by_role("button", name="Look at it").click()
    toggle = layer.locator(".neuron-about").get_by_role("button", name=re.compile("^Switch"))
    toggle.click()
    expect(toggle).to_have_text("Switch on")
    inside.get_by_role("button", name="Switch all on").click()
    expect(toggle).to_have_text("Switch off")
    layer.locator(f".neuron[data-unit='{unit}']").click()
    expect(toggle).to_have_text("Switch on")
    toggle.click()
    expect(toggle).to_have_text("Switch off")
    expect(toggle).to_be_focused()


def test_what_is_drawn_here_is_explained_at_once(inside: "Page", draw: Callable[..., None]) -> None:
    side = inside.locator(SIDE)
    side.get_by_role("button", name="Clear").click()
    expect(side).to_contain_text("Nothing is drawn yet.")
    draw(inside, ONE, pad=f"{SIDE} .pad")
    expect(side.locator(".hero")).to_have_text("1")


def test_what_was_drawn_elsewhere_meanwhile_is_what_is_looked_into(inside: "Page", draw: Callable[..., None]) -> None:
    inside.get_by_role("link", name="Draw", exact=True).click()
    inside.locator("#draw-pad").get_by_role("button", name="Clear").click()
    draw(inside, ONE)
    expect(inside.locator("#draw-answer .hero")).to_have_text("1")
    inside.get_by_role("link", name="Inside", exact=True).click()
    expect(inside.locator(f"{SIDE} .hero")).to_have_text("1")


def test_a_drawing_that_is_no_digit_is_looked_into_with_a_word_on_it(
    open_page: Callable[..., "Page"], draw: Callable[..., None]
) -> None:
    page = open_page()
    page.get_by_label("One digit").check()  # as a number it may hold digits, each of them unsure
    page.goto(f"{page.url.partition('#')[0]}#inside?view=large")
    side = page.locator(SIDE)
    expect(side).to_contain_text("Nothing is drawn yet.")
    zigzag = [(0.2 + 0.6 * place / 8, 0.3 if place % 2 else 0.4) for place in range(9)]
    draw(page, [zigzag, [(x, y + 0.25) for x, y in zigzag]], pad=f"{SIDE} .pad")
    expect(side.locator(".hero")).to_be_visible()
    expect(side).not_to_contain_text("Nothing is drawn yet.")
    expect(side.get_by_text("Draw does not take this for a digit.")).to_be_visible()
