"""How much one part holds: the more there is to do, the more, so that neither parts nor their files become too many."""

import math
from typing import NamedTuple

from digitnet.scale.parts import IMAGES_A_PART, SMALLEST, Item, PartSize
from digitnet.scale.picture_reading import Task

__all__ = ["Amount", "size_for"]

# What one picture takes on one core, roughly: an estimate, of which only the order counts. Rendered dates, sums and
# boxes take a second each (docs/scale.md), plain lines a tenth; one digit 10 to 30 ms; a table some seconds.
_SECONDS_A_PICTURE: dict[Task, float] = {"read": 0.5, "predict": 0.03, "table": 2.0}
_SECONDS_AN_IMAGE = 1 / 16_000  # in MNIST's frame; docs/scale.md
_BYTES_A_PICTURE = 2 << 20  # a scan of one page; a longer PDF counts as several. By hand.

# A part takes a tenth of the square root of all work, in seconds: parts and their size grow together. An hour of work
# is 600 parts of 6 s, two months 23,000 parts of 4 minutes. No part takes more than ten minutes, which is what a killed
# worker loses; and none has more rows than a worker holds in some 50 MB. All by hand; docs/log.md 2026-12-01.
_OF_THE_ROOT = 0.1
_LONGEST_PART = 600.0
_MOST_ROWS = 32_768


class Amount(NamedTuple):
    """How much there is to read.

    Attributes:
        pictures: How many; a large PDF counts as several.
        images: In MNIST's frame.
    """

    pictures: int = 0
    images: int = 0

    def with_item(self, item: Item) -> "Amount":
        """The amount with one more item."""
        if item.kind == "images":
            return Amount(self.pictures, self.images + item.size)
        return Amount(self.pictures + max(1, item.file_bytes // _BYTES_A_PICTURE), self.images)


def size_for(amount: Amount, task: Task) -> PartSize:
    """The size of the parts of a run.

    Args:
        amount: All that it reads.
        task: What is done with a picture.

    Returns:
        Powers of two, from `SMALLEST` on.
    """
    a_picture = _SECONDS_A_PICTURE[task]
    work = amount.pictures * a_picture + amount.images * _SECONDS_AN_IMAGE
    part = min(_OF_THE_ROOT * math.sqrt(work), _LONGEST_PART)
    pictures = _power_of_two(part / a_picture, SMALLEST.pictures)
    return PartSize(pictures, _power_of_two(part / _SECONDS_AN_IMAGE, IMAGES_A_PART), pictures * _BYTES_A_PICTURE)


def _power_of_two(wanted: float, least: int) -> int:
    """The nearest on a logarithmic scale, from `least`, which is one, to `_MOST_ROWS`."""
    return min(max(least, 1 << round(math.log2(max(1.0, wanted)))), _MOST_ROWS)
