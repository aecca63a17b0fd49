"""Characters of a line become words and numbers: what stands close together, and what of it is no text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from digitnet.constraints import DIGITS, MARKS
from digitnet.inference.tables import CharacterPlace, is_parted
from digitnet.pictures.mnist_frame import Box
from digitnet.segmentation.characters import NamedEdge
from digitnet.segmentation.page import DigitInk

__all__ = [
    "DIGIT_NAMES",
    "MARK_NAMES",
    "NUMBER_THRESHOLDS",
    "NumberThresholds",
    "PageCharacter",
    "box_of",
    "has_marks",
    "is_text",
    "least_likelihood",
    "likelihood",
    "numbers_among",
    "runs_of",
    "text_of",
    "words_of",
]

DIGIT_NAMES = frozenset(DIGITS)
MARK_NAMES = frozenset(MARKS)
_INSIDE_NUMBERS = frozenset(".,/-:")  # marks that may stand inside a number
_DATE = re.compile(r"\d{1,2}/\d{1,2}/(\d{2}|\d{4})$")


class NumberThresholds(NamedTuple):
    """How characters become numbers, and when a number is sure. Lengths are shares of the line's height."""

    # Gap between two characters from which they belong to different numbers or words; chosen by hand.
    gap: float = 0.6
    # Height of a line as a share of its tallest character, if most are marks and lower; chosen by hand.
    min_tall: float = 0.6
    # Letters for each digit of a word from which all of it is left out; chosen by hand.
    letters_per_digit: float = 0.5
    # Least confidence of a number for it to be sure, and in a table whose rows are known: from there 99 % of rendered
    # numbers are right in tables, and of those of all kinds together; `python -m benchmarks.pictures.certainty`
    # (docs/log.md, 2026-11-30, "tables, and what is sure").
    sure: float = 0.993
    sure_in_table: float = 0.984
    # Least probability of an edge that is left out beside a number, for that number to be sure; chosen by hand.
    sure_neighbour: float = 0.5
    # Least geometric mean of the probabilities of a word's digits, below which it is no number; and the same on a page
    # that has words too. Chosen by hand on pictures that were looked at (docs/log.md, 2026-11-30, "numbers as people
    # have them").
    min_digit: float = 0.6
    min_digit_among_words: float = 0.85
    # The same in a cell that holds numbers; chosen on rendered tables: 0.1 and 0.3 are as good as each other
    # (docs/log.md, 2026-11-30, "tables, and what is sure").
    min_digit_in_cell: float = 0.1
    # How many times as probable as any digit a mark must be to be one beyond doubt: on rendered lines without marks a
    # slanted 1 is a slash, up to 7 times as probable and once 61 (docs/log.md, 2026-11-30, "lines of nothing but
    # digits").
    sure_mark: float = 20.0
    # Letters that are more probable than not, from which a page has words; chosen by hand.
    page_letters: int = 3


NUMBER_THRESHOLDS = NumberThresholds()


class PageCharacter(NamedTuple):
    """A character of a line.

    Attributes:
        edge: What it is, and how probable that is.
        ink: Its ink, and its place in the picture.
        place: Its place in a table; None where the page has no cells.
    """

    edge: NamedEdge
    ink: DigitInk
    place: CharacterPlace | None = None


def words_of(line: Sequence[PageCharacter], thresholds: NumberThresholds) -> list[list[PageCharacter]]:
    """Characters with no wide gap between them."""
    heights = [c.ink.box[3] for c in line]
    height = max(float(np.median(heights)), thresholds.min_tall * max(heights))
    words: list[list[PageCharacter]] = []
    end = -np.inf
    for character in line:
        left, _, width, _ = character.ink.box
        if not words or _begins_word(words[-1][-1], character, is_far=left - end > thresholds.gap * height):
            words.append([])
        words[-1].append(character)
        end = max(end, left + width)
    return words


def numbers_among(
    words: Sequence[list[PageCharacter]], thresholds: NumberThresholds, is_in_number_cell: Sequence[bool] | None = None
) -> tuple[list[list[PageCharacter]], list[list[PageCharacter]]]:
    """The words that hold a number, no text and no marks that only look a little like digits.

    Also the words of such marks, since they may have been digits.

    Args:
        words: Of a page.
        thresholds: What is a number.
        is_in_number_cell: Which words stand in a cell of a table that holds numbers: there such a mark is a digit, but
            its word is among those as well. None without a table.
    """
    least = least_likelihood(words, thresholds)
    kept, doubtful = [], []
    for word, is_in_cell in zip(words, is_in_number_cell or [False] * len(words), strict=True):
        chance = likelihood(word, thresholds)
        if chance >= (thresholds.min_digit_in_cell if is_in_cell else least):
            kept.append(word)
        if 0 < chance < least:
            doubtful.append(word)
    return kept, doubtful


def least_likelihood(words: Sequence[Sequence[PageCharacter]], thresholds: NumberThresholds) -> float:
    """The least likelihood of a number on a page with these words."""
    letters = sum(c.edge.name == "letter" and c.edge.probability > 0.5 for word in words for c in word)
    return thresholds.min_digit_among_words if letters >= thresholds.page_letters else thresholds.min_digit


def likelihood(word: Sequence[PageCharacter], thresholds: NumberThresholds) -> float:
    """The geometric mean of the probabilities of a word's digits; 0 where it has none, or is text."""
    digits = [c.edge.probability for c in digits_of(word)]
    if not digits or is_text(word, thresholds):
        return 0.0
    return float(np.exp(np.mean(np.log(digits))))


def runs_of(word: Sequence[PageCharacter]) -> list[list[PageCharacter]]:
    """The numbers of a word: digits, and marks that stand between two of them."""
    runs: list[list[PageCharacter]] = [[]]
    for c in word:
        if c.edge.name in DIGIT_NAMES or (c.edge.name in _INSIDE_NUMBERS and runs[-1]):
            runs[-1].append(c)
        elif runs[-1] and c.edge.name != "junk":
            runs.append([])
    return [_stripped(run) for run in runs if run]


def is_text(word: Sequence[PageCharacter], thresholds: NumberThresholds) -> bool:
    """Whether a word has so many letters that its digits are none."""
    letters = sum(c.edge.name == "letter" for c in word)
    return letters > 0 and letters >= thresholds.letters_per_digit * len(digits_of(word))


def has_marks(words: Sequence[Sequence[PageCharacter]], thresholds: NumberThresholds) -> bool:
    """Whether words have a mark that is no digit beyond doubt, or one is a date, whose slashes may look like 1s.

    Args:
        words: Those that hold numbers.
        thresholds: When a mark is beyond doubt.
    """
    marks = (c.edge for word in words for c in word if c.edge.name in MARK_NAMES)
    is_sure = any(edge.probability >= thresholds.sure_mark * edge.digit_probability for edge in marks)
    return is_sure or any(_DATE.search(text_of(word)) for word in words)


def _stripped(run: list[PageCharacter]) -> list[PageCharacter]:
    while run and run[-1].edge.name not in DIGIT_NAMES:
        run = run[:-1]
    return run


def digits_of(word: Sequence[PageCharacter]) -> list[PageCharacter]:
    return [c for c in word if c.edge.name in DIGIT_NAMES]


def text_of(characters: Sequence[PageCharacter]) -> str:
    """Digits and marks, without what is neither."""
    return "".join(c.edge.name for c in characters if c.edge.name in DIGIT_NAMES or c.edge.name in MARK_NAMES)


def box_of(characters: Sequence[PageCharacter]) -> Box:
    """The box around all of them, in the picture."""
    boxes = np.array([c.ink.box for c in characters])
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    return (left, top, right - left, bottom - top)


def _begins_word(last: PageCharacter, character: PageCharacter, *, is_far: bool) -> bool:
    """Whether a character belongs to another number or word than the one before it."""
    parted = is_parted(last.place, character.place) if last.place and character.place else None
    if parted is None:
        return is_far
    # A letter in a box of a comb stands between two numbers, however few digits they have.
    return parted or "letter" in {last.edge.name, character.edge.name}
