"""Detection of a sheet of paper on a table, so that the table is not read.

A sheet is a large convex region that differs from its surroundings as one material from another: in colour, in texture,
or by far more or less light than a shadow leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import energy
from digitnet.pictures.paper import AnyPicture, local_paper, reduced

__all__ = ["SHEET_LIMITS", "SheetLimits", "extend_sheet", "find_sheet"]

# Sides in pixels of the square neighbourhoods from which the sheet is extended over its table, the nearest first; the
# last one covers the whole copy; chosen by hand.
_NEIGHBOURHOODS = (7, 21, 61, 181, 321)
# Standard deviation in pixels of the blur that makes the normals of an outline smooth; chosen by hand.
_NORMAL_SIGMA = 2.0


class SheetLimits(NamedTuple):
    """What counts as a sheet on a table. Lengths in pixels are those of the reduced copy."""

    # Longer side in pixels of the copy on which sheets are searched; chosen by hand.
    search_side: int = 160
    # Pixels; strokes are thinner, so that filling what is narrower removes them; chosen by hand.
    stroke_width: int = 13
    # Thresholds tried in each channel; chosen by hand.
    thresholds: int = 9
    # Least and greatest area as a share of the picture; chosen by hand.
    min_area: float = 0.03
    max_area: float = 0.985
    # Least extent as a share of the picture's width and of its height, which a stroke lacks; chosen by hand.
    min_extent: float = 0.17
    # Share of the picture below which a sheet must show all four edges and hold writing; chosen by hand.
    large_area: float = 0.2
    # Least share of such a sheet that is ink; chosen by hand.
    min_ink: float = 0.02
    # Least share of its convex hull that a sheet covers, since paper has straight edges; chosen by hand.
    min_solidity: float = 0.93
    # Least share inside the outline that is paper and no ink, less than which a 0 has; chosen by hand.
    min_filled: float = 0.65
    # Side in pixels of the square that reaches beyond the outline; chosen by hand.
    surroundings: int = 17
    # Share of the outline's inside from which holes are compared with the surroundings; chosen by hand.
    min_holes: float = 0.08
    # Distance in pixels from the outline at which colours on both sides are compared; chosen by hand.
    colour_gap: int = 3
    # The same for texture, which the edge itself must not reach; chosen by hand.
    texture_gap: int = 8
    # Distance in pixels outside the outline beyond any stroke that was taken for a table; chosen by hand.
    beyond_stroke: int = 20
    # Distance in pixels from the outline at which ink is looked for; chosen by hand.
    ink_gap: int = 5
    # Least share of the light that a shadow leaves; chosen by hand (docs/log.md 2026-11-28, "shadows that were taken
    # for tables", tells what goes wrong under deeper shadows).
    min_shadow_light: float = 0.38
    # Difference in the shares of red, green and blue from which two sides are two materials; the light of a window
    # causes less; chosen by hand.
    min_chroma_step: float = 0.045
    # Least length in pixels along the outline of a stroke that crosses it; chosen by hand.
    crossing_length: int = 3
    # Greatest share of the outline along which strokes are found, more than which is texture or a shadow; chosen by
    # hand.
    max_crossing_share: float = 0.4
    # Least ratio of a stroke's contrast on both sides of the outline; chosen by hand.
    min_crossing_ratio: float = 0.7
    # Ratio of texture from which two sides are two materials; chosen by hand.
    min_texture_ratio: float = 2.5
    # Least texture in grey levels for that comparison; chosen by hand.
    min_texture: float = 3.0
    # Least difference in grey levels between both sides of an edge; chosen by hand.
    min_step: int = 14
    # Least length of the outline inside the picture as a share of the shorter side; chosen by hand.
    min_outline: float = 0.15
    # Least share of the outline at which two materials meet; chosen by hand.
    min_edge_share: float = 0.72
    # Share of the outline inside the picture from which all edges of a sheet are seen; chosen by hand.
    all_edges_share: float = 0.85
    # Tolerance of the polygon that approximates an outline, as a share of its length; chosen by hand.
    polygon_tolerance: float = 0.03
    # Greatest difference from a quadrangle as a share of the area; chosen by hand.
    quadrangle_tolerance: float = 0.05
    # The same in pixels along the edges, since corners are rounded; chosen on rendered pictures, docs/log.md
    # 2026-11-28, "hard rendered pictures, looked at".
    quadrangle_edge_tolerance: float = 0.75
    # Weight of the area against a candidate, since a sheet with some of its table looks like a sheet; chosen by hand.
    area_penalty: float = 0.2
    # Least contrast of ink in multiples of the mean detail, which is mostly noise; chosen by hand.
    min_ink_over_detail: float = 2.5
    # Least share of the greatest energy of ink that a candidate holds; chosen on rendered pictures, docs/log.md
    # 2026-11-28, "hard rendered pictures, looked at".
    min_ink_energy: float = 0.85
    # Greatest energy of ink outside as a share of that inside, if light and sheet look the same; chosen by hand.
    max_ink_outside: float = 0.2
    # Least share of a neighbourhood that is sheet, to estimate its shade from it; chosen by hand.
    min_neighbourhood: float = 0.02
    # Width of the sheet's own edge that is left out, as a share of the picture's longer side; chosen by hand.
    edge_margin: float = 0.012


SHEET_LIMITS = SheetLimits()


@dataclass(frozen=True, slots=True, eq=False)
class _SearchCopy:
    """The reduced copy on which sheets are searched.

    Attributes:
        colours: uint8 (height, width, 3), without strokes.
        texture: float32 (height, width), local strength of fine detail in grey levels.
        ink: uint8 (height, width), contrast of strokes in grey levels.
        contrast: float32 (height, width), the same relative to the surroundings; below 0 for dark strokes.
        limits: What counts as a sheet.
    """

    colours: AnyArray
    texture: AnyArray
    ink: GrayPicture
    contrast: AnyArray
    limits: SheetLimits


def find_sheet(small: AnyPicture, limits: SheetLimits = SHEET_LIMITS) -> GrayPicture | None:
    """Find the sheet where there is something else around it.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.
        limits: What counts as a sheet.

    Returns:
        uint8 (height, width), 255 on the sheet without its very edge; None where the sheet fills the picture.
    """
    copy = _prepared(small, limits)
    candidates = []
    for outline, mask, holes in _candidates(copy):
        if _is_ring(mask, holes, copy) or not _is_large_enough(outline, mask, copy):
            continue
        share = _edge_share(outline, mask, copy)
        if share > limits.min_edge_share:
            written = energy(_inner_ink(mask, copy.ink, limits))
            candidates.append((written, share - limits.area_penalty * cv2.countNonZero(mask) / mask.size, mask))
    if not candidates:
        return None
    enough = limits.min_ink_energy * max(
        written for written, _, _ in candidates
    )  # a candidate with less is the table beside it
    best = max((candidate for candidate in candidates if candidate[0] >= enough), key=lambda candidate: candidate[1])[2]
    mask = np.asarray(cv2.resize(best, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    margin = 2 * max(1, round(limits.edge_margin * max(small.shape[:2]))) + 1
    # Where the sheet continues outside the picture nothing is lost: erosion ignores what lies outside.
    inner = cv2.erode(cv2.threshold(mask, 127, 255, cv2.THRESH_BINARY)[1], np.ones((margin, margin), np.uint8))
    return np.asarray(inner, np.uint8)


def extend_sheet(picture: AnyPicture, sheet: GrayPicture, limits: SheetLimits = SHEET_LIMITS) -> AnyPicture:
    """Replace the table by paper that continues the sheet, in the shade of its nearest edge.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        sheet: uint8 (height, width), 255 on the sheet.
        limits: The size of the copy on which the shade is estimated.

    Returns:
        uint8 of the picture's shape; on the sheet nothing is changed.
    """
    size = picture.shape[1::-1]
    small = reduced(picture, limits.search_side).astype(np.float32)
    weight = cv2.resize(sheet, small.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    flat = small * (weight if small.ndim == 2 else weight[:, :, np.newaxis])
    paper, known = np.zeros_like(small), np.zeros(weight.shape, np.bool_)
    for side in _NEIGHBOURHOODS:
        share, mean = cv2.blur(weight, (side, side)), cv2.blur(flat, (side, side))
        new = ~known & (share > limits.min_neighbourhood)
        paper[new] = mean[new] / (share[new] if small.ndim == 2 else share[new][:, np.newaxis])
        known |= new
    levels = np.clip(np.rint(paper), 0, 255).astype(np.uint8)
    spread = cv2.resize(levels, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(picture, sheet, spread), np.uint8)


def _prepared(small: AnyPicture, limits: SheetLimits) -> _SearchCopy:
    """The reduced copy, its strokes separated from what they are written on."""
    copy = _search_copy(small, limits)
    colours = copy if copy.ndim == 3 else np.repeat(copy[:, :, np.newaxis], 3, axis=2)
    texture, original = _texture(colours), colours
    for is_ink_dark in (True, False):  # the edges of strokes are no edges of a sheet
        colours = local_paper(colours, limits.stroke_width, is_ink_dark=is_ink_dark)
    detail = cv2.absdiff(original, colours).max(axis=2)
    least = max(2 * limits.min_step, limits.min_ink_over_detail * float(detail.mean()))
    ink = np.asarray(cv2.threshold(detail, least, 0, cv2.THRESH_TOZERO)[1], np.uint8)
    sign = np.sign(original.sum(axis=2, dtype=np.float32) - colours.sum(axis=2, dtype=np.float32))
    return _SearchCopy(colours, texture, ink, sign * ink / (colours.max(axis=2) + np.float32(1)), limits)


def _search_copy(small: AnyPicture, limits: SheetLimits) -> AnyPicture:
    """The picture, reduced or enlarged to the size for which all limits in pixels are meant."""
    height, width = small.shape[:2]
    if max(height, width) >= limits.search_side:
        return reduced(small, limits.search_side)
    scale = limits.search_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _candidates(copy: _SearchCopy) -> Iterator[tuple[AnyArray, GrayPicture, GrayPicture]]:
    """Outline int32 (n, 2), filled mask and holes of each large convex region on either side of a threshold."""
    limits = copy.limits
    planes = [np.asarray(plane, np.uint8) for plane in cv2.split(cv2.medianBlur(copy.colours, 3))]
    planes.append(np.max(planes, axis=0) - np.min(planes, axis=0))
    for plane in planes:
        low, high = int(plane.min()), int(plane.max())
        if high - low < limits.min_step:
            continue
        for level in np.linspace(low, high, limits.thresholds + 2)[1:-1]:
            above = (plane > level).astype(np.uint8)
            for side in (above, 1 - above):
                outlines, _ = cv2.findContours(side, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
                for outline in outlines:
                    mask = _filled_outline(outline, side, limits)
                    if mask is not None:
                        yield outline[:, 0], mask, np.asarray(cv2.bitwise_and(mask, 255 * (1 - side)), np.uint8)


def _filled_outline(outline: AnyArray, side: GrayPicture, limits: SheetLimits) -> GrayPicture | None:
    """A mask of the outline's inside; None where its shape is not that of a sheet."""
    height, width = side.shape
    _, _, box_width, box_height = cv2.boundingRect(outline)
    if box_width < limits.min_extent * width or box_height < limits.min_extent * height:
        return None
    inside = cv2.contourArea(outline)
    if not limits.min_area * height * width <= inside <= limits.max_area * height * width:
        return None
    if inside < limits.min_solidity * cv2.contourArea(cv2.convexHull(outline)):
        return None
    mask = np.asarray(cv2.drawContours(np.zeros_like(side), [outline], 0, 255, cv2.FILLED), np.uint8)
    return mask if cv2.countNonZero(side & mask) >= limits.min_filled * inside else None


def _is_ring(mask: GrayPicture, holes: GrayPicture, copy: _SearchCopy) -> bool:
    """Whether the holes have the colour of the surroundings, as in a thick 0 or 8, which is no sheet."""
    limits = copy.limits
    if cv2.countNonZero(holes) < limits.min_holes * cv2.countNonZero(mask):
        return False
    around = cv2.subtract(cv2.dilate(mask, np.ones((limits.surroundings, limits.surroundings), np.uint8)), mask)
    within, outside = cv2.mean(copy.colours, holes), cv2.mean(copy.colours, around)
    return max(abs(a - b) for a, b in zip(within, outside, strict=True)) < 2 * limits.min_step


def _inner_ink(mask: GrayPicture, ink: GrayPicture, limits: SheetLimits) -> GrayPicture:
    """The ink inside the mask, away from its edge, which is as sharp as ink."""
    inner = cv2.erode(mask, np.ones((2 * limits.ink_gap + 1, 2 * limits.ink_gap + 1), np.uint8))
    return np.asarray(cv2.bitwise_and(ink, inner), np.uint8)


def _outer_ink(mask: GrayPicture, ink: GrayPicture, limits: SheetLimits) -> GrayPicture:
    """The ink outside the mask, away from its edge."""
    outer = cv2.dilate(mask, np.ones((2 * limits.texture_gap + 1, 2 * limits.texture_gap + 1), np.uint8))
    return np.asarray(cv2.subtract(ink, outer), np.uint8)


def _is_large_enough(outline: AnyArray, mask: GrayPicture, copy: _SearchCopy) -> bool:
    """Whether a region is large, or a small quadrangle with writing: no thick stroke, no strip of a table."""
    limits, ink = copy.limits, copy.ink
    area = cv2.countNonZero(mask)
    if area >= limits.large_area * mask.size:
        return True
    _, _, width, height = cv2.boundingRect(outline)
    has_ends = width < mask.shape[1] and height < mask.shape[0]
    within = _inner_ink(mask, ink, limits)
    is_written = cv2.countNonZero(within) >= limits.min_ink * area and energy(within) >= energy(
        _outer_ink(mask, ink, limits)
    )
    return has_ends and is_written and _is_quadrangle(outline, mask, limits)


def _edge_share(outline: AnyArray, mask: GrayPicture, copy: _SearchCopy) -> float:
    """The share of the outline, except along the picture's border, at which two materials meet."""
    height, width = mask.shape
    colours, limits = copy.colours, copy.limits
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _NORMAL_SIGMA)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    x, y = outline[:, 0], outline[:, 1]
    free = (
        (x > limits.colour_gap)
        & (x < width - 1 - limits.colour_gap)
        & (y > limits.colour_gap)
        & (y < height - 1 - limits.colour_gap)
    )
    x, y = x[free], y[free]
    if len(x) < limits.min_outline * min(height, width):
        return 0.0
    norm = np.maximum(np.hypot(across[y, x], down[y, x]), 1e-6)
    inwards = np.stack([down[y, x] / norm, across[y, x] / norm])
    gaps = (limits.colour_gap, -limits.colour_gap, limits.texture_gap, -limits.texture_gap, -limits.beyond_stroke)
    inner, outer, inner_texture, outer_texture, beyond_stroke = (
        _pixels_at(np.stack([y, x]) + gap * inwards, mask.shape) for gap in gaps
    )
    further = np.abs(colours[inner].astype(np.int16) - colours[beyond_stroke]).max(axis=1)
    if (further < limits.min_step).mean() > 1 - limits.min_edge_share:  # the outline of a stroke around some paper
        return 0.0
    beside = [_pixels_at(np.stack([y, x]) + gap * inwards, mask.shape) for gap in (limits.ink_gap, -limits.ink_gap)]
    is_crossed = _is_crossed(*(copy.contrast[place] for place in beside), limits=limits)
    is_sheet = len(x) > limits.all_edges_share * len(outline) or (
        not is_crossed and _holds_all_ink(outline, mask, copy)
    )
    if is_sheet and _is_quadrangle(outline, mask, limits):
        return float(_is_step(colours[inner], colours[outer], limits).mean())
    darkest = 0.0 if is_crossed else limits.min_shadow_light
    differ = _is_other_light_or_colour(colours[inner], colours[outer], darkest, limits)
    inner_level, outer_level = copy.texture[inner_texture], copy.texture[outer_texture]
    is_rougher = (outer_level > limits.min_texture_ratio * inner_level) & (outer_level > limits.min_texture)
    return float((_is_step(colours[inner], colours[outer], limits) & (differ | is_rougher)).mean())


def _is_crossed(inside: AnyArray, outside: AnyArray, *, limits: SheetLimits) -> bool:
    """Whether a stroke continues beyond the outline with the same contrast, which then is the edge of a shadow.

    Nobody writes from the sheet on to the table, and a shadow takes the same share of light from ink as from paper.

    Args:
        inside: float (n,) along the outline, the contrast of strokes relative to their paper, 0 on paper.
        outside: The same outside the outline.
        limits: What counts as a stroke that crosses.
    """
    for sign in (-1, 1):  # dark ink, light ink
        sides = [np.asarray(np.maximum(sign * side, 0), np.float32)[np.newaxis] for side in (inside, outside)]
        if max((side > 0).mean() for side in sides) > limits.max_crossing_share:
            continue
        strokes = [
            cv2.morphologyEx(side, cv2.MORPH_OPEN, np.ones((1, limits.crossing_length), np.uint8)) for side in sides
        ]
        aslant = np.ones((1, 2 * limits.ink_gap + 1), np.uint8)
        low, high = np.sort([cv2.dilate(side, aslant)[0] for side in strokes], axis=0)
        if ((low > 0) & (low > limits.min_crossing_ratio * high)).any():
            return True
    return False


def _holds_all_ink(outline: AnyArray, mask: GrayPicture, copy: _SearchCopy) -> bool:
    """Whether two edges or more are visible and hold all ink; then it does not matter whether it is sheet or light."""
    limits, ink = copy.limits, copy.ink
    height, width = mask.shape
    x, y, wide, high = cv2.boundingRect(outline)
    edges = (
        (x > limits.colour_gap)
        + (y > limits.colour_gap)
        + (x + wide < width - limits.colour_gap)
        + (y + high < height - limits.colour_gap)
    )
    within = _inner_ink(mask, ink, limits)
    is_written = cv2.countNonZero(within) >= limits.min_ink * cv2.countNonZero(mask)
    return edges >= 2 and is_written and energy(_outer_ink(mask, ink, limits)) < limits.max_ink_outside * energy(within)


def _is_quadrangle(outline: AnyArray, mask: GrayPicture, limits: SheetLimits) -> bool:
    """Whether the outline has four straight edges, which no shadow has."""
    tolerance = limits.polygon_tolerance * cv2.arcLength(outline, closed=True)
    corners = cv2.approxPolyDP(outline, tolerance, closed=True)
    if len(corners) != 4 or not cv2.isContourConvex(corners):
        return False
    drawn = cv2.fillConvexPoly(np.zeros_like(mask), corners, 255)
    off = cv2.countNonZero(cv2.absdiff(drawn, mask))
    return off < limits.quadrangle_tolerance * cv2.countNonZero(mask) + limits.quadrangle_edge_tolerance * len(outline)


def _pixels_at(places: AnyArray, shape: tuple[int, int]) -> tuple[AnyArray, AnyArray]:
    """Rows and columns of the pixels nearest to float (2, n), inside the picture."""
    rows, columns = (np.clip(np.rint(place), 0, side - 1) for place, side in zip(places, shape, strict=True))
    return rows.astype(np.intp), columns.astype(np.intp)


def _is_step(inner: AnyArray, outer: AnyArray, limits: SheetLimits) -> AnyArray:
    """Where colours uint8 (n, 3) on both sides of an outline differ at all, bool (n,)."""
    return np.asarray(np.abs(inner.astype(np.int16) - outer).max(axis=1) >= limits.min_step)


def _is_other_light_or_colour(inner: AnyArray, outer: AnyArray, darkest: float, limits: SheetLimits) -> AnyArray:
    """Where colours uint8 (n, 3) differ by more than a shadow causes that leaves the share `darkest` of the light."""
    inside, outside = inner.astype(np.float32) + 1, outer.astype(np.float32) + 1
    ratio = outside.mean(axis=1) / inside.mean(axis=1)
    shares_in, shares_out = (side / side.sum(axis=1, keepdims=True) for side in (inside, outside))
    chroma = np.abs(shares_in - shares_out).max(axis=1)
    return np.asarray((ratio < darkest) | (ratio * darkest > 1) | (chroma > limits.min_chroma_step))


def _texture(colours: AnyArray) -> AnyArray:
    """Mean strength of fine detail around each pixel in grey levels, float32 (height, width)."""
    gray = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = cv2.absdiff(gray, cv2.GaussianBlur(gray, (0, 0), 1.5))
    return np.asarray(cv2.blur(detail, (5, 5)), np.float32)
