"""From a page to its numbers: the ink of characters, the lattice of each line, and the name of each of its edges.

Two small networks of the package do what no network of a model file can: one tells ink of characters from rules, edges
and paper; one tells digits from marks, letters, parts of a character and several of them at once. Which digit it is,
the model file's own networks say with it.
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.constraints import AnyConstraint
from digitnet.inference.answers import Digit, Number, Status
from digitnet.inference.decision import Decision, Place
from digitnet.inference.doubtful_cells import Cells, CellWords, doubtful_cells, is_doubtful
from digitnet.inference.known_numbers import fitting_number
from digitnet.inference.named_lines import NamedLine, characters_of, named_lines
from digitnet.inference.number_cells import in_number_cells, in_words_with_letters
from digitnet.inference.number_words import (
    DIGIT_NAMES,
    MARK_NAMES,
    NUMBER_THRESHOLDS,
    NumberThresholds,
    PageCharacter,
    box_of,
    has_marks,
    is_text,
    numbers_among,
    runs_of,
    text_of,
    words_of,
)
from digitnet.inference.outputs import Outputs
from digitnet.inference.predictor import Predictor
from digitnet.inference.tables import character_places, numbers_in_cells
from digitnet.inference.unread_ink import incomplete_lines, lines_at_rules, unsure_beside_unsure
from digitnet.model_file.reading_networks import ReadingNetworks
from digitnet.notes import Note, NoteKind, about_the_file, counted
from digitnet.pictures.contrast import luma
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box
from digitnet.pictures.written_ink import PageInk, find_page_ink
from digitnet.segmentation.characters import NamedEdge, named_log_probabilities
from digitnet.segmentation.comb_edges import comb_edges
from digitnet.segmentation.components import typical_height
from digitnet.segmentation.page import Page, chained, segment_written
from digitnet.segmentation.table_grid import TableGrid
from digitnet.segmentation.table_rows import find_table

__all__ = ["NumberReader", "WrittenNumbers"]

# Characters of numbers, and the least chance of such a number to be right, from which a page holds more than dirt and
# scribble look like; chosen by hand.
_LIKELY_CHARACTERS, _LIKELY = 4, 0.8
# Length of a rule in heights of a digit, from which it is no stroke; chosen by hand.
_LONG_RULE = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """The characters of one number.

    Attributes:
        characters: Digits, and marks between them.
        confidence: The chance that all of it is right, in [0, 1].
        is_sure: Whether nothing beside its confidence speaks against it.
        notes: What is to be said about it.
    """

    characters: list[PageCharacter]
    confidence: float
    is_sure: bool
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Word:
    """Characters with no wide gap between them: what they say, and the numbers among them."""

    text: str
    runs: list[_Run]

    def doubted(self, cells: Cells) -> "_Word":
        """The same, no number of a doubtful cell sure."""
        sure = (run.is_sure and not is_doubtful(run.characters, cells) for run in self.runs)
        runs = [dataclasses.replace(run, is_sure=is_sure) for run, is_sure in zip(self.runs, sure, strict=True)]
        return _Word(self.text, runs)


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
        has_text: Whether there are marks, beyond doubt, or words too.
        has_rules: Whether there are rules longer than a few digits are tall.
        table_shape: Rows and columns of the cells that rules enclose; None where they enclose none.
    """

    ink: GrayPicture
    images: list[GrayPicture]
    lines: tuple[tuple[Digit, ...], ...]
    numbers: tuple[Number, ...]
    written: str
    notes: tuple[Note, ...]
    has_text: bool = False
    has_rules: bool = False
    table_shape: tuple[int, int] | None = None

    @property
    def is_likely(self) -> bool:
        """Whether several characters stand in numbers that are probable: more than dirt and scribble look like."""
        likely = [number.text for number in self.numbers if number.confidence > _LIKELY]
        return sum(map(len, likely)) >= _LIKELY_CHARACTERS

    @property
    def is_table(self) -> bool:
        """Whether numbers that are likely stand among the rules of cells."""
        return self.table_shape is not None and self.is_likely


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads all numbers of a page.

    Attributes:
        predictor: Runs the networks of a model file of the ten digits.
        decision: Says what their outputs mean.
        load_networks: Gives those of pixels and characters, which are loaded when they are first needed.
        thresholds: How characters become numbers.
    """

    predictor: Predictor
    decision: Decision
    load_networks: Callable[[], ReadingNetworks]
    thresholds: NumberThresholds = NUMBER_THRESHOLDS

    def page_ink(
        self, picture: Picture, expected_height: float | None = None, is_ink_dark: bool | None = None
    ) -> PageInk | None:
        """The ink of characters at the working size; None where nothing is written.

        Args:
            picture: A loaded picture.
            expected_height: Of digits, in pixels of `picture.pixels`; None where nothing is known.
            is_ink_dark: Whether the ink is darker than its paper; None where that is to be found out.
        """
        gray = luma(picture.pixels) if picture.pixels.ndim == 3 else picture.pixels
        gray = np.asarray(gray, np.uint8)
        pixels, usual_ink = self.load_networks().pixels, picture.ink if expected_height is None else None
        return find_page_ink(gray, pixels, typical_height, expected_height, is_ink_dark, usual_ink)

    def written(self, picture: Picture, expected_height: float, *, is_ink_dark: bool | None = None) -> Picture | None:
        """The picture with the ink of characters in the place of its own; None where nothing is written."""
        page_ink = self.page_ink(picture, expected_height, is_ink_dark)
        if page_ink is None or not page_ink.ink.any():
            return None
        notes = (Note(NoteKind.INVERTED),) if page_ink.is_ink_dark else ()
        ink = _ink_of_picture(page_ink, _to_picture(page_ink, picture), picture.ink.shape)
        return dataclasses.replace(picture, ink=ink, notes=(*about_the_file(picture.notes), *notes))

    def read(self, picture: Picture, constraint: AnyConstraint | None = None) -> WrittenNumbers | None:
        """All numbers of a picture.

        Args:
            picture: A loaded picture, whose own ink is not used.
            constraint: What is known about each number.

        Returns:
            What is written, nothing where there are only cells; None where there is neither.
        """
        page_ink = self.page_ink(picture)
        if page_ink is None:
            return None
        shape = (picture.ink.shape[0], picture.ink.shape[1])
        to_picture = _to_picture(page_ink, picture)
        page_ink = _without_comb_edges(page_ink)
        grid, rows = find_table(page_ink.rules, page_ink.digit_height)
        if rows is not None:
            page_ink = page_ink._replace(ink=np.maximum(page_ink.ink, cv2.blur(rows.strokes, (3, 3))))
        page = segment_written(page_ink.ink, page_ink.digit_height, to_picture, shape, rows)
        outputs = self.predictor.outputs(page.images)
        names = self._names(page, outputs)
        lines = named_lines(page, names)
        if not lines and grid is None:
            return None
        lines, words, is_in_cell = self._in_cells(lines, grid, to_picture)
        if rows is not None and any(is_in_cell):
            is_number = in_words_with_letters(lines, words, is_in_cell, len(names))
            if is_number.any():
                lines, words, is_in_cell = self._in_cells(named_lines(page, names, is_number), grid, to_picture)
        kept, left_out = numbers_among(words, self.thresholds, is_in_cell if rows is not None else None)
        to_page = chained(cv2.invertAffineTransform(to_picture), page.to_picture)
        if rows is None:
            doubtful = {word[0].ink.line for word in left_out} | incomplete_lines(lines, kept)
            doubtful |= lines_at_rules(lines, kept, to_page, page_ink.rules)
            cells: Cells = {(line, None) for line in doubtful}
        else:
            in_table = CellWords(words, is_in_cell, kept, left_out)
            cells = doubtful_cells(lines, in_table, rows.grid, to_page, self.thresholds)
        runs = [[word.doubted(cells) for word in self._runs_of(line, kept, page, constraint)] for line in lines]
        ink = _ink_of_picture(page_ink, to_picture, shape)
        notes = (*about_the_file(picture.notes), *_page_notes(page_ink, page, len(words) - len(kept)))
        written = [line for line in runs if any(word.runs for word in line)]
        sure = self.thresholds.sure if rows is None else self.thresholds.sure_in_table
        found = self._answer(ink, written, notes, outputs, sure)
        if rows is None:
            digits, numbers = unsure_beside_unsure(found.lines, found.numbers)
            found = dataclasses.replace(found, lines=digits, numbers=numbers)
        has_text = has_marks(kept, self.thresholds) or any(is_text(word, self.thresholds) for word in words)
        placed = numbers_in_cells(found.numbers, _on_page([n.box for n in found.numbers], to_picture), grid)
        return dataclasses.replace(
            found,
            has_text=has_text,
            has_rules=_has_rules(page_ink),
            numbers=placed.numbers,
            table_shape=placed.shape,
        )

    def _names(self, page: Page, outputs: Outputs) -> NDArray[np.float64]:
        """The log-probability of every name of each candidate of a page; `outputs` are those of all of them."""
        logits = self.decision.comparable_logits(outputs).astype(np.float64)
        digits = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        return named_log_probabilities(self.load_networks().characters(page.character_features()), digits)

    def _in_cells(
        self, lines: list[NamedLine], grid: TableGrid | None, to_picture: NDArray[np.float64]
    ) -> tuple[list[NamedLine], list[list[PageCharacter]], list[bool]]:
        """Lines with places in the table, their words, and which of these stand in cells that hold numbers."""
        if grid is not None:
            lines = [_with_places(line, grid, to_picture) for line in lines]
        words = [word for line in lines for word in words_of(line.characters, self.thresholds)]
        shape = (0, 0) if grid is None else grid.shape
        return lines, words, in_number_cells(words, shape, self.thresholds)

    def _runs_of(
        self, line: NamedLine, kept: Sequence[Sequence[PageCharacter]], page: Page, constraint: AnyConstraint | None
    ) -> list[_Word]:
        """The numbers of each word of a line."""
        own = [word for word in kept if word[0].ink.line == line.row]
        if constraint is None:
            return [_Word(text_of(word), [self._run(run, word) for run in runs_of(word)]) for word in own]
        whole = self._fitted(line, line.characters, page, constraint)
        if whole is not None and whole.is_sure:
            return [_Word(text_of(whole.characters), [whole])]
        fitted = [(word, self._fitted(line, word, page, constraint)) for word in own]
        return [
            _Word(text_of(run.characters), [run])
            if run is not None and run.is_sure
            else _Word(text_of(word), [self._refused(plain, run) for plain in runs_of(word)])
            for word, run in fitted
        ]

    def _run(self, characters: list[PageCharacter], word: Sequence[PageCharacter]) -> _Run:
        """A number as it stands in its word."""
        confidence = float(np.prod([c.edge.confidence for c in characters]))
        neighbours = [c.edge.probability for c in word if c.edge.name not in DIGIT_NAMES | MARK_NAMES]
        return _Run(characters, confidence, min(neighbours, default=1.0) >= self.thresholds.sure_neighbour)

    def _fitted(
        self, line: NamedLine, word: Sequence[PageCharacter], page: Page, constraint: AnyConstraint
    ) -> _Run | None:
        """The best reading of a word that fits; not sure where the ink does not say that."""
        groups = line.lattice.groups
        segments = (groups[word[0].edge.group].first, groups[word[-1].edge.group].last + 1)
        found = fitting_number(line.lattice, line.names, segments, constraint)
        if found is None:
            return None
        characters = characters_of(page, line.lattice, found.edges, line.row)
        return _Run(characters, found.probability, found.is_plausible)

    def _refused(self, characters: list[PageCharacter], fitted: _Run | None) -> _Run:
        """A number that does not fit what is known; it says what it would have been."""
        text = "" if fitted is None else text_of(fitted.characters)
        note = Note(NoteKind.FITS_NOT_BUT, (text,)) if text else Note(NoteKind.FITS_NOT)
        plain = self._run(characters, characters)
        return dataclasses.replace(plain, is_sure=False, notes=(note,))

    def _answer(
        self, ink: GrayPicture, lines: Sequence[Sequence[_Word]], notes: Sequence[Note], outputs: Outputs, sure: float
    ) -> WrittenNumbers:
        """The answer from the numbers of each word of each line, which are sure from a confidence on."""
        digits: list[tuple[Digit, ...]] = []
        numbers: list[Number] = []
        written: list[str] = []
        images: list[GrayPicture] = []
        of_digits: list[tuple[Note, ...]] = []
        for words in lines:
            own: list[Digit] = []
            row = len(digits)
            for run in itertools.chain.from_iterable(word.runs for word in words):
                characters = [c for c in run.characters if c.edge.name in DIGIT_NAMES]
                named = self._digits(characters, row, outputs)
                is_sure = run.is_sure and run.confidence >= sure
                status: Status = "ok" if is_sure and all(digit.status == "ok" for digit in named) else "unsure"
                own += [dataclasses.replace(digit, status=status) for digit in named]
                images += [c.ink.image for c in characters]
                of_digits += [c.ink.notes for c in characters]
                text, box = text_of(run.characters), box_of(run.characters)
                numbers.append(Number(text, box, row, None, run.confidence, status))
                notes = [*notes, *run.notes]
            if own:
                digits.append(tuple(own))
                written.append(" ".join(word.text for word in words if word.text))
        every = (*notes, *counted(of_digits))
        return WrittenNumbers(ink, images, tuple(digits), tuple(numbers), "\n".join(written), every)

    def _digits(self, characters: Sequence[PageCharacter], row: int, outputs: Outputs) -> list[Digit]:
        """The answers for the digits of one number, from the outputs of all candidates of the page."""
        images = np.stack([c.ink.image for c in characters])
        own = self.predictor.averaged(images, outputs.take(np.array([c.ink.candidate for c in characters])))
        places = [Place(c.ink.box, row, c.ink.notes) for c in characters]
        digits = self.decision.digits(own, places, in_number=True)
        return [_as_named(digit, c.edge) for digit, c in zip(digits, characters, strict=True)]


def _as_named(digit: Digit, edge: NamedEdge) -> Digit:
    """A digit with the label that its line gives it; sure only where the model file's networks agree."""
    label = int(edge.name)
    agrees = digit.label == label
    confidence = min(digit.confidence, edge.confidence) if agrees else edge.confidence / 2
    candidates = (
        digit.candidates
        if digit.candidates and digit.candidates[0] == label
        else (label, *(other for other in digit.candidates if other != label))
    )
    probabilities = digit.probabilities or tuple(float(n == label) for n in range(10))
    status: Status = "ok" if agrees and digit.status == "ok" else "unsure"
    return dataclasses.replace(
        digit,
        label=label,
        text=edge.name,
        confidence=confidence,
        candidates=candidates,
        probabilities=probabilities,
        status=status,
    )


def _without_comb_edges(page_ink: PageInk) -> PageInk:
    """The same, edges of the boxes of a comb among the rules."""
    edges = comb_edges(page_ink.ink, page_ink.rules, page_ink.digit_height)
    if not edges.any():
        return page_ink
    near = cv2.dilate(edges, np.ones((3, 3), np.uint8))  # with their soft rim
    ink = np.asarray(np.where(near > 0, 0, page_ink.ink), np.uint8)
    return page_ink._replace(ink=ink, rules=np.maximum(page_ink.rules, edges))


def _page_notes(page_ink: PageInk, page: Page, words: int) -> list[Note]:
    notes = [Note(NoteKind.INVERTED)] if page_ink.is_ink_dark else []
    notes += [Note(NoteKind.RULES_REMOVED)] if page_ink.rules.any() else []
    notes += [Note(NoteKind.TURNED, (abs(page.slope),))] if page.slope else []
    return notes + ([Note(NoteKind.WORDS_LEFT_OUT, (words,))] if words else [])


def _to_picture(page_ink: PageInk, picture: Picture) -> NDArray[np.float64]:
    """The affine map, (2, 3), from the copy at the working size to the picture."""
    factor = picture.ink.shape[1] / picture.pixels.shape[1] / page_ink.scale
    shift = -page_ink.margin * factor
    return np.array([[factor, 0.0, shift], [0.0, factor, shift]])


def _ink_of_picture(page_ink: PageInk, to_picture: NDArray[np.float64], shape: tuple[int, ...]) -> GrayPicture:
    """The ink at the picture's own size."""
    size = (int(shape[1]), int(shape[0]))
    return np.asarray(cv2.warpAffine(page_ink.ink, to_picture, size, flags=cv2.INTER_LINEAR), np.uint8)


def _with_places(line: NamedLine, grid: TableGrid, to_picture: NDArray[np.float64]) -> NamedLine:
    """The line, each of its characters with its place in the table."""
    places = character_places(grid, _on_page([c.ink.box for c in line.characters], to_picture))
    characters = [c._replace(place=place) for c, place in zip(line.characters, places, strict=True)]
    return dataclasses.replace(line, characters=characters)


def _on_page(boxes: Sequence[Box], to_picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """The centres of boxes of the picture, (n, 2), on the page of the working size."""
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    return np.asarray((corners[:, :2] + corners[:, 2:] / 2 - to_picture[:, 2]) / to_picture[0, 0])


def _has_rules(page_ink: PageInk) -> bool:
    """Whether a rule is longer than a few digits are tall."""
    _, _, statistics, _ = cv2.connectedComponentsWithStats(page_ink.rules, connectivity=8)
    sides = statistics[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return bool(sides.max(initial=0) > _LONG_RULE * page_ink.digit_height)
