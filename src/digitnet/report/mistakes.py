"""What a model gets wrong: the confusion matrix, and a gallery of its worst mistakes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from digitnet.arrays import ConfusionMatrix
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.report.gallery import Gallery
from digitnet.report.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    PAPER,
    TITLE_HEIGHT,
    colour_scale,
    in_house_style,
    names_of_classes,
    new_figure,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["confusion_matrix_figure", "worst_mistakes_figure"]

_CELL, _MAX_SIDE = 0.46, 16.0  # inches, one cell of the confusion matrix, and all of it
_CORRECT_BACKGROUND = "#f1f4f6"  # behind right answers
_FULL_COLOUR = 5  # mistakes in a cell, from which on the darkest colour is used
_LETTER = 0.085  # inches, the width of a letter of a class name
_MARGIN = 0.35  # inches
_RATE_WIDTH = 0.9  # inches, the column with the error of each class
_MIN_WIDTH = 6.2  # inches, for the heading

_TILE = 0.95  # inches, of the gallery
_CAPTION_LINE = 0.15  # inches
_CAPTION_GAP = 4 / 72  # inches between a tile and its caption
_AFTER_TRUE = 9.8 / 72  # inches; a digit is 5.7 points wide at 9 points
_ONE_LINE = Gallery(columns=8, tile=_TILE, gap=0.24, below=2 * _CAPTION_LINE, bottom=0.15)
_THREE_LINES = replace(_ONE_LINE, below=4 * _CAPTION_LINE)
_UPRIGHT_NAME = 3  # letters of a name that fits below a column without being turned
_LONG_NAME = 13  # letters that fit below a tile


@in_house_style
def confusion_matrix_figure(evaluation: Evaluation, class_names: Sequence[str]) -> "Figure":
    """Draw the confusion matrix so that the mistakes stand out: right answers are grey, mistakes coloured.

    Args:
        evaluation: Of any number of classes.
        class_names: Names of the classes; a class beyond them is called by its number.

    Returns:
        A Figure with the true class down, the answer across, counts in the cells that are not empty, and the
        error of each true class on the right.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    counts = evaluation.confusion_matrix
    names = names_of_classes(class_names, len(counts))
    side = min(len(counts) * _CELL, _MAX_SIDE)
    scale = side / (len(counts) * _CELL)
    name_width = scale * max(len(name) for name in names) * _LETTER + 0.15
    upright = max(len(name) for name in names) <= _UPRIGHT_NAME
    below = (0.3 if upright else name_width) + 0.45
    left = _MARGIN + 0.3 + name_width
    width = max(left + side + _RATE_WIDTH + _MARGIN, _MIN_WIDTH)
    height = TITLE_HEIGHT + 0.2 + side + below
    subtitle = "Each row is one true class: where its images went. Empty cells are 0."
    figure = new_figure(width, height, _mistakes_title(evaluation), subtitle)
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    _draw_cells(axes, counts, scale)
    axes.tick_params(colors=INK, labelsize=9 * scale)
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("answer of the network", labelpad=7)
    axes.set_ylabel("true class", labelpad=7)
    _write_class_errors(axes, counts, scale)
    return figure


def _draw_cells(axes: "Axes", counts: ConfusionMatrix, scale: float) -> None:
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
    most = max(int(mistakes.max()), _FULL_COLOUR)
    right = np.diag(np.diagonal(counts) > 0)  # what is no number gets the colour of "bad" values
    colours = colour_scale(PAPER, "#fbd9bf", ACCENT, "#8f3a00").with_extremes(bad=_CORRECT_BACKGROUND)
    # The square root keeps one mistake visible beside fifty.
    axes.imshow(np.where(right, np.nan, np.sqrt(mistakes)), cmap=colours, vmin=0, vmax=np.sqrt(most))
    axes.grid(visible=False)
    edges = np.arange(len(counts) + 1) - 0.5
    axes.vlines(edges, -0.5, len(counts) - 0.5, colors=FAINT, linewidth=0.7)
    axes.hlines(edges, -0.5, len(counts) - 0.5, colors=FAINT, linewidth=0.7)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for true, predicted in np.argwhere(counts > 0):
        count = int(counts[true, predicted])
        is_dark = np.sqrt(mistakes[true, predicted] / most) > 0.6
        colour = MUTED if true == predicted else PAPER if is_dark else INK
        axes.text(
            predicted,
            true,
            f"{count}",
            ha="center",
            va="center",
            fontsize=scale * _count_size(count),
            color=colour,
        )


def _count_size(count: int) -> float:
    """Points that let the digits of a count fit into a cell."""
    return 8.5 if count < 1000 else 7.5 if count < 10_000 else 6.0


def _write_class_errors(axes: "Axes", counts: ConfusionMatrix, scale: float) -> None:
    right = len(counts) - 0.5 + 0.3 / scale
    axes.text(right, -0.5 - 0.22 / scale, "error", color=MUTED, fontsize=8.5, va="bottom")
    for label, row in enumerate(counts):
        support = int(row.sum())
        text = f"{100 * (support - int(row[label])) / support:.2f} %" if support else "no images"
        axes.text(right, label, text, color=INK if support else MUTED, fontsize=8.5 * scale, va="center")


def _mistakes_title(evaluation: Evaluation) -> str:
    mistakes = "1 mistake" if evaluation.errors == 1 else f"{evaluation.errors:,} mistakes"
    return f"{mistakes} in {evaluation.n:,} images"


@in_house_style
def worst_mistakes_figure(dataset: Dataset, evaluation: Evaluation) -> "Figure":
    """Draw the mistakes the model was surest of: often a wrong label, a missing stroke, or a hand never seen.

    Args:
        dataset: The data set that was evaluated; it names the classes.
        evaluation: Its evaluation.

    Returns:
        A Figure with up to 64 images, the surest first; a sentence in their place when there are no mistakes.

    Raises:
        ConfigurationError: Another data set than was evaluated.
        MissingExtraError: Matplotlib is not installed.
    """
    if len(dataset) != evaluation.n:
        raise ConfigurationError(
            f"{dataset!r} is not what was evaluated: expected {evaluation.n} images, found {len(dataset)}"
        )
    names = names_of_classes(dataset.class_names, len(evaluation.confusion_matrix))
    is_short = max(len(name) for name in names) == 1  # then a caption fits into one line
    worst = evaluation.worst_mistakes
    gallery = _ONE_LINE if is_short else _THREE_LINES
    figure = gallery.new_figure(len(worst), "The surest mistakes", _gallery_subtitle(evaluation))
    if len(worst) == 0:
        figure.text(0.5, 0.35, "Every image was recognised.", ha="center", color=MUTED, fontsize=11)
        return figure
    axes = gallery.draw(figure, dataset.images[worst], (PAPER, INK), (0, 255))
    for position, index in enumerate(worst):
        true, answer = names[dataset.labels[index]], names[evaluation.predicted_labels[index]]
        true, answer = shortened(true, _LONG_NAME), shortened(answer, _LONG_NAME)
        texts = true, f"\N{RIGHTWARDS ARROW} {answer}", _percent(evaluation.confidence[index])
        _write_caption(axes, gallery.below_tile(position), texts, is_short)
    return figure


def _gallery_subtitle(evaluation: Evaluation) -> str:
    shown = len(evaluation.worst_mistakes)
    if shown == 0:
        return f"No mistakes in {evaluation.n:,} images."
    which = "All" if shown == evaluation.errors else f"{shown} of"
    legend = "Below each: true class \N{RIGHTWARDS ARROW} answer, confidence."
    return f"{which} {_mistakes_title(evaluation)}. {legend}"


def _write_caption(axes: "Axes", corner: tuple[float, float], texts: tuple[str, str, str], is_short: bool) -> None:
    """True class, answer in the colour of a mistake, confidence; on one line if the names are short."""
    x, y = corner[0], corner[1] + _CAPTION_GAP
    true, answer, confidence = texts
    if is_short:
        axes.text(x, y, true, va="top", color=INK, fontsize=9)
        axes.text(x + _AFTER_TRUE, y, answer, va="top", color=ACCENT, fontsize=9)
        axes.text(x + _TILE, y, confidence, va="top", ha="right", color=MUTED, fontsize=8)
    else:
        for row, (text, colour) in enumerate(((true, INK), (answer, ACCENT), (confidence, MUTED))):
            axes.text(x, y + row * _CAPTION_LINE, text, va="top", color=colour, fontsize=8)


def _percent(probability: float) -> str:
    """Per cent with one decimal; 100.0 % is only said of a probability of 1."""
    shown = 100 * probability if probability >= 1 else min(100 * probability, 99.9)
    return f"{shown:.1f} %"
