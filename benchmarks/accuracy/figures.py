"""The figures of docs/accuracy.md: every result on one axis, and all mistakes of the bundled model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.accuracy.summary import DISPUTED
from benchmarks.pages import Results
from benchmarks.plots import WIDTH, NamedValues, draw_named_values, panel, save
from benchmarks.results import Run
from digitnet import evaluate, load_classifier, load_mnist
from digitnet.report.gallery import Gallery
from digitnet.report.style import ACCENT, BLUE, INK, MUTED, PAPER, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GOALS", "mistakes_figure", "overview_figure", "write_figures"]

GOALS = {
    "quick": 0.0160,
    "standard": 0.0075,
    "record": 0.0035,
    "bundled": 0.0030,
    "augmented": 0.0028,
    "committee": 0.0025,
}
_TICKS = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)  # per cent
_ROW = 0.31  # inches
_TILE = 0.78  # inches
_LINE = 0.15  # inches, a line of text
_GALLERY = Gallery(columns=10, tile=_TILE, gap=0.16, below=0.47, bottom=0.05)
_AFTER_LABEL = 8.2 / 72  # inches; a digit is 5.1 points wide at 8 points


def write_figures(runs: Sequence[Run], folder: Path) -> None:
    """Draw what was measured."""
    save(overview_figure(runs), folder / "accuracy_overview.png")
    save(mistakes_figure(), folder / "accuracy_mistakes.png")


@in_house_style
def overview_figure(runs: Sequence[Run]) -> "Figure":
    """A dot for each network, a ring for their mean, a green bar for the target, grey for results of others."""
    results = Results(runs)

    def ours(name: str, experiment: str, goal: str, start: str = "") -> NamedValues:
        subjects = [subject for subject in results.subjects(experiment) if subject.startswith(start)]
        rates = [100 * row.number for subject in subjects if (row := results.row(experiment, subject, "errors"))]
        several = len(rates) > 1
        text = f"{sum(rates) / len(rates):.2f} %{' on average' if several else ''}" if rates else ""
        return NamedValues(name, rates, text, is_ours=True, goal=100 * GOALS[goal])

    def others(experiment: str) -> list[NamedValues]:
        found = [(subject, results.row(experiment, subject, "error")) for subject in results.subjects(experiment)]
        return [NamedValues(name, (100 * row.value,), f"{100 * row.value:.2f} %") for name, row in found if row]

    rows = [
        NamedValues("One network, one look"),
        *(ours(preset, "networks", preset, f"{preset}, ") for preset in ON_THE_PAGE),
        ours("the bundled model", "bundled", "bundled", "int8"),
        *others("published"),
        NamedValues("Several looks or networks"),
        ours("record, augmented inference", "augmented", "augmented", "record"),
        ours("committee", "committees", "committee"),
        *others("published combinations"),
    ]
    subtitle = (
        "A dot is one network, the ring the mean of its seeds, the green bar the target. Grey: published by others."
    )
    figure = new_figure(WIDTH, TITLE_HEIGHT + _ROW * len(rows) + 0.75, "Errors on the 10,000 test images", subtitle)
    axes = panel(figure, 2.75, 0.6, WIDTH - 2.75 - 1.3, _ROW * len(rows))
    draw_named_values(axes, rows, [(tick, f"{tick:g} %") for tick in _TICKS])
    axes.set_xlabel("test error, on a logarithmic scale")
    return figure


@in_house_style
def mistakes_figure() -> "Figure":
    """Every test image that the bundled model gets wrong, the surest answer first.

    Below each: true label, answer, confidence and position in the test set. A blue frame marks the images whose label
    people dispute.
    """
    test_set = load_mnist()[1]
    evaluation = evaluate(load_classifier(), test_set)
    wrong = np.flatnonzero(evaluation.predicted_labels != test_set.labels)
    wrong = wrong[np.argsort(-evaluation.confidence[wrong], kind="stable")]
    title = f"All {len(wrong)} mistakes in {evaluation.n:,} test images"
    arrow = "\N{RIGHTWARDS ARROW}"
    subtitle = f"Label {arrow} answer, confidence; then the image's position. Blue frame: a disputed label."
    figure = _GALLERY.new_figure(len(wrong), title, subtitle)
    axes = _GALLERY.draw(figure, test_set.images[wrong], (PAPER, INK), (0, 255))
    for place, position in enumerate(wrong.tolist()):
        texts = str(test_set.labels[position]), f"{arrow} {evaluation.predicted_labels[position]}"
        _write_caption(axes, place, texts, evaluation.confidence[position], position)
    return figure


def _write_caption(axes: "Axes", place: int, texts: tuple[str, str], confidence: float, position: int) -> None:
    x, y = _GALLERY.below_tile(place)
    if position in DISPUTED:
        edges = np.array([(0, 0), (1, 0), (1, -1), (0, -1), (0, 0)]) * _TILE
        axes.plot(x + edges[:, 0], y + edges[:, 1], color=BLUE, linewidth=1.6)
    top, shown = y + 0.05, 100 * confidence if confidence >= 1 else min(100 * confidence, 99.9)  # 100.0 % is certainty
    axes.text(x, top, texts[0], va="top", color=INK, fontsize=8)
    axes.text(x + _AFTER_LABEL, top, texts[1], va="top", color=ACCENT, fontsize=8)
    axes.text(x + _TILE, top, f"{shown:.1f} %", va="top", ha="right", color=MUTED, fontsize=7.5)
    axes.text(x, top + _LINE, str(position), va="top", color=MUTED, fontsize=7)
