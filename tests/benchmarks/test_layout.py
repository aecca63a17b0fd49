"""Pages with marks, words and rules: where everything stands, measured on the finished pixels."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.errors import ConfigurationError
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def bar() -> NDArray[np.uint8]:
    """A straight 1 of 4 x 20 of MNIST's pixels."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 12:16] = 255
    return image


def page_of(
    *rows: list[list[Any]], shape: str = "lines", seed: int = 0, pen: float | None = None, **framed: Any
) -> Any:
    layout, camera = load("rendering.layout"), load("rendering.camera")
    page = layout.Page(rows, shape, pen)
    rng = np.random.default_rng(seed)
    return load("rendering.render").render_page(page, {}, rng, camera.Framing(**framed))


def dark(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(picture.mean(axis=2) < 160)


def pieces(picture: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each connected piece, from the left to the right."""
    found = cv2.connectedComponentsWithStats(dark(picture).astype(np.uint8))[2][1:, :4]
    return sorted((int(x), int(y), int(x + width), int(y + height)) for x, y, width, height in found)


# Lines


def test_boxes_are_those_of_digits_and_not_of_marks() -> None:
    rendered = page_of([[bar(), " ", "+", " ", bar()]])
    found = pieces(rendered.picture)
    assert len(found) == 3
    assert np.abs(rendered.boxes - np.array([found[0], found[2]])).max() <= 3


def test_a_gap_is_wider_than_the_space_between_digits() -> None:
    near, far = (pieces(page_of([line]).picture) for line in ([bar(), bar()], [bar(), " ", bar()]))
    assert far[1][0] - far[0][2] > near[1][0] - near[0][2] + 9 * 6 - 2  # 6 pixels for each unit


@pytest.mark.parametrize("seed", range(6))
def test_a_point_stands_low_between_its_digits(seed: int) -> None:
    first, point, last = pieces(page_of([[bar(), ".", bar()]], seed=seed).picture)
    assert first[2] < point[0] < point[2] < last[0]
    assert point[1] > (first[1] + first[3]) / 2
    assert point[3] - point[1] < 0.4 * (first[3] - first[1])


def test_the_numbers_of_a_column_sum_end_below_one_another_and_the_line_is_above_the_last() -> None:
    rows = ([[bar()]], [["+", " ", bar(), bar()]], [[bar(), bar(), bar()]])
    rendered = page_of(*rows, shape="column sum", seed=3)
    ends = [rendered.boxes[at, 2] for at in (0, 2, 5)]
    assert np.ptp(ends) < 5 * 6  # units of strays, in pixels
    line = max(pieces(rendered.picture), key=lambda piece: piece[2] - piece[0])
    assert line[2] - line[0] > rendered.boxes[5, 2] - rendered.boxes[3, 0]
    assert rendered.boxes[2, 3] < (line[1] + line[3]) / 2 < rendered.boxes[5, 1]


# Grids


@pytest.mark.parametrize("shape", ["comb", "table", "sudoku"])
@pytest.mark.parametrize("seed", range(5))
def test_each_number_stands_in_its_cell(shape: str, seed: int) -> None:
    cells = [[[bar()], [], [bar()]], [[], [bar()], []]] if shape != "comb" else [[[bar()], [], [bar()]]]
    rendered = page_of(*cells, shape=shape, seed=seed)
    middles = (rendered.boxes[:, :2] + rendered.boxes[:, 2:]) / 2
    assert len(middles) == (2 if shape == "comb" else 3)
    assert middles[1, 0] - middles[0, 0] > 2 * 20 * 6  # two columns of at least 20 units
    assert abs(middles[1, 1] - middles[0, 1]) < 6 * 6
    if shape != "comb":
        assert middles[0, 0] < middles[2, 0] < middles[1, 0]
        assert middles[2, 1] - middles[0, 1] > 18 * 6


def test_a_box_surrounds_its_number() -> None:
    for seed in range(6):
        rendered = page_of([[bar(), bar()]], shape="box", seed=seed)
        is_dark = rendered.picture.mean(axis=2) < 225
        rows, columns = (np.flatnonzero(is_dark.any(axis=axis)) for axis in (1, 0))
        assert rows[0] < rendered.boxes[:, 1].min() - 6
        assert rows[-1] > rendered.boxes[:, 3].max() + 6
        assert columns[0] < rendered.boxes[:, 0].min() - 6
        assert columns[-1] > rendered.boxes[:, 2].max() + 6


def test_a_page_without_a_digit_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="nothing to write"):
        page_of([["+", "Total"]])


def test_one_pen_writes_all_digits() -> None:
    wide, thin = (dark(page_of([[bar()]], pen=pen).picture).sum() for pen in (4.0, 1.0))
    assert thin < 0.4 * wide


# What the picture shows of it


def test_digits_are_as_tall_as_asked() -> None:
    for pixels in (14.0, 60.0):
        boxes = page_of([[bar(), bar()]], digit_pixels=pixels).boxes
        assert boxes[:, 3] - boxes[:, 1] == pytest.approx([pixels, pixels], rel=0.08)


def test_a_tight_picture_ends_where_its_ink_does() -> None:
    rendered = page_of([[bar(), bar()]], is_tight=True)
    is_dark, (height, width) = dark(rendered.picture), rendered.picture.shape[:2]
    assert all(side.any() for side in (is_dark[:2], is_dark[-2:], is_dark[:, :2], is_dark[:, -2:]))
    ends = [*rendered.boxes.min(axis=0)[:2], *rendered.boxes.max(axis=0)[2:]]
    assert ends == pytest.approx([0, 0, width, height], abs=2)


@pytest.mark.parametrize(("border", "level"), [(1, 0), (6, 130)])
def test_a_frame_is_on_the_very_edge_and_changes_nothing_else(border: int, level: int) -> None:
    framed = page_of([[bar()]], border=border, border_level=level).picture
    plain = page_of([[bar()]]).picture
    inside = slice(border, -border)
    assert np.array_equal(framed[inside, inside], plain[inside, inside])
    for side in (framed[:border], framed[-border:], framed[:, :border], framed[:, -border:]):
        assert np.all(side == level)


def test_rules_may_run_along_the_edge() -> None:
    usual, cut = (page_of([[[bar()]]][0], shape="box", margin=margin).picture for margin in (None, 0.0))
    assert (cut[:3].mean(axis=(0, 2)) < 225).mean() > 0.8
    assert (usual[:3].mean(axis=(0, 2)) < 225).mean() == 0
