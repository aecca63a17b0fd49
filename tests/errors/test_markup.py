import pytest

from digitnet.errors.markup import Markup, bar, card, element, facts, joined, notes, percent, pill
from seen_html import HOSTILE, seen


@pytest.mark.parametrize(
    "html",
    [
        element("div", HOSTILE),
        element("div", "x", title=HOSTILE),
        card(HOSTILE, HOSTILE),
        pill(HOSTILE, is_alert=True),
        facts({HOSTILE: 1, "x": HOSTILE}),
        notes((HOSTILE,)),
        element("div", joined([HOSTILE, element("span", "x")], HOSTILE)),
    ],
)
def test_text_from_elsewhere_is_shown_and_never_obeyed(html: Markup) -> None:
    assert HOSTILE in seen(html)


def test_control_characters_are_written_out() -> None:
    assert seen(element("div", "12\u202e34\x1b")) == "12\\u202e34\\x1b"


def test_an_element_has_its_attributes_and_children_in_order() -> None:
    html = element("text", "a", element("span", 1), text_anchor="end", title=None, style="opacity:1")
    assert html == '<text style="opacity:1" text-anchor="end">a<span>1</span></text>'


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.00 %"), (1.0, "100.00 %"), (0.9961, "99.61 %"), (0.999999, "> 99.99 %"), (1e-9, "< 0.01 %")],
)
def test_what_is_nearly_sure_is_not_called_sure(share: float, text: str) -> None:
    assert percent(share) == text


def test_bars_grow_with_their_shares() -> None:
    assert "height:44px" in bar(1.0, is_strong=True)
    assert "height:22px" in bar(0.5, is_strong=False)
    assert "height:1px" in bar(0.0, is_strong=False)


def test_without_notes_there_is_nothing() -> None:
    assert notes(()) == ""
