"""to_levels by hand-worked values, to_gray by pictures whose grey is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digitnet.arrays import AnyArray
from digitnet.errors import PictureDecodeError
from digitnet.notes import Note, NoteKind
from digitnet.pictures.grays import percentiles, to_colours, to_gray, to_levels

RAMP = np.arange(0, 256, 5, dtype=np.uint8).reshape(4, 13)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 1, 255], np.uint8), [0, 1, 255]),  # never stretched, even when all are small
        (np.array([0, 1], np.uint8), [0, 1]),
        (np.array([False, True]), [0, 255]),
        (np.array([0, 255], np.uint16), [0, 255]),  # 8 bits in use
        (np.array([0, 256, 1023], np.uint16), [0, 64, 255]),  # 10 bits: 256 * 255 / 1023 = 63.8
        (np.array([0, 4095], np.uint16), [0, 255]),
        (np.array([2048, 4096], np.uint16), [32, 64]),  # 14 bits: 2048 * 255 / 16383 = 31.9
        (np.array([0, 257, 65535], ">u2"), [0, 1, 255]),
        (np.array([0, 128, 255], np.int64), [0, 128, 255]),
        (np.array([0, 1], np.int32), [0, 1]),
        (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),  # 127.5, to the even number
        (np.array([0.0, 0.25], np.float16), [0, 64]),
        (np.array([0.0, 1.0000001], np.float32), [0, 255]),  # rounding, not the range 0..255
        (np.array([-1e-7, 1.0]), [0, 255]),
        (np.array([0.0, 1.5, 254.6], np.float32), [0, 2, 255]),
    ],
)
def test_each_kind_of_value_has_its_scale(values: AnyArray, expected: list[int]) -> None:
    levels = to_levels(values)
    assert levels.dtype == np.uint8
    np.testing.assert_array_equal(levels, expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([0.0, np.nan]), "NaN or infinity"),
        (np.array([0.0, np.inf]), "NaN or infinity"),
        (np.array([-np.inf, 0.0], np.float32), "NaN or infinity"),
        (np.array([-0.1, 1.0]), r"0\.\.1 or 0\.\.255, found -0.1 to 1"),
        (np.array([0.0, 256.0]), r"0\.\.1 or 0\.\.255, found 0 to 256"),
        (np.array([-1, 5]), r"0\.\.65535, found -1 to 5"),
        (np.array([0, 70000]), r"0\.\.65535, found 0 to 70000"),
        (np.array([1, 2], object), "type object"),
        (np.array(["a"]), "type <U1"),
        (np.array([1j]), "type complex128"),
        (np.array(["2020-01-01"], "datetime64[D]"), "type datetime64"),
    ],
)
def test_other_values_are_refused(values: AnyArray, message: str) -> None:
    with pytest.raises(PictureDecodeError, match=message):
        to_levels(values)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBX", "CMYK", "HSV", "LA", "PA", "RGBA", "RGBa", "I", "F"])
def test_a_grey_picture_is_the_same_in_every_mode(mode: str) -> None:
    gray = Image.fromarray(RAMP)
    if mode in ("CMYK", "HSV", "RGBX", "RGBa"):  # reached by way of a colour mode only
        gray = gray.convert("RGBA" if mode == "RGBa" else "RGB")
    image = gray.convert(mode)
    converted, notes = to_gray(image)
    assert (converted.mode, converted.size, notes) == ("L", image.size, ())
    np.testing.assert_allclose(np.asarray(converted).astype(int), RAMP.astype(int), atol=1)


def test_the_lightness_of_lab_is_its_grey() -> None:
    image = Image.merge("LAB", [Image.fromarray(RAMP), *[Image.new("L", (13, 4), 128)] * 2])
    np.testing.assert_array_equal(np.asarray(to_gray(image)[0]), RAMP)


def test_one_bit_is_black_and_white() -> None:
    converted, _ = to_gray(Image.fromarray(RAMP > 100))
    np.testing.assert_array_equal(np.asarray(converted), np.where(RAMP > 100, 255, 0))


def test_sixteen_bits_keep_their_upper_half() -> None:
    # 40000 of 65535 is 155.6; a plain conversion to L would clip it to 255.
    image = Image.fromarray(np.array([[0, 40000, 65535]], np.uint16))
    np.testing.assert_array_equal(np.asarray(to_gray(image)[0]), [[0, 156, 255]])


def see_through(colour: int, opacity: AnyArray) -> Image.Image:
    colours = np.full_like(opacity, colour)
    return Image.fromarray(np.dstack([colours, colours, colours, opacity]))


@pytest.mark.parametrize(("colour", "paper", "name"), [(0, 255, "white"), (60, 255, "white"), (255, 0, "black")])
def test_strokes_on_a_transparent_canvas_get_the_paper_that_shows_them(colour: int, paper: int, name: str) -> None:
    opacity = np.zeros((20, 20), np.uint8)
    opacity[5:15, 9:11] = 255
    opacity[5:15, 8] = 51  # a fifth
    converted, notes = to_gray(see_through(colour, opacity))
    expected = paper + (colour - paper) * (opacity / 255)
    np.testing.assert_allclose(np.asarray(converted).astype(float), expected, atol=1)
    assert notes == (Note(NoteKind.BACKGROUND_FILLED, (name,)),)


def test_strokes_of_two_shades_are_not_a_picture_with_its_own_paper() -> None:
    opacity = np.zeros((20, 20), np.uint8)
    opacity[5:15, 5:7] = opacity[5:15, 12:14] = 255
    colours = np.where(np.arange(20) < 10, 10, 100) * np.ones((20, 1))
    image = Image.fromarray(np.dstack([colours, colours, colours, opacity]).astype(np.uint8))
    converted, notes = to_gray(image)
    np.testing.assert_array_equal(np.asarray(converted), np.where(opacity, colours, 255))
    assert notes == (Note(NoteKind.BACKGROUND_FILLED, ("white",)),)


def test_faint_strokes_on_a_transparent_canvas_count_too() -> None:
    opacity = np.zeros((20, 20), np.uint8)
    opacity[5:15, 9:11] = 60
    converted, _ = to_gray(see_through(255, opacity))
    assert np.asarray(converted)[10, 9] == 60
    assert np.asarray(converted)[0, 0] == 0


@pytest.mark.parametrize(("paper", "ink"), [(220, 20), (20, 220)])
def test_a_picture_with_transparent_corners_keeps_its_own_paper(paper: int, ink: int) -> None:
    rows, columns = np.indices((40, 40))
    opacity = np.where((rows - 19.5) ** 2 + (columns - 19.5) ** 2 < 19**2, 255, 0).astype(np.uint8)
    gray = np.full((40, 40), paper, np.uint8)
    gray[10:30, 18:22] = ink
    converted, notes = to_gray(Image.fromarray(np.dstack([gray, gray, gray, opacity])))
    np.testing.assert_array_equal(np.asarray(converted), gray)
    assert notes == (Note(NoteKind.BACKGROUND_FILLED, ("its own paper",)),)


def test_an_empty_transparent_canvas_has_one_shade() -> None:
    opacity = np.zeros((6, 6), np.uint8)
    assert len(np.unique(np.asarray(to_gray(see_through(77, opacity))[0]))) == 1


def test_what_a_fully_opaque_picture_says_about_transparency_is_nothing() -> None:
    converted, notes = to_gray(see_through(77, np.full((6, 6), 255, np.uint8)))
    np.testing.assert_array_equal(np.asarray(converted), 77)
    assert notes == ()


def test_a_palette_entry_can_be_transparent() -> None:
    image = Image.fromarray(np.array([[0, 0, 0], [0, 1, 0], [0, 1, 0]], np.uint8))
    image.putpalette([0, 200, 0, 255, 255, 255])  # strokes white; what is transparent hides a green
    image.info["transparency"] = 0
    converted, _ = to_gray(image)
    np.testing.assert_array_equal(np.asarray(converted), [[0, 0, 0], [0, 255, 0], [0, 255, 0]])


@given(
    st.lists(st.integers(0, 255), min_size=1, max_size=300),
    st.lists(st.floats(0, 100), min_size=1, max_size=4) | st.just([0, 5, 10, 50, 75, 90, 95, 100]),
)
def test_percentiles_are_those_of_numpy_to_the_last_bit(levels: list[int], shares: list[float]) -> None:
    values = np.array(levels, np.uint8)
    assert percentiles(values, shares) == np.percentile(values, shares).tolist()


def test_percentiles_by_hand() -> None:
    # Five values stand at 0, 25, 50, 75 and 100 %; a tenth of the way is two fifths from the first to the second.
    assert percentiles(np.array([30, 10, 20, 50, 40], np.uint8), [0, 10, 50, 90, 100]) == [10, 14, 30, 46, 50]


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK", "RGBA", "HSV"])
def test_colours_stay_colours(mode: str) -> None:
    image = Image.new("RGB", (3, 2), (200, 40, 90)).convert(mode)
    converted, notes = to_colours(image)
    assert (converted.mode, notes) == ("RGB", ())
    np.testing.assert_allclose(np.asarray(converted)[0, 0].astype(int), (200, 40, 90), atol=12)  # of a palette, nearly


def test_coloured_strokes_on_a_transparent_canvas_keep_their_colour() -> None:
    opacity = np.zeros((20, 20), np.uint8)
    opacity[5:15, 9:11] = 255
    canvas = np.dstack([np.full_like(opacity, 180), np.full_like(opacity, 20), np.full_like(opacity, 30), opacity])
    converted, notes = to_colours(Image.fromarray(canvas))
    assert np.asarray(converted)[10, 9].tolist() == [180, 20, 30]
    assert np.asarray(converted)[0, 0].tolist() == [255, 255, 255]
    assert notes == (Note(NoteKind.BACKGROUND_FILLED, ("white",)),)
