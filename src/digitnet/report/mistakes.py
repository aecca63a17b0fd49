"""What a model gets wrong: the confusion matrix, and a gallery of its worst mistakes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import ConfusionMatrix
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.evaluation import Evaluation
from digitnet.report.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    PAPER,
    TITLE_HEIGHT,
    colour_scale,
    hide_frame,
    in_house_style,
    names_of_classes,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["confusion_matrix_figure", "worst_mistakes_figure"]

_CELL, _MAX_SIDE = 0.46, 16.0  # inches, one cell of the confusion matrix, and all of it
_FULL_COLOUR = 5  # mistakes; a matrix with fewer in each cell keeps to light colours
_LETTER = 0.085  # inches, the width of a letter of a class name
_MARGIN = 0.35  # inches
_RATE_WIDTH = 0.9  # inches, the column with the error of each class
_MIN_WIDTH = 6.2  # inches, for the heading

_COLUMNS = 8  # of the gallery
_TILE, _TILE_GAP = 0.95, 0.24  # inches, of the gallery
_CAPTION_LINE = 0.15  # inches
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
    axes.set_xticks(range(len(names)), names, rotation=0 if upright else 90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(colors=INK, labelsize=9 * scale)
    axes.set_xlabel("answer of the network", labelpad=7)
    axes.set_ylabel("true class", labelpad=7)
    _write_class_errors(axes, counts, scale)
    return figure


def _draw_cells(axes: "Axes", counts: ConfusionMatrix, scale: float) -> None:
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
    most = max(int(mistakes.max()), _FULL_COLOUR)
    # The square root keeps one mistake visible beside fifty.
    axes.imshow(np.sqrt(mistakes), cmap=colour_scale(PAPER, "#fbd9bf", ACCENT, "#8f3a00"), vmin=0, vmax=np.sqrt(most))
    axes.grid(visible=False)
    edges = np.arange(len(counts) + 1) - 0.5
    axes.vlines(edges, -0.5, len(counts) - 0.5, colors=FAINT, linewidth=0.7)
    axes.hlines(edges, -0.5, len(counts) - 0.5, colors=FAINT, linewidth=0.7)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for true, predicted in np.argwhere(counts > 0):
        count = int(counts[true, predicted])
        if true == predicted:
            axes.fill_between([true - 0.5, true + 0.5], true - 0.5, true + 0.5, color="#f1f4f6", linewidth=0)
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
    caption_height = (2 if is_short else 4) * _CAPTION_LINE
    pitch = _TILE + caption_height
    width = 2 * _MARGIN + _COLUMNS * (_TILE + _TILE_GAP) - _TILE_GAP
    height = TITLE_HEIGHT + max(1, -(-len(worst) // _COLUMNS)) * pitch + 0.15
    figure = new_figure(width, height, "The surest mistakes", _gallery_subtitle(evaluation))
    if len(worst) == 0:
        figure.text(0.5, 0.35, "Every image was recognised.", ha="center", color=MUTED, fontsize=11)
    for position, index in enumerate(worst):
        row, column = divmod(position, _COLUMNS)
        left = _MARGIN + column * (_TILE + _TILE_GAP)
        bottom = height - TITLE_HEIGHT - row * pitch - _TILE
        axes = figure.add_axes((left / width, bottom / height, _TILE / width, _TILE / height))
        _draw_image(axes, dataset.images[index])
        true, answer = names[dataset.labels[index]], names[evaluation.predicted_labels[index]]
        _write_caption(axes, _shortened(true), _shortened(answer), _percent(evaluation.confidence[index]), is_short)
    return figure


def _gallery_subtitle(evaluation: Evaluation) -> str:
    shown = len(evaluation.worst_mistakes)
    if shown == 0:
        return f"No mistakes in {evaluation.n:,} images."
    which = "All" if shown == evaluation.errors else f"{shown} of"
    legend = "Below each: true class \N{RIGHTWARDS ARROW} answer, confidence."
    return f"{which} {_mistakes_title(evaluation)}. {legend}"


def _draw_image(axes: "Axes", image: NDArray[np.uint8]) -> None:
    axes.imshow(image, cmap=colour_scale(PAPER, INK), vmin=0, vmax=255)
    hide_frame(axes)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _write_caption(axes: "Axes", true: str, answer: str, confidence: str, is_short: bool) -> None:
    """True class and answer, the answer in the colour of a mistake; on one line if the names are short."""
    after_true = 9.8  # points; a digit is 5.7 wide at 9 points
    answer = f"\N{RIGHTWARDS ARROW} {answer}"
    if is_short:
        _write_below(axes, true, INK, size=9)
        _write_below(axes, answer, ACCENT, size=9, x=after_true)
        _write_below(axes, confidence, MUTED, at_right=True)
    else:
        _write_below(axes, true, INK)
        _write_below(axes, answer, ACCENT, row=1)
        _write_below(axes, confidence, MUTED, row=2)


def _write_below(
    axes: "Axes",
    text: str,
    colour: str,
    *,
    size: float = 8,
    x: float = 0,
    row: int = 0,
    at_right: bool = False,
) -> None:
    """Write `x` points from the left edge of the axes, or up to its right edge."""
    axes.annotate(
        text,
        xy=(1 if at_right else 0, 0),
        xycoords="axes fraction",
        xytext=(x, -4 - row * 72 * _CAPTION_LINE),
        textcoords="offset points",
        ha="right" if at_right else "left",
        va="top",
        color=colour,
        fontsize=size,
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _LONG_NAME else name[: _LONG_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _percent(probability: float) -> str:
    """Per cent with one decimal; 100.0 % is only said of a probability of 1."""
    shown = 100 * probability if probability >= 1 else min(100 * probability, 99.9)
    return f"{shown:.1f} %"
