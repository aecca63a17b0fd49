"""The sheet on its table: where it is, so that nobody reads the table.

A sheet is a large convex region that differs from all around it as one material from another: in colour, in
grain, or by far more or less light than a shadow leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import energy
from digitnet.pictures.paper import AnyPicture, local_paper, reduced

__all__ = ["find_sheet", "spread_over_table"]

_SIDE = 160  # pixels of the copy on which sheets are looked for
_STROKE = 13  # pixels; strokes are thinner
_STEPS = 9  # thresholds tried in each channel
_AREA_MIN, _AREA_MAX = 0.03, 0.985  # of the picture
_EXTENT_MIN = 0.17  # of the picture's width and of its height, unlike a stroke
_LARGE = 0.2  # of the picture; what is smaller is a sheet only if all four edges are seen, and if ...
_WRITTEN = 0.02  # ... this much of it is ink
_SOLIDITY = 0.93  # of its convex hull; paper lies flat and has straight edges
_FILLED = 0.65  # of its outline is paper, the rest ink; an 0 has less
_AROUND = 17  # pixels; half of them are looked at beyond the outline
_HOLES = 0.08  # of its outline; less may be ink in the colour of the table
_GAP = 3  # pixels from the edge, where the colours of its two sides are compared ...
_GRAIN_GAP = 8  # ... and their grain, which the edge itself must not reach
_INK_GAP = 20  # ... and where it is no stroke any more that was taken for a table
_SHADOW_LEAVES = 0.38  # of the light, at least
_CHROMA = 0.045  # by which the shares of red, green and blue differ between materials; light from a window less
_CROSSING = 3  # pixels along the edge, a stroke's width, are ink on both its sides ...
_SELDOM = 0.4  # ... and no more than this of the edge, which a grain or a shadow beside it would cover
_AS_STRONG = 0.7  # of the contrast on one side is the same stroke on the other
_GRAIN = 2.5  # times as rough is another material ...
_GRAIN_LEVELS = 3.0  # ... if it is this rough at all
_DIFFERENT = 14  # levels between both sides, or it is no edge
_EDGE_LENGTH = 0.15  # of the shorter side; a shorter edge is a corner
_EDGE_SHARE = 0.72  # of the outline is such an edge
_ALL_AROUND = 0.85  # of the outline is inside the picture: of a sheet all edges are seen ...
_OFF_QUADRANGLE = 0.05  # ... and its area differs by no more than this from one with four straight edges
_OFF_EDGE = 0.75  # pixels along its edges, since corners are rounded
_WIDER = 0.2  # of the picture's area counts against what is found: a sheet and some of its table look like a sheet
_NOISE_TIMES = 2.5  # the mean detail, which is noise for the most part; ink stands out more
_FROM_EDGE = 5  # pixels
_AS_MUCH = 0.85  # of the most ink
_BESIDE = 0.2  # of the ink is beside the sheet at most, where light and sheet look the same
_NEIGHBOURHOODS = (7, 21, 61, 181, 321)  # pixels; the last holds all of the copy
_NEAR_SHARE = 0.02  # of a neighbourhood is sheet, or it says nothing about it
_MARGIN = 0.012  # of the longer side, from the edge inwards: its own shadow and blur


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What is known of the copy on which sheets are looked for.

    Attributes:
        colours: uint8 (height, width, 3), without strokes.
        grain: float32 (height, width), how rough it is.
        ink: uint8 (height, width), how far strokes are from what is around them.
        contrast: float32 (height, width), the same as a part of what is around them; below 0 for darker ones.
    """

    colours: AnyArray
    grain: AnyArray
    ink: GrayPicture
    contrast: AnyArray


def find_sheet(small: AnyPicture) -> GrayPicture | None:
    """Find the sheet when there is something else around it.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.

    Returns:
        uint8 (height, width), 255 on the sheet, its very edge left out; None when the picture shows nothing else.
    """
    copy = _at_side(small)
    colours = copy if copy.ndim == 3 else np.repeat(copy[:, :, np.newaxis], 3, axis=2)
    grain, original = _grain(colours), colours
    for is_ink_dark in (True, False):  # without strokes, whose edges are no edges of a sheet
        colours = local_paper(colours, _STROKE, is_ink_dark=is_ink_dark)
    detail = cv2.absdiff(original, colours).max(axis=2)
    least = max(2 * _DIFFERENT, _NOISE_TIMES * float(detail.mean()))
    ink = np.asarray(cv2.threshold(detail, least, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    sign = np.sign(original.sum(axis=2, dtype=np.float32) - colours.sum(axis=2, dtype=np.float32))
    look = _Look(colours, grain, ink, sign * ink / (colours.max(axis=2) + np.float32(1)))
    found = []
    for outline, mask, holes in _candidates(colours):
        if _is_ring(mask, holes, colours) or not _is_large_enough(outline, mask, ink):
            continue
        share = _edge_share(outline, mask, look)
        if share > _EDGE_SHARE:
            found.append((energy(_within(mask, ink)), share - _WIDER * cv2.countNonZero(mask) / mask.size, mask))
    if not found:
        return None
    enough = _AS_MUCH * max(written for written, _, _ in found)  # what has less is the table beside it
    best = max((piece for piece in found if piece[0] >= enough), key=lambda piece: piece[1])[2]
    mask = np.asarray(cv2.resize(best, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    margin = 2 * max(1, round(_MARGIN * max(small.shape[:2]))) + 1
    # Where the sheet goes on beyond the picture, nothing is lost: erosion sees no paper's end there.
    inner = cv2.erode(cv2.threshold(mask, 127, 255, cv2.THRESH_BINARY)[1], np.ones((margin, margin), np.uint8))
    return np.asarray(inner, np.uint8)


def spread_over_table(picture: AnyPicture, sheet: GrayPicture) -> AnyPicture:
    """Let the sheet go on over its table, in the shade it has at its edge.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        sheet: uint8 (height, width), 255 on the sheet.

    Returns:
        uint8 of the picture's shape; on the sheet nothing is changed.
    """
    size = picture.shape[1::-1]
    small = reduced(picture, _SIDE).astype(np.float32)
    weight = cv2.resize(sheet, small.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    flat = small * (weight if small.ndim == 2 else weight[:, :, np.newaxis])
    paper, known = np.zeros_like(small), np.zeros(weight.shape, np.bool_)
    for side in _NEIGHBOURHOODS:  # the nearest paper first, further away where there is none near
        share, mean = cv2.blur(weight, (side, side)), cv2.blur(flat, (side, side))
        new = ~known & (share > _NEAR_SHARE)
        paper[new] = mean[new] / (share[new] if small.ndim == 2 else share[new][:, np.newaxis])
        known |= new
    levels = np.clip(np.rint(paper), 0, 255).astype(np.uint8)
    spread = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(picture, sheet, spread), np.uint8)


def _at_side(small: AnyPicture) -> AnyPicture:
    """The picture with its longer side at 160 pixels, which all lengths below are made for."""
    height, width = small.shape[:2]
    if max(height, width) >= _SIDE:
        return reduced(small, _SIDE)
    scale = _SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _candidates(colours: AnyArray) -> Iterator[tuple[AnyArray, GrayPicture, GrayPicture]]:
    """Outline int32 (n, 2), filled mask and holes of each large convex region of one side of a threshold."""
    planes = [np.asarray(plane, np.uint8) for plane in cv2.split(cv2.medianBlur(colours, 3))]
    planes.append(np.max(planes, axis=0) - np.min(planes, axis=0))
    for plane in planes:
        low, high = int(plane.min()), int(plane.max())
        if high - low < _DIFFERENT:
            continue
        for level in np.linspace(low, high, _STEPS + 2)[1:-1]:
            above = (plane > level).astype(np.uint8)
            for side in (above, 1 - above):
                outlines, _ = cv2.findContours(side, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
                for outline in outlines:
                    mask = _filled(outline, side)
                    if mask is not None:
                        yield outline[:, 0], mask, np.asarray(cv2.bitwise_and(mask, 255 * (1 - side)), np.uint8)


def _filled(outline: AnyArray, side: GrayPicture) -> GrayPicture | None:
    """255 inside the outline when it may be that of a sheet."""
    height, width = side.shape
    _, _, box_width, box_height = cv2.boundingRect(outline)
    if box_width < _EXTENT_MIN * width or box_height < _EXTENT_MIN * height:
        return None
    inside = cv2.contourArea(outline)
    if not _AREA_MIN * height * width <= inside <= _AREA_MAX * height * width:
        return None
    if inside < _SOLIDITY * cv2.contourArea(cv2.convexHull(outline)):
        return None
    mask = np.asarray(cv2.drawContours(np.zeros_like(side), [outline], 0, 255, cv2.FILLED), np.uint8)
    return mask if cv2.countNonZero(side & mask) >= _FILLED * inside else None


def _is_ring(mask: GrayPicture, holes: GrayPicture, colours: AnyArray) -> bool:
    """What shows through the holes is the same as what is just outside: a thick 0 or 8, and no paper."""
    if cv2.countNonZero(holes) < _HOLES * cv2.countNonZero(mask):
        return False
    around = cv2.subtract(cv2.dilate(mask, np.ones((_AROUND, _AROUND), np.uint8)), mask)
    within, outside = cv2.mean(colours, holes), cv2.mean(colours, around)
    return max(abs(a - b) for a, b in zip(within, outside, strict=True)) < 2 * _DIFFERENT


def _within(mask: GrayPicture, ink: GrayPicture) -> GrayPicture:
    """The ink inside, away from the edge, which is as sharp as ink."""
    inner = cv2.erode(mask, np.ones((2 * _FROM_EDGE + 1, 2 * _FROM_EDGE + 1), np.uint8))
    return np.asarray(cv2.bitwise_and(ink, inner), np.uint8)


def _around(mask: GrayPicture, ink: GrayPicture) -> GrayPicture:
    """The ink outside, beyond the edge."""
    outer = cv2.dilate(mask, np.ones((2 * _GRAIN_GAP + 1, 2 * _GRAIN_GAP + 1), np.uint8))
    return np.asarray(cv2.subtract(ink, outer), np.uint8)


def _is_large_enough(outline: AnyArray, mask: GrayPicture, ink: GrayPicture) -> bool:
    """No thick stroke, on which nothing is written, no piece of a page, and no strip of a table, which has no ends."""
    area = cv2.countNonZero(mask)
    if area >= _LARGE * mask.size:
        return True
    _, _, width, height = cv2.boundingRect(outline)
    ends = width < mask.shape[1] and height < mask.shape[0]
    within = _within(mask, ink)
    is_written = cv2.countNonZero(within) >= _WRITTEN * area and energy(within) >= energy(_around(mask, ink))
    return ends and is_written and _is_quadrangle(outline, mask)


def _edge_share(outline: AnyArray, mask: GrayPicture, look: _Look) -> float:
    """Which part of the outline, where it is not the picture's own border, parts two materials."""
    height, width = mask.shape
    colours = look.colours
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    x, y = outline[:, 0], outline[:, 1]
    free = (x > _GAP) & (x < width - 1 - _GAP) & (y > _GAP) & (y < height - 1 - _GAP)
    x, y = x[free], y[free]
    if len(x) < _EDGE_LENGTH * min(height, width):
        return 0.0
    norm = np.maximum(np.hypot(across[y, x], down[y, x]), 1e-6)
    inwards = np.stack([down[y, x] / norm, across[y, x] / norm])
    gaps = (_GAP, -_GAP, _GRAIN_GAP, -_GRAIN_GAP, -_INK_GAP)
    inner, outer, inner_grain, outer_grain, beyond_ink = (
        _at(np.stack([y, x]) + gap * inwards, mask.shape) for gap in gaps
    )
    further = np.abs(colours[inner].astype(np.int16) - colours[beyond_ink]).max(axis=1)
    if (further < _DIFFERENT).mean() > 1 - _EDGE_SHARE:  # a stroke around a piece of its own paper
        return 0.0
    beside = [_at(np.stack([y, x]) + gap * inwards, mask.shape) for gap in (_FROM_EDGE, -_FROM_EDGE)]
    is_crossed = _is_crossed(*(look.contrast[place] for place in beside))
    is_sheet = len(x) > _ALL_AROUND * len(outline) or (not is_crossed and _holds_all(outline, mask, look.ink))
    if is_sheet and _is_quadrangle(outline, mask):
        steps = np.abs(colours[inner].astype(np.int16) - colours[outer])
        return float((steps.max(axis=1) >= _DIFFERENT).mean())
    darkest = 0.0 if is_crossed else _SHADOW_LEAVES
    grains = look.grain[inner_grain], look.grain[outer_grain]
    differ = _are_two_materials(colours[inner], colours[outer], *grains, darkest)
    return float(differ.mean())


def _is_crossed(inside: AnyArray, outside: AnyArray) -> bool:
    """A stroke goes on beyond the outline, as dark beside its paper: nobody writes from the sheet on to the table.

    A shadow takes the same part of its light from ink as from paper.

    Args:
        inside: float (n,) along the outline, the contrast of strokes as a part of their paper, 0 on paper.
        outside: The same beyond the outline.
    """
    for sign in (-1, 1):
        sides = [np.asarray(np.maximum(sign * side, 0), np.float32)[np.newaxis] for side in (inside, outside)]
        if max((side > 0).mean() for side in sides) > _SELDOM:
            continue
        strokes = [cv2.morphologyEx(side, cv2.MORPH_OPEN, np.ones((1, _CROSSING), np.uint8)) for side in sides]
        aslant = np.ones((1, 2 * _FROM_EDGE + 1), np.uint8)
        low, high = np.sort([cv2.dilate(side, aslant)[0] for side in strokes], axis=0)
        if ((low > 0) & (low > _AS_STRONG * high)).any():
            return True
    return False


def _holds_all(outline: AnyArray, mask: GrayPicture, ink: GrayPicture) -> bool:
    """Two edges or more are seen, and all writing is between them: whether sheet or light, only this is to be read."""
    height, width = mask.shape
    x, y, wide, high = cv2.boundingRect(outline)
    edges = (x > _GAP) + (y > _GAP) + (x + wide < width - _GAP) + (y + high < height - _GAP)
    within = _within(mask, ink)
    is_written = cv2.countNonZero(within) >= _WRITTEN * cv2.countNonZero(mask)
    return edges >= 2 and is_written and energy(_around(mask, ink)) < _BESIDE * energy(within)


def _is_quadrangle(outline: AnyArray, mask: GrayPicture) -> bool:
    """Four straight edges, which no shadow has."""
    corners = cv2.approxPolyDP(outline, 0.03 * cv2.arcLength(outline, closed=True), closed=True)
    if len(corners) != 4 or not cv2.isContourConvex(corners):
        return False
    drawn = cv2.fillConvexPoly(np.zeros_like(mask), corners, 255)
    off = cv2.countNonZero(cv2.absdiff(drawn, mask))
    return off < _OFF_QUADRANGLE * cv2.countNonZero(mask) + _OFF_EDGE * len(outline)


def _at(places: AnyArray, shape: tuple[int, ...]) -> tuple[AnyArray, AnyArray]:
    """Rows and columns of the pixels nearest to float (2, n), inside the picture."""
    rows, columns = (np.clip(np.rint(place), 0, side - 1) for place, side in zip(places, shape, strict=True))
    return rows.astype(np.intp), columns.astype(np.intp)


def _are_two_materials(
    inner: AnyArray, outer: AnyArray, grain_in: AnyArray, grain_out: AnyArray, darkest: float
) -> AnyArray:
    """Bool (n,) for colours (n, 3) on both sides of an edge, how rough it is there, and the least light of a shadow."""
    inside, outside = inner.astype(np.float32) + 1, outer.astype(np.float32) + 1
    ratio = outside.mean(axis=1) / inside.mean(axis=1)
    shares_in, shares_out = (side / side.sum(axis=1, keepdims=True) for side in (inside, outside))
    chroma = np.abs(shares_in - shares_out).max(axis=1)
    rougher = (grain_out > _GRAIN * grain_in) & (grain_out > _GRAIN_LEVELS)
    differ = np.abs(inside - outside).max(axis=1) >= _DIFFERENT
    light = (ratio < darkest) | (ratio * darkest > 1)
    return np.asarray(differ & (light | (chroma > _CHROMA) | rougher))


def _grain(colours: AnyArray) -> AnyArray:
    """How rough the picture is around each pixel, in levels, float32 (height, width)."""
    gray = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.absdiff(gray, cv2.GaussianBlur(gray, (0, 0), 1.5))
    return np.asarray(cv2.blur(detail, (5, 5)), np.float32)
