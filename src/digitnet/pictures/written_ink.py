"""The ink of characters alone, as a small dense network tells it from rules, edges and paper, pixel by pixel."""

import math
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.local_contrast import local_contrast
from digitnet.pictures.paper import reduced
from digitnet.pictures.shading import MEASURING_SIDE, is_darker

__all__ = ["PIXEL_KINDS", "PageInk", "PixelClassifier", "WrittenInk", "find_page_ink", "find_written_ink"]

PIXEL_KINDS = ("paper", "ink", "rule", "other")  # what the network's outputs stand for
PixelClassifier = Callable[[NDArray[np.uint8]], AnyArray]  # features (n, NUM_FEATURES) to logits (n, 4)

_INK, _RULE = PIXEL_KINDS.index("ink"), PIXEL_KINDS.index("rule")
# Longest side in pixels of ink that touches a rule and is a piece of it; chosen by hand, less than half of a digit.
_RULE_PIECE = 15
# Length over mean thickness from which ink is thin enough to be a piece of a rule between two others; chosen by hand.
_THIN = 5.0
# Pixels beyond the end of such ink between which the rule goes on; chosen by hand.
_BEYOND = (4, 12)
# Rows and columns of pixels that are classified together, by the one with the most contrast; chosen by hand.
_BLOCK = 2
# Side in pixels of the square in which the strongest ink is full ink; chosen by hand.
_FULL_INK_SQUARE = 65
# Greatest number of such blocks in a page of writing; more are noise, and take seconds. Chosen by hand: a full page of
# print has 100,000.
_MOST_BLOCKS = 150_000
# Share of the strongest ink nearby that is brought to 255; chosen by hand.
_FULL_INK_SHARE = 0.85
# Longer side in pixels of the copy on which it is decided whether ink is dark, and pixels that are asked there; chosen
# by hand.
_POLARITY_SIDE, _POLARITY_PIXELS = 600, 4000
# Shorter side in pixels of a picture that shows more than a digit, and ratio of the shares of ink that decides; chosen
# by hand: strokes far thicker than those of the working size look like ink from outside too.
_POLARITY_MIN_SIDE, _POLARITY_RATIO = 64, 2.5
# Longer sides in pixels between which the first copy of a picture lies; chosen by hand.
_FIRST_SIDES = (450, 1000)
# Heights in pixels between which digits are read as they are, and the height to which others are brought; chosen by
# hand: the networks have learned digits from 20 to 64.
_GOOD_HEIGHTS, _WORKING_HEIGHT = (28.0, 54.0), 40.0
# Greatest enlargement, and longest side in pixels of an enlarged copy; chosen by hand.
_MAX_SCALE, _MAX_SIDE = 3.0, 1800
# Logarithm of the ratio of two scales below which they count as the same; chosen by hand.
_SAME_SCALE = 0.15
# Number of times that the scale is corrected; chosen by hand.
_CORRECTIONS = 2
# Paper in pixels that is laid around a picture, so that ink at its edge has surroundings; chosen by hand.
_MARGIN = 16
# Side in pixels of the square whose brightest pixel is paper at the border; chosen by hand.
_MARGIN_SQUARE = 41
# Least ink in pixels of what counts for the height of digits; chosen by hand.
_MIN_AREA = 12
# Ratio of heights, and of areas of ink, from which strokes were too thick for the network, which saw mere rims: in
# rendered lines and other pictures such rims are 1/14 to 1/4 as high as digits, and 1/10 to 2/7 of the ink
# (docs/log.md, 2026-11-30, "lines of nothing but digits").
_RIM_HEIGHT, _RIM_AREA = 2.5, 2.0
# Level from which a pixel is inked where ink is measured; chosen by hand.
_FULL = 128
# Blocks that are asked whether a picture in which contrast shows no ink has any, and the least mean probability of
# those that look like ink, or like a rule: in grain of rendered blank sheets it is 0.72 at most, in rendered and other
# writing 0.82 and more (docs/log.md, 2026-12-01, "the time that reading takes").
_ASKED_BLOCKS, _BEYOND_GRAIN = 4000, 0.75
# Height in pixels of the first copy from which digits are so large that the scale is taken from the ink that contrast
# shows, and the least part of that ink that is seen then; chosen by hand: beyond this height the first copy would only
# serve to find the scale.
_LARGE_HEIGHT, _SEEN_SHARE = 81.0, 0.5
# Least number of pieces of that ink as high as a digit, between these parts of its height, and the least part of all
# pieces that they are; chosen by hand: a stain, or a sheet with writing, is one piece among many.
_LEAST_LARGE, _AS_HIGH, _MOSTLY_LARGE = 3, (0.6, 1.6), 0.75


class WrittenInk(NamedTuple):
    """What a picture shows, each uint8 (height, width).

    Attributes:
        ink: Of characters, 0 = paper, 255 = ink.
        rules: 255 on rules.
    """

    ink: GrayPicture
    rules: GrayPicture


def find_written_ink(picture: GrayPicture, classify: PixelClassifier) -> WrittenInk:
    """Tell ink of characters from everything else.

    Args:
        picture: uint8 (height, width), dark ink on lighter paper, digits 20 to 64 pixels tall.
        classify: The pixel network.
    """
    local = local_contrast(picture)
    candidates = local.candidates()
    rows, columns = _strongest_of_blocks(np.where(candidates, local.contrast, 0))
    kinds = np.zeros(picture.shape, np.uint8)
    if 0 < len(rows) <= _MOST_BLOCKS:
        found = classify(local.features(rows, columns)).argmax(axis=1).astype(np.uint8)
        kinds = _spread(found, rows, columns, candidates)
    _join_pieces_of_rules(kinds)
    is_ink = np.asarray((kinds == _INK) * np.uint8(1), np.uint8)
    is_other = np.asarray((kinds > 1) * np.uint8(1), np.uint8)
    soft = np.asarray(cv2.dilate(is_ink, np.ones((3, 3), np.uint8)), np.uint8) & (1 - is_other)
    own = local.contrast * soft
    full = cv2.dilate(own * is_ink, np.ones((_FULL_INK_SQUARE, _FULL_INK_SQUARE), np.uint8))
    ink = np.clip(255 * own / np.maximum(_FULL_INK_SHARE * full, 1e-3), 0, 255).astype(np.uint8)
    rules = np.asarray((kinds == _RULE) * np.uint8(255), np.uint8)
    return WrittenInk(ink, rules)


def _join_pieces_of_rules(kinds: GrayPicture) -> None:
    """Make rules of ink that goes on as a rule: small pieces that touch one, and thin ones with one at both ends."""
    is_ink = np.asarray((kinds == _INK) * np.uint8(1), np.uint8)
    rules = cv2.dilate(np.asarray((kinds == _RULE) * np.uint8(1), np.uint8), np.ones((5, 5), np.uint8))
    if not rules.any():
        return
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    touching = np.bincount(labels[(rules > 0) & (is_ink > 0)], minlength=n)
    for number in np.flatnonzero(touching[1:] > 0) + 1:
        left, top, width, height, area = statistics[number].tolist()
        longer = max(width, height)
        if longer > _RULE_PIECE and longer < _THIN * area / longer:
            continue
        if longer <= _RULE_PIECE or _goes_on_as_rule(kinds == _RULE, left, top, width, height):
            window = (slice(top, top + height), slice(left, left + width))
            kinds[window][labels[window] == number] = _RULE


def _goes_on_as_rule(is_rule: NDArray[np.bool_], left: int, top: int, width: int, height: int) -> bool:
    """Whether there is a rule beyond both ends of a box, farther away than a rule that only crosses there is thick."""
    if width > height:
        is_rule, left, top, width, height = is_rule.T, top, left, height, width
    columns = slice(max(0, left - 2), left + width + 2)
    near, far = _BEYOND
    above = is_rule[max(0, top - far) : max(0, top - near), columns].any(axis=1)
    below = is_rule[top + height + near : top + height + far, columns].any(axis=1)
    return bool(above.sum() == below.sum() == far - near)


def _strongest_of_blocks(contrast: NDArray[np.float32]) -> tuple[AnyArray, AnyArray]:
    """Row and column of the strongest pixel of each block that has any contrast."""
    height, width = (-(-side // _BLOCK) * _BLOCK for side in contrast.shape)
    padded = np.zeros((height, width), np.float32)
    padded[: contrast.shape[0], : contrast.shape[1]] = contrast
    apart = padded.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).swapaxes(1, 2)
    blocks = apart.reshape(height // _BLOCK, width // _BLOCK, -1)
    down, across = np.nonzero(blocks.max(axis=2) > 0)
    place = blocks[down, across].argmax(axis=1)
    return down * _BLOCK + place // _BLOCK, across * _BLOCK + place % _BLOCK


def _spread(found: AnyArray, rows: AnyArray, columns: AnyArray, candidates: NDArray[np.bool_]) -> GrayPicture:
    """The kind of each block for all of its candidates."""
    height, width = (-(-side // _BLOCK) for side in candidates.shape)
    blocks = np.zeros((height, width), np.uint8)
    blocks[rows // _BLOCK, columns // _BLOCK] = found
    kinds = blocks.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[: candidates.shape[0], : candidates.shape[1]]
    return np.asarray(np.where(candidates, kinds, 0), np.uint8)


class PageInk(NamedTuple):
    """The ink of a page at the size at which it is read.

    Attributes:
        ink: uint8 (height, width), of characters; digits are some 40 pixels tall.
        rules: uint8 (height, width), 255 on rules.
        scale: Pixels of this copy for each pixel of the picture.
        margin: Pixels of paper that were laid around the copy.
        digit_height: Typical height of a digit, in pixels of this copy; of rules alone, that of any other page.
        is_ink_dark: Whether the ink is darker than its paper.
    """

    ink: GrayPicture
    rules: GrayPicture
    scale: float
    margin: int
    digit_height: float
    is_ink_dark: bool


def find_page_ink(
    picture: GrayPicture,
    classify: PixelClassifier,
    typical_height: Callable[[AnyArray], float],
    expected_height: float | None = None,
    is_ink_dark: bool | None = None,
    usual_ink: GrayPicture | None = None,
) -> PageInk | None:
    """Find a page's ink at a scale at which its digits have the size that the networks know.

    Args:
        picture: uint8 (height, width), any size.
        classify: The pixel network.
        typical_height: Of digits, from the heights of all pieces of ink.
        expected_height: Of digits in pixels of the picture; None where nothing is known.
        is_ink_dark: Whether the ink is darker than its paper; None where that is to be found out.
        usual_ink: uint8 (height, width), perhaps larger than the picture: ink as its contrast alone shows it, from
            which it is seen whether strokes are too thick; None where it is not known.

    Returns:
        The ink; None where there is neither ink nor a rule.
    """
    scale = _first_scale(picture, expected_height)
    if is_ink_dark is None:
        is_ink_dark = _is_ink_dark(picture, classify, min(1.0, _POLARITY_SIDE / max(picture.shape), scale))
    dark = picture if is_ink_dark else np.asarray(255 - picture, np.uint8)
    if usual_ink is None:
        return _page_ink(dark, classify, typical_height, expected_height, is_ink_dark)
    if not usual_ink.any() and _is_grain(_with_margin(_at_scale(dark, scale)), classify):
        return None
    found = _page_ink_of_large_digits(dark, classify, typical_height, usual_ink, is_ink_dark)
    return found or _with_thick_strokes(dark, classify, typical_height, usual_ink, is_ink_dark)


def _with_thick_strokes(
    dark: GrayPicture,
    classify: PixelClassifier,
    typical_height: Callable[[AnyArray], float],
    usual_ink: GrayPicture,
    is_ink_dark: bool,
) -> PageInk | None:
    """The ink of a page, seen in a smaller copy where the network saw mere rims of it."""
    found = _page_ink(dark, classify, typical_height, None, is_ink_dark)
    height = None if found is None else _height_of_rims(found, usual_ink, typical_height)
    if found is None or height is None:
        return found
    again = _page_ink(dark, classify, typical_height, height / found.scale, is_ink_dark)
    if again is None or _area(again.ink) / again.scale**2 < _RIM_AREA * _area(found.ink) / found.scale**2:
        return found
    return again


def _height_of_rims(
    found: PageInk, usual_ink: GrayPicture, typical_height: Callable[[AnyArray], float]
) -> float | None:
    """The height of the digits of which only rims were seen, in pixels of the copy; None where all ink was seen."""
    seen = found.ink[found.margin : -found.margin, found.margin : -found.margin] >= _FULL
    size = (seen.shape[1], seen.shape[0])
    usual = np.asarray(cv2.resize(usual_ink, size, interpolation=cv2.INTER_AREA) >= _FULL, np.uint8)
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(usual, connectivity=8)
    areas = statistics[:, cv2.CC_STAT_AREA]
    shares = np.bincount(labels[seen], minlength=n) / np.maximum(areas, 1)  # usual ink may leave no paper
    is_seen = shares > 0
    is_seen[0] = False
    if not is_seen.any() or np.median(shares[is_seen]) > 1 / _RIM_AREA:
        return None
    height = typical_height(statistics[is_seen, cv2.CC_STAT_HEIGHT])
    return height if height > _RIM_HEIGHT * found.digit_height else None


def _is_grain(picture: GrayPicture, classify: PixelClassifier) -> bool:
    """Whether what a picture shows, dark on light, is neither ink nor a rule beyond doubt, but the grain of paper."""
    local = local_contrast(picture)
    rows, columns = _strongest_of_blocks(np.where(local.candidates(), local.contrast, 0))
    step = max(1, len(rows) // _ASKED_BLOCKS)
    if not len(rows):
        return True
    probabilities = _probabilities(classify(local.features(rows[::step], columns[::step])))
    kinds = probabilities.argmax(axis=1)
    own = [probabilities[kinds == kind, kind] for kind in (_INK, _RULE)]
    return all(not len(part) or float(part.mean()) < _BEYOND_GRAIN for part in own)


def _page_ink_of_large_digits(
    dark: GrayPicture,
    classify: PixelClassifier,
    typical_height: Callable[[AnyArray], float],
    usual_ink: GrayPicture,
    is_ink_dark: bool,
) -> PageInk | None:
    """The ink of digits far larger than the network knows, whose height contrast tells; None of all others."""
    scale = _first_scale(dark, None)
    size = (max(1, round(dark.shape[1] * scale)), max(1, round(dark.shape[0] * scale)))
    usual = np.asarray(cv2.resize(usual_ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    heights = _heights(usual)
    height = typical_height(heights) if len(heights) else 0.0
    num_as_high = ((heights >= _AS_HIGH[0] * height) & (heights <= _AS_HIGH[1] * height)).sum()
    if height < _LARGE_HEIGHT or num_as_high < max(_LEAST_LARGE, _MOSTLY_LARGE * len(heights)):
        return None
    found = _page_ink(dark, classify, typical_height, height / scale, is_ink_dark)
    if found is None or not _GOOD_HEIGHTS[0] <= found.digit_height <= _GOOD_HEIGHTS[1]:
        return None
    seen = _area(found.ink) / found.scale**2
    return found if seen >= _SEEN_SHARE * _area(usual) / scale**2 else None


def _first_scale(picture: GrayPicture, expected_height: float | None) -> float:
    """The scale of the first copy of a picture; that of digits with the expected height, if there is one."""
    if expected_height is not None:
        return min(_WORKING_HEIGHT / expected_height, _MAX_SCALE)
    side = float(max(picture.shape))
    return min(max(1.0, _FIRST_SIDES[0] / side), _MAX_SCALE) if side < _FIRST_SIDES[1] else _FIRST_SIDES[1] / side


def _page_ink(
    dark: GrayPicture,
    classify: PixelClassifier,
    typical_height: Callable[[AnyArray], float],
    expected_height: float | None,
    is_ink_dark: bool,
) -> PageInk | None:
    """The ink of a page, dark on light, at the scale that fits it, as far as the network sees ink."""
    side, scale = max(dark.shape), _first_scale(dark, expected_height)
    found: PageInk | None = None
    for _ in range(1 + _CORRECTIONS):
        written = find_written_ink(_with_margin(_at_scale(dark, scale)), classify)
        heights = _heights(written.ink)
        if not len(heights) and (found is not None or not written.rules.any()):
            return found
        height = typical_height(heights) if len(heights) else _WORKING_HEIGHT
        found = PageInk(written.ink, written.rules, scale, _MARGIN, height, is_ink_dark)
        wanted = min(scale * _WORKING_HEIGHT / height, _MAX_SCALE, _MAX_SIDE / side)
        if (
            expected_height is not None
            or _GOOD_HEIGHTS[0] <= height <= _GOOD_HEIGHTS[1]
            or abs(math.log(wanted / scale)) < _SAME_SCALE
        ):
            return found
        scale = wanted
    return found


def _is_ink_dark(picture: GrayPicture, classify: PixelClassifier, scale: float) -> bool:
    """Whether ink is dark: by far more of what is darker than its surroundings looks like ink, or strokes say so."""
    whole = reduced(picture, MEASURING_SIDE)
    usual = is_darker(whole, np.full(whole.shape[:2], 255, np.uint8))
    if min(picture.shape) < _POLARITY_MIN_SIDE:
        return usual
    small = _with_margin(_at_scale(picture, scale))
    shares = []
    for copy in (small, np.asarray(255 - small, np.uint8)):
        local = local_contrast(copy)
        rows, columns = np.nonzero(local.candidates())
        step = max(1, len(rows) // _POLARITY_PIXELS)
        if not len(rows):
            shares.append(0.0)
            continue
        shares.append(float(_probabilities(classify(local.features(rows[::step], columns[::step])))[:, _INK].mean()))
    if max(shares) < _POLARITY_RATIO * min(shares):
        return usual
    return shares[0] >= shares[1]


def _probabilities(logits: AnyArray) -> AnyArray:
    """The softmax of each row."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _at_scale(picture: GrayPicture, scale: float) -> GrayPicture:
    if scale == 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
    )


def _with_margin(picture: GrayPicture) -> GrayPicture:
    """The picture with paper around it, as light as the paper nearest to each point of its border."""
    square = np.ones((_MARGIN_SQUARE, _MARGIN_SQUARE), np.uint8)
    paper = cv2.blur(cv2.morphologyEx(picture, cv2.MORPH_CLOSE, square), (5, 5))
    around = cv2.copyMakeBorder(paper, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_REPLICATE)
    around[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN] = picture
    return np.asarray(around, np.uint8)


def _heights(ink: GrayPicture) -> AnyArray:
    """The heights of all pieces of ink but specks."""
    strokes = np.asarray((ink >= 64) * np.uint8(1), np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    return np.asarray(statistics[1:, cv2.CC_STAT_HEIGHT][statistics[1:, cv2.CC_STAT_AREA] >= _MIN_AREA])


def _area(ink: GrayPicture) -> int:
    """Inked pixels."""
    return int((ink >= _FULL).sum())
