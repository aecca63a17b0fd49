"""Pages as people write them, of which every pixel is known: paper, ink of which character, rule, or something else.

Networks that read pictures learn from them what ink is, where a character begins and ends, and what is none. All is
drawn at the working size: digits some 20 to 64 pixels tall.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from digitnet.arrays import AnyArray, GrayPicture, Images
from digitnet.augmentation.written_characters import (
    MARKS,
    draw_cross_out,
    draw_digit,
    draw_mark,
    draw_tick,
    draw_typed,
)

__all__ = ["INK", "NOTHING", "OTHER", "RULE", "WrittenCharacter", "WrittenPage", "Writer", "write_page"]

# Kinds of pixels.
NOTHING, INK, RULE, OTHER = range(4)

_WORDS = (
    "total sum name date marks no yes and the of to page line item price cash due tax net roll class score first last "
    "answer is are my with for probability correct easy question unit test lab theory math science eng comp urdu May "
    "June Mr Dr St Nr Anzahl Summe Euro Preis Betrag le la un deux vingt trente cents Total Marks Name Date Sum I A B"
).split()
_LETTERS = "abcdefghijklmnopqrstuvwyzABCDEFGHJKLMNPQRTUVWXYZ"


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


@dataclass(frozen=True, slots=True, eq=False)
class WrittenPage:
    """A page and what is on it.

    Attributes:
        picture: uint8 (height, width), as a camera, a scanner or a drawing program shows it; dark ink on light paper.
        ink: uint8 (height, width), coverage by characters alone.
        rules: uint8 (height, width), coverage by rules.
        owners: int32 (height, width), which character is the strongest in a pixel, 0 for none.
        kinds: uint8 (height, width), NOTHING, INK, RULE or OTHER.
        characters: All of them.
        height: Of its digits, in pixels.
    """

    picture: GrayPicture
    ink: GrayPicture
    rules: GrayPicture
    owners: NDArray[np.int32]
    kinds: GrayPicture
    characters: tuple[WrittenCharacter, ...]
    height: float


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
            return (
                draw_digit(image, own, pen, rng),
                0.0,
                (height - own) * rng.uniform(0, 1) + rng.normal(0, 0.05) * height,
            )
        if name == "junk":
            return draw_tick(height * rng.uniform(0.6, 1.3), self.pen, rng)
        if name in MARKS and (self.font is None or rng.random() < 0.8):
            return draw_mark(name, height, self.pen, rng)
        return draw_typed(name, self.font or self.fonts[0], height * rng.uniform(0.75, 1.15), self.pen)


@dataclass(slots=True, eq=False)
class _Sheet:
    """Layers of a page while it is written."""

    writer: Writer
    shape: tuple[int, int]
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
        """A straight rule between two points, (column, row)."""
        rng = self.writer.rng
        fine = 3  # bits of a pixel's fraction
        ends = [tuple(round(float(value) * 2**fine) for value in point) for point in (begin, end)]
        layer = np.zeros(self.shape, np.uint8)
        cv2.line(layer, ends[0], ends[1], level, max(1, round(width)), cv2.LINE_AA, fine)
        if rng.random() < 0.06:  # dotted
            period = max(3, round(width * rng.uniform(2, 5)))
            along = np.add.outer(np.arange(self.shape[0]), np.arange(self.shape[1])) % period
            layer[along < period // 2] = 0
        np.maximum(self.rules, layer, out=self.rules)


def write_page(writer: Writer, size: tuple[int, int] = (256, 384)) -> WrittenPage:
    """Write a page of a kind, a size, a pen and a light that the writer's random numbers choose.

    Args:
        writer: Whose `height` and `pen` are drawn anew.
        size: Height and width in pixels.
    """
    rng = writer.rng
    writer.height = float(rng.uniform(18, 72))
    writer.pen = max(1.2, writer.height * math.exp(rng.uniform(math.log(0.035), math.log(0.15))))
    writer.font = writer.fonts[rng.integers(len(writer.fonts))] if writer.fonts else None
    writer.typed = 0.5 if rng.random() < 0.15 else 0.0
    sheet = _Sheet(writer, size)
    kinds = list(_LAYOUTS)
    weights = np.array([_LAYOUTS[kind] for kind in kinds])
    kinds[rng.choice(len(kinds), p=weights / weights.sum())](sheet)
    if rng.random() < 0.12:
        _frame(sheet)
    return _finished(sheet)


def _number(rng: np.random.Generator, fewest: int = 1, most: int = 6) -> list[str]:
    return [str(digit) for digit in rng.integers(0, 10, rng.integers(fewest, most + 1))]


def _text(writer: Writer) -> list[str]:
    """A number, or something around one."""
    rng = writer.rng
    kind = rng.integers(12)
    if kind < 4:
        return _number(rng, 2, 8)
    if kind == 4:
        mark = str(rng.choice(["/", ".", "-"]))
        return [*_number(rng, 1, 2), mark, *_number(rng, 1, 2), mark, *_number(rng, 2, 4)]
    if kind == 5:
        cents = [str(rng.choice([".", ","])), *_number(rng, 2, 2)]
        amount = [*_number(rng, 1, 5), *(cents if rng.random() < 0.7 else [])]
        return [*amount, "€"] if rng.random() < 0.5 else ["$", *amount]
    if kind == 6:
        return [*_number(rng, 1, 3), *([".", *_number(rng, 1, 2)] if rng.random() < 0.3 else []), "%"]
    if kind == 7:
        parts = _number(rng, 1, 3)
        for _ in range(rng.integers(1, 4)):
            parts += [str(rng.choice(["+", "x", "-", "÷", "/", ":"])), *_number(rng, 1, 3)]
        return [*parts, "=", *_number(rng, 1, 3)] if rng.random() < 0.5 else parts
    if kind == 8:
        return (
            ["(", *_number(rng, 1, 3), ")"] if rng.random() < 0.6 else [*_number(rng, 1, 2), ":", *_number(rng, 2, 2)]
        )
    if kind == 9 and rng.random() < 0.4:
        return [*_number(rng, 1, 4), " ", "junk"]
    return _words(writer)


def _words(writer: Writer) -> list[str]:
    """Words and letters, each letter a character of its own, with a number among them now and then."""
    rng, parts = writer.rng, []
    if not writer.fonts:
        return _number(rng)
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.25:
            parts += _number(rng, 1, 5)
        elif rng.random() < 0.4:
            parts += [str(letter) for letter in rng.choice(list(_LETTERS), rng.integers(1, 8))]
        else:
            parts += [str(rng.choice(_WORDS))]
        parts.append(" ")
    return parts[:-1]


def _lines(sheet: _Sheet) -> None:
    """Lines of numbers and words."""
    writer, rng = sheet.writer, sheet.writer.rng
    spacing = float(rng.choice([rng.uniform(0.12, 0.5), rng.uniform(-0.06, 0.1)]))
    step = writer.height * rng.uniform(1.35, 2.6)
    top, line = rng.uniform(0.1, 0.8) * writer.height, 0
    while top + writer.height < sheet.shape[0]:
        left = rng.uniform(0.02, 0.3) * sheet.shape[1]
        while left < 0.75 * sheet.shape[1]:
            left = sheet.write(_text(writer), left, top, line, spacing) + writer.height * rng.uniform(0.7, 2.5)
        top, line = top + step * rng.uniform(0.9, 1.2), line + 1
    if rng.random() < 0.35:
        _ruled(sheet, writer.height * rng.uniform(0.9, 2.2), both=rng.random() < 0.4)
    elif rng.random() < 0.3:
        _boxed(sheet)


def _ruled(sheet: _Sheet, spacing: float, *, both: bool) -> None:
    """The paper's own ruling across the page."""
    rng, (height, width) = sheet.writer.rng, sheet.shape
    level, thick, tilt = int(rng.integers(40, 200)), rng.uniform(0.6, 2), rng.normal(0, 0.01)
    for row in np.arange(rng.uniform(0, spacing), height * 1.1, spacing):
        sheet.rule((0, row), (width, row + tilt * width), thick, level)
    if both:
        for column in np.arange(rng.uniform(0, spacing), width, spacing):
            sheet.rule((column, 0), (column - tilt * height, height), thick, level)


def _boxed(sheet: _Sheet) -> None:
    """Boxes and underlines around what is written."""
    rng, height = sheet.writer.rng, sheet.writer.height
    lines: dict[int, list[WrittenCharacter]] = {}
    for character in sheet.characters:
        lines.setdefault(character.line, []).append(character)
    thick, level = rng.uniform(0.02, 0.12) * height, int(rng.integers(120, 256))
    for own in lines.values():
        if rng.random() < 0.5:
            continue
        begin = int(rng.integers(len(own)))
        chosen = own[begin : begin + int(rng.integers(1, 9))]
        boxes = np.array([character.box for character in chosen])
        left, top = boxes[:, :2].min(axis=0) - rng.uniform(-0.05, 0.4, 2) * height
        right, bottom = boxes[:, 2:].max(axis=0) + rng.uniform(-0.05, 0.4, 2) * height
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        sides = [(2, 3)] if rng.random() < 0.4 else [(0, 1), (1, 2), (2, 3), (3, 0)]
        for a, b in sides:
            sheet.rule(corners[a], corners[b], thick, level)


def _grid(sheet: _Sheet, columns: list[float], rows: list[float], thick: float, level: int) -> None:
    rng = sheet.writer.rng
    tilt = rng.normal(0, 0.004)
    for number, row in enumerate(rows):
        own = thick * (2.2 if rng.random() < 0.1 else 1) if 0 < number < len(rows) - 1 else thick * rng.uniform(1, 1.8)
        sheet.rule((columns[0], row), (columns[-1], row + tilt * sheet.shape[1]), own, level)
    for column in columns:
        sheet.rule((column, rows[0]), (column - tilt * sheet.shape[0], rows[-1]), thick, level)


def _table(sheet: _Sheet) -> None:
    """A ruled table with a number, a word or nothing in each cell."""
    writer, rng = sheet.writer, sheet.writer.rng
    writer.height = min(writer.height, 44.0)
    writer.pen = min(writer.pen, 0.13 * writer.height)
    height, tall = writer.height, writer.height * rng.uniform(1.15, 2.4)
    wide = height * rng.uniform(1.0, 4.0)
    columns = list(np.arange(rng.uniform(-0.5, 1) * wide, sheet.shape[1] + wide, wide))
    rows = list(np.arange(rng.uniform(-0.5, 1) * tall, sheet.shape[0] + tall, tall))
    columns, rows = _trimmed(columns, rng), _trimmed(rows, rng)
    share = rng.uniform(0.4, 1.0)
    for line, row in enumerate(rows[:-1]):
        for column in columns[:-1]:
            if rng.random() > share:
                continue
            most = max(1, min(3, int((wide / height - 0.2) / 0.75)))
            kind = rng.random()
            if kind < 0.8:
                text = _number(rng, 1, most)
            elif kind < 0.87 and most > 2:
                text = [*_number(rng, 1, 2), ".", *_number(rng, 1, 1)]
            else:
                text = [str(rng.choice(_WORDS))] if writer.fonts and most > 2 else ["-"]
            if len(text) == 1 and len(text[0]) > 3:
                writer.height, kept = 0.6 * height, writer.height
                sheet.write(text, column + 0.1 * wide, row + (tall - height) / 2, line, 0.2)
                writer.height = kept
                continue
            left = column + rng.uniform(0.05, max(0.1, 0.9 - 0.7 * len(text) * height / wide)) * wide
            top = row + (tall - height) * rng.uniform(0.05, 0.95) + rng.normal(0, 0.06) * height
            sheet.write(text, left, top, line, rng.uniform(0.02, 0.25))
    thick = rng.uniform(0.02, 0.12) * height
    _grid(sheet, columns, rows, max(0.8, thick), int(rng.integers(70, 256)))


def _trimmed(places: list[float], rng: np.random.Generator) -> list[float]:
    """Without some of the first and last ones, so that a table may end on the page."""
    first = int(rng.integers(0, 3)) if len(places) > 5 else 0
    last = len(places) - (int(rng.integers(0, 3)) if len(places) > 5 else 0)
    return places[first:last]


def _comb(sheet: _Sheet) -> None:
    """Rows of boxes, at most one character in each."""
    writer, rng = sheet.writer, sheet.writer.rng
    height = writer.height
    top, line = rng.uniform(0, 1) * height, 0
    while top + height < sheet.shape[0]:
        wide, tall = height * rng.uniform(0.9, 1.8), height * rng.uniform(1.1, 1.9)
        left = rng.uniform(-0.3, 1) * wide
        count = int(rng.integers(2, max(3, int(sheet.shape[1] / wide) + 1)))
        columns = [left + n * wide for n in range(count + 1)]
        for column in columns[:-1]:
            if rng.random() < 0.8:
                name = (
                    str(rng.integers(10))
                    if rng.random() < 0.93 or not writer.fonts
                    else str(rng.choice(list(_LETTERS)))
                )
                ink, dx, dy = writer.draw(name)
                x = column + (wide - ink.shape[1]) * rng.uniform(0.1, 0.9)
                kind = name if name.isdecimal() else "letter"
                sheet.put(kind, ink, x, top + (tall - height) * rng.uniform(0.05, 0.95) + dy, line)
        thick, level = max(0.8, rng.uniform(0.02, 0.14) * height), int(rng.integers(90, 256))
        _boxes(sheet, columns, (top, top + tall), thick, level)
        top, line = top + tall * rng.uniform(1.2, 2), line + 1


def _boxes(sheet: _Sheet, columns: list[float], rows: tuple[float, float], thick: float, level: int) -> None:
    """Boxes side by side: a grid, apart from one another, or open above with ticks between the places."""
    rng = sheet.writer.rng
    style, (top, foot) = rng.random(), rows
    if style < 0.5:
        _grid(sheet, columns, [top, foot], thick, level)
    elif style < 0.75:
        gap = rng.uniform(0.03, 0.12) * sheet.writer.height
        for left, right in zip(columns, columns[1:], strict=False):
            corners = [(left + gap, top), (right - gap, top), (right - gap, foot), (left + gap, foot)]
            for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
                sheet.rule(begin, end, thick, level)
    else:
        tick = rng.uniform(0.15, 0.6) * (foot - top)
        sheet.rule((columns[0], foot), (columns[-1], foot), thick, level)
        for column in columns:
            sheet.rule((column, foot - tick), (column, foot), thick, level)


def _frame(sheet: _Sheet) -> None:
    """A frame along the border of the page."""
    rng, (height, width) = sheet.writer.rng, sheet.shape
    inset, thick, level = rng.uniform(-2, 12, 4), rng.uniform(1, 8), int(rng.integers(90, 256))
    left, top, right, foot = inset[0], inset[1], width - inset[2], height - inset[3]
    corners = [(left, top), (right, top), (right, foot), (left, foot)]
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        sheet.rule(begin, end, thick, level)


def _scattered(sheet: _Sheet) -> None:
    """Characters anywhere, some crossed out, some over one another."""
    writer, rng = sheet.writer, sheet.writer.rng
    for line in range(int(rng.integers(1, 14))):
        left, top = rng.uniform(-0.02, 0.9) * sheet.shape[1], rng.uniform(-0.02, 0.9) * sheet.shape[0]
        end = sheet.write(_number(rng, 1, 3), left, top, line, rng.uniform(0, 0.3))
        if rng.random() < 0.12:
            mark = draw_cross_out(max(8.0, end - left), writer.height, writer.pen, rng)
            sheet.put("junk", mark, left, top, line)
    if rng.random() < 0.4:
        _boxed(sheet)


_LAYOUTS: dict[Callable[[_Sheet], None], float] = {_lines: 4, _table: 3, _comb: 2, _scattered: 1}


def _finished(sheet: _Sheet) -> WrittenPage:
    """The page in its light, through its camera."""
    writer, rng, shape = sheet.writer, sheet.writer.rng, sheet.shape
    warp = _camera(shape, rng)
    size = shape[::-1]
    ink, rules = (
        np.asarray(cv2.warpPerspective(layer, warp, size, flags=cv2.INTER_LINEAR), np.uint8)
        for layer in (sheet.ink, sheet.rules)
    )
    owners = np.rint(cv2.warpPerspective(sheet.owners.astype(np.float32), warp, size, flags=cv2.INTER_NEAREST)).astype(
        np.int32
    )
    outside = np.zeros(shape, np.uint8)
    if rng.random() < 0.3:
        outside = _table_around(shape, rng)
        ink, rules = ink & ~outside, rules & ~outside
        owners[outside > 0] = 0
    picture = _photographed(ink, rules, outside, writer, rng)
    kinds = np.full(shape, NOTHING, np.uint8)
    kinds[outside > 0] = OTHER
    kinds[rules > 90] = RULE
    kinds[(ink > 90) & (owners > 0)] = INK
    kept = []
    for character in sheet.characters:
        own = owners == character.number
        if own.any():
            x, y, width, height = cv2.boundingRect(own.astype(np.uint8))
            box = (x, y, x + width, y + height)
            kept.append(WrittenCharacter(character.name, box, character.number, character.line))
    return WrittenPage(picture, ink, rules, owners, kinds, tuple(kept), writer.height)


def _camera(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """The perspective of a scanner, mostly none, or of a hand that holds a camera."""
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    if rng.random() < 0.35:
        return np.eye(3)
    turn = rng.normal(0, 0.06)
    middle = corners.mean(axis=0)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = (corners - middle) @ rotation.T + middle + rng.normal(0, 0.02, (4, 2)) * (width, height)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def _table_around(shape: tuple[int, int], rng: np.random.Generator) -> GrayPicture:
    """255 where the sheet does not reach."""
    height, width = shape
    margins = rng.uniform(-0.1, 0.25, 4)
    corners = np.array(
        [
            [margins[0] * width, margins[1] * height],
            [(1 - margins[2]) * width, margins[1] * height],
            [(1 - margins[2]) * width, (1 - margins[3]) * height],
            [margins[0] * width, (1 - margins[3]) * height],
        ]
    ) + rng.normal(0, 0.03, (4, 2)) * (width, height)
    inside = np.zeros(shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(corners).astype(np.int32)], 255)
    return np.asarray(255 - inside, np.uint8)


def _photographed(
    ink: GrayPicture, rules: GrayPicture, outside: GrayPicture, writer: Writer, rng: np.random.Generator
) -> GrayPicture:
    """Reflectances under uneven light, blurred, with noise, as grey levels."""
    shape = ink.shape
    is_drawing = rng.random() < 0.2
    paper = 1.0 if is_drawing else rng.uniform(0.55, 1.0)
    pale = 0.0 if is_drawing else rng.uniform(0, 1) ** 2 * 0.75
    darkness = (1 - pale) * rng.uniform(0.75, 0.98)
    rule_darkness = rng.uniform(0.25, 0.95)
    uneven = 1.0
    if not is_drawing and rng.random() < 0.5:  # a pencil or a dry pen
        uneven = 1 - rng.uniform(0, 0.6) * cv2.GaussianBlur(
            rng.random(shape).astype(np.float32), (0, 0), rng.uniform(0.5, 2)
        )
    light = paper * (1 - rule_darkness * rules.astype(np.float32) / 255)
    light *= 1 - darkness * uneven * ink.astype(np.float32) / 255
    if outside.any():
        table = rng.uniform(0.05, 0.9)
        grain = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), rng.uniform(0.7, 4))
        grain *= rng.uniform(0, 0.2) / max(1e-3, float(grain.std()))
        light = np.where(outside > 0, np.clip(table * (1 + grain), 0, 1), light)
    if not is_drawing:
        light = light * _lamp(shape, rng)
        light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), rng.uniform(0.3, max(0.4, 0.035 * writer.height)))
        light = light + rng.normal(0, 1, shape) * rng.uniform(0, 0.035)
    levels = np.clip(np.rint(light * rng.uniform(0.8, 1.0) * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        coded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])[1]
        levels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return levels


def _lamp(shape: tuple[int, int], rng: np.random.Generator) -> AnyArray:
    """Light that falls off across the page, with a shadow over it now and then."""
    height, width = shape
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    slope = rng.normal(0, 0.2, 2)
    light = 1 + slope[0] * (down - 0.5) + slope[1] * (across - 0.5)
    if rng.random() < 0.2:
        angle, place = rng.uniform(0, 2 * math.pi), rng.uniform(-0.4, 0.4)
        side = math.cos(angle) * (across - 0.5) + math.sin(angle) * (down - 0.5) - place
        light = light * (1 - rng.uniform(0.1, 0.5) / (1 + np.exp(-side / rng.uniform(0.005, 0.1))))
    return np.asarray(np.clip(light, 0.1, 1.3), np.float32)
