import io
from collections.abc import Callable

import pytest
from rich.console import Console

from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import Evaluation
from digitnet.report import evaluation_table

Scored = tuple[Dataset, Evaluation]


def printed(evaluation: Evaluation, class_names: tuple[str, ...] = (), encoding: str = "utf-8") -> list[str]:
    """The lines of the table in a window of 80 columns."""
    data = io.BytesIO()
    with io.TextIOWrapper(data, encoding=encoding, newline="\n") as file:
        Console(file=file, width=80, color_system=None).print(evaluation_table(evaluation, class_names))
        file.flush()
        return data.getvalue().decode(encoding).splitlines()


def row(lines: list[str], start: str) -> list[str]:
    """The words of the line that starts so."""
    return next(line.split() for line in lines if line.split()[:1] == [start])


def test_the_summary_has_every_figure_with_its_interval(score: Callable[..., Scored]) -> None:
    _, evaluation = score([0, 0, 0, 1], [0, 1, 0, 1], [2.0, 2.0, 2.0, 2.0])
    lines = printed(evaluation)
    assert lines[0] == " 1 mistake in 4 images"
    low, high = evaluation.accuracy_interval
    expected = f"Accuracy 75.00 % {100 * low:.2f} to {100 * high:.2f} %"
    assert " ".join(row(lines, "Accuracy")) == expected
    # Confidence 1 / (1 + exp(-2)) = 0.8808, three times right and once wrong
    assert row(lines, "Log")[2] == "0.6269"
    assert row(lines, "Brier")[2] == f"{(3 * 2 * 0.119203**2 + 2 * 0.880797**2) / 4:.4f}"
    assert row(lines, "Calibration")[2:4] == ["13.08", "%"]


def test_an_interval_keeps_to_what_is_possible(score: Callable[..., Scored]) -> None:
    _, evaluation = score([0, 0, 0, 1], [0, 1, 0, 1], [2.0, 2.0, 2.0, 2.0])
    assert row(printed(evaluation), "Brier")[3:5] == ["0.0000", "to"]


def test_each_class_has_its_row(score: Callable[..., Scored]) -> None:
    _, evaluation = score([0, 0, 0, 1], [0, 1, 0, 1], [2.0, 2.0, 2.0, 2.0], ("nought", "one"))
    lines = printed(evaluation, ("nought", "one"))
    assert row(lines, "nought")[:8] == ["nought", "3", "100.00", "%", "66.67", "%", "80.00", "%"]
    assert row(lines, "one") == ["one", "1", "50.00", "%", "100.00", "%", "66.67", "%"]
    assert any("nought read as one" in line for line in lines)


@pytest.mark.parametrize("num_classes", [2, 10, 26, 47])
@pytest.mark.parametrize("names", [(), ("T-shirt/top", "A class with a name that is long for a table")])
def test_it_fits_into_80_columns(
    num_classes: int, names: tuple[str, ...], score_classes: Callable[..., Scored]
) -> None:
    _, evaluation = score_classes(num_classes)
    lines = printed(evaluation, names)
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert row(lines, str(num_classes - 1) if not names or num_classes > 2 else "A")
    assert not any("…" in line for line in lines if "%" in line), "a number was cut off"


def test_a_perfect_model_has_no_table_of_mistakes(score: Callable[..., Scored]) -> None:
    _, evaluation = score([0, 1], [0, 1], [2.0, 2.0])
    lines = printed(evaluation)
    assert lines[0] == " 0 mistakes in 2 images"
    assert not any("Times" in line for line in lines)


def test_a_single_image(score: Callable[..., Scored]) -> None:
    _, evaluation = score([1], [1], [2.0])
    assert printed(evaluation)[0] == " 0 mistakes in 1 image"


def test_a_terminal_without_unicode_is_written_to(score_classes: Callable[..., Scored]) -> None:
    _, evaluation = score_classes(10)
    assert row(printed(evaluation, encoding="ascii"), "Accuracy")


def test_names_are_no_markup(score: Callable[..., Scored]) -> None:
    names = ("[red]", "[/]")
    _, evaluation = score([0, 1], [1, 0], [2.0, 2.0], names)
    assert any("[red] read as [/]" in line for line in printed(evaluation, names))
