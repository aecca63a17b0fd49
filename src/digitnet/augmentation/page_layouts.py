"""What people write on a sheet: lines of numbers and words, tables, rows of boxes, and characters anywhere."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from digitnet.augmentation.written_characters import draw_cross_out
from digitnet.augmentation.written_sheet import Sheet, Writer, WrittenCharacter

__all__ = ["LAYOUTS", "draw_frame"]

_WORDS = (  # noqa: SIM905 - a list of so many words would take a line for each
    "total sum name date marks no yes and the of to page line item price cash due tax net roll class score first last "
    "answer is are my with for probability correct easy question unit test lab theory math science eng comp urdu May "
    "June Mr Dr St Nr Anzahl Summe Euro Preis Betrag le la un deux vingt trente cents Total Marks Name Date Sum I A B"
).split()
_LETTERS = "abcdefghijklmnopqrstuvwyzABCDEFGHJKLMNPQRTUVWXYZ"


def _number(rng: np.random.Generator, fewest: int = 1, most: int = 6) -> list[str]:
    return [str(digit) for digit in rng.integers(0, 10, rng.integers(fewest, most + 1))]


def _text(writer: Writer) -> list[str]:
    """A number, or something around one."""
    return _TEXTS[writer.rng.integers(len(_TEXTS))](writer)


def _long_number(writer: Writer) -> list[str]:
    return _number(writer.rng, 2, 8)


def _date(writer: Writer) -> list[str]:
    rng = writer.rng
    mark = str(rng.choice(["/", ".", "-"]))
    return [*_number(rng, 1, 2), mark, *_number(rng, 1, 2), mark, *_number(rng, 2, 4)]


def _amount(writer: Writer) -> list[str]:
    rng = writer.rng
    cents = [str(rng.choice([".", ","])), *_number(rng, 2, 2)]
    amount = [*_number(rng, 1, 5), *(cents if rng.random() < 0.7 else [])]
    return [*amount, "€"] if rng.random() < 0.5 else ["$", *amount]


def _percentage(writer: Writer) -> list[str]:
    rng = writer.rng
    return [*_number(rng, 1, 3), *([".", *_number(rng, 1, 2)] if rng.random() < 0.3 else []), "%"]


def _sum(writer: Writer) -> list[str]:
    rng = writer.rng
    parts = _number(rng, 1, 3)
    for _ in range(rng.integers(1, 4)):
        parts += [str(rng.choice(["+", "x", "-", "÷", "/", ":"])), *_number(rng, 1, 3)]
    return [*parts, "=", *_number(rng, 1, 3)] if rng.random() < 0.5 else parts


def _bracketed_or_time(writer: Writer) -> list[str]:
    rng = writer.rng
    if rng.random() < 0.6:
        return ["(", *_number(rng, 1, 3), ")"]
    return [*_number(rng, 1, 2), ":", *_number(rng, 2, 2)]


def _ticked_or_words(writer: Writer) -> list[str]:
    if writer.rng.random() < 0.4:
        return [*_number(writer.rng, 1, 4), " ", "junk"]
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


# Each is as frequent as it has entries.
_TEXTS: tuple[Callable[[Writer], list[str]], ...] = (
    *[_long_number] * 4,
    _date,
    _amount,
    _percentage,
    _sum,
    _bracketed_or_time,
    _ticked_or_words,
    *[_words] * 2,
)


def _lines(sheet: Sheet) -> None:
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


def _ruled(sheet: Sheet, spacing: float, *, both: bool) -> None:
    """The paper's own ruling across the page."""
    rng, (height, width) = sheet.writer.rng, sheet.shape
    level, thick, tilt = int(rng.integers(40, 200)), rng.uniform(0.6, 2), rng.normal(0, 0.01)
    for row in np.arange(rng.uniform(0, spacing), height * 1.1, spacing):
        sheet.rule((0, row), (width, row + tilt * width), thick, level)
    if both:
        for column in np.arange(rng.uniform(0, spacing), width, spacing):
            sheet.rule((column, 0), (column - tilt * height, height), thick, level)


def _boxed(sheet: Sheet) -> None:
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


def _grid(sheet: Sheet, columns: list[float], rows: list[float], thick: float, level: int) -> None:
    rng = sheet.writer.rng
    tilt = rng.normal(0, 0.004)
    for number, row in enumerate(rows):
        own = thick * (2.2 if rng.random() < 0.1 else 1) if 0 < number < len(rows) - 1 else thick * rng.uniform(1, 1.8)
        sheet.rule((columns[0], row), (columns[-1], row + tilt * sheet.shape[1]), own, level)
    for column in columns:
        sheet.rule((column, rows[0]), (column - tilt * sheet.shape[0], rows[-1]), thick, level)


def _table(sheet: Sheet) -> None:
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


def _comb(sheet: Sheet) -> None:
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
                is_digit = rng.random() < 0.93 or not writer.fonts
                name = str(rng.integers(10)) if is_digit else str(rng.choice(list(_LETTERS)))
                ink, _, dy = writer.draw(name)
                x = column + (wide - ink.shape[1]) * rng.uniform(0.1, 0.9)
                kind = name if name.isdecimal() else "letter"
                sheet.put(kind, ink, x, top + (tall - height) * rng.uniform(0.05, 0.95) + dy, line)
        thick, level = max(0.8, rng.uniform(0.02, 0.14) * height), int(rng.integers(90, 256))
        _boxes(sheet, columns, (top, top + tall), thick, level)
        top, line = top + tall * rng.uniform(1.2, 2), line + 1


def _boxes(sheet: Sheet, columns: list[float], rows: tuple[float, float], thick: float, level: int) -> None:
    """Boxes side by side: a grid, apart from one another, or open above with ticks between the places."""
    rng = sheet.writer.rng
    style, (top, foot) = rng.random(), rows
    if style < 0.5:
        _grid(sheet, columns, [top, foot], thick, level)
    elif style < 0.75:
        gap = rng.uniform(0.03, 0.12) * sheet.writer.height
        for left, right in pairwise(columns):
            corners = [(left + gap, top), (right - gap, top), (right - gap, foot), (left + gap, foot)]
            for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
                sheet.rule(begin, end, thick, level)
    else:
        tick = rng.uniform(0.15, 0.9) * (foot - top)
        sheet.rule((columns[0], foot), (columns[-1], foot), thick, level)
        for column in columns:
            sheet.rule((column, foot - tick), (column, foot), thick, level)


def draw_frame(sheet: Sheet) -> None:
    """A frame along the border of the page."""
    rng, (height, width) = sheet.writer.rng, sheet.shape
    inset, thick, level = rng.uniform(-2, 12, 4), rng.uniform(1, 8), int(rng.integers(90, 256))
    left, top, right, foot = inset[0], inset[1], width - inset[2], height - inset[3]
    corners = [(left, top), (right, top), (right, foot), (left, foot)]
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        sheet.rule(begin, end, thick, level)


def _scattered(sheet: Sheet) -> None:
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


LAYOUTS: dict[Callable[[Sheet], None], float] = {_lines: 4, _table: 3, _comb: 2, _scattered: 1}
