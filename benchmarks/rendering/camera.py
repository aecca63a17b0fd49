"""From the flat sheet to the pixels of a picture: where the camera stands, how light falls, what a sensor does."""

import io
import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.rendering.writing import DIGIT_HEIGHT, Streams, Writing

Colours: TypeAlias = NDArray[np.float32]  # (height, width, 3), 0 = black, 1 = white
Light: TypeAlias = NDArray[np.float32]  # (height, width), 1 = full light

_SIDE = 200.0  # pixels of a picture of one digit, which takes this share of it:
_SHARE = 0.6
_SIDES = {"small": 20.0, "large": 2000.0}
_LEAST_DIGIT = 12.0  # pixels: what is written small is not made smaller than a picture of 20 pixels makes its digit
_LONGEST = 2000.0  # pixels of any picture
_FINEST = 3.0  # pixels for each unit are at least drawn, before a small picture is reduced

_TILT = np.deg2rad(50)
_TURN = np.deg2rad(20)
_CAMERA_DISTANCE = 2.2  # in diagonals of the writing
_EMPTY = 3.5 * DIGIT_HEIGHT  # added to an off-centre picture, each way
_NARROW = 0.15 * DIGIT_HEIGHT  # margin that is left on the side that an off-centre digit has moved to

_AROUND = 0.7 * DIGIT_HEIGHT  # added on all sides where the table is to be seen

_SHADOW = 0.66  # of the light
_FALL_OFF = 0.6
_SLOPE = 0.5
_BLUR = 0.065 * DIGIT_HEIGHT  # standard deviation in units: as wide as a stroke at half height
_SHARPEST = 4.0  # pixels of blur at least, where it is done at a smaller size
_NOISE = 45 / 255
_NOISE_TILE = 512  # pixels; a larger picture repeats its noise, which nobody sees and which is much faster
_QUALITIES = (95.0, 5.0)


@dataclass(frozen=True)
class Framing:
    """What of the sheet the picture shows, and how large."""

    digit_pixels: float = _SIDE * _SHARE  # height of a digit, before hardships make the picture smaller or larger
    margin: float | None = None  # units of paper around everything; None: as much as is usual
    is_tight: bool = False  # the finished picture is cropped to the ink's own box
    border: int = 0  # pixels of a frame on the very edge of the finished picture
    border_level: int = 0  # its grey, 0 = black


USUAL_FRAMING = Framing()


@dataclass(frozen=True)
class View:
    """What the camera sees."""

    to_picture: NDArray[np.float64]  # homography from units of the sheet to drawn pixels, float64 (3, 3)
    size: tuple[int, int]  # width and height of what is drawn, in pixels
    reduction: int  # drawn pixels for each pixel of the picture, a whole number
    scale: float  # drawn pixels for each unit, near the middle of the writing

    def boxes(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Boxes on the sheet -> the upright boxes around them in the picture: left, top, right, bottom, (n, 4)."""
        corners = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
        seen = _mapped(self.to_picture, corners.reshape(-1, 2)).reshape(-1, 4, 2) / self.reduction
        return np.concatenate([seen.min(axis=1), seen.max(axis=1)], axis=1)


def _mapped(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 2) after a homography."""
    seen = np.c_[points, np.ones(len(points))] @ homography.T
    return np.asarray(seen[:, :2] / seen[:, 2:])


def view_of(writing: Writing, severities: dict[str, float], random: Streams, framing: Framing = USUAL_FRAMING) -> View:
    """Where the camera stands, so that all of the writing is in the picture."""
    left, top, right, bottom = writing.content
    turned = _turned(writing, severities, random)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    seen = _mapped(turned, corners)
    low, high = seen.min(axis=0), seen.max(axis=0)
    before, after = _margins((low, high), writing.is_single, severities["off_centre"], random["off_centre"], framing)
    around = _AROUND * severities["table"]
    low, high = low - before - around, high + after + around
    wanted = _pixels_per_unit(severities, framing.digit_pixels)
    pixels = wanted * min(1.0, _LONGEST / (max(high - low) * wanted))
    width, height = (max(1, round(side * pixels)) for side in (high - low).tolist())
    reduction = max(1, int(np.ceil(_FINEST / pixels)))
    scale = pixels * reduction
    shift = np.array([[scale, 0, -scale * low[0]], [0, scale, -scale * low[1]], [0, 0, 1]])
    return View(shift @ turned, (width * reduction, height * reduction), reduction, scale)


def _pixels_per_unit(severities: dict[str, float], digit_pixels: float) -> float:
    side = digit_pixels / _SHARE
    for name, extreme in _SIDES.items():
        side *= (extreme / _SIDE) ** severities[name]
    return max(side * _SHARE, min(digit_pixels, _LEAST_DIGIT)) / DIGIT_HEIGHT


def _turned(writing: Writing, severities: dict[str, float], random: Streams) -> NDArray[np.float64]:
    """Homography of a sheet that is turned and tilted around the middle of the writing, which keeps its size."""
    left, top, right, bottom = writing.content
    angle = _TURN * severities["rotation"] * random["rotation"].choice((-1.0, 1.0))
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    axis = random["perspective"].uniform(0, 2 * np.pi)
    vector = _TILT * severities["perspective"] * np.array([np.cos(axis), np.sin(axis), 0])
    tilt = np.asarray(cv2.Rodrigues(vector)[0])
    distance = _CAMERA_DISTANCE * max(np.hypot(right - left, bottom - top), DIGIT_HEIGHT)
    spread = np.array([[1, 0, -(left + right) / 2], [0, 1, -(top + bottom) / 2], [0, 0, 1]])
    flat = np.c_[(tilt @ turn)[:, :2], [0, 0, distance]]  # the plane's two axes, and its middle before the camera
    lens = np.diag([distance, distance, 1.0])
    return np.asarray(lens @ flat @ spread)


def _margins(
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    is_single: bool,
    off_centre: float,
    rng: np.random.Generator,
    framing: Framing,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Empty paper before and after the writing, across and down."""
    low, high = ends
    if framing.margin is not None:
        return np.full(2, framing.margin), np.full(2, framing.margin)
    usual = DIGIT_HEIGHT * (1 / _SHARE - 1) / 2
    # A single digit stands in a square picture, however slender it is.
    missing = np.maximum(DIGIT_HEIGHT - (high - low), 0) / 2 if is_single else np.zeros(2)
    margin = usual + missing
    side = rng.choice((0.0, 1.0), size=2)
    amount = off_centre * rng.uniform(0.3, 1.0, size=2)
    near = margin + amount * (_NARROW - margin)
    far = margin + amount * _EMPTY
    return np.where(side == 0, near, far), np.where(side == 0, far, near)


def lit(view: View, severities: dict[str, float], random: Streams) -> Light:
    """How much light falls on each drawn pixel."""
    width, height = view.size
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = np.ones((height, width), np.float32)
    if severities["vignette"]:
        light *= _uneven(across, down, severities["vignette"], random["vignette"])
    if severities["shadow"]:
        light *= _shadowed(across, down, severities["shadow"], random["shadow"])
    return light


def _uneven(across: Light, down: Light, severity: float, rng: np.random.Generator) -> Light:
    """Darker corners, and less light from one side."""
    middle, angle = rng.uniform(-0.25, 0.25, size=2).tolist(), rng.uniform(0, 2 * math.pi)
    distance = ((across - middle[0]) ** 2 + (down - middle[1]) ** 2) / 2.2
    ramp = (1 + (math.cos(angle) * across + math.sin(angle) * down) / 1.5) / 2
    light = (1 - _FALL_OFF * severity * np.clip(distance, 0, 1)) * (1 - _SLOPE * severity * np.clip(ramp, 0, 1))
    return np.asarray(light, np.float32)


def _shadowed(across: Light, down: Light, severity: float, rng: np.random.Generator) -> Light:
    """Full light on one side of a bent line through the writing; less on the other; sharper or softer."""
    angle, offset = rng.uniform(0, 2 * math.pi), rng.uniform(-0.35, 0.35)
    bend, waves, softness = rng.uniform(-0.5, 0.5), rng.uniform(0, 0.12), 10 ** rng.uniform(-1.7, -0.4)
    along = math.cos(angle) * across + math.sin(angle) * down
    beside = -math.sin(angle) * across + math.cos(angle) * down
    depth = (along - offset + bend * beside**2 + waves * np.sin(5 * beside)) / softness
    return np.asarray(1 - _SHADOW * severity / (1 + np.exp(-np.clip(4 * depth, -30, 30))), np.float32)


def focused(colours: Colours, view: View, severity: float, rng: np.random.Generator) -> Colours:
    """Out of focus, or shaken in some direction."""
    is_shaken, angle = rng.uniform() < 0.4, rng.uniform(0, math.pi)
    sigma = _BLUR * severity * view.scale
    if sigma < 0.2:
        return colours
    # What is very blurred has nothing fine in it, and is blurred many times faster at a smaller size.
    factor = max(1, int(sigma / _SHARPEST))
    size = (-(-view.size[0] // factor), -(-view.size[1] // factor))
    small = colours if factor == 1 else cv2.resize(colours, size, interpolation=cv2.INTER_AREA)
    blurred = (
        _shaken(np.asarray(small, np.float32), sigma / factor, angle)
        if is_shaken
        else cv2.GaussianBlur(small, (0, 0), sigma / factor)
    )
    if factor > 1:
        blurred = cv2.resize(blurred, view.size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(blurred, np.float32)


def _shaken(colours: Colours, sigma: float, angle: float) -> Colours:
    """Along a line as long as a Gaussian of that sigma is wide, softened by a third of it."""
    length = 3.46 * sigma
    side = 2 * int(np.ceil(length / 2)) + 3
    kernel = np.zeros((side, side), np.float32)
    half = length / 2 * np.array([np.cos(angle), np.sin(angle)])
    ends = [np.rint((side // 2 + sign * half) * 16).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    shaken = cv2.filter2D(colours, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(shaken, (0, 0), max(0.3, sigma / 3)), np.float32)


def sensed(colours: Colours, severity: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise in brightness, half as much in colour; then 256 levels."""
    levels = colours
    if severity > 0:
        height, width, _ = colours.shape
        down, across = min(height, _NOISE_TILE), min(width, _NOISE_TILE)
        noise = rng.standard_normal((down, across, 3), np.float32) / 2
        noise += rng.standard_normal((down, across, 1), np.float32)
        noise *= np.float32(_NOISE * severity / math.sqrt(1 + 1 / 4))
        repeated = np.tile(noise, (-(-height // down), -(-width // across), 1))
        levels = np.asarray(colours + repeated[:height, :width], np.float32)
    return np.asarray(np.clip(np.rint(levels * np.float32(255)), 0, 255), np.uint8)


def bordered(picture: NDArray[np.uint8], width: int, level: int) -> NDArray[np.uint8]:
    """A frame of so many pixels and one grey on the picture's own edge."""
    if not width:
        return picture
    framed = np.full_like(picture, level)
    inside = slice(width, -width), slice(width, -width)
    framed[inside] = picture[inside]
    return framed


def compressed(picture: NDArray[np.uint8], severity: float) -> NDArray[np.uint8]:
    """Through JPEG and back."""
    if not severity:
        return picture
    best, worst = _QUALITIES
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=round(best * (worst / best) ** severity))
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), np.uint8)
