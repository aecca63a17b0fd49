"""Which of two ways to read a page is answered, line by line, with made-up answers of both."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.inference.answers import Digit, Number, Reading, Status
from digitnet.inference.number_reader import WrittenNumbers
from digitnet.inference.trace import Trace
from digitnet.inference.two_ways import AGREEMENT, better_trace
from digitnet.notes import Note, NoteKind
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box

BOX = (0, 0, 9, 9)
NOTHING = np.zeros((28, 28), np.uint8)
INKED = np.full((28, 28), 255, np.uint8)
PICTURE = Picture(INKED, (), (), INKED)


def digits_of(lines: list[str], confidence: float, statuses: dict[int, Status]) -> tuple[tuple[Digit, ...], ...]:
    """Lines of digits, all of which are sure but those in `statuses`, by their number on the page."""
    found, count = [], 0
    for row, line in enumerate(lines):
        own: list[Digit] = []
        for text in line:
            status = statuses.get(count, "ok")
            label = None if status == "not_a_digit" else int(text)
            box = (BOX[2] * len(own), *BOX[1:])
            own.append(Digit(label, text if label is not None else "", confidence, (int(text),), (), box, row, status))
            count += 1
        found.append(tuple(own))
    return tuple(found)


def images_of(lines: list[str], way: int) -> list[GrayPicture]:
    """An image for each digit, which tells its number on the page and its way."""
    return [np.full((28, 28), 100 * way + place, np.uint8) for place in range(sum(map(len, lines)))]


def named(text: str, confidence: float = 0.95, status: Status = "unsure", **changes: Any) -> WrittenNumbers:
    """Lines of one number each, of the way that knows marks."""
    lines = text.split()
    statuses = dict.fromkeys(range(len(text)), status)
    numbers = tuple(Number(line, BOX, row, None, confidence, status) for row, line in enumerate(lines))
    digits = digits_of(lines, confidence, statuses)
    found = WrittenNumbers(NOTHING, images_of(lines, 2), digits, numbers, "\n".join(lines), ())
    return dataclasses.replace(found, **changes)


def plain(text: str, statuses: dict[int, Status] | None = None) -> Trace:
    """Lines of the way that knows digits alone."""
    lines = text.split()
    reading = Reading(digits_of(lines, 0.99, statuses or {}))
    return Trace(NOTHING, (), np.array(images_of(lines, 1), np.uint8).reshape(-1, 28, 28), reading)


def statuses_of(reading: Reading) -> list[set[str]]:
    """Of each line: those of its digits and of its numbers."""
    return [
        {digit.status for digit in line} | {number.status for number in reading.numbers if number.line == row}
        for row, line in enumerate(reading.lines)
    ]


@pytest.mark.parametrize(
    ("found", "text", "status"),
    [
        (named("777"), "777", "ok"),
        (named("777", confidence=0.5), "777", "unsure"),
        (named("777", confidence=0.5, has_text=True), "777", "unsure"),
        (named("777", has_text=True, has_rules=True), "777", "ok"),
        (named("1177"), "777", "unsure"),  # plain lines: their own way knows them best
        (named("1777", confidence=0.8), "777", "unsure"),
        (named("7717", confidence=0.95), "7717", "unsure"),  # all that the other one has, and more
        (named("7171", confidence=0.95), "777", "unsure"),
        (named("1777", has_text=True), "1777", "unsure"),
        (named("1777", has_rules=True), "1777", "unsure"),
        (named("1777", has_rules=True, status="ok"), "1777", "ok"),
        (named("177", has_text=True), "777", "unsure"),  # as many digits
        (named("177", has_rules=True), "777", "unsure"),
        (named(""), "777", "unsure"),
        (None, "777", "unsure"),
    ],
)
def test_the_way_of_plain_lines_counts_where_nothing_else_is_there_or_as_many_digits(
    found: WrittenNumbers | None, text: str, status: str
) -> None:
    reading = better_trace(PICTURE, found, plain("777")).reading
    assert (reading.text, reading.status) == (text, status)


@pytest.mark.parametrize("doubtful", ["unsure", "not_a_digit"])
def test_the_way_of_plain_lines_counts_only_if_it_is_sure(doubtful: Status) -> None:
    found = named("177", status="ok")
    reading = better_trace(PICTURE, found, plain("777", {1: doubtful})).reading
    assert (reading.text, reading.status) == ("177", "ok")


def test_each_line_is_judged_by_itself() -> None:
    trace = better_trace(PICTURE, named("12 345 67 89"), plain("12 395 61 89", {5: "unsure", 8: "unsure"}))
    reading = trace.reading
    assert reading.text == "12\n395\n67\n89"
    assert statuses_of(reading) == [{"ok"}, {"unsure"}, {"unsure"}, {"unsure"}]
    assert [number.text for number in reading.numbers] == ["12", "395", "67", "89"]
    assert reading.written == "12\n395\n67\n89"
    # Each digit with the image in which it was seen.
    assert trace.images[:, 0, 0].tolist() == [100, 101, 102, 103, 104, 205, 206, 207, 208]


def test_a_line_that_both_read_the_same_keeps_its_marks_and_has_the_confidence_of_what_is_sure() -> None:
    numbers = (Number("1", BOX, 0, None, 0.97, "unsure"), Number("2", BOX, 0, None, 0.96, "unsure"))
    found = named("12", numbers=numbers, written="1 + 2", has_text=True)
    reading = better_trace(PICTURE, found, plain("12")).reading
    assert reading.written == "1 + 2"
    assert [(n.text, n.confidence, n.status) for n in reading.numbers] == [
        ("1", AGREEMENT.chance, "ok"),
        ("2", AGREEMENT.chance, "ok"),
    ]
    # Their confidences are multiplied: all of the line is to be right.
    doubtful = (dataclasses.replace(numbers[0], confidence=0.93), numbers[1])
    found = dataclasses.replace(found, numbers=doubtful)
    assert better_trace(PICTURE, found, plain("12")).reading.status == "unsure"


def at(found: WrittenNumbers, box: Box) -> WrittenNumbers:
    """The same, each of its digits in a box that lies so to its own."""
    lines = tuple(
        tuple(dataclasses.replace(digit, box=(digit.box[0] + box[0], *box[1:])) for digit in line)
        for line in found.lines
    )
    return dataclasses.replace(found, lines=lines)


TWO_NUMBERS = (Number("7", BOX, 0, None, 0.85, "unsure"), Number("77", BOX, 0, None, 0.85, "unsure"))


@pytest.mark.parametrize(
    ("found", "text", "status"),
    [
        (named("777", 0.7), "777", "ok"),
        (named("777", 0.55), "777", "unsure"),
        (named("717", 0.87), "717", "ok"),
        (named("717", 0.8), "717", "unsure"),  # a 1 may be a slash
        (named("171", 0.87), "171", "unsure"),
        (named("747", 0.8), "747", "unsure"),  # a 4 may be a plus
        (named("777", 0.7, has_text=True), "777", "unsure"),
        (named("777", 0.7, has_rules=True), "777", "unsure"),
        (named("777", 0.85, numbers=TWO_NUMBERS), "777", "unsure"),
        (at(named("777", 0.7), (0, 0, 9, 14)), "777", "ok"),
        (at(named("777", 0.7), (0, 0, 9, 16)), "777", "unsure"),
        (at(named("777", 0.7), (20, 0, 9, 9)), "777", "unsure"),
        (at(named("777", 0.7), (0, 1, 9, 9)), "777", "ok"),
        (at(named("777", 0.7), (0, 0, 11, 9)), "777", "unsure"),  # they run into each other
    ],
)
def test_less_confidence_is_enough_where_both_ways_see_the_same_digits_at_the_same_places(
    found: WrittenNumbers, text: str, status: str
) -> None:
    reading = better_trace(PICTURE, found, plain(text)).reading
    assert (reading.text, reading.status) == (text, status)


@pytest.mark.parametrize(("changes", "text"), [({}, "12\n5"), ({"has_rules": True}, "12")])
def test_where_the_lines_are_not_as_many_the_page_is_judged_as_a_whole(changes: dict[str, Any], text: str) -> None:
    reading = better_trace(PICTURE, named("12", **changes), plain("12 5")).reading
    assert (reading.text, reading.status) == (text, "unsure")
    parted = better_trace(PICTURE, named("125", **changes), plain("12 5")).reading
    assert (parted.text, parted.status) == ("12\n5", "unsure")


@pytest.mark.parametrize(("confidence", "text"), [(0.5, ""), (0.9, "1234")])
def test_what_looks_like_no_digit_is_one_only_among_likely_numbers(confidence: float, text: str) -> None:
    nothing = plain("1234", dict.fromkeys(range(4), "not_a_digit"))
    assert better_trace(PICTURE, named("1234", confidence), nothing).reading.text == text


def test_notes_are_those_of_the_way_that_the_lines_are_from() -> None:
    noted = plain("12 345")
    noted = dataclasses.replace(noted, reading=dataclasses.replace(noted.reading, notes=("plain",)))
    assert better_trace(PICTURE, named("12 347"), noted).reading.notes == ("plain",)
    words = named("12 347", has_text=True, notes=(Note(NoteKind.WORDS_LEFT_OUT, (1,)),))
    assert "left out" in better_trace(PICTURE, words, noted).reading.notes[0]
    doubtful = dataclasses.replace(noted, reading=plain("12 345", {3: "unsure"}).reading)
    assert better_trace(PICTURE, named("12 347"), doubtful).reading.notes == ()


def tabled(numbers: dict[str, float], doubtful: str = "") -> WrittenNumbers:
    """A row of a table with these numbers and their confidences, unsure below 0.984 and where they are doubtful."""
    found = named("".join(filter(str.isdigit, "".join(numbers))), table_shape=(1, len(numbers)), has_rules=True)
    row = [
        Number(text, BOX, 0, (0, place), chance, "ok" if chance >= 0.984 and text != doubtful else "unsure")
        for place, (text, chance) in enumerate(numbers.items())
    ]
    return dataclasses.replace(found, numbers=tuple(row), written=" ".join(numbers))


def test_in_a_table_each_number_that_both_read_is_judged_by_itself() -> None:
    found = tabled({"12": 0.975, "34": 0.96, "56": 0.99, "78": 0.999}, doubtful="78")
    reading = better_trace(PICTURE, found, plain("12345678")).reading
    assert [(n.text, n.status, n.cell) for n in reading.numbers] == [
        ("12", "ok", (0, 0)),
        ("34", "unsure", (0, 1)),
        ("56", "ok", (0, 2)),
        ("78", "unsure", (0, 3)),  # not for a lack of confidence
    ]
    assert "".join(digit.status[0] for digit in reading.digits) == "oouuoouu"


def test_digits_of_the_plain_way_come_into_the_numbers_and_marks_of_the_other() -> None:
    found = tabled({"12": 0.95, "3.4": 0.7})
    found = dataclasses.replace(found, written="12 + 3.4")
    reading = better_trace(PICTURE, found, plain("1254")).reading
    assert (reading.text, reading.written, reading.status) == ("1254", "12 + 5.4", "unsure")
    assert [(n.text, n.cell, round(n.confidence, 2)) for n in reading.numbers] == [
        ("12", (0, 0), 0.95),
        ("5.4", (0, 1), 0.3),
    ]


def test_in_a_table_a_digit_of_which_the_ways_differ_makes_its_own_number_unsure_alone() -> None:
    found = tabled({"12": 0.975, "34": 0.99, "56": 0.999, "78": 0.999}, doubtful="56")
    reading = better_trace(PICTURE, found, plain("12945678")).reading
    assert [(n.text, n.status) for n in reading.numbers] == [
        ("12", "ok"),
        ("94", "unsure"),
        ("56", "unsure"),
        ("78", "ok"),
    ]
    assert "".join(digit.status[0] for digit in reading.digits) == "oouuuuoo"
    assert reading.text == "12945678"
    elsewhere = dataclasses.replace(found, table_shape=None)
    assert statuses_of(better_trace(PICTURE, elsewhere, plain("12945678")).reading) == [{"unsure"}]


def test_digits_elsewhere_on_the_page_are_no_other_reading_of_a_line() -> None:
    digits = tuple(dataclasses.replace(digit, box=(0, 40, 9, 9)) for digit in plain("1254").digits)
    below = dataclasses.replace(plain("1254"), reading=Reading((digits,)))
    assert better_trace(PICTURE, named("1234", has_rules=True), below).reading.text == "1234"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (named("1234", confidence=0.95), "1234"),
        (named("1234", confidence=0.85), ""),
        (named("1 2 3 4", confidence=0.95), ""),  # grain is read as a digit here and there
        (tabled({"12": 0.95, "34": 0.9}), "1234"),
    ],
)
def test_where_contrast_shows_no_ink_only_what_is_beyond_noise_is_read(found: WrittenNumbers, text: str) -> None:
    blank = dataclasses.replace(PICTURE, ink=NOTHING)
    nothing = Trace(NOTHING, (), np.zeros((0, 28, 28), np.uint8), Reading(()))
    assert better_trace(blank, found, nothing).reading.text == text
