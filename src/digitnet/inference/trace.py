"""An answer, and what was seen on the way to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.inference.answers import Digit, Reading

__all__ = ["Trace"]


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
