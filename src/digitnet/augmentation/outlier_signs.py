"""Random pen drawings that are no digits: letters of no alphabet, emblems, rosettes, zigzags.

Each function draws light on dark, uint8 (112, 112), as `digitnet.augmentation.outlier_drawings` does.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.augmentation.outlier_drawings import MIDDLE, SIDE, randomly_rotated, smooth_curve

__all__ = ["emblem", "letter", "rosette", "zigzag"]

_CORNERS_OF_ELLIPSE = 60  # of the polygon that is drawn for an ellipse; chosen by hand


def letter(rng: np.random.Generator) -> GrayPicture:
    """Five to eight strokes between the nine points of a lattice, more strokes than any digit has."""
    ink = _blank_drawing()
    width = int(rng.integers(4, 16))
    reach = np.array([rng.uniform(25, 46), rng.uniform(30, 46)])
    lattice = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), axis=-1).reshape(-1, 2)
    places = lattice * reach + MIDDLE + rng.normal(0, 4, (9, 2))
    begin = int(rng.integers(9))
    visited = [begin]
    for _ in range(int(rng.integers(5, 9))):
        if rng.random() < 0.5:
            begin = int(rng.choice(visited))
        end = (begin + int(rng.integers(1, 9))) % 9
        visited.append(end)
        bend = rng.normal(0, 0.35) if rng.random() < 0.45 else 0.0
        _stroke(ink, _arc(places[begin], places[end], bend), width)
        begin = end
    if rng.random() < 0.15:
        cv2.circle(ink, _pixel(places[rng.integers(9)]), width, 255, -1, cv2.LINE_AA)
    return ink


def emblem(rng: np.random.Generator) -> GrayPicture:
    """An outline, or a filled shape, with things inside, as faces, buttons, windows and wheels have."""
    ink = _blank_drawing()
    axes = rng.uniform(30, 52, 2)
    corners = int(rng.integers(3, 8)) if rng.random() < 0.4 else _CORNERS_OF_ELLIPSE
    outline = _directions(corners, float(rng.choice([0, np.pi / corners, rng.uniform(0, 6)]))) * axes + MIDDLE
    is_filled = rng.random() < 0.25
    if is_filled:
        cv2.fillPoly(ink, [outline.astype(np.int32)], 255, cv2.LINE_AA)
    else:
        _stroke(ink, outline, int(rng.integers(3, 11)), closed=True)
    inside = _inner_marks(axes, rng)
    return np.where(inside > 0, 255 - inside, ink).astype(np.uint8) if is_filled else np.maximum(ink, inside)


def rosette(rng: np.random.Generator) -> GrayPicture:
    """The same part repeated around a centre: stars, flowers, snowflakes, wheels."""
    count, begin = int(rng.integers(3, 10)), float(rng.uniform(0, 2 * np.pi))
    draw: Callable[[GrayPicture, NDArray[np.float64], np.random.Generator], None]
    draw = (_star, _petals, _spokes)[rng.choice(3, p=(0.5, 0.25, 0.25))]
    ink = _blank_drawing()
    draw(ink, _directions(count, begin), rng)
    width, height = rng.permutation([1, rng.uniform(0.6, 1)]).tolist()  # seen aslant
    squeeze = np.array([[width, 0, MIDDLE * (1 - width)], [0, height, MIDDLE * (1 - height)]])
    return np.asarray(cv2.warpAffine(ink, squeeze, (SIDE, SIDE)), np.uint8)


def zigzag(rng: np.random.Generator) -> GrayPicture:
    """To and fro with even strokes, level, upright or aslant, in any pen up to one that leaves no gaps."""
    turns = int(rng.integers(7, 17))
    across, along, uneven = rng.uniform(20, 48), rng.uniform(34, 48), rng.uniform(0, 5)
    points = np.stack([np.where(np.arange(turns) % 2, -across, across), np.linspace(-along, along, turns)], axis=1)
    points += MIDDLE + rng.normal(0, uneven, (turns, 2)) * (1, 0.5)
    if rng.random() < 0.6:
        points = smooth_curve(points)
    way = rng.integers(4)
    if way == 2:
        points = points[:, ::-1]
    elif way == 3:
        points = randomly_rotated(points, rng)
    ink = _blank_drawing()
    _stroke(ink, points, int(np.clip(rng.uniform(0.25, 1.15) * 2 * along / turns, 3, 20)))
    return ink


def _inner_marks(axes: NDArray[np.float64], rng: np.random.Generator) -> GrayPicture:
    """Dots, strokes and arcs inside an ellipse; most often the left is the mirror of the right."""
    marks = _blank_drawing()
    is_mirrored = rng.random() < 0.6
    for _ in range(int(rng.integers(1, 4)) if is_mirrored else int(rng.integers(2, 6))):
        place, kind = MIDDLE + rng.uniform(-0.6, 0.6, 2) * axes, rng.integers(3)
        if kind == 0:
            cv2.circle(
                marks, _pixel(place), int(rng.integers(3, 11)), 255, -1 if rng.random() < 0.7 else 2, cv2.LINE_AA
            )
        elif kind == 1:
            end = MIDDLE + rng.uniform(-0.7, 0.7, 2) * axes
            _stroke(marks, _arc(place, end, rng.normal(0, 0.4)), int(rng.integers(3, 9)))
        else:
            _half_ellipse(marks, place, rng.integers(5, 20, 2).tolist(), rng)
    if is_mirrored:
        marks = np.maximum(marks, marks[:, ::-1])
        if rng.random() < 0.5:
            _half_ellipse(marks, np.array([MIDDLE, rng.uniform(48, 80)]), rng.integers(8, 26, 2).tolist(), rng)
    return marks


def _star(ink: GrayPicture, directions: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Filled or in outline, with or without a middle."""
    begin = float(np.arctan2(directions[0, 1], directions[0, 0]))
    rays = _directions(2 * len(directions), begin)
    inner, outer = rng.uniform(8, 24), rng.uniform(38, 52)
    points = rays * np.where(np.arange(len(rays)) % 2, inner, outer)[:, None] + MIDDLE
    is_filled = rng.random() < 0.5
    if is_filled:
        cv2.fillPoly(ink, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA)
    else:
        _stroke(ink, points, int(rng.integers(3, 10)), closed=True)
    if rng.random() < 0.5:
        level = 0 if is_filled else 255
        cv2.circle(ink, _pixel(np.full(2, MIDDLE)), int(rng.integers(4, 20)), level, -1, cv2.LINE_AA)


def _petals(ink: GrayPicture, directions: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Ellipses, filled or in outline."""
    distance, axes = rng.uniform(18, 34), (int(rng.integers(9, 26)), int(rng.integers(4, 15)))
    thickness = -1 if rng.random() < 0.5 else int(rng.integers(3, 7))
    for direction in directions:
        angle = float(np.degrees(np.arctan2(direction[1], direction[0])))
        middle = _pixel(MIDDLE + distance * direction)
        cv2.ellipse(ink, middle, axes, angle, 0, 360, 255, thickness, cv2.LINE_AA)


def _spokes(ink: GrayPicture, directions: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Strokes from the middle or from around it, with twigs or without, and sometimes with a rim."""
    begin, end, width = rng.choice([0, rng.uniform(8, 24)]), rng.uniform(38, 52), int(rng.integers(3, 10))
    has_twigs = rng.random() < 0.4
    for direction in directions:
        _stroke(ink, MIDDLE + np.stack([begin * direction, end * direction]), width)
        if has_twigs:
            aside = end * (0.8 * direction + 0.4 * direction[::-1] * (-1, 1))
            _stroke(ink, MIDDLE + np.stack([0.6 * end * direction, aside]), width)
    if rng.random() < 0.3:
        rim, thickness = int(rng.integers(8, 44)), int(rng.integers(3, 8))
        cv2.circle(ink, _pixel(np.full(2, MIDDLE)), rim, 255, thickness, cv2.LINE_AA)


def _half_ellipse(ink: GrayPicture, middle: NDArray[np.float64], axes: list[int], rng: np.random.Generator) -> None:
    begin = 0 if rng.random() < 0.5 else 180
    cv2.ellipse(ink, _pixel(middle), axes, 0, begin, begin + 180, 255, int(rng.integers(3, 9)), cv2.LINE_AA)


def _blank_drawing() -> GrayPicture:
    return np.zeros((SIDE, SIDE), np.uint8)


def _directions(count: int, begin: float) -> NDArray[np.float64]:
    """Directions all around, evenly spaced: (count, 2), each of length 1."""
    angles = np.arange(count) * 2 * np.pi / count + begin
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _arc(begin: NDArray[np.float64], end: NDArray[np.float64], bend: float) -> NDArray[np.float64]:
    """A line that is bent to one side."""
    (x, y), steps = end - begin, np.linspace(0, 1, 12)[:, None]
    middle = (begin + end) / 2 + bend * np.array([-y, x])
    return (1 - steps) ** 2 * begin + 2 * steps * (1 - steps) * middle + steps**2 * end


def _stroke(ink: GrayPicture, points: NDArray[np.float64], width: int, *, closed: bool = False) -> None:
    inside = np.rint(np.clip(points, 2, SIDE - 3)).astype(np.int32)
    cv2.polylines(ink, [inside], closed, 255, width, cv2.LINE_AA)


def _pixel(place: NDArray[np.float64]) -> tuple[int, int]:
    x, y = place.tolist()
    return int(x), int(y)
