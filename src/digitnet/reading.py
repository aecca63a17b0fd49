"""From a picture to what is written in it: picture, ink, digits in MNIST's frame, network, answer.

The network is handed in as whatever judges images. What was seen on the way is kept, so that an answer can be
explained.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitnet.answers import Digit, Reading
from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture, Images
from digitnet.normalization import to_mnist_frame
from digitnet.pictures import PictureSource, Steps, load_picture
from digitnet.segmentation import DigitInk, Page, take_apart
from digitnet.verdicts import Place, nothing_written

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
_AS_TALL = 0.6  # of the digits in its line


class Judge(Protocol):
    """What reading needs of a classifier."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The text of each label."""
        ...

    def score(self, images: Images, /) -> AnyArray:
        """The network's own logits (n, classes) of images (n, 28, 28) uint8, divided by its temperature."""
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

    Args:
        picture: See `load_picture`.
        judge: The network.
        with_steps: Whether to keep the steps on the way to the ink.

    Returns:
        A trace of exactly one digit, whose status is "not_a_digit" where nothing is written.

    Raises:
        PictureError: The picture is missing, damaged, too large, or not a picture.
    """
    steps: Steps = []
    loaded = load_picture(picture, steps=steps if with_steps else None)
    framed = to_mnist_frame(loaded.ink)
    if framed is None:
        height, width = loaded.ink.shape
        blank = nothing_written(height, width, loaded.notes)
        return Trace(loaded.ink, steps, _stack([]), Reading(((blank,),), loaded.notes))
    images = framed.image[np.newaxis]
    (digit,) = judge.judge(images, [Place(framed.box, 0, (*loaded.notes, *framed.notes))])
    return Trace(loaded.ink, steps, images, Reading(((digit,),), digit.notes))


def trace_number(picture: PictureSource, judge: Judge, *, with_steps: bool = False) -> Trace:
    """Read all digits of a picture.

    Args:
        picture: See `load_picture`.
        judge: The network.
        with_steps: Whether to keep the steps on the way to the ink.

    Returns:
        A trace of any number of digits; of none where nothing is written.

    Raises:
        PictureError: The picture is missing, damaged, too large, or not a picture.
    """
    steps: Steps = []
    loaded = load_picture(picture, steps=steps if with_steps else None)
    page = take_apart(loaded.ink)
    candidates = page.images
    found = page.choose(judge.score(candidates), judge.class_names, judge.oddness(candidates))
    images = _stack([digit.image for digit in found])
    digits = judge.judge(images, [Place(digit.box, digit.line, digit.notes) for digit in found], in_lines=True)
    is_kept = _kept(digits)
    notes = (*loaded.notes, *_page_notes(page, found), *_left_out(int((~is_kept).sum())))
    return Trace(loaded.ink, steps, images[is_kept], Reading(_lines(list(compress(digits, is_kept))), notes))


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
