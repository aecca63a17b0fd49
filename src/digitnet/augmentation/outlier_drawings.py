"""Random drawings that are no digits: scribbles, hatching, lines, and objects with an outline.

Each function draws light on dark, uint8 (112, 112): four pixels for each pixel of the frame, so that edges are smooth.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, GrayPicture

__all__ = [
    "MIDDLE",
    "SIDE",
    "bars",
    "cutout",
    "filled_shapes",
    "hatching",
    "object_shape",
    "randomly_rotated",
    "ruled_lines",
    "scribble",
    "silhouette",
    "smooth_curve",
    "threshold_noise",
    "with_pattern",
]

SIDE = 4 * IMAGE_SIDE  # pixels, of each drawing
MIDDLE = SIDE / 2

_MIN_SMOOTHING = 0.3  # pixels; a Gaussian with less leaves noise as it is


def scribble(rng: np.random.Generator) -> GrayPicture:
    """One line: a jagged one, a random walk, or loops."""
    kind = rng.integers(3)
    if kind == 0:
        points = rng.uniform(8, SIDE - 8, (int(rng.integers(6, 22)), 2))
    elif kind == 1:
        points = smooth_curve(np.cumsum(rng.normal(0, 16, (int(rng.integers(16, 32)), 2)), axis=0) + MIDDLE)
    else:
        points = smooth_curve(rng.uniform(10, SIDE - 10, (int(rng.integers(10, 30)), 2)))
    return _polyline(points, rng, closed=bool(rng.random() < 0.3))


def hatching(rng: np.random.Generator) -> GrayPicture:
    """A line to and fro, as one fills an area or crosses a word out."""
    turns = int(rng.integers(5, 17))
    across = np.where(np.arange(turns) % 2, rng.uniform(4, 36), rng.uniform(SIDE - 36, SIDE - 4))
    along = np.linspace(rng.uniform(6, 26), SIDE - rng.uniform(6, 26), turns)
    points = np.stack([across, along], axis=1) + rng.normal(0, rng.uniform(0, 7), (turns, 2))
    return _polyline(randomly_rotated(smooth_curve(points) if rng.random() < 0.6 else points, rng), rng)


def ruled_lines(rng: np.random.Generator) -> GrayPicture:
    """The lines of forms and squared paper: several lines, a grid, a frame or a part of one, dashes, one level line."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    width, kind = int(rng.integers(3, 12)), rng.integers(4)
    places = np.linspace(8, SIDE - 8, int(rng.integers(2, 6))).astype(int)
    low, high = int(rng.integers(4, 30)), SIDE - int(rng.integers(4, 30))
    if kind == 0:
        for place in places:
            cv2.line(ink, (low, int(place)), (high, int(place)), 255, width)
            if rng.random() < 0.7:
                cv2.line(ink, (int(place), low), (int(place), high), 255, width)
    elif kind == 1:
        cv2.rectangle(ink, (low, int(rng.integers(6, 50))), (high, int(rng.integers(62, 106))), 255, width)
        side = np.rot90(ink, int(rng.integers(4)))
        if rng.random() < 0.5:
            side[: int(rng.integers(20, 60))] = 0
    elif kind == 2:
        cv2.line(ink, (low, int(MIDDLE)), (high, int(MIDDLE)), 255, width)
    else:
        for place in places[: int(rng.integers(2, 6))]:
            cv2.line(ink, (low, int(place)), (high, int(place)), 255, width)
        if rng.random() < 0.4:
            ink = np.ascontiguousarray(ink.T)
    if rng.random() < 0.3:  # printed faintly, it breaks
        ink[rng.random((SIDE // 4, SIDE // 4)).repeat(4, 0).repeat(4, 1) < rng.uniform(0.1, 0.5)] = 0
    return ink


def filled_shapes(rng: np.random.Generator) -> GrayPicture:
    """Filled ellipses and polygons."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        level = int(rng.integers(90, 256))
        if rng.random() < 0.5:
            middle, axes = rng.integers(30, SIDE - 30, 2).tolist(), rng.integers(8, 48, 2).tolist()
            cv2.ellipse(ink, middle, axes, float(rng.uniform(0, 180)), 0, 360, level, -1, cv2.LINE_AA)
        else:
            corners = rng.integers(6, SIDE - 6, (int(rng.integers(3, 9)), 2)).astype(np.int32)
            cv2.fillConvexPoly(ink, cv2.convexHull(corners), level, cv2.LINE_AA)
    return with_pattern(ink, rng) if rng.random() < 0.4 else ink


def bars(rng: np.random.Generator) -> GrayPicture:
    """Some upright or lying bars."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(int(rng.integers(2, 6))):
        width, place = int(rng.integers(8, 28)), int(rng.integers(12, 88))
        begin, end = np.sort(rng.integers(12, 104, 2)).tolist()
        lying = ink if rng.random() < 0.5 else ink.T
        lying[place : place + width, begin : end + 1] = int(rng.integers(120, 256))
    return ink


def silhouette(rng: np.random.Generator) -> GrayPicture:
    """Something whose left is the mirror of its right, filled, mostly printed, and sometimes open below or above."""
    corners = int(rng.integers(4, 10))
    heights, widths = np.sort(rng.uniform(2, SIDE - 2, corners)), rng.uniform(6, 54, corners)
    left, right = (np.stack([MIDDLE + side * widths, heights], axis=1) for side in (-1, 1))
    ink = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(ink, [np.concatenate([left, right[::-1]]).astype(np.int32)], int(rng.integers(80, 256)), cv2.LINE_AA)
    if rng.random() < 0.5:
        open_rows = (
            slice(int(rng.integers(10, 80)), SIDE) if rng.random() < 0.7 else slice(0, int(rng.integers(10, 60)))
        )
        half = int(rng.integers(1, 12))
        ink[open_rows, int(MIDDLE) - half : int(MIDDLE) + half] = 0
    return with_pattern(ink, rng) if rng.random() < 0.8 else ink


def object_shape(rng: np.random.Generator) -> GrayPicture:
    """A body with limbs, handles or a hole, filled or in outline, printed or plain."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    outlined = rng.random() < 0.2
    cv2.fillPoly(ink, [_blob(rng)], 255, cv2.LINE_AA)
    if outlined:
        reach = int(rng.integers(4, 12))
        ink = np.asarray(ink - cv2.erode(ink, np.ones((reach, reach), np.uint8)), np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        cv2.fillPoly(ink, [_limb(rng)], 255, cv2.LINE_AA)
    if rng.random() < 0.3:
        middle, axes = rng.integers(20, SIDE - 20, 2).tolist(), rng.integers(8, 40, 2).tolist()
        cv2.ellipse(ink, middle, axes, 0, 180, int(rng.integers(300, 541)), 255, int(rng.integers(3, 12)), cv2.LINE_AA)
    if rng.random() < 0.4:
        cv2.fillPoly(ink, [_blob(rng, size=0.5)], 0, cv2.LINE_AA)
    if rng.random() < 0.45:
        ink = np.maximum(ink, ink[:, ::-1])
    return with_pattern(ink, rng) if rng.random() < 0.6 else np.asarray(ink, np.uint8)


def cutout(rng: np.random.Generator) -> GrayPicture:
    """Something cut out with scissors: corners all around, slits, notches and holes, lit from one side."""
    corners = int(rng.integers(3, 11))
    angles, radius = np.sort(rng.uniform(0, 2 * np.pi, corners)), rng.uniform(14, 54, corners)
    outline = np.stack([np.cos(angles) * rng.uniform(0.4, 1), np.sin(angles)], axis=1) * radius[:, None] + MIDDLE
    if rng.random() < 0.5:
        outline = smooth_curve(np.concatenate([outline, outline[:2]]))
    ink = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(ink, [outline.astype(np.int32)], 255, cv2.LINE_AA)
    for kind in rng.integers(3, size=int(rng.integers(0, 4))):
        place, angle = rng.uniform(15, SIDE - 15, 2), rng.uniform(0, 2 * np.pi)
        if kind == 0:
            slit = place + SIDE * np.outer([-1, 1], [np.cos(angle), np.sin(angle)])
            cv2.polylines(ink, [slit.astype(np.int32)], False, 0, int(rng.integers(2, 10)), cv2.LINE_AA)
        elif kind == 1:
            cv2.fillPoly(ink, [(place + rng.uniform(-22, 22, (3, 2))).astype(np.int32)], 0, cv2.LINE_AA)
        else:
            middle, axes = place.astype(int).tolist(), rng.integers(3, 20, 2).tolist()
            cv2.ellipse(ink, middle, axes, float(np.degrees(angle)), 0, 360, 0, -1, cv2.LINE_AA)
    if rng.random() < 0.7:
        across = np.arange(SIDE) / MIDDLE - 1
        shade = rng.uniform(0, 0.8) * (1 + across * rng.choice([-1, 1])) / 2 + rng.uniform(-0.4, 0.4) * across[:, None]
        ink = np.clip(ink * (1 - shade), 0, 255).astype(np.uint8)
    return with_pattern(ink, rng) if rng.random() < 0.5 else ink


def threshold_noise(rng: np.random.Generator) -> GrayPicture:
    """What a threshold leaves of an empty sheet: specks of noise, in places or all over.

    Unlike the other drawings it is from 24 to 149 pixels high and wide, or a part of that.
    """
    side = int(rng.integers(24, 150))
    field = rng.standard_normal((side, side)).astype(np.float32)
    grain = rng.uniform(0, 2.5)
    if grain > _MIN_SMOOTHING:
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), grain), np.float32)
    field /= field.std()
    place, at = np.arange(side, dtype=np.float32) / side - 0.5, rng.uniform(-0.5, 0.5, 2)
    field -= rng.uniform(0, 3) * np.hypot(place[:, None] - at[0], place - at[1])  # more of them where it is dark
    level = np.quantile(field, 1 - np.exp(rng.uniform(np.log(0.002), np.log(0.3))))
    depth = 255 if rng.random() < 0.4 else 0  # all alike, or the darker, the more there is
    ink = np.clip((field - level) / (field.max() - level + 1e-6) * 255, depth * (field > level), 255).astype(np.uint8)
    if rng.random() < 0.3:
        ink = np.asarray(cv2.dilate(ink, np.ones((2, 2), np.uint8)), np.uint8)
    if rng.random() < 0.4:
        left, top = rng.integers(0, side // 2, 2).tolist()
        width, height = rng.integers(max(4, side // 8), side, 2).tolist()
        ink = ink[top : top + height, left : left + width].copy()
    return np.asarray(ink, np.uint8)


def with_pattern(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The same in light and shade, and half the time with stripes, checks, a pattern or a motif on it.

    Args:
        ink: uint8 (112, 112).
        rng: What is printed follows from it.
    """
    coarse = cv2.GaussianBlur(rng.standard_normal((IMAGE_SIDE, IMAGE_SIDE)), (0, 0), rng.uniform(0.3, 5))
    field = np.asarray(cv2.resize(coarse, (SIDE, SIDE)), np.float64)
    field /= np.abs(field).max() + 1e-9
    kind = rng.integers(6)
    if kind < 2:
        wave = np.sin(np.arange(SIDE) * (2 * np.pi / rng.uniform(8, 40)) + rng.uniform(0, 6))
        field = field * 0.3 + (wave[:, None] if rng.random() < 0.6 else wave[None]) * np.ones_like(field)
        field += wave[None] if kind == 1 else 0
    elif kind == 2:
        half = np.sign(field) * (np.abs(field) > rng.uniform(0, 0.5))
        field = np.asarray(half, np.float64)
    printed: NDArray[np.float64] = np.clip(ink * (1 + np.clip(field, -1, 1) * rng.uniform(0, 1)), 0, 255)
    return printed.astype(np.uint8)


def _polyline(points: NDArray[np.float64], rng: np.random.Generator, *, closed: bool = False) -> GrayPicture:
    ink = np.zeros((SIDE, SIDE), np.uint8)
    inside = np.clip(points, 2, SIDE - 2).astype(np.int32)
    return np.asarray(cv2.polylines(ink, [inside], closed, 255, int(rng.integers(4, 17)), cv2.LINE_AA), np.uint8)


def smooth_curve(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """A round line through about the same places.

    Args:
        corners: (n, 2).

    Returns:
        (12 n, 2).
    """
    steps = np.linspace(0, len(corners) - 1, 12 * len(corners))
    line = np.stack([np.interp(steps, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1)
    return np.asarray(cv2.blur(line, (1, 9)), np.float64)


def randomly_rotated(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The same places (n, 2), turned about the middle by half a turn at most."""
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray((points - MIDDLE) @ turn + MIDDLE)


def _blob(rng: np.random.Generator, size: float = 1.0) -> NDArray[np.int32]:
    """A closed outline whose radius is a sum of a few waves."""
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = np.ones(60)
    for wave in range(2, 6):
        radius += rng.normal(0, 0.45 / wave) * np.cos(wave * angles + rng.uniform(0, 6.3))
    axes = rng.uniform(12, 46, 2) * size
    middle = rng.uniform(MIDDLE - 20, MIDDLE + 20, 2)
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * axes * np.abs(radius)[:, None]
    return np.asarray(randomly_rotated(outline + MIDDLE, rng) + middle - MIDDLE, np.int32)


def _limb(rng: np.random.Generator) -> NDArray[np.int32]:
    """A strip from one place to another, bent, and thicker at one end."""
    begin, bend, end = rng.uniform(8, SIDE - 8, (3, 2))
    steps = np.linspace(0, 1, 12)[:, None]
    middle = (1 - steps) ** 2 * begin + 2 * steps * (1 - steps) * bend + steps**2 * end
    along = np.gradient(middle, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-9)
    at_begin, at_end = rng.uniform(2, 16, 2).tolist()
    width = np.linspace(at_begin, at_end, 12)[:, None]
    return np.asarray(np.concatenate([middle + width * across, (middle - width * across)[::-1]]), np.int32)
