"""An answer, and what was seen on the way to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture, Images
from digitnet.inference.answers import Digit, Reading, unsure
from digitnet.notes import Note, about_the_file, unread_in_words
from digitnet.pictures.loading import Picture

__all__ = ["Trace", "as_unsure", "lines_of", "stacked", "trace_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """An answer, and what was seen on the way to it.

    Attributes:
        ink: uint8 (height, width) of the upright picture, 0 = paper, 255 = ink.
        steps: The name and the picture of each step from the picture to its ink, uint8 (h, w) or (h, w, 3).
        images: uint8 (n, 28, 28), what the network saw of each digit, in reading order.
        reading: The answer; of a picture of one digit, that digit in a line of its own.
        file_notes: What is to be said about the file, such as that it has more pages than the one that was read.
    """

    ink: GrayPicture
    steps: Sequence[tuple[str, AnyArray]]
    images: Images
    reading: Reading
    file_notes: tuple[Note, ...] = ()

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return self.reading.digits

    @property
    def unread(self) -> tuple[str, ...]:
        """What the file holds beside the picture that was read, in words; mostly nothing."""
        return unread_in_words(self.file_notes)


def trace_of(picture: Picture, images: Images, reading: Reading) -> Trace:
    """The trace of an answer to a picture, whose ink and steps it keeps."""
    return Trace(picture.ink, picture.steps, images, reading, about_the_file(picture.notes))


def as_unsure(trace: Trace) -> Trace:
    """The same answer, none of it sure."""
    return replace(trace, reading=unsure(trace.reading))


def lines_of(digits: Sequence[Digit]) -> tuple[tuple[Digit, ...], ...]:
    """Digits in reading order by their lines, which are counted anew where one is left out."""
    numbers = sorted({digit.line for digit in digits})
    return tuple(
        tuple(replace(digit, line=line) for digit in digits if digit.line == number)
        for line, number in enumerate(numbers)
    )


def stacked(images: Sequence[GrayPicture]) -> Images:
    """Images in MNIST's frame as one array, uint8 (n, 28, 28), also where there are none."""
    return np.stack(images) if len(images) else np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
