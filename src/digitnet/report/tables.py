"""Evaluations in the terminal: tables for a window 80 columns wide, in letters any terminal has."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from digitnet.evaluation.evaluation import Evaluation
from digitnet.evaluation.metrics import ClassScores, Interval
from digitnet.report.style import names_of_classes

__all__ = ["evaluation_table"]

_LONG_NAME = 3  # letters; with longer names two tables are too wide to stand side by side


def evaluation_table(evaluation: Evaluation, class_names: Sequence[str] = ()) -> Group:
    """Lay an evaluation out: the figures with their intervals, each class, the commonest mistakes.

    Args:
        evaluation: Of any number of classes.
        class_names: Names of the classes; a class beyond them is called by its number.

    Returns:
        A Rich renderable; print it with `rich.console.Console().print`.
    """
    names = names_of_classes(class_names, len(evaluation.per_class))
    parts: list[RenderableType] = [_headline(evaluation), Text(), _summary(evaluation), Text()]
    classes = _class_table(evaluation.per_class, names)
    if not evaluation.most_confused:
        parts.append(classes)
    elif max(len(name) for name in names) > _LONG_NAME:
        parts += [classes, Text(), _pair_table(evaluation, names)]
    else:
        side_by_side = Table.grid(padding=(0, 3))
        side_by_side.add_row(classes, _pair_table(evaluation, names))
        parts.append(side_by_side)
    return Group(*parts)


def _headline(evaluation: Evaluation) -> Text:
    mistakes = "1 mistake" if evaluation.errors == 1 else f"{evaluation.errors:,} mistakes"
    images = "1 image" if evaluation.n == 1 else f"{evaluation.n:,} images"
    return Text.assemble((f" {mistakes}", "bold"), f" in {images}")


def _summary(evaluation: Evaluation) -> Table:
    low, high = evaluation.accuracy_interval
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", style="bold")
    table.add_column("", justify="right", style="cyan")
    table.add_column("95 % interval")
    table.add_column("")
    table.add_row("Accuracy", f"{100 * evaluation.accuracy:.2f} %", f"{100 * low:.2f} to {100 * high:.2f} %", "")
    table.add_row("Log loss", f"{evaluation.nll:.4f}", _interval(evaluation.nll_interval), Text("nats an image", "dim"))
    brier_note = Text("best 0, worst 2", "dim")
    table.add_row("Brier score", f"{evaluation.brier:.4f}", _interval(evaluation.brier_interval), brier_note)
    ece_note = Text("confidence against accuracy", "dim")
    table.add_row("Calibration error", f"{100 * evaluation.ece:.2f} %", "", ece_note)
    return table


def _interval(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"


def _class_table(per_class: Sequence[ClassScores], names: Sequence[str]) -> Table:
    table = _plain_table()
    table.add_column("Class", style="bold")
    for heading in ("Images", "Precision", "Recall", "F1"):
        table.add_column(heading, justify="right", no_wrap=True)
    lowest = min((scores.f1 for scores in per_class if scores.support), default=0.0)
    for scores, name in zip(per_class, names, strict=True):
        rates = [f"{100 * rate:.2f} %" for rate in (scores.precision, scores.recall, scores.f1)]
        if not scores.support:
            rates = ["", "", ""]  # nothing was there to be found
        style = "yellow" if scores.support and scores.f1 == lowest < 1 else ""  # the class to look at first
        table.add_row(Text(name), f"{scores.support:,}", *rates, style=style)
    return table


def _pair_table(evaluation: Evaluation, names: Sequence[str]) -> Table:
    table = _plain_table()
    table.add_column("Mistake", no_wrap=True)
    table.add_column("Times", justify="right")
    for true, predicted, count in evaluation.most_confused:
        table.add_row(Text(f"{names[true]} read as {names[predicted]}"), f"{count:,}")
    return table


def _plain_table() -> Table:
    return Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1), show_edge=False)
