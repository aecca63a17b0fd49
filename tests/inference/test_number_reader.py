"""Numbers as people have them: in boxes and tables, with marks and words around; and no false certainty."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.errors import ConfigurationError
from digitnet.inference.classifier import Classifier
from digitnet.inference.number_words import NUMBER_THRESHOLDS, PageCharacter, has_marks
from digitnet.segmentation import DigitInk
from digitnet.segmentation.characters import NamedEdge

HEIGHT = 48


@pytest.fixture(scope="module")
def glyphs(clearest_digits: list[GrayPicture]) -> list[GrayPicture]:
    """A digit of each kind, HEIGHT pixels tall."""
    sizes = [(max(6, round(digit.shape[1] * HEIGHT / digit.shape[0])), HEIGHT) for digit in clearest_digits]
    return [
        np.asarray(cv2.resize(digit, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for digit, size in zip(clearest_digits, sizes, strict=True)
    ]


def page(height: int, width: int) -> GrayPicture:
    return np.full((height, width), 250, np.uint8)


def put(sheet: GrayPicture, glyph: GrayPicture, left: int, top: int) -> int:
    """Write a digit in dark ink; the column where it ends."""
    window = sheet[top : top + glyph.shape[0], left : left + glyph.shape[1]]
    np.minimum(window, 250 - (220 * (glyph.astype(np.float32) / 255)).astype(np.uint8), out=window)
    return left + int(glyph.shape[1])


def write(sheet: GrayPicture, glyphs: list[GrayPicture], text: str, left: int, top: int) -> int:
    """Digits in a row; `/`, `+` and `-` are strokes, a blank is a wide gap."""
    for name in text:
        if name == " ":
            left += HEIGHT
        elif name == "/":
            cv2.line(sheet, (left + 4, top + HEIGHT), (left + 22, top - 4), 30, 4, cv2.LINE_AA)
            left += 34
        elif name == "+":
            cv2.line(sheet, (left + 4, top + 26), (left + 30, top + 26), 30, 4, cv2.LINE_AA)
            cv2.line(sheet, (left + 17, top + 12), (left + 17, top + 40), 30, 4, cv2.LINE_AA)
            left += 44
        else:
            left = put(sheet, glyphs[int(name)], left, top) + 12
    return left


def test_a_comb_of_boxes_is_one_number(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 420)
    for place, digit in enumerate("40718"):
        left = 30 + 70 * place
        cv2.rectangle(sheet, (left, 20), (left + 70, 100), 60, 3)
        put(sheet, glyphs[int(digit)], left + 20, 36)
    reading = classifier.read_number(sheet)
    assert reading.text == "40718"


def test_the_rules_of_a_table_are_no_digits(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(330, 420)
    rows = ["12", "30", "45"], ["67", "", "89"], ["5", "21", "7"]
    for line, row in enumerate(rows):
        for column, text in enumerate(row):
            cv2.rectangle(sheet, (30 + 120 * column, 30 + 90 * line), (150 + 120 * column, 120 + 90 * line), 90, 2)
            write(sheet, glyphs, text, 50 + 120 * column, 52 + 90 * line)
    assert classifier.read_number(sheet).text == "123045\n6789\n5217"


def test_marks_are_kept_in_what_is_written_and_left_out_of_the_text(
    classifier: Classifier, glyphs: list[GrayPicture]
) -> None:
    sheet = page(120, 500)
    write(sheet, glyphs, "23+64", 40, 36)
    reading = classifier.read_number(sheet)
    assert reading.text == "2364"
    assert [number.text for number in reading.numbers] == ["23", "64"]


def test_small_digits_are_enlarged_before_they_are_read(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 420)
    write(sheet, glyphs, "306825", 40, 36)
    small = np.asarray(cv2.resize(sheet, (140, 40), interpolation=cv2.INTER_AREA), np.uint8)  # 16 pixels tall
    assert classifier.read_number(small).text == "306825"


def test_no_digit_of_an_unsure_number_is_sure(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 420)
    end = write(sheet, glyphs, "306", 40, 36)
    half = glyphs[8].copy()
    half[HEIGHT // 2 :] = 0  # the upper half of an 8 is anything but certain
    put(sheet, half, end, 36)
    reading = classifier.read_number(sheet)
    for number in reading.numbers:
        own = [digit for digit in reading.digits if digit.line == number.line]
        assert number.status == "ok" or not any(digit.status == "ok" for digit in own)
    assert reading.status != "ok"


def test_a_pattern_leads_the_reading_of_a_date(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 760)
    write(sheet, glyphs, "23/08/1974", 30, 36)
    known = classifier.read_number(sheet, pattern=r"\d{2}/\d{2}/\d{4}")
    assert [number.text for number in known.numbers] == ["23/08/1974"]


def test_a_number_that_does_not_fit_is_unsure(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 500)
    write(sheet, glyphs, "4071", 40, 36)
    assert classifier.read_number(sheet, length=4).text == "4071"
    refused = classifier.read_number(sheet, length=9)
    assert refused.status == "unsure"
    assert any("does not fit" in note for note in refused.notes)


def test_no_digit_is_left_out_to_make_a_number_fit(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 560)
    write(sheet, glyphs, "30718", 40, 36)
    refused = classifier.read_number(sheet, length=4)
    assert (refused.text, refused.status) == ("30718", "unsure")
    assert any("it would have been" in note for note in refused.notes)


def test_a_number_that_is_on_no_list_is_not_made_to_fit(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 560)
    write(sheet, glyphs, "3071", 40, 36)
    refused = classifier.read_number(sheet, choices=["3077"])
    assert (refused.text, refused.status) == ("3071", "unsure")


def test_a_pattern_turns_no_scribble_into_a_number(classifier: Classifier) -> None:
    rng = np.random.default_rng(5)
    sheet = page(200, 500)
    for _ in range(3):
        points = rng.uniform((40, 40), (460, 160), (25, 2)).astype(np.int32)
        cv2.polylines(sheet, [points], False, 40, 4, cv2.LINE_AA)
    reading = classifier.read_number(sheet, pattern=r"\d{2}/\d{2}/\d{4}")
    assert reading.status != "ok"


def test_a_list_of_numbers_decides_between_two(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 500)
    write(sheet, glyphs, "4071", 40, 36)
    assert classifier.read_number(sheet, choices=["4071", "9999"]).text == "4071"


def test_nothing_can_be_both(classifier: Classifier) -> None:
    with pytest.raises(ConfigurationError, match="length"):
        classifier.read_number(page(100, 100), length=3, pattern=r"\d{5}")


def test_an_empty_page_has_no_numbers(classifier: Classifier) -> None:
    reading = classifier.read_number(page(300, 400))
    assert (reading.numbers, reading.written, reading.status) == ((), "", "not_a_digit")


def test_a_page_of_rules_has_no_numbers(classifier: Classifier) -> None:
    sheet = page(400, 400)
    for place in range(20, 400, 40):
        cv2.line(sheet, (0, place), (399, place), 120, 2)
        cv2.line(sheet, (place, 0), (place, 399), 120, 2)
    assert not any(digit.status == "ok" for digit in classifier.read_number(sheet).digits)


def test_a_table_without_a_number_has_its_cells(classifier: Classifier) -> None:
    sheet = page(300, 400)
    for place in range(4):
        cv2.line(sheet, (20, 20 + 80 * place), (380, 20 + 80 * place), 100, 2)
        cv2.line(sheet, (20 + 120 * place, 20), (20 + 120 * place, 260), 100, 2)
    assert classifier.read_table(sheet).texts == 3 * [3 * [""]]


def word(text: str, probability: float, digit_probability: float) -> list[PageCharacter]:
    """Characters side by side, each as probable as that, or as a digit instead."""
    image = np.zeros((28, 28), np.uint8)
    edges = [NamedEdge(place, name, probability, probability, digit_probability) for place, name in enumerate(text)]
    return [
        PageCharacter(edge, DigitInk(image, (20 * place, 0, 16, 30), 0, place, ())) for place, edge in enumerate(edges)
    ]


@pytest.mark.parametrize(
    ("text", "probability", "digit_probability", "expected"),
    [
        ("123", 0.9, 0.01, False),
        ("1/3", 0.9, 0.01, True),
        ("1/3", 0.9, 0.1, False),  # a slanted 1, perhaps
        ("1/3/45", 0.5, 0.4, True),  # a date
        ("1/3/1945", 0.5, 0.4, True),
        ("1/345", 0.5, 0.4, False),
        ("1/345/6", 0.5, 0.4, False),
    ],
)
def test_a_mark_that_may_be_a_digit_is_beyond_doubt_only_in_a_date(
    text: str, probability: float, digit_probability: float, expected: bool
) -> None:
    assert has_marks([word(text, probability, digit_probability)], NUMBER_THRESHOLDS) == expected


def test_a_slanted_one_between_digits_is_no_slash(classifier: Classifier, glyphs: list[GrayPicture]) -> None:
    sheet = page(120, 500)
    end = write(sheet, glyphs, "8306", 40, 36)
    cv2.line(sheet, (end + 2, 36 + HEIGHT), (end + 18, 36), 30, 4, cv2.LINE_AA)
    write(sheet, glyphs, "25", end + 30, 36)
    assert classifier.read_number(sheet).text == "8306125"
