"""From a page to its numbers: the ink of characters, the lattice of each line, and the name of each of its edges.

Two small networks of the package do what no network of a model file can: one tells ink of characters from rules, edges
and paper; one tells digits from marks, letters, parts of a character and several of them at once. Which digit it is, the
model file's own networks say with it.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.inference.answers import Digit, Number, Status
from digitnet.inference.decision import Decision, Place
from digitnet.inference.outputs import Outputs
from digitnet.inference.predictor import Predictor
from digitnet.inference.tables import CharacterPlace, character_places, is_parted, numbers_in_cells
from digitnet.model_file.reading_networks import ReadingNetworks
from digitnet.notes import Note, NoteKind
from digitnet.pictures.contrast import luma
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box
from digitnet.pictures.written_ink import PageInk, find_page_ink
from digitnet.segmentation.characters import MARKS, NamedEdge, best_path, named_log_probabilities
from digitnet.segmentation.components import typical_height
from digitnet.segmentation.page import DigitInk, Page, segment_written
from digitnet.segmentation.table_grid import TableGrid, find_table_grid

__all__ = ["NUMBER_THRESHOLDS", "NumberReader", "NumberThresholds", "WrittenNumbers"]

_DIGITS = frozenset("0123456789")
_MARKS = frozenset(MARKS)
_INSIDE_NUMBERS = frozenset(".,/-:")  # marks that may stand inside a number


class NumberThresholds(NamedTuple):
    """How characters become numbers, and when a number is sure. Lengths are shares of the line's height."""

    # Gap between two characters from which they belong to different numbers or words; chosen by hand.
    gap: float = 0.6
    # Letters for each digit of a word from which all of it is left out; chosen by hand.
    letters_per_digit: float = 0.5
    # Least chance that all of a number is right for it to be sure.
    sure: float = 0.9
    # Least probability of an edge that is left out beside a number, for that number to be sure; chosen by hand.
    sure_neighbour: float = 0.5
    # Least probability of a digit that is answered at all; chosen by hand.
    min_digit: float = 0.2


NUMBER_THRESHOLDS = NumberThresholds()


class _Character(NamedTuple):
    """A character of a line: what it is, how probable that is, its place among the candidates and in the picture.

    `place` is that in a table, None where the page has no cells.
    """

    edge: NamedEdge
    candidate: int
    ink: DigitInk
    place: CharacterPlace | None = None


@dataclass(frozen=True, slots=True, eq=False)
class WrittenNumbers:
    """What one look at a page gave.

    Attributes:
        ink: uint8 (height, width) of the picture, ink of characters.
        images: uint8 (n, 28, 28), the digits in MNIST's frame.
        lines: The digits of each line.
        numbers: All numbers, in reading order.
        written: What is written, marks kept, numbers apart, a line for each line.
        notes: What was done.
        quality: Mean log-probability of the edges of all lines, from minus infinity to 0.
        table_shape: Rows and columns of the cells that rules enclose; None where they enclose none.
    """

    ink: GrayPicture
    images: list[GrayPicture]
    lines: tuple[tuple[Digit, ...], ...]
    numbers: tuple[Number, ...]
    written: str
    notes: tuple[Note, ...]
    quality: float
    table_shape: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads all numbers of a page.

    Attributes:
        predictor: Runs the networks of a model file of the ten digits.
        decision: Says what their outputs mean.
        networks: Those of pixels and characters.
        thresholds: How characters become numbers.
    """

    predictor: Predictor
    decision: Decision
    networks: ReadingNetworks
    thresholds: NumberThresholds = NUMBER_THRESHOLDS

    def page_ink(self, picture: Picture) -> PageInk | None:
        """The ink of characters at the working size; None where nothing is written."""
        gray = luma(picture.pixels) if picture.pixels.ndim == 3 else picture.pixels
        return find_page_ink(np.asarray(gray, np.uint8), self.networks.pixels, typical_height)

    def read(self, picture: Picture) -> WrittenNumbers | None:
        """All numbers of a picture.

        Args:
            picture: A loaded picture, whose own ink is not used.

        Returns:
            What is written; None where nothing is.
        """
        page_ink = self.page_ink(picture)
        if page_ink is None:
            return None
        shape = (picture.ink.shape[0], picture.ink.shape[1])
        factor = shape[1] / picture.pixels.shape[1] / page_ink.scale
        shift = -page_ink.margin * factor
        to_picture = np.array([[factor, 0.0, shift], [0.0, factor, shift]])
        page = segment_written(page_ink.ink, page_ink.digit_height, to_picture, shape)
        lines = self._named_lines(page)
        if not lines:
            return None
        grid = find_table_grid(page_ink.rules, page_ink.digit_height)
        if grid is not None:
            lines = [_with_places(line, grid, to_picture) for line in lines]
        found = self._answer(page, lines, _ink_of_picture(page_ink, to_picture, shape), page_ink)
        placed = numbers_in_cells(found.numbers, _on_page([n.box for n in found.numbers], to_picture), grid)
        return dataclasses.replace(found, numbers=placed.numbers, table_shape=placed.shape)

    def _named_lines(self, page: Page) -> list[list[_Character]]:
        """The characters of each line."""
        lines = page.character_lines
        if not lines:
            return []
        outputs = self.predictor.outputs(page.images)
        logits = self.decision.comparable_logits(outputs).astype(np.float64)
        digits = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        names = named_log_probabilities(self.networks.characters(page.character_features()), digits)
        found = []
        for row, line in enumerate(lines):
            first, last = line.candidates
            path = best_path(line.groups, line.num_segments, names[first:last])
            inks = page.digit_inks([(first + edge.group, row) for edge in path])
            found.append([_Character(edge, ink.candidate, ink) for edge, ink in zip(path, inks, strict=True)])
        return [line for line in found if line]

    def _answer(
        self, page: Page, lines: Sequence[Sequence[_Character]], ink: GrayPicture, page_ink: PageInk
    ) -> WrittenNumbers:
        words = [word for line in lines for word in _words(line, self.thresholds)]
        kept = [word for word in words if not _is_text(word, self.thresholds)]
        rows = sorted({word[0].ink.line for word in kept if _digits_of(word)})
        digits, numbers, written = [], [], []
        for row, line in enumerate(rows):
            own = [word for word in kept if word[0].ink.line == line]
            texts = []
            line_digits: list[Digit] = []
            for word in own:
                named, found = self._numbers(word, row)
                line_digits += named
                numbers += found
                texts.append("".join(c.edge.name for c in word if c.edge.name in _DIGITS or c.edge.name in _MARKS))
            digits.append(tuple(line_digits))
            written.append(" ".join(text for text in texts if text))
        images = [c.ink.image for line in rows for word in kept if word[0].ink.line == line for c in _digits_of(word)]
        left_out = len(words) - len(kept)
        notes = [Note(NoteKind.INVERTED)] if page_ink.is_ink_dark else []
        notes += [Note(NoteKind.RULES_REMOVED)] if page_ink.rules.any() else []
        notes += [Note(NoteKind.TURNED, (abs(page.slope),))] if page.slope else []
        notes += [Note(NoteKind.WORDS_LEFT_OUT, (left_out,))] if left_out else []
        every = [c.edge.probability for line in lines for c in line]
        quality = float(np.mean(np.log(np.maximum(every, 1e-6))))
        return WrittenNumbers(ink, images, tuple(digits), tuple(numbers), "\n".join(written), tuple(notes), quality)

    def _numbers(self, word: Sequence[_Character], row: int) -> tuple[list[Digit], list[Number]]:
        """The digits and the numbers of a word."""
        answered: list[Digit] = []
        numbers: list[Number] = []
        for run in _runs(word):
            inks = [c for c in run if c.edge.name in _DIGITS]
            if not inks:
                continue
            confidence = float(np.prod([c.edge.probability for c in run]))
            neighbours = [c.edge.probability for c in word if c.edge.name not in _DIGITS | _MARKS]
            sure = confidence >= self.thresholds.sure and min(neighbours, default=1.0) >= self.thresholds.sure_neighbour
            own = self._digits(inks, row, sure=sure)
            is_ok = all(digit.status == "ok" for digit in own)
            if not is_ok:
                own = [dataclasses.replace(d, status="unsure") if d.status == "ok" else d for d in own]
            answered += own
            status: Status = "ok" if is_ok else "unsure"
            boxes = np.array([c.ink.box for c in run])
            left, top = boxes[:, 0].min(), boxes[:, 1].min()
            right, bottom = (boxes[:, 0] + boxes[:, 2]).max(), (boxes[:, 1] + boxes[:, 3]).max()
            box = (int(left), int(top), int(right - left), int(bottom - top))
            numbers.append(Number("".join(c.edge.name for c in run), box, row, None, confidence, status))
        return answered, numbers

    def _digits(self, characters: Sequence[_Character], row: int, *, sure: bool) -> list[Digit]:
        """The answers for the digits of one number."""
        images = np.stack([c.ink.image for c in characters])
        outputs: Outputs = self.predictor.outputs(images)
        places = [Place(c.ink.box, row, c.ink.notes) for c in characters]
        digits = self.decision.digits(self.predictor.averaged(images, outputs), places, in_number=True)
        return [_as_named(digit, c.edge, sure=sure) for digit, c in zip(digits, characters, strict=True)]


def _as_named(digit: Digit, edge: NamedEdge, *, sure: bool) -> Digit:
    """A digit with the label that its line gives it; sure only where all agree."""
    label = int(edge.name)
    agrees = digit.label == label
    confidence = min(digit.confidence, edge.probability) if agrees else edge.probability * 0.5
    candidates = digit.candidates if digit.candidates and digit.candidates[0] == label else (label, *(
        other for other in digit.candidates if other != label
    ))
    probabilities = digit.probabilities or tuple(float(n == label) for n in range(10))
    status: Status = "ok" if sure and agrees and digit.status == "ok" else "unsure"
    return dataclasses.replace(
        digit,
        label=label,
        text=edge.name,
        confidence=confidence,
        candidates=candidates,
        probabilities=probabilities,
        status=status,
    )


def _digits_of(word: Sequence[_Character]) -> list[_Character]:
    return [c for c in word if c.edge.name in _DIGITS]


def _words(line: Sequence[_Character], thresholds: NumberThresholds) -> list[list[_Character]]:
    """Characters with no wide gap between them."""
    height = max(float(np.median([c.ink.box[3] for c in line])), 0.6 * max(c.ink.box[3] for c in line))
    words: list[list[_Character]] = []
    end = -np.inf
    for character in line:
        left, _, width, _ = character.ink.box
        if not words or _begins_word(words[-1][-1], character, is_far=left - end > thresholds.gap * height):
            words.append([])
        words[-1].append(character)
        end = max(end, left + width)
    return words


def _begins_word(last: _Character, character: _Character, *, is_far: bool) -> bool:
    """Whether a character belongs to another number or word than the one before it."""
    parted = is_parted(last.place, character.place) if last.place and character.place else None
    if parted is None:
        return is_far
    # A letter in a box of a comb stands between two numbers, however few digits they have.
    return parted or "letter" in {last.edge.name, character.edge.name}


def _is_text(word: Sequence[_Character], thresholds: NumberThresholds) -> bool:
    letters = sum(c.edge.name == "letter" for c in word)
    return letters > 0 and letters >= thresholds.letters_per_digit * len(_digits_of(word))


def _runs(word: Sequence[_Character]) -> list[list[_Character]]:
    """The numbers of a word: digits, and marks that stand between two of them."""
    runs: list[list[_Character]] = [[]]
    for c in word:
        if c.edge.name in _DIGITS or (c.edge.name in _INSIDE_NUMBERS and runs[-1]):
            runs[-1].append(c)
        elif runs[-1] and c.edge.name != "junk":
            runs.append([])
    return [_stripped(run) for run in runs if run]


def _stripped(run: list[_Character]) -> list[_Character]:
    while run and run[-1].edge.name not in _DIGITS:
        run = run[:-1]
    return run


def _with_places(line: Sequence[_Character], grid: TableGrid, to_picture: np.ndarray) -> list[_Character]:
    places = character_places(grid, _on_page([c.ink.box for c in line], to_picture))
    return [c._replace(place=place) for c, place in zip(line, places, strict=True)]


def _on_page(boxes: Sequence[Box], to_picture: np.ndarray) -> NDArray[np.float64]:
    """The centres of boxes of the picture, (n, 2), on the page of the working size."""
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    return np.asarray((corners[:, :2] + corners[:, 2:] / 2 - to_picture[:, 2]) / to_picture[0, 0])


def _ink_of_picture(page_ink: PageInk, to_picture: np.ndarray, shape: tuple[int, int]) -> GrayPicture:
    """The ink at the picture's own size."""
    return np.asarray(cv2.warpAffine(page_ink.ink, to_picture, shape[::-1], flags=cv2.INTER_AREA), np.uint8)
