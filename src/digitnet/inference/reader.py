"""From a picture to what is written in it: picture, ink, digits in MNIST's frame, network, answer.

The network is handed in as whatever judges images. What was seen on the way is kept, so that an answer can be
explained.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture, Images
from digitnet.inference.answers import Digit, Reading
from digitnet.inference.decision import Place, nothing_written
from digitnet.pictures.decoding import PictureSource
from digitnet.pictures.loading import Picture, binarizations
from digitnet.pictures.mnist_frame import FramedDigit, to_mnist_frame
from digitnet.pictures.surroundings import inklike_surroundings
from digitnet.segmentation import DigitInk, Page, segment_page, separate_marks

__all__ = ["Judge", "Trace", "trace_digit", "trace_number"]

# What may have been done to a digit, as its notes say it, and what the notes of its page say.
_KINDS = {
    "pieces joined": "joined from pieces",
    "cut from": "cut from a neighbour that touched",
    "slant": "less slanted",
    "thickened": "with strokes thickened",
    "thinned": "with strokes thinned",
    "made solid": "with pale strokes made solid",
}
_ODD = 0.3  # more than nine of ten held-out digits are less odd; odder ones are looked at again, and none is found ...
_ODD_ONE = 0.0  # ... and not for a one that is odder than four of five: whatever is long and thin looks like a one
_ONE = "1"
_PER_EDGE = 2.0  # is added to how odd ink looks, were all beside it as dark as it is
_EDGY = 0.1  # of what lies beside ink is as dark as it is, which is worth a note
_SURE = 0.95  # is the network of a digit that is found by looking again
_FEW = 3  # digits may be all that was seen of a number: a page of no more is looked at again, ...
_MOSTLY = 0.66  # ... and so is one where no more than this part looks as digits do, ...
_MOST_AGAIN = 100  # ... unless it has so many that it would take too long; ...
_CLEARLY = 2  # ... what is then found must be worth so many digits more
_CROWD = 20  # pieces or more, of which none looks like a digit and some are refused, are specks, hatching or print
_AS_TALL = 0.6  # of the digits in its line


class Judge(Protocol):
    """What reading needs of a classifier."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The text of each label."""
        ...

    def score(self, images: Images, /) -> AnyArray:
        """What is said of images (n, 28, 28) uint8: float (n, classes), whose softmax are probabilities."""
        ...

    def oddness(self, images: Images, /) -> AnyArray | None:
        """How little each image looks like any digit, (n,); None where nothing tells."""
        ...

    def judge(self, images: Images, places: Sequence[Place | None], /, *, in_lines: bool = False) -> list[Digit]:
        """A digit for each image; of numbers, less is refused."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """An answer, and what was seen on the way to it.

    Attributes:
        ink: uint8 (height, width) of the upright picture, 0 = paper, 255 = ink.
        steps: The name and the picture of each step from the picture to its ink, uint8 (h, w) or (h, w, 3).
        images: uint8 (n, 28, 28), what the network saw of each digit, in reading order.
        reading: The answer; of a picture of one digit, that digit in a line of its own.
    """

    ink: GrayPicture
    steps: Sequence[tuple[str, AnyArray]]
    images: Images
    reading: Reading

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return self.reading.digits


def trace_digit(picture: PictureSource, judge: Judge, *, with_steps: bool = False) -> Trace:
    """Read the one digit of a picture; all of its ink but the specks is taken for that digit.

    Where that does not look like a digit as most are, each of its pieces is looked at too, and the picture is looked at
    again in other ways: what looks most like a digit is one.

    Args:
        picture: See `load_picture`.
        judge: The network.
        with_steps: Whether to keep the steps on the way to the ink.

    Returns:
        A trace of exactly one digit, whose status is "not_a_digit" where nothing is written.

    Raises:
        PictureError: The picture is missing, damaged, too large, or not a picture.
    """
    views = binarizations(picture, with_steps=with_steps)
    loaded = next(views)
    framed = to_mnist_frame(loaded.ink)
    edge = 0.0
    if min(loaded.ink.shape) > IMAGE_SIDE and _is_in_doubt(framed, judge):
        whole = framed
        loaded, framed = _likeliest(loaded, whole, views, judge)
        edge = inklike_surroundings(loaded.pixels, loaded.ink) if framed is not None and framed is whole else 0.0
    if framed is None:
        height, width = loaded.ink.shape
        blank = nothing_written(height, width, loaded.notes)
        return Trace(loaded.ink, loaded.steps, _stack([]), Reading(((blank,),), loaded.notes))
    images = framed.image[np.newaxis]
    beside = (f"{100 * edge:.0f} % of what lies beside it is like it",) if edge >= _EDGY else ()
    place = Place(framed.box, 0, (*loaded.notes, *framed.notes, *beside), _PER_EDGE * edge)
    (digit,) = judge.judge(images, [place])
    return Trace(loaded.ink, loaded.steps, images, Reading(((digit,),), digit.notes))


def _is_in_doubt(whole: FramedDigit | None, judge: Judge) -> bool:
    """Nothing was seen, or nothing that looks as digits do."""
    if whole is None:
        return True
    oddness = judge.oddness(whole.image[np.newaxis])
    return oddness is not None and bool(oddness[0] > _ODD)


def _likeliest(
    first: Picture, whole: FramedDigit | None, views: Iterator[Picture], judge: Judge
) -> tuple[Picture, FramedDigit | None]:
    """Whichever look and piece is a digit beyond doubt; or else the first look and all of its ink."""
    found = [(first, one) for one in _each_apart(first.ink)]
    for view in views:
        framed = to_mnist_frame(view.ink)
        found += [(view, one) for one in ([] if framed is None else [framed]) + _each_apart(view.ink)]
    if not found:
        return first, whole
    images = _stack([framed.image for _, framed in found])
    oddness, scores = judge.oddness(images), judge.score(images).astype(np.float64)
    confidence = np.exp(scores.max(axis=1) - np.logaddexp.reduce(scores, axis=1))
    is_one = np.array(judge.class_names)[scores.argmax(axis=1)] == _ONE
    is_digit = _is_typical(oddness, is_one, confidence)
    if oddness is None or is_digit is None or not is_digit.any():
        return first, whole
    return found[int(np.where(is_digit, oddness, np.inf).argmin())]


def _is_typical(oddness: AnyArray | None, is_one: NDArray[np.bool_], confidence: AnyArray) -> NDArray[np.bool_] | None:
    """Which images look as digits do and are read for sure, bool (n,); None where nothing tells."""
    if oddness is None:
        return None
    return np.asarray((confidence >= _SURE) & (oddness <= np.where(is_one, _ODD_ONE, _ODD)))


def _each_apart(ink: GrayPicture) -> list[FramedDigit]:
    """Each of the larger pieces as if it were the digit, where there are several."""
    digits = []
    for piece in separate_marks(ink):
        framed = to_mnist_frame(piece.ink)
        if framed is not None:
            left, top, width, height = framed.box
            digits.append(replace(framed, box=(left + piece.left, top + piece.top, width, height)))
    return digits


def trace_number(picture: PictureSource, judge: Judge, *, with_steps: bool = False) -> Trace:
    """Read all digits of a picture.

    Where few digits are found, or a third of them do not look as digits do, the picture is looked at again. Where none
    looks as digits do, each is refused as a single digit would be: then it is no number that would have a hole.

    Args:
        picture: See `load_picture`.
        judge: The network.
        with_steps: Whether to keep the steps on the way to the ink.

    Returns:
        A trace of any number of digits; of none where nothing is written.

    Raises:
        PictureError: The picture is missing, damaged, too large, or not a picture.
    """
    views = binarizations(picture, with_steps=with_steps)
    best = _read_page(next(views), judge)
    count = len(best.trace.images)
    if best.page.left_out:
        return best.trace
    if count <= _FEW or (best.typical <= _MOSTLY * count and count <= _MOST_AGAIN):
        for view in views:
            page = _read_page(view, judge)
            best = page if page.worth >= best.worth + _CLEARLY else best
    return best.trace if best.typical else best.refused_as_single_digits(judge)


@dataclass(frozen=True, slots=True, eq=False)
class _PageRead:
    """What a look at a page gave.

    Attributes:
        view: The look.
        page: Its ink, taken apart.
        found: What the digits may be.
        trace: The answer.
        typical: How many of its digits look as digits do, and are read for sure.
    """

    view: Picture
    page: Page
    found: Sequence[DigitInk]
    trace: Trace
    typical: int

    @property
    def worth(self) -> int:
        """Digits that look as digits do, less what else was found."""
        return 2 * self.typical - len(self.trace.images)

    def refused_as_single_digits(self, judge: Judge) -> Trace:
        """The answer, if what does not look like a digit is none, even where a number may have a hole then."""
        oddness = _PER_EDGE * inklike_surroundings(self.view.pixels, self.view.ink) if self.found else 0.0
        places = [Place(digit.box, digit.line, digit.notes, oddness) for digit in self.found]
        digits = judge.judge(_stack([digit.image for digit in self.found]), places)
        if len(digits) >= _CROWD and _is_any_refused(digits):
            notes = (*self.view.notes, *_left_out(len(digits)))
            return Trace(self.view.ink, self.view.steps, _stack([]), Reading((), notes))
        return _trace_of(self.view, self.page, self.found, digits)


def _read_page(loaded: Picture, judge: Judge) -> _PageRead:
    page = segment_page(loaded.ink, lambda images: _may_hold_digits(images, judge))
    candidates = page.images
    found = page.choose(judge.score(candidates), judge.class_names, judge.oddness(candidates))
    places = [Place(digit.box, digit.line, digit.notes) for digit in found]
    digits = judge.judge(_stack([digit.image for digit in found]), places, in_lines=True)
    trace = _trace_of(loaded, page, found, digits)
    return _PageRead(loaded, page, found, trace, _count_typical(trace, judge))


def _may_hold_digits(images: Images, judge: Judge) -> bool:
    """Whether any image is no odder than most digits, or nothing tells, or all are to be answered."""
    oddness = judge.oddness(images)
    if oddness is None or (oddness <= _ODD).any():
        return True
    return not _is_any_refused(judge.judge(images, [Place((0, 0, IMAGE_SIDE, IMAGE_SIDE))] * len(images)))


def _is_any_refused(digits: Sequence[Digit]) -> bool:
    return any(digit.status == "not_a_digit" for digit in digits)


def _trace_of(loaded: Picture, page: Page, found: Sequence[DigitInk], digits: Sequence[Digit]) -> Trace:
    """What is told of a page, once it is known what each of its digits is."""
    is_kept = _kept(digits)
    notes = (*loaded.notes, *_page_notes(page, found), *_left_out(page.left_out + int((~is_kept).sum())))
    images = _stack([digit.image for digit in found])[is_kept]
    return Trace(loaded.ink, loaded.steps, images, Reading(_lines(list(compress(digits, is_kept))), notes))


def _count_typical(trace: Trace, judge: Judge) -> int:
    """How many digits look as digits do, and are read for sure; all of them where nothing tells."""
    oddness = judge.oddness(trace.images)
    read = [[digit.text == _ONE, digit.confidence] for digit in trace.digits]
    is_one, confidence = np.array(read).reshape(-1, 2).T
    is_typical = _is_typical(oddness, is_one > 0, confidence)
    return len(trace.images) if is_typical is None else int(is_typical.sum())


def _lines(digits: Sequence[Digit]) -> tuple[tuple[Digit, ...], ...]:
    """Digits in reading order by their lines, which are counted anew where one is left out."""
    numbers = sorted({digit.line for digit in digits})
    return tuple(
        tuple(replace(digit, line=line) for digit in digits if digit.line == number)
        for line, number in enumerate(numbers)
    )


def _left_out(pieces: int) -> tuple[str, ...]:
    if not pieces:
        return ()
    return (f"{pieces} {'piece' if pieces == 1 else 'pieces'} left out: no digit, to judge by the looks",)


def _kept(digits: Sequence[Digit]) -> NDArray[np.bool_]:
    """Which ones a reading tells of: what is no digit is left out, unless it stands as tall as a digit among digits.

    Specks, punctuation and lines of scribble leave nothing behind; but a number with a hole in it must not look like
    one without.
    """
    heights: dict[int, list[int]] = {}
    for digit in digits:
        if digit.status != "not_a_digit":
            heights.setdefault(digit.line, []).append(digit.box[3])
    kept = [
        digit.status != "not_a_digit"
        or (digit.line in heights and digit.box[3] >= _AS_TALL * float(np.median(heights[digit.line])))
        for digit in digits
    ]
    return np.array(kept, np.bool_)


def _stack(images: Sequence[GrayPicture]) -> Images:
    return np.stack(images) if images else np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)


def _page_notes(page: Page, found: Sequence[DigitInk]) -> tuple[str, ...]:
    """What was done to the page, and to how many of its digits, in plain words."""
    notes = []
    if page.slope:
        notes.append(f"turned by {abs(page.slope):.0f} degrees: the lines sloped")
    for kind, words in _KINDS.items():
        count = sum(any(kind in note for note in digit.notes) for digit in found)
        if count:
            notes.append(f"{count} of {len(found)} digits {words}")
    return tuple(notes)
