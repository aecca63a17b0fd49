from collections.abc import Callable
from string import ascii_uppercase
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.report import confusion_matrix_figure, worst_mistakes_figure
from drawn_tiles import tiles_of

Scored = tuple[Dataset, Evaluation]
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
PAPER, INK = np.array([255, 255, 255]), np.array([0x1F, 0x29, 0x33])
SOME_NAMES: dict[int, tuple[str, ...]] = {2: (), 10: CLOTHES, 26: tuple(ascii_uppercase), 47: ()}


def counts_in_cells(axes: Axes) -> dict[tuple[int, int], str]:
    """Text at each (true, predicted) of the matrix."""
    cells = {}
    for text in axes.texts:
        column, row = text.get_position()
        if column < len(axes.get_xticks()) - 0.5 and row >= 0:
            cells[round(row), round(column)] = text.get_text()
    return cells


def captions(figure: Figure) -> list[list[str]]:
    return [tile.captions for tile in tiles_of(figure)]


@pytest.mark.parametrize("num_classes", SOME_NAMES)
def test_every_count_stands_in_its_cell(
    num_classes: int, score_classes: Callable[..., Scored], assert_readable: Callable[[Figure], None]
) -> None:
    dataset, evaluation = score_classes(num_classes, SOME_NAMES[num_classes])
    figure = confusion_matrix_figure(evaluation, dataset.class_names)
    (axes,) = figure.axes
    counts = evaluation.confusion_matrix
    expected = {(int(t), int(p)): str(counts[t, p]) for t, p in np.argwhere(counts)}
    assert counts_in_cells(axes) == expected
    assert [label.get_text() for label in axes.get_xticklabels()] == list(dataset.class_names)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(dataset.class_names)
    assert_readable(figure)


def test_the_true_class_is_the_row_and_first_at_the_top(score: Callable[..., Scored]) -> None:
    _, evaluation = score([0, 0, 0, 1], [0, 1, 1, 1], [2, 2, 2, 2])
    (axes,) = confusion_matrix_figure(evaluation, ("a", "b")).axes
    assert counts_in_cells(axes) == {(0, 0): "1", (0, 1): "2", (1, 1): "1"}
    bottom, top = axes.get_ylim()
    assert top < bottom
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("true class", "answer of the network")


def test_only_mistakes_are_coloured_and_right_answers_are_gray(score: Callable[..., Scored]) -> None:
    labels, answers = [0] * 99 + [1] * 2 + [2], [0] * 90 + [1] * 9 + [1] * 2 + [0]
    _, evaluation = score(labels, answers, [2.0] * 102)
    (axes,) = confusion_matrix_figure(evaluation, ("0", "1", "2")).axes
    (image,) = axes.images
    roots: Any = image.get_array()  # masked where there is no number
    assert roots.tolist() == [[None, 3, 0], [0, None, 0], [1, 0, 0]]  # None: right answers; class 2 has none
    assert image.get_clim() == (0, 3)
    colours = np.round(255 * image.get_cmap()(image.norm(roots)))[..., :3].astype(int).tolist()
    assert colours[0][0] == colours[1][1] == [0xF1, 0xF4, 0xF6]
    assert colours[2][2] == colours[1][0] == [255, 255, 255]
    assert colours[0][1] == [0x8F, 0x3A, 0x00]


def test_the_error_of_each_class_stands_beside_its_row(
    score: Callable[..., Scored], texts_of: Callable[[Figure], list[str]]
) -> None:
    _, evaluation = score([0, 0, 0, 1], [0, 1, 0, 1], [2, 2, 2, 2], ("a", "b", "c"))
    figure = confusion_matrix_figure(evaluation, ("a", "b", "c"))
    assert {"33.33 %", "0.00 %", "no images", "1 mistake in 4 images"} <= set(texts_of(figure))


def test_classes_without_a_name_are_called_by_their_number(score_classes: Callable[..., Scored]) -> None:
    _, evaluation = score_classes(3)
    (axes,) = confusion_matrix_figure(evaluation, ("zero", "one")).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["zero", "one", "2"]


def test_numbers_of_five_digits_fit_into_their_cells(
    score: Callable[..., Scored], assert_readable: Callable[[Figure], None]
) -> None:
    n = 30_000
    _, evaluation = score([0, 1] * n, [0, 1] * (n // 2) + [1, 0] * (n // 2), [2.0] * (2 * n))
    figure = confusion_matrix_figure(evaluation, ("0", "1"))
    assert set(counts_in_cells(figure.axes[0]).values()) == {"15000"}
    assert_readable(figure)


def test_the_gallery_shows_the_surest_mistakes_first(score: Callable[..., Scored]) -> None:
    dataset, evaluation = score([4, 7, 1, 0], [9, 7, 2, 6], [1.0, 9.0, 5.0, 3.0])
    figure = worst_mistakes_figure(dataset, evaluation)
    for tile, index in zip(tiles_of(figure), [2, 3, 0], strict=True):
        darkness = dataset.images[index][..., np.newaxis] / 255
        assert_allclose(tile.colours, PAPER + darkness * (INK - PAPER), atol=1)
    # Ten classes, one logit s and nine 0: confidence 1 / (1 + 9 exp(-s))
    assert captions(figure) == [
        ["1", "→ 2", "94.3 %"],
        ["0", "→ 6", "69.1 %"],
        ["4", "→ 9", "23.2 %"],
    ]


@pytest.mark.parametrize("num_classes", SOME_NAMES)
def test_the_gallery_is_readable_with_any_classes(
    num_classes: int, score_classes: Callable[..., Scored], assert_readable: Callable[[Figure], None]
) -> None:
    dataset, evaluation = score_classes(num_classes, SOME_NAMES[num_classes])
    figure = worst_mistakes_figure(dataset, evaluation)
    assert len(captions(figure)) == min(64, evaluation.errors)
    first = evaluation.worst_mistakes[0]
    true, answer = dataset.labels[first], evaluation.predicted_labels[first]
    assert captions(figure)[0][:2] == [dataset.class_names[true], f"→ {dataset.class_names[answer]}"]
    assert_readable(figure)


@pytest.mark.parametrize("name_length", [2, 3, 13, 40])
def test_long_names_are_shortened(
    name_length: int, score: Callable[..., Scored], assert_readable: Callable[[Figure], None]
) -> None:
    names = ("W" * name_length, "M" * name_length)
    dataset, evaluation = score([0, 1] * 8, [1, 0] * 8, [5.0] * 16, names)
    figure = worst_mistakes_figure(dataset, evaluation)
    assert all(len(caption[0]) == min(name_length, 13) for caption in captions(figure))
    if name_length < 13:  # thirteen of the widest letter are wider than a tile, thirteen usual ones are not
        assert_readable(figure)


def test_a_gallery_without_mistakes_says_so(
    score: Callable[..., Scored],
    texts_of: Callable[[Figure], list[str]],
    assert_readable: Callable[[Figure], None],
) -> None:
    dataset, evaluation = score([0, 1], [0, 1], [2, 2])
    figure = worst_mistakes_figure(dataset, evaluation)
    assert figure.axes == []
    assert {"No mistakes in 2 images.", "Every image was recognised."} <= set(texts_of(figure))
    assert_readable(figure)


@pytest.mark.parametrize(("sureness", "shown"), [(9.0, "99.9 %"), (60.0, "100.0 %"), (0.0, "50.0 %")])
def test_a_hundred_per_cent_is_only_said_of_certainty(
    sureness: float, shown: str, score: Callable[..., Scored]
) -> None:
    dataset, evaluation = score([1], [0], [sureness])
    assert captions(worst_mistakes_figure(dataset, evaluation)) == [["1", "→ 0", shown]]


def test_another_data_set_than_was_evaluated_is_refused(score: Callable[..., Scored]) -> None:
    dataset, evaluation = score([0, 1, 1], [0, 1, 0], [2, 2, 2])
    with pytest.raises(ConfigurationError, match=r"is not what was evaluated: expected 3 images, found 2"):
        worst_mistakes_figure(dataset.subset(np.array([0, 1])), evaluation)


def test_a_class_named_like_a_formula_is_written_as_it_is(
    score: Callable[..., Scored], texts_of: Callable[[Figure], list[str]]
) -> None:
    names = (r"$\frac$", "$x$")
    dataset, evaluation = score([0, 1], [1, 0], [2, 2], names)
    for figure in (worst_mistakes_figure(dataset, evaluation), confusion_matrix_figure(evaluation, names)):
        assert set(names) <= set(texts_of(figure))  # drawing it as a formula would fail
