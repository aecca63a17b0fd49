"""What the figure of an answer shows, read off what was drawn."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from digitnet.inference.answers import Digit, Reading
from digitnet.inference.reader import Trace
from digitnet.report import explanation_figure

NAMES = tuple("0123456789")


def digit(label: int, confidence: float, box: tuple[int, int, int, int], *notes: str) -> Digit:
    rest = (1 - confidence) / 9
    probabilities = tuple(confidence if k == label else rest for k in range(10))
    status = "ok" if confidence > 0.8 else "unsure"
    return Digit(label, str(label), confidence, (label,), probabilities, box, 0, status, notes)  # type: ignore[arg-type]


def trace(*digits: Digit) -> Trace:
    ink = np.zeros((100, 300), np.uint8)
    for each in digits:
        left, top, width, height = each.box
        ink[top : top + height, left : left + width] = 255
    images = np.zeros((len(digits), 28, 28), np.uint8)
    images[:, 4:24, 10:18] = 255
    steps = [("the picture", np.stack([255 - ink] * 3, axis=2)), ("ink", ink)]
    reading = Reading((digits,) if digits else (), ("inverted: dark ink on light paper",))
    return Trace(ink, steps, images, reading)


def texts(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]


def test_all_that_matters_is_said() -> None:
    figure = explanation_figure(
        trace(digit(2, 0.991, (20, 20, 40, 60)), digit(6, 0.543, (90, 25, 40, 60), "2 pieces joined")), NAMES
    )
    said = texts(figure)
    for text in ("Read as 26", "1  the picture", "2  ink", "99.1 %", "54.3 %", "2 pieces joined"):
        assert text in said
    assert "inverted: dark ink on light paper" in said


def test_boxes_lie_on_the_ink_and_tiles_show_what_the_network_saw() -> None:
    found = trace(digit(2, 0.991, (20, 20, 40, 60)), digit(6, 0.543, (90, 25, 40, 60)))
    (axes,) = explanation_figure(found, NAMES).axes
    ink = max(axes.images, key=lambda image: image.get_extent()[1] - image.get_extent()[0])
    left, right, bottom, top = ink.get_extent()
    scale = (right - left) / 300
    assert (bottom - top) / 100 == pytest.approx(scale)
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    drawn = {tuple(np.round(patch.get_bbox().bounds, 6).tolist()) for patch in rectangles if not patch.get_fill()}
    for x, y, width, height in ((20, 20, 40, 60), (90, 25, 40, 60)):
        expected = (left + x * scale, top + y * scale, width * scale, height * scale)
        assert tuple(np.round(expected, 6).tolist()) in drawn
    second, first = sorted(abs(patch.get_height()) for patch in rectangles if patch.get_fill())[-2:]
    assert first / second == pytest.approx(0.991 / 0.543)  # as high as probable


def test_a_page_without_digits_and_one_with_very_many_are_drawn() -> None:
    said = texts(explanation_figure(trace(), NAMES))
    assert "No digit found" in said
    many = trace(*(digit(k % 10, 0.9, (3 * k, 10, 2, 20)) for k in range(90)))
    said = texts(explanation_figure(many, NAMES))
    assert any(text.startswith("The first 70 of 90 digits") for text in said)
    assert said.count("90.0 %") == 70
