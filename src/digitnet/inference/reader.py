"""From a picture to an answer: picture, ink, digits in MNIST's frame, outputs, answer.

The predictor, which gives outputs for images, and the decision, which says what outputs mean, are handed in. What was
seen on the way is kept, so that an answer can be explained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.constraints import AnyConstraint
from digitnet.errors import ConfigurationError
from digitnet.inference.answers import Digit, Reading, Table
from digitnet.inference.decision import Decision, Place, blank_digit
from digitnet.inference.digit_candidates import (
    ink_shares,
    is_at_the_border,
    other_candidates,
    seen_twice,
    usual_candidates,
    written_candidates,
)
from digitnet.inference.letter_check import LetterCheck, is_whole
from digitnet.inference.number_reader import NumberReader
from digitnet.inference.other_digits import count_digits
from digitnet.inference.outputs import Outputs
from digitnet.inference.predictor import Predictor
from digitnet.inference.reading_thresholds import READING_THRESHOLDS, ReadingThresholds
from digitnet.inference.tables import table_of
from digitnet.inference.trace import Trace, lines_of, stacked, trace_of
from digitnet.inference.two_ways import better_trace, trace_of_numbers
from digitnet.model_file.reading_networks import reading_networks
from digitnet.notes import Note, NoteKind, counted, in_words
from digitnet.pictures.decoding import PictureSource
from digitnet.pictures.loading import Picture, binarizations
from digitnet.pictures.mnist_frame import FramedDigit, to_mnist_frame
from digitnet.pictures.surroundings import inklike_surroundings
from digitnet.segmentation import DigitInk, Page, segment_page

__all__ = ["READING_THRESHOLDS", "Reader", "ReadingThresholds", "Trace", "reader_for"]

_ONE = "1"  # the name of the class whose shape is a mere stroke


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Ink that may be the digit of a picture.

    Attributes:
        picture: The picture that it is from.
        framed: The ink in MNIST's frame.
        outputs: For this one image.
    """

    picture: Picture
    framed: FramedDigit
    outputs: Outputs


@dataclass(frozen=True, slots=True, eq=False)
class _PageRead:
    """What one attempt at a page gave.

    Attributes:
        picture: The picture as this attempt sees it.
        page: Its ink, taken apart.
        found: What the digits may be.
        outputs: One row for each of `found`.
        trace: The answer.
        num_typical: How many digits of the answer are typical.
    """

    picture: Picture
    page: Page
    found: Sequence[DigitInk]
    outputs: Outputs
    trace: Trace
    num_typical: int

    @property
    def worth(self) -> int:
        """Typical digits, less what else was found."""
        return 2 * self.num_typical - len(self.trace.images)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads pictures.

    Attributes:
        predictor: Gives outputs for images in MNIST's frame.
        decision: Says what outputs mean.
        thresholds: When a picture is looked at again, and what of it is left out.
        numbers: Reads pages of digits; None where the model file knows other classes.
        letters: Doubts single digits; None where the model file knows other classes.
    """

    predictor: Predictor
    decision: Decision
    thresholds: ReadingThresholds = READING_THRESHOLDS
    numbers: NumberReader | None = None
    letters: LetterCheck | None = None

    def trace_digit(self, picture: PictureSource, *, with_steps: bool = False) -> Trace:
        """Read the one digit of a picture; all of its ink but the specks is taken for that digit.

        Where that does not look like a digit as most are, each of its pieces is tried too, and ink is separated from
        paper in other ways: the most typical digit counts.

        Args:
            picture: See `load_picture`.
            with_steps: Whether to keep the steps on the way to the ink.

        Returns:
            A trace of exactly one digit, whose status is "not_a_digit" where nothing is written.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        attempts = binarizations(picture, with_steps=with_steps, is_one_digit=True)
        first = next(attempts)
        framed = to_mnist_frame(first.ink)
        best = None if framed is None else self._candidate(first, framed)
        edge, is_large = 0.0, min(first.ink.shape) > IMAGE_SIDE
        if self.numbers is not None and is_large and (is_at_the_border(first.ink) or self._is_unlike_digits(best)):
            usual = usual_candidates(first, framed)
            first = usual[0][0] if usual and framed is not None else first
            others = written_candidates(first, self.numbers)
            best = self._most_typical([*usual, *others], len(usual)) or self._least_unusual(usual)
        if is_large and self._is_unlike_digits(best):
            other = self._most_typical(other_candidates(first, attempts))
            if other is None and best is not None:
                # Of the first look: what is as dark beside its ink speaks against a digit in the others, too.
                edge = inklike_surroundings(first.pixels, first.ink)
            best = other or best
        if best is None:
            height, width = first.ink.shape
            blank = blank_digit(height, width, first.notes)
            return trace_of(first, stacked([]), Reading(((blank,),), in_words(first.notes)))
        return self._trace_of_digit(best, edge)

    def _trace_of_digit(self, best: _Candidate, edge: float) -> Trace:
        """The answer for one digit; `edge` is the part of its surroundings that is as dark as the ink."""
        beside = (Note(NoteKind.INK_BESIDE_INK, (100 * edge,)),) if edge >= self.thresholds.min_noted_edge else ()
        notes = (*best.picture.notes, *best.framed.notes, *beside)
        others = count_digits(best.picture.ink, self.predictor, self.decision) - 1
        notes += (Note(NoteKind.SEVERAL_DIGITS, (others + 1,)),) if others else ()
        place = Place(best.framed.box, 0, notes, self.thresholds.edge_penalty * edge)
        images = best.framed.image[np.newaxis]
        (digit,) = self.decision.digits(self.predictor.averaged(images, best.outputs), [place])
        if self.letters is not None:
            scores = self.decision.outlier_scores(best.outputs)
            may_refuse = self.decision.single.use_digit_score and is_whole(best.picture.ink)
            digit = self.letters.checked(digit, images[0], scores, may_refuse=may_refuse)
        if others and digit.label is not None:
            digit = replace(digit, status="unsure", others=others)
        return trace_of(best.picture, images, Reading(((digit,),), digit.notes))

    def _candidate(self, picture: Picture, framed: FramedDigit) -> _Candidate:
        return _Candidate(picture, framed, self.predictor.outputs(framed.image[np.newaxis]))

    def _is_unlike_digits(self, candidate: _Candidate | None) -> bool:
        """Nothing was found, or nothing that looks like a digit as most are."""
        if candidate is None:
            return True
        outlier_scores = self.decision.outlier_scores(candidate.outputs)
        return outlier_scores is not None and bool(outlier_scores[0] > self.thresholds.max_outlier_score)

    def _most_typical(
        self, found: Sequence[tuple[Picture, FramedDigit]], num_single: int | None = None
    ) -> _Candidate | None:
        """The typical digit with the least outlier score; None where none is typical.

        With `num_single`, what is behind so many candidates must be seen in two pictures: many looks find a digit in
        anything.
        """
        if not found:
            return None
        outputs = self.predictor.outputs(stacked([framed.image for _, framed in found]))
        outlier_scores = self.decision.outlier_scores(outputs)
        limits, confidence = self.thresholds, self.decision.confidences(outputs)
        logits = self.decision.comparable_logits(outputs)
        is_one = np.array(self.decision.class_names)[logits.argmax(axis=1)] == _ONE
        is_typical = self._is_typical(outlier_scores, is_one, confidence)
        if outlier_scores is None or is_typical is None:
            return None
        if num_single is not None:
            is_likely = (confidence >= limits.min_confidence) & (outlier_scores <= limits.max_outlier_score)
            is_typical &= np.arange(len(found)) < num_single
            is_typical |= is_likely & seen_twice(found, logits.argmax(axis=1), is_likely)
        # Half of many a digit is a stroke, as a 1 is.
        is_typical &= ~is_one | (ink_shares(found) >= limits.min_share_of_one)
        if not is_typical.any():
            return None
        row = int(np.where(is_typical, outlier_scores, np.inf).argmin())
        return _Candidate(*found[row], outputs.take(np.array([row])))

    def _least_unusual(self, found: Sequence[tuple[Picture, FramedDigit]]) -> _Candidate | None:
        """The first candidate, or a confident one with a smaller outlier score; None without any."""
        if not found:
            return None
        outputs = self.predictor.outputs(stacked([framed.image for _, framed in found]))
        outlier_scores = self.decision.outlier_scores(outputs)
        row = 0
        if outlier_scores is not None:
            is_confident = self.decision.confidences(outputs) >= self.thresholds.min_unusual_confidence
            is_confident[0] = True
            row = int(np.where(is_confident, outlier_scores, np.inf).argmin())
        return _Candidate(*found[row], outputs.take(np.array([row])))

    def _is_typical(
        self, outlier_scores: AnyArray | None, is_one: NDArray[np.bool_], confidence: AnyArray
    ) -> NDArray[np.bool_] | None:
        """Which images look like digits as most are, and are read with confidence, (n,); None where nothing tells."""
        if outlier_scores is None:
            return None
        limits = np.where(is_one, self.thresholds.max_outlier_score_of_one, self.thresholds.max_outlier_score)
        return np.asarray((confidence >= self.thresholds.min_confidence) & (outlier_scores <= limits))

    def trace_number(
        self, picture: PictureSource, *, with_steps: bool = False, constraint: AnyConstraint | None = None
    ) -> Trace:
        """Read all digits of a picture.

        Where few digits are found, or a third of them are not typical, ink is separated from paper in other ways too.
        Where no digit is typical, each is refused as a single digit would be: there is no number to leave a hole in.

        Args:
            picture: See `load_picture`.
            with_steps: Whether to keep the steps on the way to the ink.
            constraint: What is known about each number.

        Returns:
            A trace of any number of digits; of none where nothing is written.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        attempts = binarizations(picture, with_steps=with_steps)
        first = next(attempts)
        if self.numbers is None and constraint is not None:
            raise ConfigurationError(
                "what is known about a number helps only where a model reads the ten digits: this one reads "
                f"{', '.join(self.decision.class_names[:3])} ...; leave it out, or take another model"
            )
        found = None if self.numbers is None else self.numbers.read(first, constraint)
        if found is not None and constraint is not None:
            return trace_of_numbers(first, found)
        best = self._read_page(first)
        if found is not None and found.is_table:
            return better_trace(first, found, best.trace)
        if best.page.left_out:
            return best.trace
        plain = self._read_again(best, attempts)
        return plain if self.numbers is None else better_trace(first, found, plain)

    def read_table(self, picture: PictureSource) -> Table:
        """Read the numbers of a picture in rows and columns.

        Args:
            picture: See `load_picture`.

        Returns:
            The table; without rows where neither a number nor a cell is found.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
            ConfigurationError: The model file knows other classes than the ten digits.
        """
        if self.numbers is None:
            raise ConfigurationError("tables are read with models of the ten digits: this one has other classes")
        first = next(binarizations(picture))
        found = self.numbers.read(first)
        if found is None:
            return Table((), notes=in_words((Note(NoteKind.BLANK),)))
        numbers = found.numbers
        if found.is_table:
            numbers = better_trace(first, found, self._read_page(first).trace).reading.numbers
        return table_of(numbers, found.table_shape, in_words(found.notes))

    def _read_again(self, best: _PageRead, attempts: Iterator[Picture]) -> Trace:
        """Read plain lines of digits, in ink that was separated from paper in other ways where they are few or odd."""
        limits, count = self.thresholds, len(best.trace.images)
        has_few_typical = best.num_typical <= limits.max_typical_share * count
        if count <= limits.few_digits or (has_few_typical and count <= limits.max_digits_again):
            for attempt in attempts:
                page = self._read_page(attempt)
                best = page if page.worth >= best.worth + limits.min_gain else best
        return best.trace if best.num_typical else self._refused_as_single_digits(best)

    def _read_page(self, picture: Picture) -> _PageRead:
        page = segment_page(picture.ink, self._may_hold_digits)
        outputs = self.predictor.outputs(page.images)
        outlier_scores = self.decision.outlier_scores(outputs)
        found = page.choose(self.decision.comparable_logits(outputs), self.decision.class_names, outlier_scores)
        chosen = outputs.take(np.array([digit.candidate for digit in found], np.intp))
        chosen = self.predictor.averaged(stacked([digit.image for digit in found]), chosen)
        places = [Place(digit.box, digit.line, digit.notes) for digit in found]
        digits = self.decision.digits(chosen, places, in_number=True)
        is_kept = self._kept(digits)
        trace = _trace_of_page(picture, page, found, digits, is_kept)
        return _PageRead(picture, page, found, chosen, trace, self._count_typical(trace, chosen.take(is_kept)))

    def _may_hold_digits(self, images: Images) -> bool:
        """Whether any image looks like a digit as most are, or nothing tells, or all are to be answered."""
        outputs = self.predictor.outputs(images)
        outlier_scores = self.decision.outlier_scores(outputs)
        if outlier_scores is None or (outlier_scores <= self.thresholds.max_outlier_score).any():
            return True
        places = [Place((0, 0, IMAGE_SIDE, IMAGE_SIDE))] * len(images)
        return all(digit.status != "not_a_digit" for digit in self.decision.digits(outputs, places))

    def _count_typical(self, trace: Trace, outputs: Outputs) -> int:
        """How many digits of an answer are typical; all of them where nothing tells."""
        read = [[digit.text == _ONE, digit.confidence] for digit in trace.digits]
        is_one, confidence = np.array(read).reshape(-1, 2).T
        is_typical = self._is_typical(self.decision.outlier_scores(outputs), is_one > 0, confidence)
        return len(trace.images) if is_typical is None else int(is_typical.sum())

    def _refused_as_single_digits(self, read: _PageRead) -> Trace:
        """The answer, if what does not look like a digit is none, even where a number may have a hole then."""
        edge = inklike_surroundings(read.picture.pixels, read.picture.ink) if read.found else 0.0
        penalty = self.thresholds.edge_penalty * edge
        places = [Place(digit.box, digit.line, digit.notes, penalty) for digit in read.found]
        digits = self.decision.digits(read.outputs, places)
        if len(digits) >= self.thresholds.crowd and any(digit.status == "not_a_digit" for digit in digits):
            ignored = in_words((*read.picture.notes, *_marks_ignored(len(digits))))
            return trace_of(read.picture, stacked([]), Reading((), ignored))
        return _trace_of_page(read.picture, read.page, read.found, digits, self._kept(digits))

    def _kept(self, digits: Sequence[Digit]) -> NDArray[np.bool_]:
        """Which ones an answer has: all digits, and what was refused if it stands as tall as a digit among digits.

        Specks, punctuation and lines of scribble leave nothing behind; but a number with a hole in it must not look
        like one without.
        """
        heights: dict[int, list[int]] = {}
        for digit in digits:
            if digit.status != "not_a_digit":
                heights.setdefault(digit.line, []).append(digit.box[3])
        least = {line: self.thresholds.min_height_share * float(np.median(own)) for line, own in heights.items()}
        kept = [digit.status != "not_a_digit" or digit.box[3] >= least.get(digit.line, np.inf) for digit in digits]
        return np.array(kept, np.bool_)


def reader_for(predictor: Predictor, decision: Decision) -> Reader:
    """A reader with all that the classes of a model file allow."""
    if decision.class_names != tuple("0123456789"):
        return Reader(predictor, decision)
    numbers = NumberReader(predictor, decision, reading_networks)
    return Reader(predictor, decision, numbers=numbers, letters=LetterCheck(reading_networks))


def _trace_of_page(
    picture: Picture, page: Page, found: Sequence[DigitInk], digits: Sequence[Digit], is_kept: NDArray[np.bool_]
) -> Trace:
    """The answer for a page, once it is known what each of its digits is, and which of them it has."""
    ignored = page.left_out + int((~is_kept).sum())
    notes = in_words((*picture.notes, *_page_notes(page, found), *_marks_ignored(ignored)))
    images = stacked([digit.image for digit in found])[is_kept]
    return trace_of(picture, images, Reading(lines_of(list(compress(digits, is_kept))), notes))


def _page_notes(page: Page, found: Sequence[DigitInk]) -> list[Note]:
    """What was done to the page, and to how many of its digits."""
    turned = [Note(NoteKind.TURNED, (abs(page.slope),))] if page.slope else []
    return turned + counted([digit.notes for digit in found])


def _marks_ignored(marks: int) -> tuple[Note, ...]:
    return (Note(NoteKind.MARKS_IGNORED, (marks,)),) if marks else ()
