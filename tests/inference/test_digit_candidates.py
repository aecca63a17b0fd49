"""Which ink may be the one digit of a picture, and when several looks at it agree."""

import numpy as np
import pytest

from digitnet.inference.digit_candidates import is_at_the_border, seen_twice
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box, FramedDigit


@pytest.mark.parametrize(("left", "expected"), [(0, True), (1, True), (30, False)])
def test_ink_is_at_the_border_if_hardly_any_paper_is_left(left: int, expected: bool) -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[30:70, left : left + 20] = 255
    assert is_at_the_border(ink) is expected


def test_where_nothing_was_found_it_may_lie_at_the_border() -> None:
    assert is_at_the_border(np.zeros((50, 50), np.uint8))


def look(*boxes: Box) -> list[tuple[Picture, FramedDigit]]:
    """Candidates of one picture."""
    nothing = np.zeros((28, 28), np.uint8)
    picture = Picture(nothing, (), (), nothing)
    return [(picture, FramedDigit(nothing, box)) for box in boxes]


@pytest.mark.parametrize(
    ("found", "labels", "typical", "expected"),
    [
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 7], [True, True], [True, True]),
        (look((0, 0, 10, 20), (1, 1, 10, 19)), [7, 7], [True, True], [False, False]),  # one look
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 1], [True, True], [False, False]),
        (look((0, 0, 10, 20)) + look((30, 0, 10, 20)), [7, 7], [True, True], [False, False]),
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 7], [True, False], [False, True]),
    ],
    ids=["agree", "one_look", "other_label", "other_place", "not_typical"],
)
def test_two_looks_agree_on_label_and_place(
    found: list[tuple[Picture, FramedDigit]], labels: list[int], typical: list[bool], expected: list[bool]
) -> None:
    assert seen_twice(found, np.array(labels), np.array(typical)).tolist() == expected
