"""extract_ink on hand-drawn pictures whose ink is known pixel by pixel, and on MNIST."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.datasets import Dataset
from digitnet.notes import Note, NoteKind
from digitnet.pictures import ink as ink_module
from digitnet.pictures.ink import INK_LIMITS, extract_ink, other_binarizations
from drawn_pages import missed_and_extra, photo, strokes, written

STROKE = (slice(10, 70), slice(20, 26))  # 60 x 6 pixels of an 80 x 50 picture
SLOPE = np.add.outer(np.linspace(-30, 30, 80), np.linspace(-20, 20, 50))


def drawn(paper: float | AnyArray, ink: float, *, noise: float = 0.0, seed: int = 0) -> GrayPicture:
    """A vertical stroke on paper; `ink` is how much it differs from it."""
    picture = np.zeros((80, 50)) + paper
    picture[STROKE] += ink
    picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def stroke_mask() -> AnyArray:
    mask = np.zeros((80, 50), bool)
    mask[STROKE] = True
    return mask


@pytest.mark.parametrize(
    ("paper", "ink"), [(255, -255), (0, 255), (200, -80), (200, 55), (30, 60), (128, -17), (128, 17)]
)
def test_a_clean_stroke_becomes_255_on_0_whatever_the_two_shades(paper: int, ink: int) -> None:
    extracted, notes = extract_ink(drawn(paper, ink))
    np.testing.assert_array_equal(extracted, np.where(stroke_mask(), 255, 0))
    assert extracted.dtype == np.uint8
    assert notes == ((Note(NoteKind.INVERTED),) if ink < 0 else ())


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("noise", [0.0, 3.0, 8.0])
def test_a_stroke_is_found_under_uneven_light_and_noise(sign: int, noise: float) -> None:
    extracted, notes = extract_ink(drawn(128 + SLOPE, 70 * sign, noise=noise))
    mask = stroke_mask()
    assert (extracted[mask] > 100).mean() > 0.98
    assert (extracted[~mask] > 128).mean() < 0.005
    assert Note(NoteKind.LIGHT_EVENED) in notes


def test_without_evening_out_no_threshold_would_find_that_stroke() -> None:
    picture = drawn(128 + SLOPE, -30)
    mask = stroke_mask()
    assert picture[mask].max() > picture[~mask].min()  # darkest paper is darker than the lightest ink
    extracted, _ = extract_ink(picture)
    assert extracted[mask].min() > 128
    assert extracted[~mask].max() < 128


def test_ink_that_crosses_the_border_does_not_tilt_the_paper() -> None:
    picture = 128 + 2 * SLOPE
    picture[:, 33:40] -= 60  # from edge to edge, and all in the right half
    extracted, _ = extract_ink(np.rint(picture).astype(np.uint8))
    assert extracted[:, 33:40].min() > 240
    assert max(extracted[:, :33].max(), extracted[:, 40:].max()) < 20


def test_a_small_stroke_in_noise_is_found_and_the_noise_is_not() -> None:
    # 60 of 19,600 pixels: without the floor, Otsu's threshold would part the noise instead.
    picture = 180 + np.random.default_rng(0).normal(0, 5, (140, 140))
    picture[60:80, 70:73] -= 50
    extracted, _ = extract_ink(np.rint(picture).astype(np.uint8))
    rows, columns = np.nonzero(extracted > 60)
    assert tuple(map(int, (rows.min(), rows.max(), columns.min(), columns.max()))) == (60, 79, 70, 72)


def test_a_faint_stroke_in_a_noisy_photo_is_found() -> None:
    # Pixel by pixel the stroke is only 2.5 standard deviations from the paper.
    picture = 180 + np.random.default_rng(0).normal(0, 16, (400, 300))
    picture[100:300, 140:160] -= 40
    extracted, _ = extract_ink(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
    mask = np.zeros(picture.shape, bool)
    mask[100:300, 140:160] = True
    assert (extracted[mask] > 60).mean() > 0.9
    assert (extracted[~mask] > 60).mean() < 0.01


def test_a_large_clean_picture_is_not_blurred() -> None:
    picture = np.full((700, 500), 255, np.uint8)
    picture[100:600, 240:243] = 0
    np.testing.assert_array_equal(extract_ink(picture)[0], 255 - picture)


@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (2, 2), (5, 8), (28, 28), (400, 300), (1, 5000)])
def test_one_shade_is_blank(level: int, size: tuple[int, int]) -> None:
    extracted, notes = extract_ink(np.full(size, level, np.uint8))
    assert extracted.shape == size
    assert not extracted.any()
    assert notes == (Note(NoteKind.BLANK),)


@pytest.mark.parametrize("paper", [60, 128, 230, 255])
@pytest.mark.parametrize("noise", [1, 4, 12])
@pytest.mark.parametrize("slope", [0, 40])
@pytest.mark.parametrize("size", [(90, 120), (300, 400)])
def test_a_photo_of_blank_paper_is_blank(paper: int, noise: int, slope: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(noise)
    light = slope * np.add.outer(np.linspace(-0.5, 0.5, size[0]), np.linspace(-0.5, 0.5, size[1]))
    picture = np.clip(paper + light + rng.normal(0, noise, light.shape), 0, 255).astype(np.uint8)
    extracted, notes = extract_ink(picture)
    assert not extracted.any()
    assert notes == (Note(NoteKind.BLANK),)


def test_ink_fainter_than_12_levels_is_no_ink() -> None:
    assert not extract_ink(drawn(200, -11))[0].any()
    assert extract_ink(drawn(200, -12))[0].max() == 255


def test_soft_edges_stay_and_faint_marks_elsewhere_go() -> None:
    picture = np.zeros((40, 40), np.uint8)
    picture[10:30, 18:22] = 240
    picture[10:30, 17] = picture[10:30, 22] = 90  # the stroke's soft edge
    picture[5, 5] = 90  # as faint, but alone
    extracted, _ = extract_ink(picture)
    # 240 is stretched to 255, so 90 to 90 / 240 * 255 = 95.6
    np.testing.assert_array_equal(extracted[15, 15:25], [0, 0, 96, 255, 255, 255, 255, 96, 0, 0])
    assert extracted[5, 5] == 0


def test_a_digit_that_touches_the_border_is_found() -> None:
    picture = np.full((16, 16), 255, np.uint8)
    picture[:, 7:10] = 20  # from edge to edge
    picture[12:, :] = 20  # along the whole lower edge
    extracted, _ = extract_ink(picture)
    np.testing.assert_array_equal(extracted > 0, picture < 128)


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_a_negative_has_the_same_ink(noise: float) -> None:
    picture = drawn(180 + SLOPE / 4, -90, noise=noise)
    np.testing.assert_allclose(extract_ink(picture)[0].astype(int), extract_ink(~picture)[0].astype(int), atol=6)


def test_turning_and_mirroring_the_picture_turns_and_mirrors_the_ink() -> None:
    picture = drawn(200 + SLOPE / 2, -90, noise=3.0)
    expected = extract_ink(picture)[0].astype(int)
    for there, back in ((np.transpose, np.transpose), (np.flipud, np.flipud), (np.fliplr, np.fliplr)):
        turned = extract_ink(np.ascontiguousarray(there(picture)))[0]
        assert np.abs(back(turned) - expected).mean() < 0.5


def test_mnist_passes_nearly_unchanged(mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[1].images[:1000]
    extracted = np.stack([extract_ink(image)[0] for image in images])
    difference = np.abs(extracted.astype(int) - images).mean(axis=(1, 2))
    assert (difference == 0).mean() > 0.85
    assert difference.mean() < 0.1  # of 255


def test_the_picture_is_not_modified_and_may_be_read_only() -> None:
    picture = drawn(128 + SLOPE, -60, noise=4.0)
    before = picture.copy()
    picture.setflags(write=False)
    extract_ink(picture)
    np.testing.assert_array_equal(picture, before)


def test_a_digit_is_found_where_the_corners_are_in_the_dark() -> None:
    down, across = np.mgrid[-1:1:200j, -1:1:200j]
    light = 1 - 0.4 * (down**2 + across**2) / 2
    paper = np.full((200, 200), 210.0)
    paper[60:140, 95:103] = 150  # a thin 1, paler than the corners are dark
    picture = np.clip(paper * light + np.random.default_rng(0).normal(0, 3, paper.shape), 0, 255).astype(np.uint8)
    ink, _ = extract_ink(picture)
    assert (ink[65:135, 97:101] > 128).mean() > 0.9
    assert (ink[:50] > 0).mean() < 0.01


def test_a_sheet_on_a_dark_table_is_no_ink() -> None:
    picture = np.full((300, 300), 40, np.uint8)
    picture[90:210, 95:205] = 230
    picture[115:185, 140:152] = 30  # a 1 on the sheet
    ink, notes = extract_ink(picture)
    assert (ink[118:182, 142:150] > 128).mean() > 0.9
    assert not ink[95:110, 100:200].any()  # paper above the 1
    assert Note(NoteKind.SHEET_EDGE_IGNORED) in notes


def test_an_edge_from_side_to_side_is_no_part_of_a_digit() -> None:
    picture = np.full((120, 120), 235, np.uint8)
    picture[30:85, 55:65] = 20  # a 1
    assert not _with_edge(picture)[100:].any()
    assert (_with_edge(picture)[35:80, 57:63] > 128).all()


def _with_edge(picture: GrayPicture) -> GrayPicture:
    edged = picture.copy()
    edged[108:112] = 60
    return extract_ink(edged)[0]


@pytest.mark.parametrize(("grain", "seed"), [(0.0, 1), (0.8, 2), (1.4, 3)])
@pytest.mark.parametrize("size", [(150, 145), (280, 139), (209, 183)])
def test_noise_on_nearly_black_is_no_ink(size: tuple[int, int], grain: float, seed: int) -> None:
    # Half of it is cut off at black, so that the other half looks like long light strokes.
    noise = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), grain) if grain else noise, np.float32)
    picture = np.clip(35 + 50 * noise / noise.std(), 0, 255).astype(np.uint8)
    assert not extract_ink(picture)[0].any()


def shadowed(stroke: bool) -> GrayPicture:
    """A sheet with a shadow whose edge bulges into the light, and a digit's stroke across that edge or none."""
    rows, columns = np.indices((200, 200))
    edge = 80 + 35 * np.exp(-(((rows - 90) / 28) ** 2))
    light = np.where(columns < edge, 0.72, 1.0)
    paper = np.full((200, 200), 235.0)
    if stroke:
        paper[88:96, 60:150] = 90
    noise = np.random.default_rng(3).normal(0, 1, paper.shape)
    picture = np.asarray(cv2.GaussianBlur(paper * light, (0, 0), 1.2), np.float64) + noise
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    """It is darker than the light on one side only; ink is darker than what lies beside it all around."""
    extracted, _ = extract_ink(shadowed(stroke=False))
    assert not extracted.any()
    with_stroke, _ = extract_ink(shadowed(stroke=True))
    assert (with_stroke[90:94, 65:145] > 128).mean() > 0.95
    assert (with_stroke[:80] > 128).mean() < 0.002


def test_other_binarizations_show_dark_strokes_and_coloured_ones_in_other_ways() -> None:
    ink = strokes(10)
    looks = list(other_binarizations(photo(written((200, 196, 188), (190, 60, 50), ink))))
    kinds = [NoteKind.SECOND_ATTEMPT_SHEET, NoteKind.SECOND_ATTEMPT_COLOUR]
    assert [notes[-1].kind for _, notes, _ in looks] == kinds
    for found, _, steps in looks:
        missed, extra = missed_and_extra(found, ink)
        assert missed < 0.02
        assert extra < 0.05
        assert steps[-1][0] == "ink"
    gray = photo(written((200, 196, 188), (40, 40, 40), ink)).mean(axis=2).astype(np.uint8)
    assert [notes[-1] for _, notes, _ in other_binarizations(gray)] == [Note(NoteKind.SECOND_ATTEMPT_SHEET)]


@pytest.mark.parametrize("side", [28, 31])
def test_small_pictures_have_no_other_binarizations(side: int) -> None:
    picture = np.full((side, 2 * side), 200.0)
    picture[5:-5, side - 3 : side + 3] = 20
    assert list(other_binarizations(photo(picture))) == []
    assert len(list(other_binarizations(photo(np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1))))) == 1


@pytest.mark.parametrize(("noise", "expected"), [(0, 0), (2, 2)])
def test_a_drawing_has_no_light_that_could_mislead(noise: float, expected: int) -> None:
    picture = photo(written((200, 196, 188), (190, 60, 50), strokes(10)), noise=noise)
    assert len(list(other_binarizations(picture))) == expected


def test_nothing_is_found_again_on_a_blank_sheet() -> None:
    assert list(other_binarizations(photo(np.full((200, 150, 3), 180.0)))) == []


def vary(monkeypatch: pytest.MonkeyPatch, **limits: Any) -> None:
    monkeypatch.setattr("digitnet.pictures.ink.INK_LIMITS", INK_LIMITS._replace(**limits))


def test_ruled_lines_are_removed_from_pictures_of_a_hundred_pixels_on(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = written((235, 232, 224), (30, 30, 35), strokes())
    scene[20::40] = scene[21::40] = (120, 120, 150)
    assert Note(NoteKind.RULES_REMOVED) in extract_ink(photo(scene))[1]
    vary(monkeypatch, small_side=1000)
    assert Note(NoteKind.RULES_REMOVED) not in extract_ink(photo(scene))[1]


def test_drawings_are_told_by_a_border_of_one_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photo(written((235, 232, 224), (30, 30, 35), strokes()), noise=3.0)
    assert len(list(other_binarizations(picture))) >= 1
    vary(monkeypatch, drawing_border_range=100)
    assert list(other_binarizations(picture)) == []


@pytest.mark.parametrize("limits", [{"smoothing_side": 10_000}, {"max_smoothing_radius": 0}, {"clean_noise": 100.0}])
def test_noisy_pictures_are_smoothed(monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]) -> None:
    picture = photo(written((200, 200, 200), (120, 120, 120), strokes(3)), noise=25.0)
    smoothed, _ = extract_ink(picture)
    vary(monkeypatch, coarser_radii=0, **limits)
    plain, _ = extract_ink(picture)
    assert not np.array_equal(smoothed, plain)


def test_paper_far_darker_than_its_bright_parts_is_in_a_shadow(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = written((235, 232, 224), (30, 30, 35), strokes())
    scene[:, 140:] *= 0.6
    assert Note(NoteKind.SHADOW_REMOVED) in extract_ink(photo(scene))[1]
    vary(monkeypatch, shadow_light=0.3)
    assert Note(NoteKind.SHADOW_REMOVED) not in extract_ink(photo(scene))[1]


def test_the_paper_is_estimated_once_however_often_a_picture_is_smoothed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes most of the time of a large picture of anything."""
    noise = np.random.default_rng(0).integers(0, 256, (150, 150), dtype=np.uint8)
    calls = {"paper_around": 0, "contrast_in_shade": 0}

    def counted(name: str, function: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            calls[name] += 1
            return function(*args, **named)

        return call

    for name in calls:
        monkeypatch.setattr(ink_module, name, counted(name, getattr(ink_module, name)))
    found, _ = extract_ink(noise)
    assert not found.any()
    assert calls["paper_around"] == 1
    assert calls["contrast_in_shade"] >= 3  # as it is, and smoothed in other ways
