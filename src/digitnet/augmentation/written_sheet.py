"""A sheet while it is written: who writes with which pen, and the layers of ink, rules and owners.

All is drawn at the working size: digits some 20 to 64 pixels tall.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.augmentation.written_characters import MARKS, draw_digit, draw_mark, draw_tick, draw_typed

__all__ = ["Sheet", "Writer", "WrittenCharacter"]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenCharacter:
    """A character of a page.

    Attributes:
        name: A digit, a mark, `letter` or `junk`.
        box: Left, top, right and bottom in pixels of the page.
        number: What its pixels have in the page's `owners`, from 1.
        line: Its line, from 0.
    """

    name: str
    box: tuple[int, int, int, int]
    number: int
    line: int


@dataclass(slots=True, eq=False)
class Writer:
    """Who writes: where the digits and letters come from, and with which pen.

    Attributes:
        digits: uint8 (n, 28, 28), MNIST's training images.
        labels: uint8 (n,).
        fonts: Typefaces like handwriting, at about 64 pixels; without any there are no words.
        rng: What all follows from.
        height: Of digits, in pixels.
        pen: Width of strokes in pixels.
        typed: Share of the digits that a typeface draws.
    """

    digits: Images
    labels: AnyArray
    fonts: Sequence[ImageFont.FreeTypeFont]
    rng: np.random.Generator
    height: float = 32.0
    pen: float = 3.0
    typed: float = 0.0
    font: ImageFont.FreeTypeFont | None = None
    _by_label: list[NDArray[np.intp]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._by_label = [np.flatnonzero(self.labels == label) for label in range(10)]

    def draw(self, name: str) -> tuple[GrayPicture, float, float]:
        """The ink of a character or word; its left edge, and its upper edge below a digit's top."""
        rng, height = self.rng, self.height
        if name.isdecimal() and len(name) == 1:
            if self.font is not None and rng.random() < self.typed:
                return draw_typed(name, self.font, height, self.pen)
            own = height * math.exp(rng.normal(0, 0.07))
            image = self.digits[rng.choice(self._by_label[int(name)])]
            pen = self.pen if rng.random() < 0.85 else None
            ink = draw_digit(image, own, pen, rng)
            return ink, 0.0, (height - own) * rng.uniform(0, 1) + rng.normal(0, 0.05) * height
        if name == "junk":
            return draw_tick(height * rng.uniform(0.6, 1.3), self.pen, rng)
        if name in MARKS and (self.font is None or rng.random() < 0.8):
            return draw_mark(name, height, self.pen, rng)
        return draw_typed(name, self.font or self.fonts[0], height * rng.uniform(0.75, 1.15), self.pen)


@dataclass(slots=True, eq=False)
class Sheet:
    """Layers of a page while it is written.

    Attributes:
        writer: Who writes.
        shape: Height and width in pixels.
        unsteadiness: Standard deviation in pixels by which rules leave a straight line; 0 for printed ones.
        with_pen: Whether rules are drawn with the pen of the characters.
        ink: uint8 (height, width), coverage by characters.
        rules: uint8 (height, width), coverage by rules.
        owners: int32 (height, width), the number of the strongest character in a pixel, 0 for none.
        characters: All of them.
    """

    writer: Writer
    shape: tuple[int, int]
    unsteadiness: float = 0.0
    with_pen: bool = False
    ink: GrayPicture = field(init=False)
    rules: GrayPicture = field(init=False)
    owners: NDArray[np.int32] = field(init=False)
    characters: list[WrittenCharacter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ink = np.zeros(self.shape, np.uint8)
        self.rules = np.zeros(self.shape, np.uint8)
        self.owners = np.zeros(self.shape, np.int32)

    def put(self, name: str, ink: GrayPicture, left: float, top: float, line: int) -> None:
        """Add a character where its ink has its upper left corner."""
        x, y = round(left), round(top)
        height, width = ink.shape
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.shape[1], x + width), min(self.shape[0], y + height)
        if x1 <= x0 or y1 <= y0:
            return
        own = ink[y0 - y : y1 - y, x0 - x : x1 - x]
        window = self.ink[y0:y1, x0:x1]
        number = len(self.characters) + 1
        self.owners[y0:y1, x0:x1][(own > window) & (own > 40)] = number
        np.maximum(window, own, out=window)
        self.characters.append(WrittenCharacter(name, (x0, y0, x1, y1), number, line))

    def write(self, text: Sequence[str], left: float, top: float, line: int, spacing: float) -> float:
        """Characters one after the other, from a column, with a digit's top at a row; the column where they end."""
        writer, rng = self.writer, self.writer.rng
        x, drift = left, rng.normal(0, 0.02)
        for name in text:
            if name == " ":
                x += writer.height * rng.uniform(0.5, 1.1)
                continue
            ink, dx, dy = writer.draw(name)
            if name in MARKS and name not in "/()%€$":
                x += writer.height * rng.uniform(0, 0.12)
            kind = name if name in MARKS or name.isdecimal() or name == "junk" else "letter"
            self.put(kind, ink, x + min(dx, 0), top + dy + drift * (x - left), line)
            gap = spacing + rng.normal(0, 0.05)
            x += ink.shape[1] + gap * writer.height
        return x

    def rule(self, begin: tuple[float, float], end: tuple[float, float], width: float, level: int) -> None:
        """A rule between two points, (column, row), of a width in pixels and a coverage from 0 to 255."""
        rng = self.writer.rng
        if self.with_pen:
            width, level = self.writer.pen * rng.uniform(0.85, 1.1), 255
        fine = 3  # bits of a pixel's fraction
        points = np.rint(self._along(np.array([begin, end], np.float64)) * 2**fine).astype(np.int32)
        layer = np.zeros(self.shape, np.uint8)
        cv2.polylines(layer, [points], False, level, max(1, round(width)), cv2.LINE_AA, fine)
        if rng.random() < 0.06:  # dotted
            period = max(3, round(width * rng.uniform(2, 5)))
            along = np.add.outer(np.arange(self.shape[0]), np.arange(self.shape[1])) % period
            layer[along < period // 2] = 0
        np.maximum(self.rules, layer, out=self.rules)

    def _along(self, ends: AnyArray) -> AnyArray:
        """Points of a rule between its two ends, (n, 2): a hand comes off the straight line, and misses its ends."""
        rng, length = self.writer.rng, float(np.hypot(*(ends[1] - ends[0])))
        if not self.unsteadiness or length < 1:
            return ends
        knots = 2 + int(length / rng.uniform(25, 80))
        off = rng.normal(0, self.unsteadiness, (knots, 2))
        off[[0, -1]] *= 1.5
        steps = np.linspace(0, 1, 6 * knots)
        smooth = np.stack([np.interp(steps, np.linspace(0, 1, knots), off[:, axis]) for axis in (0, 1)], axis=1)
        return np.asarray(ends[0] + steps[:, None] * (ends[1] - ends[0]) + cv2.GaussianBlur(smooth, (1, 7), 2))
