"""Sets of pictures as people have them."""

import numpy as np
import pytest

from digitnet.datasets import Dataset
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


@pytest.mark.parametrize("kind", ["comb", "box", "sudoku", "sum", "date", "amount", "words", "small", "tight", "frame"])
@pytest.mark.parametrize("level", ["plain", "mild"])
def test_a_picture_follows_from_its_place_and_has_a_box_for_each_digit(kind: str, level: str) -> None:
    sets = load("pictures.page_sets").page_sets
    one, same, other = (sets(kind, level, size, seed)[-1][1] for size, seed in ((2, 3), (9, 3), (2, 4)))
    assert np.array_equal(one.picture, same.picture)
    assert (one.text, one.written, one.cells) == (same.text, same.written, same.cells)
    assert one.picture.shape != other.picture.shape or not np.array_equal(one.picture, other.picture)
    assert len(one.boxes) == len(one.text.replace("\n", ""))
    height, width = one.picture.shape[:2]
    middles = (one.boxes[:, :2] + one.boxes[:, 2:]) / 2
    assert np.all(middles > 0)
    assert np.all(middles < np.array([width, height]))


def test_a_table_says_what_is_in_its_cells() -> None:
    examples = [load("pictures.page_sets").page_sets("table", "plain", 3, 1)[0][place] for place in range(3)]
    for one in examples:
        rows = ["".join(letter for cell in row for letter in cell if letter.isdigit()) for row in one.cells]
        assert "\n".join(filter(None, rows)) == one.text
        assert len(one.boxes) == len(one.text.replace("\n", ""))


def test_the_digits_are_those_of_the_text(mnist: tuple[Dataset, Dataset]) -> None:
    """Each box is most like MNIST's images of the class that the text has at its place."""
    means = np.stack([mnist[1].images[mnist[1].labels == digit].mean(axis=0) for digit in range(10)])
    example = load("pictures.page_sets").page_sets("sudoku", "plain", 1, 2)[0][0]
    ranks = []
    for box, digit in zip(example.boxes, example.text.replace("\n", ""), strict=True):
        left, top, right, bottom = np.rint(box).astype(int)
        ink = 255.0 - example.picture[top:bottom, left:right].mean(axis=2)
        frame = np.zeros((10, 28, 28))
        for other, mean in enumerate(means):
            rows, columns = (np.flatnonzero((mean > 60).any(axis=axis)) for axis in (1, 0))
            down = np.linspace(rows[0], rows[-1], ink.shape[0]).astype(int)
            across = np.linspace(columns[0], columns[-1], ink.shape[1]).astype(int)
            frame[other, 0, 0] = np.corrcoef(mean[np.ix_(down, across)].ravel(), ink.ravel())[0, 1]
        ranks.append(int((frame[:, 0, 0] > frame[int(digit), 0, 0]).sum()))
    assert np.mean(np.array(ranks) <= 2) > 0.7


def test_small_writing_is_small_and_edges_are_edges() -> None:
    sets = load("pictures.page_sets").page_sets
    for place in range(4):
        boxes = sets("small", "plain", 4, 0)[0][place].boxes
        assert 10 < np.percentile(boxes[:, 3] - boxes[:, 1], 80) < 17
    tight = sets("tight", "plain", 3, 0)[0]
    assert tight.kind == "digits"
    assert all(tight[place].boxes[0][:2] == pytest.approx([0, 0], abs=2) for place in range(3))
    frames = sets("frame", "plain", 12, 0)[0]
    for one in (frames[place] for place in range(12)):
        border = int(one.part.split()[-2])
        edge = one.picture[0, 0, 0]
        assert border in {1, 2, 6}
        assert (edge <= 40) == one.part.startswith("black")
        assert np.all(one.picture[:border] == edge)
        assert np.any(one.picture[border] != edge)


def test_levels_and_training_digits_are_other_pictures() -> None:
    sets = load("pictures.page_sets").page_sets
    plain, hard = (sets("date", level, 1, 0)[0][0] for level in ("plain", "hard"))
    assert plain.text == hard.text
    assert not np.array_equal(plain.picture, hard.picture)
    trained = sets("date", "plain", 1, 0, of_training=True)[0][0]
    assert trained.text == plain.text
    assert trained.picture.shape != plain.picture.shape or not np.array_equal(trained.picture, plain.picture)
