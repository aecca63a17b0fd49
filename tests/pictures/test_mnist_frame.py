"""to_mnist_frame: MNIST itself is the oracle, and the rules by which MNIST was made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitnet.arrays import GrayPicture
from digitnet.datasets import Dataset
from digitnet.pictures.mnist_frame import FramedDigit, to_mnist_frame


def framed(ink: GrayPicture) -> FramedDigit:
    result = to_mnist_frame(ink)
    assert result is not None
    return result


def bounds(image: GrayPicture) -> tuple[int, int, int, int]:
    """x, y, width, height of what is above 0, counted with NumPy."""
    rows, columns = np.nonzero(image)
    return (
        int(columns.min()),
        int(rows.min()),
        int(columns.max() - columns.min() + 1),
        int(rows.max() - rows.min() + 1),
    )


def centre_of_mass(image: GrayPicture) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float(np.average(rows, weights=image)), float(np.average(columns, weights=image))


def block(shape: tuple[int, int], at: tuple[int, int], size: tuple[int, int]) -> GrayPicture:
    ink = np.zeros(shape, np.uint8)
    ink[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] = 255
    return ink


def test_every_mnist_test_digit_passes_untouched(mnist: tuple[Dataset, Dataset]) -> None:
    for image in mnist[1].images:
        result = framed(image)
        np.testing.assert_array_equal(result.image, image)
        assert result.box == bounds(image)


def test_mnist_digits_cut_out_of_a_larger_picture_come_back(mnist: tuple[Dataset, Dataset]) -> None:
    rng = np.random.default_rng(0)
    images = [image for image in mnist[1].images[:400] if not is_in_pieces(image)]
    same = 0
    for image in images:
        y, x = rng.integers(0, 60, 2)
        page = np.zeros((90, 90), np.uint8)
        page[y : y + 28, x : x + 28] = image
        result = framed(page)
        assert np.array_equal(result.image, image) or result.notes
        same += np.array_equal(result.image, image)
    assert same / len(images) > 0.75  # the others are too thin, too thick, too pale or too slanted to be left alone


def test_enlarged_mnist_digits_come_back(mnist: tuple[Dataset, Dataset]) -> None:
    # Area averaging undoes a repetition of pixels exactly; where the brightest pixel is 254, it becomes 255. Pixels
    # fainter than 16 may go, and with them a row or a column of the box.
    differences = []
    for image in mnist[1].images[:150]:
        result = framed(np.asarray(np.kron(np.where(image < 16, 0, image), np.ones((7, 7))), np.uint8))
        if not result.notes and bounds(result.image)[2:] == bounds(image)[2:]:
            differences.append(np.abs(result.image.astype(int) - image).max())
    assert len(differences) > 70
    assert np.percentile(differences, 60) <= 15


def is_in_pieces(image: GrayPicture) -> bool:
    """True when something is left after the first piece was flooded."""
    left = image > 0
    stack = [tuple(np.argwhere(left)[0])]
    while stack:
        row, column = stack.pop()
        if 0 <= row < 28 and 0 <= column < 28 and left[row, column]:
            left[row, column] = False
            stack += [(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return bool(left.any())


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (28, 28), (300, 20), (1, 2000)])
def test_without_ink_there_is_no_digit(shape: tuple[int, int]) -> None:
    assert to_mnist_frame(np.zeros(shape, np.uint8)) is None


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((40, 20), (20, 10)),
        ((20, 40), (10, 20)),
        ((100, 70), (20, 14)),
        ((1000, 300), (20, 6)),
        ((400, 3), (20, 2)),  # 0.15 wide, made 2.2 thick, while the length grows as much
        ((1, 5000), (2, 20)),
    ],
)
def test_the_longest_side_becomes_20_and_the_ratio_stays(size: tuple[int, int], expected: tuple[int, int]) -> None:
    ink = np.zeros((size[0] + 13, size[1] + 17), np.uint8)
    ink[6 : 6 + size[0], 11 : 11 + size[1]] = frame(size, max(1, round(3 * max(size) / 20)))
    result = framed(ink)
    assert result.box == (11, 6, size[1], size[0])
    width, height = bounds(result.image)[2:]
    assert abs(height - expected[0]) + abs(width - expected[1]) <= 1
    assert max(height, width) == 20
    assert all(13.5 <= middle < 14.5 for middle in centre_of_mass(result.image))


def frame(size: tuple[int, int], stroke: int) -> GrayPicture:
    """The outline of a rectangle, drawn with a pen."""
    ink = np.full(size, 255, np.uint8)
    ink[stroke:-stroke, stroke:-stroke] = 0
    return ink


def test_ink_that_fills_the_picture_is_framed() -> None:
    result = framed(np.full((5, 8), 255, np.uint8))
    assert result.box == (0, 0, 8, 5)
    assert max(bounds(result.image)[2:]) == 20


def test_thin_strokes_do_not_fade() -> None:
    ink = np.zeros((500, 500), np.uint8)
    ink[100:400, 100:103] = ink[397:400, 100:300] = 255  # 3 of 300 pixels: a fifth of a pixel in the frame
    assert framed(ink).image.max() == 255


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_digit_with_its_mass_at_one_end_stays_whole(corner: tuple[int, int]) -> None:
    # A heavy corner and thin arms: centring the mass alone would push the arms out of the frame.
    ink = np.zeros((20, 20), np.uint8)
    ink[0, :] = ink[:, 0] = 40
    ink[:5, :5] = 255
    flips = tuple(axis for axis in (0, 1) if corner[axis])
    ink = np.flip(ink, flips)
    x, y, width, height = bounds(framed(np.pad(ink, 15)).image)
    assert (width, height) == (20, 20)
    assert (y == 8) == (corner[0] == 0)
    assert (x == 8) == (corner[1] == 0)


def test_specks_are_left_out_and_parts_of_the_digit_are_not() -> None:
    ink = block((100, 100), (20, 40), (50, 10))
    alone = framed(ink)
    ink[2, 3] = ink[90, 90] = 255  # dirt: 1 of 500 pixels each
    dirty = framed(ink)
    assert dirty.box == alone.box == (40, 20, 10, 50)
    np.testing.assert_array_equal(dirty.image, alone.image)
    ink[20:23, 60:80] = 255  # a 5's detached stroke: 60 of 500 pixels
    assert framed(ink).box == (40, 20, 40, 50)


def test_a_thin_slanting_stroke_belongs_to_the_digit() -> None:
    ink = block((60, 60), (10, 10), (20, 20))
    ink[np.arange(30, 50), np.arange(30, 50)] = 255  # pixels that touch at their corners only
    assert framed(ink).box == (10, 10, 40, 40)


@st.composite
def scribbles(draw: st.DrawFn) -> GrayPicture:
    """One connected walk of ink on a page of any size."""
    height, width = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    ink = np.zeros((height, width), np.uint8)
    row, column = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    for down, right in draw(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), max_size=150)):
        ink[row, column] = 200
        row, column = min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1)
    ink[row, column] = 255
    return ink


@settings(max_examples=150)
@given(scribbles())
def test_any_scribble_is_framed_by_the_rules(ink: GrayPicture) -> None:
    result = framed(ink)
    assert result.box == bounds(ink)
    assert result.image.shape == (28, 28)
    assert result.image.max() == 255
    x, y, width, height = bounds(result.image)
    assert max(width, height) <= 20
    for middle, start, side in zip(centre_of_mass(result.image), (y, x), (height, width), strict=True):
        # In the middle, or as near to it as the frame's edge allows.
        assert 13.5 <= middle < 14.5 or start in (0, 1, 27 - side, 28 - side)


@settings(max_examples=100)
@given(scribbles(), st.integers(0, 40), st.integers(0, 40))
def test_where_the_ink_is_on_the_page_does_not_matter(ink: GrayPicture, down: int, right: int) -> None:
    moved = framed(np.pad(ink, ((down, 31), (right, 29))))
    here = framed(np.pad(ink, ((0, 29), (0, 31))))
    np.testing.assert_array_equal(moved.image, here.image)
    assert moved.box == (here.box[0] + right, here.box[1] + down, *here.box[2:])


def test_framing_twice_equals_framing_once(mnist: tuple[Dataset, Dataset]) -> None:
    rng = np.random.default_rng(1)
    for image in mnist[1].images[:300]:
        tall, wide = rng.integers(1, 6, 2)
        once = framed(np.kron(image, np.ones((tall, wide), np.uint8))).image
        np.testing.assert_array_equal(framed(once).image, once)


def test_the_ink_is_neither_modified_nor_handed_out(mnist: tuple[Dataset, Dataset]) -> None:
    image = mnist[1].images[0].copy()
    before = image.copy()
    framed(image).image[:] = 7
    np.testing.assert_array_equal(image, before)
