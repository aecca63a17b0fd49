"""normalize_strokes on strokes whose thickness, slant and blackness are known, and on MNIST."""

import math
from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.datasets import Dataset
from digitnet.notes import Note, NoteKind
from digitnet.pictures import stroke_normalization
from digitnet.pictures.stroke_normalization import STROKE_LIMITS, _darkest_within, normalize_strokes, stroke_thickness


def ring(radius: float, thickness: float, level: int = 255) -> GrayPicture:
    """A zero with its edges as soft as a pixel, cut out; `thickness` is that of its stroke."""
    side = math.ceil(2 * radius + thickness)
    offset = np.arange(side) - (side - 1) / 2
    distance = np.abs(np.hypot(offset, offset[:, None]) - radius)
    return np.asarray(np.rint(level * np.clip(thickness / 2 - distance + 0.5, 0, 1)), np.uint8)


def leaning(lean: float) -> GrayPicture:
    """A stroke 200 pixels high and 30 wide, whose upper end is `lean` times 200 columns left of its lower end."""
    ink = np.zeros((200, 30 + round(200 * abs(lean))), np.uint8)
    for row in range(200):
        start = round(lean * row) if lean >= 0 else round(-lean * (199 - row))
        ink[row, start : start + 30] = 255
    return ink


@pytest.mark.parametrize("thickness", [1.0, 2.0, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("scale", [1.0, 3.0, 20.0])
def test_the_thickness_of_a_stroke_is_measured_at_any_size(thickness: float, scale: float) -> None:
    ink = ring(scale * (20 - thickness) / 2, scale * thickness)
    assert stroke_thickness(ink, 20) == pytest.approx(thickness, abs=0.35)


def test_mnists_own_digits_have_the_thickness_that_is_said(mnist: tuple[Dataset, Dataset]) -> None:
    thicknesses = [stroke_thickness(cut_out(image), 20) for image in mnist[0].images[:600]]
    low, middle, high = np.percentile(thicknesses, (5, 50, 95))
    assert middle == pytest.approx(2.5, abs=0.15)
    assert (low, high) == (pytest.approx(1.7, abs=0.2), pytest.approx(3.8, abs=0.3))


def cut_out(image: GrayPicture) -> GrayPicture:
    rows, columns = np.nonzero(image)
    return image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@pytest.mark.parametrize(("thickness", "wanted"), [(0.7, 2.2), (1.4, 2.2), (5.0, 3.5), (7.0, 3.5)])
def test_thin_and_thick_pens_are_brought_to_mnists(thickness: float, wanted: float) -> None:
    ink = ring(10 * (20 - thickness) / 2, 10 * thickness)
    written = normalize_strokes(ink, 20)
    # The ring's own radius stays, so the digit grows or shrinks by the difference, and is then made 20 pixels again.
    assert stroke_thickness(written.ink, 20) == pytest.approx(wanted * 20 / (20 + wanted - thickness), abs=0.4)
    (note,) = written.notes
    assert note.kind is (NoteKind.THICKENED if wanted > thickness else NoteKind.THINNED)
    assert note.values[1] == 2.5


def test_a_digit_like_mnists_is_left_alone(mnist: tuple[Dataset, Dataset]) -> None:
    digits = [cut_out(image) for image in mnist[1].images[:300]]
    results = [normalize_strokes(digit, 20) for digit in digits]
    unchanged = [np.array_equal(result.ink, digit) for digit, result in zip(digits, results, strict=True)]
    assert unchanged == [not result.notes for result in results]
    assert np.mean(unchanged) > 0.75


def test_a_pale_stretch_of_a_stroke_becomes_solid() -> None:
    ink = ring(85, 30)
    ink[:, :60] = ink[:, :60] // 3  # where the pen ran dry
    written = normalize_strokes(ink, 20)
    assert Note(NoteKind.MADE_SOLID) in written.notes
    left = written.ink[written.ink.shape[0] // 2, : written.ink.shape[1] // 4]
    assert left.max() == 255


@pytest.mark.parametrize(("lean", "left_over"), [(1.0, 0.1), (0.6, 0.1), (-1.0, -0.4), (-0.8, -0.4)])
def test_a_strong_slant_is_reduced(lean: float, left_over: float) -> None:
    written = normalize_strokes(leaning(lean), 20)
    rows, columns = np.nonzero(written.ink > 127)
    slope = np.polyfit(rows, columns, 1)[0]
    assert slope == pytest.approx(left_over, abs=0.05)
    degrees = round(math.degrees(math.atan(abs(lean))))
    assert any(note.kind is NoteKind.SLANT_REDUCED and note.values[0] == degrees for note in written.notes)


@pytest.mark.parametrize("lean", [-0.5, 0.0, 0.2])
def test_a_slant_as_mnists_stays(lean: float) -> None:
    assert not any(note.kind is NoteKind.SLANT_REDUCED for note in normalize_strokes(leaning(lean), 20).notes)


def test_thinning_leaves_the_middle_of_a_thin_stroke() -> None:
    ink = np.zeros((200, 200), np.uint8)
    ink[:60] = ink[140:] = 255  # two thick bars ...
    ink[:, 96:104] = 255  # ... and a thin stroke between them
    written = normalize_strokes(ink, 20)
    assert any(note.kind is NoteKind.THINNED for note in written.notes)
    height = len(written.ink)
    assert (written.ink > 127)[height // 2 - height // 16 : height // 2 + height // 16].any(axis=1).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 3), (3, 900)])
def test_specks_and_lines_are_no_trouble(size: tuple[int, int]) -> None:
    written = normalize_strokes(np.full(size, 255, np.uint8), 20)
    assert written.ink.any()
    assert written.ink.dtype == np.uint8


def test_specks_far_apart_leave_something() -> None:
    """Sheared by the slant of them all, each was thinner than nothing."""
    specks = (np.random.default_rng(0).random((32_000, 187)) < 0.001).astype(np.uint8) * np.uint8(255)
    assert normalize_strokes(specks, 20).ink.any()


@pytest.mark.parametrize(
    ("digit", "limits"),
    [
        (ring(85, 30), {"usual_thickness": (3.9, 4.0)}),
        (leaning(-0.2), {"usual_slant": (0.5, 2.0)}),
        (ring(85, 30), {"usual_darkness": 1.1}),
    ],
)
def test_narrower_limits_normalize_usual_digits(digit: GrayPicture, limits: dict[str, Any]) -> None:
    assert normalize_strokes(digit, 20).notes == ()
    assert normalize_strokes(digit, 20, STROKE_LIMITS._replace(**limits)).notes != ()


@pytest.mark.parametrize(
    ("digit", "limits"),
    [
        (ring(85, 12), {"usual_thickness": (0.5, 4.0)}),
        (leaning(0.9), {"usual_slant": (-2.0, 2.0)}),
        (leaning(0.9), {"min_moment_ratio": 100.0}),
    ],
)
def test_wider_limits_leave_unusual_digits_alone(digit: GrayPicture, limits: dict[str, Any]) -> None:
    assert normalize_strokes(digit, 20).notes != ()
    assert normalize_strokes(digit, 20, STROKE_LIMITS._replace(**limits)).notes == ()


@pytest.mark.parametrize("limits", [{"threshold_share": 0.9, "threshold_window": 201}, {"threshold_min": 200}])
def test_one_threshold_for_all_of_a_digit_would_lose_a_pale_stretch(limits: dict[str, Any]) -> None:
    ink = ring(85, 30)
    ink[:, :60] = ink[:, :60] // 3
    always = STROKE_LIMITS._replace(usual_darkness=1.1)  # normalize it however dark it is
    whole, torn = (normalize_strokes(ink, 20, always._replace(**more)) for more in ({}, limits))
    assert torn.ink.shape[1] < whole.ink.shape[1]


@pytest.mark.parametrize("window", [1, 2, 5, 8, 9, 13])
def test_the_darkest_ink_within_an_ellipse_is_what_one_dilation_gives(window: int) -> None:
    ink = np.random.default_rng(window).integers(0, 256, (31, 23), dtype=np.uint8)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window, window))
    np.testing.assert_array_equal(_darkest_within(ink, window), cv2.dilate(ink, ellipse))


@pytest.mark.parametrize("shape", [(60, 1), (1, 60), (40, 40)])
def test_more_paper_around_a_digit_changes_nothing(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """However thin it is, and however far its outline is moved: that ends where there is still paper."""
    line = np.full(shape, 255, np.uint8) if 1 in shape else np.eye(40, dtype=np.uint8) * np.uint8(255)
    thickened = normalize_strokes(line, 20).ink
    monkeypatch.setattr(stroke_normalization, "_MARGIN", 30)
    np.testing.assert_array_equal(normalize_strokes(line, 20).ink, thickened)
    monkeypatch.setattr(stroke_normalization, "_MARGIN", 1)
    assert normalize_strokes(line, 20).ink.size < thickened.size  # so the margin does decide
