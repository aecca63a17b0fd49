"""A doubtful digit is named after those of its page that look like it, and is no surer for that."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.inference.named_lines import NamedLine, named_lines
from digitnet.segmentation.characters import CHARACTER_NAMES
from digitnet.segmentation.page import Page, segment_written

HEIGHT, COUNT = 40, 10


@pytest.fixture(scope="module")
def page(clearest_digits: list[GrayPicture]) -> Page:
    """A row of sevens, all written alike."""
    seven = clearest_digits[7]
    glyph = cv2.resize(seven, (round(seven.shape[1] * HEIGHT / seven.shape[0]), HEIGHT))
    ink = np.zeros((3 * HEIGHT, COUNT * 60 + 60), np.uint8)
    for place in range(COUNT):
        ink[HEIGHT : 2 * HEIGHT, 60 * place + 40 : 60 * place + 40 + glyph.shape[1]] = glyph
    return segment_written(ink, float(HEIGHT), np.eye(2, 3), ink.shape)


def named(page: Page, seven: float, one: float) -> NamedLine:
    """The line, all of it sevens but the last digit, of which the networks say how probable a 7 and a 1 are."""
    (line,) = page.character_lines
    names: NDArray[np.float64] = np.full((len(page.images), 26), 1e-6)
    for place, group in enumerate(line.groups):
        if group.first == group.last:
            is_last = group.last == line.num_segments - 1
            names[place, CHARACTER_NAMES.index("7")] = seven if is_last else 0.95
            names[place, CHARACTER_NAMES.index("1")] = one if is_last else 0.01
    (found,) = named_lines(page, np.log(names))
    return found


def test_the_others_name_it(page: Page) -> None:
    assert "".join(c.edge.name for c in named(page, 0.3, 0.6).characters) == "7" * COUNT


def test_it_is_no_surer_than_the_networks_are(page: Page) -> None:
    last = named(page, 0.3, 0.6).characters[-1].edge
    assert last.probability > 0.8
    assert last.confidence == pytest.approx(0.3)


def test_what_the_others_speak_against_is_not_sure(page: Page) -> None:
    assert named(page, 0.01, 0.98).characters[-1].edge.confidence < 0.5


def test_what_is_known_of_a_number_is_held_against_the_lower_of_both(page: Page) -> None:
    line = named(page, 0.3, 0.6)
    last = line.names[line.characters[-1].edge.group]
    assert np.exp(last[CHARACTER_NAMES.index("7")]) == pytest.approx(0.3)
    assert np.exp(last[CHARACTER_NAMES.index("1")]) < 0.3


def test_the_digit_that_it_may_be_instead_is_the_most_probable_one_of_the_networks(page: Page) -> None:
    assert named(page, 0.3, 0.6).characters[-1].edge.digit_probability == pytest.approx(0.6)


@pytest.mark.parametrize("mark", ["letter", "%"])
def test_what_stands_in_a_cell_of_a_number_is_no_letter_and_no_per_cent(page: Page, mark: str) -> None:
    (line,) = page.character_lines
    names: NDArray[np.float64] = np.full((len(page.images), 26), 1e-6)
    for place, group in enumerate(line.groups):
        if group.first == group.last:
            names[place, CHARACTER_NAMES.index("7")] = 0.15
            names[place, CHARACTER_NAMES.index(mark)] = 0.8
    (elsewhere,) = named_lines(page, np.log(names))
    (in_cell,) = named_lines(page, np.log(names), np.ones(len(names), np.bool_))
    assert {c.edge.name for c in elsewhere.characters} == {mark}
    assert {c.edge.name for c in in_cell.characters} == {"7"}
