from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from digitnet.report.gallery import Gallery
from digitnet.report.style import DPI
from drawn_tiles import drawn, tiles_of

# Three tiles of 112 dots in a row, the next row 160 dots below.
GALLERY = Gallery(columns=3, tile=0.7, gap=0.1, below=0.3, bottom=0.2)
LEFTS, TOPS = (56, 184, 312), (136, 296, 456)  # dots: 0.35 inches, then 0.8 more; the heading's 0.85, then 1 more


def gallery_of(tiles: int) -> tuple[Figure, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """A figure of random tiles from black, 0, to white, 1, and what is in them."""
    values = np.random.default_rng(tiles).random((tiles, 28, 28))
    figure = GALLERY.new_figure(tiles, "", "")
    GALLERY.draw(figure, values, ("#000000", "#ffffff"), (0, 1))
    return figure, values


@pytest.mark.parametrize(("tiles", "height"), [(0, 2.05), (1, 2.05), (3, 2.05), (4, 3.05), (7, 4.05)])
def test_the_figure_has_room_for_whole_rows(tiles: int, height: float) -> None:
    assert GALLERY.new_figure(tiles, "", "").get_size_inches() == pytest.approx((3.0, height))


@pytest.mark.parametrize("tiles", [1, 2, 3, 4, 5, 6, 7])
def test_every_pixel_is_in_its_place(tiles: int) -> None:
    figure, values = gallery_of(tiles)
    height = figure.bbox.height
    found = tiles_of(figure)
    assert len(found) == tiles
    for position, tile in enumerate(found):
        left, top = LEFTS[position % 3], height - TOPS[position // 3]
        assert tile.box.extents == pytest.approx((left, top - 112, left + 112, top))
        # One of 256 grays: at most one beside the nearest, and the file has whole numbers.
        assert_allclose(tile.colours, np.repeat(255 * values[position][..., np.newaxis], 3, axis=-1), atol=2)


@pytest.mark.parametrize("tiles", [1, 4, 5])
def test_nothing_is_drawn_between_the_tiles(tiles: int) -> None:
    figure = GALLERY.new_figure(tiles, "", "")
    GALLERY.draw(figure, np.ones((tiles, 28, 28)), ("#000000", "#0072b2"), (0, 1))  # no white in it
    picture = drawn(figure)
    for tile in tiles_of(figure):
        left, bottom, right, top = np.round(tile.box.extents).astype(int)
        picture[bottom - 1 : top + 1, left - 1 : right + 1] = 255  # the frame is two dots wide
    assert (picture == 255).all()


def test_the_frame_is_sharp_and_closed() -> None:
    gallery = Gallery(columns=1, tile=0.7025, gap=0.1, below=0.3, bottom=0.2)  # 112.4 dots
    figure = gallery.new_figure(1, "", "")
    gallery.draw(figure, np.ones((1, 28, 28)), ("#000000", "#ffffff"), (0, 1))
    (tile,) = tiles_of(figure)
    left, bottom, right, top = np.round(tile.box.extents).astype(int)
    square = drawn(figure)[bottom - 3 : top + 4, left - 3 : right + 4, 0]
    for side in (square, square[::-1], square.T, square.T[::-1]):
        for line in side[:7, 6:-6].T:
            assert line[line < 255] == pytest.approx([230, 230], abs=3)  # 1.8 dots of 0xe3 on two
    assert (square < 245).sum() == pytest.approx(4 * 2 * 112, abs=8)  # the corners are there, and nothing else


def test_the_first_column_can_be_set_apart() -> None:
    gallery = replace(GALLERY, after_first=0.25)  # 40 dots
    figure = gallery.new_figure(5, "", "")
    values = np.random.default_rng(0).random((5, 28, 28))
    gallery.draw(figure, values, ("#000000", "#ffffff"), (0, 1))
    assert figure.get_size_inches() == pytest.approx((3.25, 3.05))
    for position, (tile, value) in enumerate(zip(tiles_of(figure), values, strict=True)):
        left = (56, 224, 352)[position % 3]
        assert (tile.box.x0, tile.box.x1) == pytest.approx((left, left + 112))
        assert gallery.below_tile(position)[0] * DPI == pytest.approx(left)
        assert_allclose(tile.colours, np.repeat(255 * value[..., np.newaxis], 3, axis=-1), atol=2)


@pytest.mark.parametrize("position", [0, 2, 4])
def test_texts_are_placed_from_the_lower_left_corner_of_a_tile(position: int) -> None:
    x, y = GALLERY.below_tile(position)
    assert (x * DPI, y * DPI) == pytest.approx((LEFTS[position % 3], TOPS[position // 3] + 112))
    figure, values = gallery_of(5)
    (axes,) = figure.axes
    assert axes.transData.transform((x, y)) == pytest.approx(tiles_of(figure)[position].box.min)
    assert len(values) == 5


def test_values_at_the_limits_get_the_outer_colours() -> None:
    figure = GALLERY.new_figure(1, "", "")
    GALLERY.draw(figure, np.repeat([[[-3, 5]]], 14, axis=-1).repeat(28, axis=1), ("#ff0000", "#0000ff"), (-3, 5))
    (tile,) = tiles_of(figure)
    assert (tile.colours[:, :14] == (255, 0, 0)).all()
    assert (tile.colours[:, 14:] == (0, 0, 255)).all()
