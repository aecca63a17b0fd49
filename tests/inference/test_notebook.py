import numpy as np

from digitnet.inference.answers import Digit, Number, Reading, Table
from digitnet.inference.classifier import load_classifier
from digitnet.inference.notebook import classifier_html, dense_sizes
from seen_html import HOSTILE, seen

BOX = (0, 0, 9, 9)


def digit(text: str = "7", status: str = "ok", notes: tuple[str, ...] = ()) -> Digit:
    probabilities = tuple(0.9 if label == 7 else 0.1 / 9 for label in range(10))
    return Digit(7, text, 0.9, (7, 1), probabilities, BOX, 0, status, notes)  # type: ignore[arg-type]


def test_a_digit_shows_its_probabilities_and_how_sure_it_is() -> None:
    text = seen(digit(HOSTILE, "unsure", (HOSTILE,))._repr_html_())
    for part in (HOSTILE, "unsure", "90.00 %", "one of ", "7, 1", "7: 90.00 %", "0: 1.11 %"):
        assert part in text
    assert text.count(HOSTILE) == 2
    assert repr(digit()) == "Digit(label=7, confidence=0.9000, status='ok', candidates=(7, 1))"


def test_what_is_no_digit_has_no_probabilities() -> None:
    nothing = Digit(None, "", 0.0, (), (), BOX, 0, "not_a_digit")
    assert seen(nothing._repr_html_()) == "Digit | ? | not a digit"
    assert repr(nothing) == "Digit(label=None, confidence=0.0000, status='not_a_digit')"


def test_of_many_classes_the_most_probable_are_shown_in_their_order() -> None:
    probabilities = np.full(26, 0.01)
    probabilities[[3, 20, 25]] = 0.3, 0.2, 0.27
    shown = Digit(3, "d", 0.3, (3,), tuple(probabilities.tolist()), BOX, 0, "unsure")
    text = seen(shown._repr_html_())
    assert "3 30.00 %, " in text
    assert text.index("20 20.00 %") < text.index("25 27.00 %")
    assert "19: " not in text


def test_a_reading_shows_its_lines_and_what_of_them_is_unsure() -> None:
    numbers = (Number("12", BOX, 0, None, 0.99, "ok"), Number(HOSTILE, BOX, 0, None, 0.5, "unsure"))
    reading = Reading(((digit("1"), digit("2"), digit("3", "unsure")),), (HOSTILE,), numbers, "12 3")
    html = reading._repr_html_()
    text = seen(html)
    assert text.count(HOSTILE) == 3  # in its line, in the list of numbers, and the note
    assert "2 numbers" in text
    assert "50.00 %" in text
    assert html.count("dotted") == 2  # of one number, which stands there twice
    assert repr(reading) == "Reading('123', status='unsure': 3 digits in 1 lines)"


def test_a_reading_without_numbers_shows_its_digits() -> None:
    assert "1 | 2" in seen(Reading(((digit("1"), digit("2")),))._repr_html_())
    assert seen(Reading(())._repr_html_()) == "Reading | not a digit"


def test_a_table_shows_every_cell_and_which_are_unsure() -> None:
    sure, doubtful = Number("12", BOX, 0, (0, 0), 0.99, "ok"), Number(HOSTILE, BOX, 0, (1, 1), 0.5, "unsure")
    table = Table(((sure, None), (None, doubtful)), (doubtful,), (HOSTILE,))
    html = table._repr_html_()
    text = seen(html)
    assert text.startswith("Table of 2 rows and 2 columns, 2 numbers, 1 of them unsure")
    assert text.count(HOSTILE) == 3
    assert "50.00 %, unsure" in text
    assert html.count("<td") == 4 + 1  # its cells, and the one of what is outside
    assert repr(table) == "Table(2 rows, 2 columns, 1 cells unsure)"
    assert "0 rows" in seen(Table(())._repr_html_())


def test_a_classifier_shows_its_network_and_what_its_file_says() -> None:
    classifier = load_classifier(threads=1)
    text = seen(classifier._repr_html_())
    for part in ("784 → 1,536 → 1,024 → 512 → 10", "0, 1, 2, 3", "int8", "99.61 %", "10,000", "threads | 1"):
        assert part in text
    assert "coverage" not in text  # which was left as it is
    assert repr(classifier) == "Classifier(784-1536-1024-512-10, 10 classes, int8)"


def test_a_file_that_says_little_or_nonsense_is_shown_all_the_same() -> None:
    text = seen(classifier_html([], "float32", [HOSTILE, "b"], {"accuracy": "good", "n": None}, {}))
    assert HOSTILE in text
    assert "right" not in text
    assert dense_sizes([{"kind": "Dense", "output_shape": ["many"]}]) == []
    assert dense_sizes([{"kind": "Dense", "output_shape": []}, {"kind": "Flatten", "output_shape": [784]}]) == []
