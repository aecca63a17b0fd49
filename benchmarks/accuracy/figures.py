"""All mistakes of the bundled model in one picture."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.summary import DISPUTED
from digitnet import evaluate, load_classifier, load_mnist
from digitnet.report.gallery import Gallery
from digitnet.report.style import ACCENT, BLUE, INK, MUTED, PAPER, in_house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_TILE = 0.78  # inches
_LINE = 0.15  # inches, a line of text
_GALLERY = Gallery(columns=10, tile=_TILE, gap=0.16, below=0.47, bottom=0.05)
_AFTER_LABEL = 8.2 / 72  # inches; a digit is 5.1 points wide at 8 points


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
    title, arrow = f"All {len(wrong)} mistakes in {evaluation.n:,} test images", "\N{RIGHTWARDS ARROW}"
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
