import numpy as np

from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import evaluate
from digitnet.evaluation.notebook import evaluation_html
from seen_html import seen


class OneForAll:
    """Calls everything the same."""

    temperature = 1.0

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def predict_logits(
        self, images: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        logits = np.zeros((len(images), self.classes), np.float32)
        logits[:, 1] = 3
        return logits


def test_an_evaluation_shows_its_figures_and_its_mistakes(thirty_digits: Dataset) -> None:
    evaluation = evaluate(OneForAll(10), thirty_digits)
    html = evaluation._repr_html_()
    text = seen(html)
    for part in ("10.00 %", " right, 95 % interval 3.46 to 25.62 %", "27 in 30 images", "true \\ answer"):
        assert part in text
    assert html.count("color-mix") == 9  # nine classes of which images are called 1, and the 1s are no mistake
    assert text.count("·") == 90
    assert repr(evaluation) == "Evaluation(accuracy=0.1000 from 0.0346 to 0.2562, 27 errors in 30 images)"


def test_the_shade_of_a_mistake_follows_its_count() -> None:
    html = evaluation_html(0.5, (0.4, 0.6), {}, np.array([[5, 1], [4, 0]]), [])
    assert [part.split("%")[0].split()[-1] for part in html.split("color-mix")[1:]] == ["30", "75"]


def test_of_many_classes_the_commonest_mistakes_are_named() -> None:
    html = evaluation_html(0.5, (0.4, 0.6), {}, np.zeros((26, 26), np.int64), [(3, 4, 9), (4, 3, 7)])
    assert "3 as 4: 9, 4 as 3: 7" in seen(html)
    assert "none" in seen(evaluation_html(1.0, (0.9, 1.0), {}, np.zeros((26, 26), np.int64), []))
