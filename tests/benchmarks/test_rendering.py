"""The renderer: each hardship against a measurement of its own on the finished pixels."""

import io
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.inference.classifier import load_classifier
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

SCALE = 6.0  # pixels of a plain picture for each of MNIST's
PAPER = 246  # grey of plain paper: (0.97 + 0.965 + 0.95) / 3 of 255


@pytest.fixture(scope="module")
def digits(mnist: tuple[Dataset, Dataset]) -> NDArray[np.uint8]:
    return mnist[1].images


def bar(width: int = 4, height: int = 20) -> NDArray[np.uint8]:
    """A straight 1 whose size is known."""
    image = np.zeros((28, 28), np.uint8)
    image[14 - height // 2 : 14 + height // 2, 14 - width // 2 : 14 + width // 2] = 255
    return image


def picture_of(image: NDArray[np.uint8], seed: int = 0, /, **severities: float) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return np.asarray(load("rendering.render").render_digit(image, severities, rng))


def gray_of(image: NDArray[np.uint8], seed: int = 0, /, **severities: float) -> NDArray[np.float64]:
    return np.asarray(picture_of(image, seed, **severities).mean(axis=2))


def line_of(images: NDArray[np.uint8], seed: int = 0, /, **severities: float) -> Any:
    return load("rendering.render").render([list(images)], severities, np.random.default_rng(seed))


def parts_of(picture: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Left, top, width and height of each connected piece of dark ink, from the left to the right."""
    is_ink = np.asarray(picture.mean(axis=2) < 128, np.uint8)
    boxes = cv2.connectedComponentsWithStats(is_ink)[2][1:, :4]
    return np.asarray(boxes[np.argsort(boxes[:, 0])], np.int32)


def in_one_piece(digits: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """The first digits without gaps."""
    whole = [image for image in digits[:100] if cv2.connectedComponents(np.asarray(image > 60, np.uint8))[0] == 2]
    return np.array(whole[:count])


def ink_of_plain(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Well inside the strokes of the plain picture."""
    is_ink = np.asarray(gray_of(image) < 60, np.uint8)
    return np.asarray(cv2.erode(is_ink, np.ones((5, 5), np.uint8)) > 0)


def paper_of_plain(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    is_near = np.asarray(gray_of(image) < PAPER - 10, np.uint8)
    return np.asarray(cv2.dilate(is_near, np.ones((9, 9), np.uint8)) == 0)


def by_hand(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A plain picture in MNIST's frame: longer side to 20 pixels, centre of mass to the middle."""
    ink = np.clip((PAPER - 4 - picture.mean(axis=2)) / (PAPER - 26), 0, 1)
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 0.5) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = 20 / max(cut.shape)
    size = (max(1, round(cut.shape[1] * factor)), max(1, round(cut.shape[0] * factor)))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
    down, across = np.indices(small.shape)
    top, left = (round(14 - float((place * small).sum() / small.sum())) for place in (down, across))
    top, left = (min(max(0, first), 28 - side) for first, side in zip((top, left), small.shape, strict=True))
    frame = np.zeros((28, 28))
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return np.asarray(np.rint(255 * frame), np.uint8)


# The plain picture


def test_the_plain_picture_is_black_on_white_and_as_large_as_it_says() -> None:
    picture = picture_of(bar())
    assert picture.shape == (200, 200, 3)
    ((left, top, width, height),) = parts_of(picture)
    # 20 of MNIST's pixels are 120, in the middle of 200; the corners of a stroke are round
    assert (top, height) == pytest.approx((40, 120), abs=2)
    assert (left, width) == pytest.approx((100 - 12, 24), abs=2)
    assert np.all(picture[0, 0] == np.rint([0.97 * 255, 0.965 * 255, 0.95 * 255]))
    assert picture[100, 100].max() < 30


def test_the_plain_picture_is_read_as_well_as_the_digit_itself(mnist: tuple[Dataset, Dataset]) -> None:
    images, labels = mnist[1].images[:300], mnist[1].labels[:300]
    classifier = load_classifier()
    framed = np.array([by_hand(picture_of(image)) for image in images])
    errors, before = (int((classifier.predict(some) != labels).sum()) for some in (framed, images))
    assert errors <= before + 3  # 1 %, for the rounding in `by_hand`
    likeness = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(framed, images, strict=True)]
    assert np.median(likeness) > 0.95


def test_the_boxes_are_those_of_the_ink(digits: NDArray[np.uint8]) -> None:
    images = in_one_piece(digits, 6)
    for severities in ({}, {"rotation": 0.7, "perspective": 0.6}):
        rendered = line_of(images, 1, **severities)
        left, top, width, height = parts_of(rendered.picture).T
        found = np.stack([left, top, left + width, top + height], axis=1)
        assert rendered.boxes.shape == (6, 4)
        if not severities:
            assert np.abs(found - rendered.boxes).max() <= 2
        assert np.all(found[:, :2] >= rendered.boxes[:, :2] - 2)
        assert np.all(found[:, 2:] <= rendered.boxes[:, 2:] + 2)


def test_several_lines_stand_one_below_the_other(digits: NDArray[np.uint8]) -> None:
    images = list(digits[:3])
    rendered = load("rendering.render").render([images, images[:1]], {}, np.random.default_rng(0))
    assert len(rendered.boxes) == 4
    assert rendered.boxes[3, 1] > rendered.boxes[:3, 3].max()


# Randomness


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(digits: NDArray[np.uint8]) -> None:
    draw = load("rendering.hardships").draw_severities

    def hard(seed: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(seed)
        return np.asarray(load("rendering.render").render_digit(digits[0], draw("hard", rng), rng))

    assert np.array_equal(hard(5), hard(5))
    assert hard(5).shape != hard(6).shape or not np.array_equal(hard(5), hard(6))


def test_more_of_one_hardship_leaves_the_others_as_they_are() -> None:
    for seed in range(5):
        papers = [
            np.median(picture_of(bar(), seed, coloured_paper=0.6, **more), axis=(0, 1))
            for more in ({}, {"thick_pen": 0.5}, {"thick_pen": 1.0, "rotation": 0.4})
        ]
        assert np.array_equal(papers[0], papers[1])
        assert np.array_equal(papers[1], papers[2])


def test_one_hardship_more_leaves_the_others_as_they_are() -> None:
    for seed in range(3):
        alone, ruled = (gray_of(bar(), seed, shadow=1.0, ruled=severity) for severity in (0.0, 0.5))
        assert np.mean(np.abs(alone - ruled) < 1) > 0.85  # all but the lines


def test_levels_combine_hardships_that_do_not_exclude_each_other() -> None:
    hardships = load("rendering.hardships")
    for level, (fewest, most, low, high) in {"mild": (2, 4, 0.1, 0.35), "hard": (4, 7, 0.3, 0.8)}.items():
        drawn = [hardships.draw_severities(level, np.random.default_rng(seed)) for seed in range(400)]
        assert {name for severities in drawn for name in severities} == set(hardships.HARDSHIPS)
        for severities in drawn:
            assert not {"pencil", "chalk"} <= severities.keys()
            assert not {"small", "large"} <= severities.keys()
            assert not {"thin_pen", "thick_pen"} <= severities.keys()
            assert fewest <= len(severities) <= most + 2  # a little noise and compression are always there
            assert max(severities.values()) <= high
            if {"faint", "noise"} <= severities.keys():
                assert severities["faint"] + severities["noise"] <= high + (0.08 if level == "mild" else 0.15)
        alone = [severities["blur"] for severities in drawn if "blur" in severities and "small" not in severities]
        assert min(alone) >= low / 2


@pytest.mark.parametrize(
    ("severities", "message"),
    [({"fog": 0.5}, "no hardship 'fog'"), ({"blur": 1.2}, "severity of blur is 1.2"), ({"blur": -0.1}, "-0.1")],
)
def test_what_there_is_not_is_refused(severities: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        picture_of(bar(), **severities)


def test_nothing_to_write_and_an_unknown_level_are_refused() -> None:
    render, draw = load("rendering.render").render, load("rendering.hardships").draw_severities
    for lines in ([], [[bar()], []]):
        with pytest.raises(ConfigurationError, match="nothing to write"):
            render(lines, {}, np.random.default_rng(0))
    with pytest.raises(ConfigurationError, match="no level 'cruel'"):
        draw("cruel", np.random.default_rng(0))


# Colours and materials


def contrast(**severities: float) -> float:
    gray = gray_of(bar(), **severities)
    return float(gray[ink_of_plain(bar())].mean() - gray[paper_of_plain(bar())].mean())


def test_inverted_is_light_on_dark_with_less_and_less_contrast() -> None:
    full = contrast(inverted=0.001)
    assert full == pytest.approx(-contrast(), abs=3)
    assert contrast(inverted=1.0) == pytest.approx(full / 3, rel=0.1)


def test_faint_ink_keeps_an_eighth_of_its_contrast() -> None:
    assert contrast(faint=1.0) == pytest.approx(contrast() / 8, abs=1.5)
    assert contrast(faint=1 / 3) == pytest.approx(contrast() / 2, abs=1.5)


def test_coloured_ink_has_a_colour_and_grows_pale() -> None:
    ink, paper = ink_of_plain(bar()), paper_of_plain(bar())
    for seed in range(5):
        strong, pale = (picture_of(bar(), seed, coloured_ink=severity) for severity in (0.25, 1.0))
        assert np.ptp(strong[ink].mean(axis=0)) > 60
        assert np.all(pale[ink].mean(axis=0) > strong[ink].mean(axis=0))
        assert strong[paper].mean() == pytest.approx(PAPER, abs=1)


def test_coloured_paper_has_a_colour_and_grows_dark() -> None:
    ink, paper = ink_of_plain(bar()), paper_of_plain(bar())
    tints = []
    for seed in range(8):
        light, dark = (picture_of(bar(), seed, coloured_paper=severity) for severity in (0.5, 1.0))
        assert dark[paper].mean() < light[paper].mean() < PAPER - 20
        assert dark[ink].mean() < 30
        tints.append(tuple(np.median(light[paper], axis=0).astype(int).tolist()))
    assert len(set(tints)) > 2


@pytest.mark.parametrize("material", ["chalk", "pencil"])
def test_chalk_and_pencil_have_a_grain_that_grows(material: str) -> None:
    ink, paper = ink_of_plain(bar(6)), paper_of_plain(bar(6))
    pictures = [gray_of(bar(6), **{material: severity}) for severity in (0.1, 0.5, 1.0)]
    grains = [float(gray[ink].std()) for gray in pictures]
    assert grains == sorted(grains)
    assert grains[2] > 20
    for gray in pictures:
        assert (gray[ink].mean() > gray[paper].mean()) == (material == "chalk")


# Print on the paper, and what is around it


@pytest.mark.parametrize(("kind", "both"), [("ruled", False), ("squared", True)])
def test_printed_lines_go_all_the_way_across(kind: str, both: bool) -> None:
    for seed in range(4):
        faint, strong = (gray_of(bar(), seed, **{kind: severity}) for severity in (0.3, 1.0))
        across, down = ((gray_of(bar(), seed, **{kind: 1.0}) < PAPER - 40).mean(axis=axis) for axis in (1, 0))
        assert across.max() == 1.0
        assert (down.max() == 1.0) == both
        assert strong.min(axis=None) <= faint.min(axis=None) + 1
        assert strong[:, 5].min() < faint[:, 5].min() < PAPER - 10  # far from the digit there is print only


def test_a_table_appears_around_the_sheet_and_not_on_it() -> None:
    for seed in range(6):
        picture = picture_of(bar(), seed, table=1.0)
        rim = np.concatenate([picture[:5].reshape(-1, 3), picture[-5:].reshape(-1, 3), picture[:, :5].reshape(-1, 3)])
        rim = np.concatenate([rim, picture[:, -5:].reshape(-1, 3)])
        is_table = np.abs(rim.astype(int) - picture[picture.shape[0] // 2 - 70, picture.shape[1] // 2]).max(axis=1) > 25
        assert is_table.mean() > 0.15
        height, width = picture.shape[:2]
        around = slice(height // 2 - 66, height // 2 + 66), slice(width // 2 - 18, width // 2 + 18)
        middle = gray_of(bar(), seed, table=1.0)[around]
        assert np.sum(middle < 60) == pytest.approx(np.sum(gray_of(bar()) < 60), rel=0.02)


# Light


def test_a_shadow_takes_two_thirds_of_the_light_from_a_part() -> None:
    paper = paper_of_plain(bar())
    for seed in range(4):
        share = gray_of(bar(), seed, shadow=1.0)[paper] / PAPER
        assert share.min() == pytest.approx(0.34, abs=0.03)
        assert share.max() > 0.9
        half = gray_of(bar(), seed, shadow=0.5)[paper] / PAPER
        assert half.min() == pytest.approx(0.67, abs=0.03)


def test_a_vignette_darkens_the_corners() -> None:
    for seed in range(4):
        gray = gray_of(bar(), seed, vignette=1.0)
        corners = [gray[top : top + 9, left : left + 9].mean() for top in (0, 191) for left in (0, 191)]
        beside = gray[60:140, 60:80].mean()
        assert np.mean(corners) < 0.75 * beside
        assert min(corners) < 0.35 * PAPER


# Geometry


def test_rotation_turns_by_twenty_degrees_to_either_side() -> None:
    signs = set()
    for seed in range(8):
        for severity in (0.5, 1.0):
            gray = gray_of(bar(), seed, rotation=severity)
            moments = cv2.moments(np.asarray(gray < 128, np.uint8), binaryImage=True)
            lean = 0.5 * np.arctan2(2 * moments["mu11"], moments["mu02"] - moments["mu20"])  # from the upright
            assert abs(np.rad2deg(lean)) == pytest.approx(20 * severity, abs=0.6)
        signs.add(float(np.sign(lean)))
    assert signs == {-1.0, 1.0}


def test_perspective_makes_equal_strokes_unequal() -> None:
    ratios = []
    for seed in range(6):
        for severity in (0.0, 1.0):
            heights = parts_of(line_of(np.array([bar()] * 6), seed, perspective=severity).picture)[:, 3]
            ratios.append((severity, heights.max() / heights.min()))
    assert max(ratio for severity, ratio in ratios if severity == 0) < 1.03
    assert max(ratio for severity, ratio in ratios if severity == 1) > 1.25


@pytest.mark.parametrize(
    ("size", "severity", "side"), [("small", 0.5, 63), ("small", 1.0, 20), ("large", 0.5, 632), ("large", 1.0, 2000)]
)
def test_a_picture_has_the_size_that_was_asked_for(size: str, severity: float, side: int) -> None:
    gray = gray_of(bar(), **{size: severity})  # 200 * 10 ** +-severity
    assert gray.shape == (side, side)
    share = float((PAPER - gray).sum() / PAPER / gray.size)
    plain = gray_of(bar())
    assert share == pytest.approx(float((PAPER - plain).sum() / PAPER / plain.size), rel=0.05)


def test_an_off_centre_digit_is_whole_and_far_from_the_middle() -> None:
    for seed in range(5):
        picture = picture_of(bar(), seed, off_centre=1.0)
        ((left, top, width, height),) = parts_of(picture)
        assert (width, height) == pytest.approx((24, 120), abs=3)
        whole_height, whole_width = picture.shape[:2]
        offsets = abs((left + width / 2) / whole_width - 0.5), abs((top + height / 2) / whole_height - 0.5)
        assert max(offsets) > 0.15
        assert width * height < 0.1 * whole_height * whole_width


# Strokes


def stroke(gray: NDArray[np.float64]) -> float:
    """Width of the bar across the middle of the picture, in pixels."""
    return float(((PAPER - gray[len(gray) // 2]) / (PAPER - 22)).sum())


def test_pens_are_as_thin_and_as_thick_as_they_say() -> None:
    plain = stroke(gray_of(bar(4)))
    assert plain == pytest.approx(4 * SCALE, abs=1.5)
    assert stroke(gray_of(bar(4), thin_pen=1.0)) == pytest.approx(0.4 * SCALE, abs=1.0)
    assert stroke(gray_of(bar(4), thin_pen=0.5)) == pytest.approx((2.9 * 0.4) ** 0.5 * SCALE, abs=1.0)
    assert stroke(gray_of(bar(4), thick_pen=1.0)) == pytest.approx(plain + 2.2 * SCALE, abs=1.0)


def test_a_thin_pen_loses_no_part_of_a_digit(digits: NDArray[np.uint8]) -> None:
    for image in in_one_piece(digits, 40):
        (before,), after = parts_of(picture_of(image)), gray_of(image, thin_pen=0.8) < 160
        count, _, boxes, _ = cv2.connectedComponentsWithStats(after.astype(np.uint8))
        assert count == 2
        assert max(boxes[1, 2:4]) > 0.7 * max(before[2:])


def test_touching_digits_become_one_piece(digits: NDArray[np.uint8]) -> None:
    images = in_one_piece(digits, 6)
    pieces = {
        severity: [len(parts_of(line_of(images, seed, touching=severity).picture)) for seed in range(6)]
        for severity in (0.0, 0.5, 1.0)
    }
    assert pieces[0.0] == [6] * 6
    assert pieces[1.0] == [1] * 6
    assert 1 < np.mean(pieces[0.5]) < 6


# The camera


def test_blur_softens_edges_and_loses_no_ink() -> None:
    pictures = [gray_of(bar(), 2, blur=severity) for severity in (0.0, 0.3, 0.6, 1.0)]
    steepest = [np.abs(np.diff(gray, axis=1)).max() for gray in pictures]
    assert steepest == sorted(steepest, reverse=True)
    assert steepest[3] < steepest[0] / 5
    ink = [(PAPER - gray).sum() for gray in pictures]
    assert ink == pytest.approx([ink[0]] * 4, rel=0.02)


def test_noise_has_the_deviation_that_it_says() -> None:
    flat = np.zeros((28, 28), np.uint8)
    # below the median, since above it white cuts the noise off
    red = picture_of(flat, noise=0.5)[:, :, 0].astype(float)
    assert np.percentile(red, 50) - np.percentile(red, 15.866) == pytest.approx(45 / 2, abs=1.2)


def test_compression_is_that_of_pillow_at_the_quality_that_it_says(digits: NDArray[np.uint8]) -> None:
    for severity, quality in ((0.5, 22), (1.0, 5)):  # 95 * (5 / 95) ** severity
        file = io.BytesIO()
        Image.fromarray(picture_of(digits[0])).save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            assert np.array_equal(picture_of(digits[0], jpeg=severity), np.asarray(image))


@pytest.mark.parametrize("place", [11, 24, 37, 44, 64, 68])
def test_dark_ground_between_light_strokes_is_no_sheet(place: int) -> None:
    """In wide pictures of light ink it looks like a small dark sheet, but most of the writing lies beside it."""
    example = load("pictures.rendered_sets").rendered_lines("mild", 100, 77, of_training=True)[place]
    reading = load_classifier().read_number(example.picture)
    assert [len(line) for line in reading.text.split("\n")] == [len(line) for line in example.text.split("\n")]
    assert reading.text == example.text or reading.status == "unsure"
