"""Images that show no digit, for training the outlier detector.

They are generated, so that no other data set is needed: pieces of digits and overlapping digits, which have the strokes
of digits; and scribbles, lines, filled shapes and noise, as a camera may see them.
"""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture, Images
from digitnet.augmentation.outlier_drawings import (
    SIDE,
    bars,
    cutout,
    filled_shapes,
    hatching,
    object_shape,
    ruled_lines,
    scribble,
    silhouette,
    threshold_noise,
    with_pattern,
)
from digitnet.augmentation.outlier_signs import emblem, letter, rosette, zigzag
from digitnet.pictures.loading import load_picture
from digitnet.pictures.mnist_frame import to_mnist_frame

__all__ = ["make_non_digits"]

_Maker: TypeAlias = Callable[[Images, np.random.Generator], GrayPicture]


def make_non_digits(digits: Images, n: int, rng: np.random.Generator) -> Images:
    """Generate images that show no digit.

    Args:
        digits: uint8 (m, 28, 28), m >= 2, to take pieces from.
        n: How many to make.
        rng: Decides all of them.

    Returns:
        uint8 (n, 28, 28). Most are put into MNIST's frame as a picture's ink would be; the others fill the image. None
        is a single upright stroke, which would be a 1.
    """
    made: list[GrayPicture] = []
    makers = list(_RELATIVE_COUNTS)
    shares = np.array([_RELATIVE_COUNTS[maker] for maker in makers])
    for kind in rng.choice(len(makers), n, p=shares / shares.sum()):
        image = _make_one(makers[kind], digits, rng)
        views = [image] if makers[kind] in _MADE_FROM_DIGITS else [image, *_other_orientations(image, rng)]
        made += views[: n - len(made)]
        if len(made) == n:
            break
    return np.stack(made)[rng.permutation(n)] if n else digits[:0]


def _other_orientations(image: GrayPicture, rng: np.random.Generator) -> list[GrayPicture]:
    """The same drawing rotated by quarters or mirrored, at random."""
    turned = [np.rot90(side, quarters) for side in (image, image[:, ::-1]) for quarters in range(4)][1:]
    chosen = rng.choice(len(turned), _NUM_ORIENTATIONS, replace=False)
    return [turned[place] for place in chosen if not _is_upright_stroke(np.ascontiguousarray(turned[place]))]


def _make_one(maker: _Maker, digits: Images, rng: np.random.Generator) -> GrayPicture:
    for _ in range(_MAX_ATTEMPTS):
        image = _as_network_input(maker(digits, rng), rng)
        if not _is_upright_stroke(image):
            return image
    return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)


def _as_network_input(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The drawing as the network may be given it: scaled down, framed, binarised and framed, or read as a picture."""
    way = rng.choice(4, p=_INPUT_PROBABILITIES)
    small = np.asarray(cv2.resize(ink, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    if way == 0:
        return small
    if way == 2:
        ink = np.where(ink > rng.uniform(0.2, 0.8) * ink.max(), 255, 0).astype(np.uint8)
    elif way == 3:
        ink = load_picture(small if rng.random() < 0.8 else 255 - ink).ink
    framed = to_mnist_frame(ink)
    return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8) if framed is None else framed.image


def _is_upright_stroke(image: GrayPicture) -> bool:
    """Whether all ink is one straight stroke, three times as long as wide, that leans by less than 45 degrees."""
    places = cv2.findNonZero(np.asarray(image > _MIN_INK, np.uint8))
    if places is None:
        return False
    _, (width, height), _ = box = cv2.minAreaRect(places)
    short, long = sorted((width + 1, height + 1))
    if long < _MIN_ELONGATION * short or len(places) < _MIN_FILL * short * long:
        return False
    corners = cv2.boxPoints(box)
    edges = [corners[1] - corners[0], corners[2] - corners[1]]
    across, down = np.abs(max(edges, key=lambda edge: float(np.hypot(*edge))))
    return bool(down > across)


def _random_digit(digits: Images, rng: np.random.Generator) -> GrayPicture:
    return np.asarray(digits[rng.integers(len(digits))])


def _fragment(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit of which less than half is left."""
    ink, cut = _random_digit(digits, rng).copy(), int(rng.integers(15, 19))
    side = np.rot90(ink, int(rng.integers(4)))  # a view: what is cut off here is cut off there
    side[:cut] = 0
    return ink


def _overlaid(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit, and another one that is rotated by a quarter and lies across it."""
    lying = np.rot90(_random_digit(digits, rng), int(rng.choice([1, 3])))
    shifted = np.roll(lying, rng.integers(-5, 6, 2), axis=(0, 1))
    return np.asarray(np.maximum(_random_digit(digits, rng), shifted))


def _side_by_side(digits: Images, rng: np.random.Generator) -> GrayPicture:
    distance = int(rng.integers(10, 19))
    both = np.zeros((IMAGE_SIDE, 2 * IMAGE_SIDE), np.uint8)
    both[:, :IMAGE_SIDE] = _random_digit(digits, rng)
    right = both[:, distance : distance + IMAGE_SIDE]
    np.maximum(right, _random_digit(digits, rng), out=right)
    return both[:, : distance + IMAGE_SIDE]


def _shuffled(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit cut into tiles that have changed places."""
    tiles = int(rng.choice([2, 2, 4]))
    side = IMAGE_SIDE // tiles
    cut = _random_digit(digits, rng).reshape(tiles, side, tiles, side).swapaxes(1, 2).reshape(-1, side, side)
    places = rng.permutation(len(cut))
    mixed = np.empty_like(cut)
    mixed[places] = cut[np.roll(places, 1)]  # so that none stays where it was
    return mixed.reshape(tiles, tiles, side, side).swapaxes(1, 2).reshape(IMAGE_SIDE, IMAGE_SIDE).copy()


def _noise(digits: Images, rng: np.random.Generator) -> GrayPicture:  # noqa: ARG001 - one signature for all
    """Smoothed noise; half of the time in a strip, as thresholding leaves it."""
    field = rng.standard_normal((IMAGE_SIDE, IMAGE_SIDE))
    smoothing = rng.uniform(0, 3)
    if smoothing > _MIN_SMOOTHING:
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), smoothing))
    field = (field - field.mean()) / field.std()
    grain = np.clip((field - rng.uniform(-0.5, 2)) * rng.uniform(60, 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        first, last = np.sort(rng.integers(0, IMAGE_SIDE + 1, 2)).tolist()
        strip = grain if rng.random() < 0.5 else grain.T
        strip[:first], strip[last:] = 0, 0
    return np.asarray(grain, np.uint8)


def _checkerboard(digits: Images, rng: np.random.Generator) -> GrayPicture:  # noqa: ARG001
    """A board of squares of random grey."""
    squares = np.kron(rng.integers(0, 256, (7, 7)), np.ones((SIDE // 7, SIDE // 7)))
    return with_pattern(squares.astype(np.uint8), rng)


def _drawing(draw: Callable[[np.random.Generator], GrayPicture]) -> _Maker:
    return lambda _, rng: draw(rng)


# All of these are chosen by hand; what the network that was trained with them reaches is in docs/log.md, 2026-11-28,
# "what is no digit, with an eleventh class".
_INPUT_PROBABILITIES = (0.1, 0.15, 0.2, 0.55)  # scaled down, framed, binarised and framed, read as a picture
_MAX_ATTEMPTS = 20  # drawings until one is no upright stroke; after that the image is blank
_MIN_INK = 100  # grey level, 0 to 255, above which a pixel counts as ink
_NUM_ORIENTATIONS = 3  # of the seven other orientations of a drawing, those that are used as well
_MIN_ELONGATION = 3.0  # length divided by width, from which on a stroke may be a 1
_MIN_FILL = 0.7  # inked part of its box, from which on a stroke has nothing beside it
_MIN_SMOOTHING = 0.3  # pixels; a Gaussian with less leaves noise as it is

# How many images of each kind, relative to the others: many with filled areas, since digits are thin; few that may be
# taken for a digit, as half an 8 may be a 0.
_RELATIVE_COUNTS: dict[_Maker, float] = {
    _fragment: 0.5,
    _overlaid: 1,
    _side_by_side: 3,
    _shuffled: 4,
    _noise: 4,
    _checkerboard: 2,
    _drawing(scribble): 12,
    _drawing(zigzag): 11,
    _drawing(hatching): 4,
    _drawing(ruled_lines): 4,
    _drawing(letter): 6,
    _drawing(emblem): 6,
    _drawing(rosette): 4,
    _drawing(threshold_noise): 5,
    _drawing(filled_shapes): 8,
    _drawing(bars): 3,
    _drawing(cutout): 10,
    _drawing(silhouette): 20,
    _drawing(object_shape): 20,
}

_MADE_FROM_DIGITS = (_fragment, _overlaid, _side_by_side, _shuffled)  # not rotated: the result may be a digit
