"""What the tests of figures share: evaluations to draw, and a look at the texts of a figure."""

from collections.abc import Callable
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from digitnet.arrays import Images, Logits
from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import Evaluation, evaluate

Scored: TypeAlias = tuple[Dataset, Evaluation]


class _Recited:
    """Answers with prepared logits, all images at once."""

    temperature = 1.0

    def __init__(self, logits: NDArray[np.float64]) -> None:
        self._logits = logits.astype(np.float32)

    def predict_logits(self, images: Images, /) -> Logits:
        assert len(images) == len(self._logits)
        return self._logits


@pytest.fixture
def score() -> Callable[..., Scored]:
    """Makes a data set and its evaluation: `score(labels, answers, sureness, class_names=())`."""

    def scored(
        labels: list[int], answers: list[int], sureness: list[float], class_names: tuple[str, ...] = ()
    ) -> Scored:
        num_classes = len(class_names) or 1 + max(labels + answers)
        images = np.random.default_rng(0).integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
        dataset = Dataset(images, np.array(labels, np.uint8), "made up", num_classes, class_names)
        logits = np.array(sureness)[:, None] * np.eye(num_classes)[answers]
        return dataset, evaluate(_Recited(logits), dataset, batch_size=len(labels))

    return scored


@pytest.fixture
def score_classes(score: Callable[..., Scored]) -> Callable[..., Scored]:
    """Makes a data set of 12 images a class, a quarter of them mistaken: `score_classes(num_classes)`."""

    def scored(num_classes: int, class_names: tuple[str, ...] = ()) -> Scored:
        labels = [label for label in range(num_classes) for _ in range(12)]
        answers = [(label + (index % 4 == 0)) % num_classes for index, label in enumerate(labels)]
        sureness = [3 + index / len(labels) for index in range(len(labels))]
        return score(labels, answers, sureness, class_names)

    return scored


@pytest.fixture
def texts_of() -> Callable[[Figure], list[str]]:
    """Every text that a figure shows, with its line breaks as spaces."""
    return lambda figure: [text.get_text().replace("\n", " ") for text in _shown_texts(figure)]


@pytest.fixture
def assert_readable() -> Callable[[Figure], None]:
    """Fails when a text lies outside the figure or on another text."""

    def check(figure: Figure) -> None:
        canvas = FigureCanvasAgg(figure)
        paper = figure.bbox
        renderer = canvas.get_renderer()  # type: ignore[no-untyped-call] # Matplotlib has not typed it
        boxes = [(text, text.get_window_extent(renderer)) for text in _shown_texts(figure)]
        for text, box in boxes:
            inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= paper.x1 and box.y1 <= paper.y1
            assert inside, f"{text.get_text()!r} leaves the figure: {box}"
        for (one, one_box), (other, other_box) in combinations(boxes, 2):
            width = min(one_box.x1, other_box.x1) - max(one_box.x0, other_box.x0)
            height = min(one_box.y1, other_box.y1) - max(one_box.y0, other_box.y0)
            # The boxes have a little air of their own, which may touch.
            assert min(width, height) < 2, f"{one.get_text()!r} lies on {other.get_text()!r}"

    return check


def _shown_texts(figure: Figure) -> list[Text]:
    figure.draw_without_rendering()  # puts ticks and texts in their places
    found = figure.findobj(match=Text)
    return [text for text in found if isinstance(text, Text) and text.get_visible() and text.get_text().strip()]
