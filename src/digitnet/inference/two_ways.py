"""Which of two ways to read a page is answered: that of marks and numbers, or that of plain lines of digits.

The first way tells ink, marks and letters by networks of its own; the second one knows digits alone, and knows them
better. Where no mark, word or rule is on a page, they are compared line by line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from digitnet.arrays import GrayPicture
from digitnet.inference.answers import Digit, Number, Reading, unsure
from digitnet.inference.number_reader import WrittenNumbers
from digitnet.inference.number_words import NUMBER_THRESHOLDS
from digitnet.inference.trace import Trace, as_unsure, stacked, trace_of
from digitnet.notes import in_words
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box

__all__ = ["AGREEMENT", "Agreement", "better_trace", "trace_of_numbers"]


class Agreement(NamedTuple):
    """When two ways that give a line the same digits make it sure."""

    # Least confidence of the way that knows marks: of 209 lines of rendered and other pages with that much two were
    # wrong, of 110 with less twelve (docs/log.md, 2026-11-30, "lines of nothing but digits").
    least_confidence: float = 0.9
    # The same of a number in a table: with 0.9 two of 54 were wrong, at 0.94 and 0.97 (docs/log.md, 2026-12-01, "doubt
    # for each cell, and edges of combs").
    least_in_table: float = 0.97
    # Digits of a line with that confidence which is no grain of the paper, where contrast alone shows no ink; chosen by
    # hand: of 60 rendered blank sheets and 40 of noise no line had more than one digit and 0.82.
    least_digits: int = 4
    # Least confidence of a line of one number, where neither mark, word nor rule is on the page and both ways see its
    # digits at the same places; and the least product of the confidences of those of its digits that look like marks:
    # of 36 such rendered lines from 0.6 to 0.9 none was wrong, of 25 others three (docs/log.md, 2026-12-01, "clean
    # lines that were not sure").
    least_of_clear: float = 0.6
    least_of_mark_like: float = 0.85
    mark_like: str = "14"
    # Shared part of what two boxes cover together, from which they are the same place; same source.
    same_box: float = 0.6
    # Largest part of the narrower of two neighbours that their boxes may share from left to right: digits that run into
    # each other are one drawing to both ways, of which both may leave out the same digit; chosen by hand, after 332 was
    # read as 32 (same log entry).
    overlap: float = 0.1
    # Confidence that such a line has: that from which other numbers are sure.
    chance: float = NUMBER_THRESHOLDS.sure


AGREEMENT = Agreement()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the answer: its digits with their images, its numbers, what is written, and which way they are from."""

    digits: tuple[Digit, ...]
    images: Sequence[GrayPicture]
    numbers: tuple[Number, ...] = ()
    written: str = ""
    is_plain: bool = False

    @property
    def text(self) -> str:
        return "".join(digit.text for digit in self.digits)


def better_trace(picture: Picture, found: WrittenNumbers | None, plain: Trace) -> Trace:
    """The answer of two ways to read a page, the second of which knows only plain lines of digits.

    Args:
        picture: As it was loaded.
        found: What the first way found; None where it found nothing.
        plain: The answer of the second way.
    """
    if found is None or not found.numbers or not (picture.ink.any() or _is_beyond_noise(found)):
        return as_unsure(plain)
    if plain.reading.status == "not_a_digit" and not found.is_likely:
        return plain
    if len(found.lines) == len(plain.reading.lines):
        return _line_by_line(picture, found, plain)
    has_as_many = len(plain.digits) == sum(map(len, found.lines))
    if plain.reading.status == "ok" and not found.is_table and (_is_plain(found) or has_as_many):
        return as_unsure(plain)
    return trace_of_numbers(picture, found)


def trace_of_numbers(picture: Picture, found: WrittenNumbers) -> Trace:
    """The answer of the way that knows marks.

    Args:
        picture: As it was loaded.
        found: Its numbers.
    """
    reading = Reading(found.lines, in_words(found.notes), found.numbers, found.written)
    steps = (*picture.steps[:-1], ("ink", found.ink)) if picture.steps else ()
    return trace_of(replace(picture, ink=found.ink, steps=steps), stacked(found.images), reading)


def _line_by_line(picture: Picture, found: WrittenNumbers, plain: Trace) -> Trace:
    """The better one of each line, where both ways found as many."""
    is_plain, is_table = _is_plain(found), found.is_table
    lines = []
    for row, (digits, written) in enumerate(zip(found.lines, found.written.split("\n"), strict=True)):
        numbers = tuple(number for number in found.numbers if number.line == row)
        named = _Line(digits, _of_line(found.images, found.lines, row), numbers, written)
        others = plain.reading.lines[row]
        other = _Line(others, _of_line(list(plain.images), plain.reading.lines, row), is_plain=True)
        if any(digit.status != "ok" for digit in others):
            lines.append(named)
        elif named.text == other.text:
            is_clear = is_plain and _is_clear(named, other)
            lines.append(_agreed(named, other, is_table=is_table, is_clear=is_clear))
        elif _have_same_places(named, other):
            lines.append(_with_digits(named, other, is_table=is_table))
        else:
            lines.append(_doubtful(other) if is_plain and not _knows_more(named, other) else named)
    whole = plain if is_plain and all(line.is_plain for line in lines) else trace_of_numbers(picture, found)
    reading = Reading(
        tuple(line.digits for line in lines),
        whole.reading.notes,
        tuple(number for line in lines for number in line.numbers),
        "\n".join(line.written for line in lines),
    )
    images = [image for line in lines for image in line.images]
    return replace(whole, images=stacked(images), reading=reading)


def _agreed(named: _Line, plain: _Line, *, is_table: bool, is_clear: bool = False) -> _Line:
    """A line that both ways read the same, the plain one for sure: it is sure unless the other one has great doubts.

    In a table each number is judged by itself; elsewhere numbers of a line may be parts of one. A number whose
    confidence would be enough, and which is not sure, has other reasons, such as ink that was not read.
    """
    sure = NUMBER_THRESHOLDS.sure_in_table if is_table else NUMBER_THRESHOLDS.sure
    wanted = AGREEMENT.least_confidence
    if is_table:
        wanted = AGREEMENT.least_in_table
    elif is_clear:
        wanted = AGREEMENT.least_of_clear
    of_line = math.prod(number.confidence for number in named.numbers), min(n.confidence for n in named.numbers)
    numbers: list[Number] = []
    digits: list[Digit] = []
    for number in named.numbers:
        together, least = (number.confidence, number.confidence) if is_table else of_line
        if together >= wanted and least < sure:
            numbers.append(replace(number, confidence=max(number.confidence, AGREEMENT.chance), status="ok"))
        else:
            numbers.append(number)
        own = slice(len(digits), len(digits) + sum(map(str.isdigit, number.text)))
        digits += (plain if numbers[-1].status == "ok" else named).digits[own]
    return replace(plain, digits=tuple(digits), numbers=tuple(numbers), written=named.written)


def _is_clear(named: _Line, plain: _Line) -> bool:
    """Whether a line is one number, each digit of which both ways see at the same place and hardly takes for a mark.

    Its digits stand apart, too.
    """
    if len(named.numbers) != 1 or len(named.digits) != len(plain.digits):
        return False
    if any(_overlap(*pair) > AGREEMENT.overlap for pair in pairwise(digit.box for digit in named.digits)):
        return False
    places = zip((digit.box for digit in named.digits), (digit.box for digit in plain.digits), strict=True)
    mark_like = (digit.confidence for digit in named.digits if digit.text in AGREEMENT.mark_like)
    return math.prod(mark_like) >= AGREEMENT.least_of_mark_like and all(
        _shared_part(own, other) >= AGREEMENT.same_box for own, other in places
    )


def _shared_part(box: Box, other: Box) -> float:
    """The area that two boxes share, as a part of what they cover together."""
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    shared = max(0, width) * max(0, height)
    return shared / (box[2] * box[3] + other[2] * other[3] - shared)


def _overlap(left: Box, right: Box) -> float:
    """The width that two boxes share, as a part of the narrower one's."""
    shared = min(left[0] + left[2], right[0] + right[2]) - max(left[0], right[0])
    return max(0, shared) / min(left[2], right[2])


def _is_beyond_noise(found: WrittenNumbers) -> bool:
    """Whether so much is read that no grain of blank paper looks like it: a table, or a line of several digits."""
    return found.is_table or any(
        len(line) >= AGREEMENT.least_digits
        and math.prod(n.confidence for n in found.numbers if n.line == row) >= AGREEMENT.least_confidence
        for row, line in enumerate(found.lines)
    )


def _knows_more(named: _Line, plain: _Line) -> bool:
    """Whether the way that knows marks has no great doubts, and all digits of the other one beside its own."""
    if math.prod(number.confidence for number in named.numbers) < AGREEMENT.least_confidence:
        return False
    rest = iter(named.text)
    return all(text in rest for text in plain.text)


def _have_same_places(named: _Line, plain: _Line) -> bool:
    """Whether both have as many digits, each with its middle in the other's box."""
    return len(named.digits) == len(plain.digits) and all(
        box[0] <= x + width / 2 <= box[0] + box[2] and box[1] <= y + height / 2 <= box[1] + box[3]
        for box, (x, y, width, height) in zip(
            (digit.box for digit in named.digits), (digit.box for digit in plain.digits), strict=True
        )
    )


def _with_digits(named: _Line, plain: _Line, *, is_table: bool) -> _Line:
    """The line with the digits of the plain way where the other one has its own; nothing of it is sure.

    In a table each number is judged by itself: one that both ways read the same may still be sure.
    """
    doubtful = _doubtful(plain)
    numbers: list[Number] = []
    digits: list[Digit] = []
    for number in named.numbers:
        own = slice(len(digits), len(digits) + sum(map(str.isdigit, number.text)))
        read = iter(doubtful.digits[own])
        text = "".join(next(read).text if mark.isdigit() else mark for mark in number.text)
        if is_table and text == number.text:
            one = replace(named, digits=named.digits[own], numbers=(number,))
            same = _agreed(one, _part(plain, own), is_table=True)
            numbers += same.numbers
            digits += same.digits
            continue
        chance = math.prod(digit.confidence for digit in doubtful.digits[own])
        confidence = number.confidence if text == number.text else min(chance, 1 - number.confidence)
        numbers.append(replace(number, text=text, confidence=confidence, status="unsure"))
        digits += doubtful.digits[own]
    every = iter(doubtful.digits)
    written = "".join(next(every).text if mark.isdigit() else mark for mark in named.written)
    return replace(doubtful, digits=tuple(digits), numbers=tuple(numbers), written=written)


def _part(line: _Line, own: slice) -> _Line:
    """Some neighbouring digits of a line, with their images."""
    return replace(line, digits=line.digits[own], images=line.images[own])


def _doubtful(line: _Line) -> _Line:
    """A line of the plain way as one number, nothing of which is sure."""
    reading = unsure(Reading((line.digits,)))
    return replace(line, digits=reading.lines[0], numbers=reading.numbers, written=reading.written)


def _is_plain(found: WrittenNumbers) -> bool:
    """Whether there are digits alone."""
    return not (found.has_text or found.has_rules or found.is_table)


def _of_line(images: Sequence[GrayPicture], lines: Sequence[Sequence[Digit]], row: int) -> Sequence[GrayPicture]:
    """The images of the digits of one line."""
    start = sum(map(len, lines[:row]))
    return images[start : start + len(lines[row])]
