"""Draw the figures of tutorial.md, from what the tutorial's own code computes.

Run `.venv/bin/python docs/draw_figures.py`: it runs the page's code blocks once, in a temporary folder, and replaces
the files in docs/figures. Needs the training extra; takes less than a minute.
"""

import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from diagrams import MARGIN, WIDTH, Names, backpropagation, network, panel, show_image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray
from page_code import run_page
from PIL import Image

from digitnet.arrays import IMAGE_SIDE, GrayPicture
from digitnet.files import replaced_file
from digitnet.pictures.loading import load_picture
from digitnet.pictures.mnist_frame import to_mnist_frame
from digitnet.report import (
    confusion_matrix_figure,
    receptive_fields_figure,
    save_figure,
    worst_mistakes_figure,
)
from digitnet.report.style import (
    ACCENT,
    BLUE,
    GREEN,
    MUTED,
    TITLE_HEIGHT,
    in_house_style,
    new_figure,
)

__all__ = ["FIGURES", "main"]

_HERE = Path(__file__).resolve().parent


@in_house_style
def _digits(names: Names) -> Figure:
    """Five training images of each digit."""
    train_set, rows, tile, gap = names["train_set"], 5, 0.64, 0.1
    height = TITLE_HEIGHT + rows * (tile + gap) + 0.2
    figure = new_figure(WIDTH, height, "MNIST", "The first five training images of each digit.")
    for digit in range(10):
        for row, index in enumerate(np.flatnonzero(train_set.labels == digit)[:rows]):
            left = MARGIN + digit * (tile + gap)
            axes = panel(figure, left, height - TITLE_HEIGHT - row * (tile + gap) - tile, tile, tile)
            show_image(axes, train_set.images[index])
    return figure


@in_house_style
def _cross_entropy(names: Names) -> Figure:  # noqa: ARG001 - called as the others are
    """Loss of one image against the probability of its true class."""
    figure = new_figure(
        WIDTH, 4.5, "Cross-entropy: the price of an answer", "Loss of one image, by the probability of its true class."
    )
    axes = panel(figure, 0.85, 0.65, 6.6, 2.9)
    probability = np.linspace(0.004, 1, 600)
    axes.plot(probability, -np.log(probability), color=BLUE)
    notes = (
        (0.98, "sure and right"),
        (0.5, "as likely as not"),
        (0.1, "ten equal chances"),
        (0.01, "sure and wrong"),
    )
    for chance, text in notes:
        loss = -np.log(chance)
        axes.plot(chance, loss, "o", color=ACCENT, markersize=6, zorder=3, clip_on=False)
        axes.annotate(
            f"{text}: {loss:.2f}",
            (chance, loss),
            xytext=(8, 12),
            textcoords="offset points",
            ha="right" if chance > 0.9 else "left",
        )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 5.5)
    axes.set_xlabel("probability of the true class")
    axes.set_ylabel("loss = - log p")
    return figure


@in_house_style
def _overfitting(names: Names) -> Figure:
    """Training and validation curves of the network that learned 1,000 images."""
    history = names["overfit"]
    epochs = np.arange(1, len(history["loss"]) + 1)
    best = int(np.argmin(history["val_loss"]))
    figure = new_figure(
        WIDTH,
        4.2,
        "Over-fitting",
        "1,000 training images. The dashed line is at the lowest validation loss.",
    )
    errors = {name: 100 * (1 - np.asarray(history[name])) for name in ("accuracy", "val_accuracy")}
    panels = (
        ("Loss", "", history["loss"], history["val_loss"], 1.0),
        ("Mistakes", " %", errors["accuracy"], errors["val_accuracy"], 30.0),
    )
    for number, (title, unit, training, validation, top) in enumerate(panels):
        axes = panel(figure, 0.75 + 3.75 * number, 0.65, 2.6, 2.35)
        axes.axvline(best + 1, color=MUTED, linewidth=1, linestyle=(0, (3, 3)))
        for values, name, colour in ((training, "training", BLUE), (validation, "validation", ACCENT)):
            axes.plot(epochs, values, color=colour, clip_on=True)
            axes.text(epochs[-1] + 1.5, values[-1], name, color=colour, va="center", fontsize=8.5)
        axes.set_xlim(1, epochs[-1])
        axes.set_ylim(0, top)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}" + unit))
        axes.set_xticks([1, *range(10, len(epochs) + 1, 10)])
        axes.set_xlabel("epoch")
        axes.set_title(title)
    return figure


def _confusion_matrix(names: Names) -> Figure:
    return confusion_matrix_figure(names["evaluation"], names["test_set"].class_names)


def _mistakes(names: Names) -> Figure:
    evaluation = names["evaluation"]
    surest = dataclasses.replace(evaluation, worst_mistakes=evaluation.worst_mistakes[:16])
    return worst_mistakes_figure(names["test_set"], surest)


def _receptive_fields(names: Names) -> Figure:
    figure = receptive_fields_figure(names["learned"], k=40)
    subtitle = figure.texts[1]  # the tutorial shows what was added to the weights, not the weights
    subtitle.set_text(
        "What training added to the weights of the 40 units that changed most. "
        "Ink on orange excites the unit, ink on blue inhibits it."
    )
    return figure


@in_house_style
def _drawn_digit(names: Names) -> Figure:
    """The drawn picture on its way into MNIST's frame, and what the network makes of each stage."""
    figure = new_figure(
        WIDTH,
        4.35,
        "From a picture to MNIST's frame",
        "Above: what the network is shown. Below: its probability for each digit.",
    )
    stages = _stages(names["picture"])
    pitch = (WIDTH - 2 * MARGIN + 0.25) / len(stages)
    for number, (title, image) in enumerate(stages):
        left, size = MARGIN + number * pitch, pitch - 0.25
        axes = panel(figure, left, 1.75, size, size)
        axes.set_anchor("SW")
        show_image(axes, image, is_ink=number > 0)
        for line, text in enumerate(title.splitlines()):  # one by one: else letters with tails move the line above
            figure.text(left / WIDTH, (3.38 - 0.18 * line) / 4.35, text, va="baseline")
        if image.shape == (IMAGE_SIDE, IMAGE_SIDE):
            (probabilities,) = names["classifier"].predict_proba(image[np.newaxis])
            _draw_probabilities(panel(figure, left, 0.68, size, 0.85), probabilities)
    return figure


def _draw_probabilities(axes: Axes, probabilities: NDArray[np.float32]) -> None:
    """Bars, the answer in green where it is the 4 that was drawn."""
    answer = int(probabilities.argmax())
    colours = [MUTED] * len(probabilities)
    colours[answer] = GREEN if answer == 4 else ACCENT
    axes.bar(range(10), probabilities, color=colours)
    axes.grid(visible=False)
    axes.set_xlim(-0.6, 9.6)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(range(10))
    axes.set_xlabel(f"a {answer}, says {100 * probabilities[answer]:.0f} %", color=colours[answer], fontweight="bold")


def _stages(picture: Image.Image) -> list[tuple[str, GrayPicture]]:
    ink = load_picture(picture).ink
    framed = to_mnist_frame(ink)
    if framed is None:
        raise ValueError("the tutorial's picture is blank: nothing to draw")
    x, y, width, height = framed.box
    cut = Image.fromarray(ink[y : y + height, x : x + width])
    return [
        ("the picture,\n300 x 400", np.asarray(picture)),
        ("shrunk to\n28 x 28", np.asarray(picture.resize((28, 28)))),
        ("paper removed,\nshrunk", np.asarray(Image.fromarray(ink).resize((28, 28)))),
        ("cut out,\nstretched", np.asarray(cut.resize((28, 28)))),
        ("in the frame,\nas read_digit does", framed.image),
    ]


FIGURES: dict[str, Callable[[Names], Figure]] = {
    "network.png": network,
    "digits.png": _digits,
    "cross_entropy.png": _cross_entropy,
    "backpropagation.png": backpropagation,
    "overfitting.png": _overfitting,
    "confusion_matrix.png": _confusion_matrix,
    "mistakes.png": _mistakes,
    "receptive_fields.png": _receptive_fields,
    "drawn_digit.png": _drawn_digit,
}


def main() -> None:
    """Run the page and replace all figures."""
    with tempfile.TemporaryDirectory() as folder:
        names, _ = run_page(_HERE / "tutorial.md", Path(folder))
    for name, draw in FIGURES.items():
        path = _HERE / "figures" / name
        save_figure(draw(names), path)
        _reduce_colours(path)


def _reduce_colours(path: Path) -> None:
    """Write a PNG again with 256 colours: a third of the size, and no difference to the eye."""
    with Image.open(path) as image:
        reduced = image.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    with replaced_file(path) as temporary:
        reduced.save(temporary, optimize=True)


if __name__ == "__main__":
    main()
