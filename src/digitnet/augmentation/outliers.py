"""Images that are no digits, made up from digits and from random drawings, to learn what a digit is not.

No picture from outside is needed: pieces of digits and digits on top of each other, written in the same pen, show
where a digit ends; scribbles, lines, filled things and noise show what else may lie under a camera.
"""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture, Images
from digitnet.augmentation.outlier_drawings import (
    SIDE,
    bars,
    crumbs,
    cutout,
    hatching,
    ruled,
    scribble,
    shapes,
    silhouette,
    thing,
    with_print,
)
from digitnet.augmentation.outlier_signs import emblem, letter, rosette, zigzag
from digitnet.pictures.loading import load_picture
from digitnet.pictures.mnist_frame import to_mnist_frame

__all__ = ["make_non_digits"]

_Maker: TypeAlias = Callable[[Images, np.random.Generator], GrayPicture]


def make_non_digits(digits: Images, n: int, rng: np.random.Generator) -> Images:
    """Images of everything else.

    Args:
        digits: uint8 (m, 28, 28), m >= 2, to take pieces from.
        n: How many to make.
        rng: What they follow from.

    Returns:
        uint8 (n, 28, 28). Most are put into MNIST's frame as a picture's ink would be; the others fill the image. None
        is a single upright stroke, which is a 1 to anyone's eyes.
    """
    made: list[GrayPicture] = []
    makers = list(_KINDS)
    shares = np.array([_KINDS[maker] for maker in makers])
    for kind in rng.choice(len(makers), n, p=shares / shares.sum()):
        image = _one(makers[kind], digits, rng)
        views = [image] if makers[kind] in _OF_DIGITS else [image, *_views(image, rng)]
        made += views[: n - len(made)]
        if len(made) == n:
            break
    return np.stack(made)[rng.permutation(n)] if n else digits[:0]


def _views(image: GrayPicture, rng: np.random.Generator) -> list[GrayPicture]:
    """The same drawing turned or mirrored, which is another one."""
    turned = [np.rot90(side, quarters) for side in (image, image[:, ::-1]) for quarters in range(4)][1:]
    chosen = rng.choice(len(turned), _VIEWS, replace=False)
    return [turned[place] for place in chosen if not _is_upright_stroke(np.ascontiguousarray(turned[place]))]


def _one(maker: _Maker, digits: Images, rng: np.random.Generator) -> GrayPicture:
    for _ in range(_ATTEMPTS):
        image = _brought_into_frame(maker(digits, rng), rng)
        if not _is_upright_stroke(image):
            return image
    return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)


def _brought_into_frame(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """As it may come: made smaller, framed, framed after greys were told apart, or most often read as a picture."""
    way = rng.choice(4, p=_WAYS)
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
    """Whether there is one straight stroke alone, three times as long as wide, that leans by less than 45 degrees."""
    places = cv2.findNonZero(np.asarray(image > _INK_FROM, np.uint8))
    if places is None:
        return False
    _, (width, height), _ = box = cv2.minAreaRect(places)
    short, long = sorted((width + 1, height + 1))
    if long < _SLENDER * short or len(places) < _SOLID * short * long:
        return False
    corners = cv2.boxPoints(box)
    edges = [corners[1] - corners[0], corners[2] - corners[1]]
    across, down = np.abs(max(edges, key=lambda edge: float(np.hypot(*edge))))
    return bool(down > across)


def _any(digits: Images, rng: np.random.Generator) -> GrayPicture:
    return np.asarray(digits[rng.integers(len(digits))])


def _fragment(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit of which less than half is left."""
    ink, cut = _any(digits, rng).copy(), int(rng.integers(15, 19))
    side = np.rot90(ink, int(rng.integers(4)))  # a view: what is cut off here is cut off there
    side[:cut] = 0
    return ink


def _overlaid(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit, and another one that lies across it."""
    lying = np.rot90(_any(digits, rng), int(rng.choice([1, 3])))
    shifted = np.roll(lying, rng.integers(-5, 6, 2), axis=(0, 1))
    return np.asarray(np.maximum(_any(digits, rng), shifted))


def _side_by_side(digits: Images, rng: np.random.Generator) -> GrayPicture:
    distance = int(rng.integers(10, 19))
    both = np.zeros((IMAGE_SIDE, 2 * IMAGE_SIDE), np.uint8)
    both[:, :IMAGE_SIDE] = _any(digits, rng)
    right = both[:, distance : distance + IMAGE_SIDE]
    np.maximum(right, _any(digits, rng), out=right)
    return both[:, : distance + IMAGE_SIDE]


def _shuffled(digits: Images, rng: np.random.Generator) -> GrayPicture:
    """A digit cut into tiles that have changed places."""
    tiles = int(rng.choice([2, 2, 4]))
    side = IMAGE_SIDE // tiles
    cut = _any(digits, rng).reshape(tiles, side, tiles, side).swapaxes(1, 2).reshape(-1, side, side)
    places = rng.permutation(len(cut))
    mixed = np.empty_like(cut)
    mixed[places] = cut[np.roll(places, 1)]  # so that none stays where it was
    return mixed.reshape(tiles, tiles, side, side).swapaxes(1, 2).reshape(IMAGE_SIDE, IMAGE_SIDE).copy()


def _noise(digits: Images, rng: np.random.Generator) -> GrayPicture:  # noqa: ARG001 - one signature for all
    """Grain of any size; half of it in a narrow or a low strip, as little is left of it behind a threshold."""
    field = rng.standard_normal((IMAGE_SIDE, IMAGE_SIDE))
    smoothing = rng.uniform(0, 3)
    if smoothing > _FINEST:
        field = np.asarray(cv2.GaussianBlur(field, (0, 0), smoothing))
    field = (field - field.mean()) / field.std()
    grain = np.clip((field - rng.uniform(-0.5, 2)) * rng.uniform(60, 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        first, last = np.sort(rng.integers(0, IMAGE_SIDE + 1, 2)).tolist()
        strip = grain if rng.random() < 0.5 else grain.T
        strip[:first], strip[last:] = 0, 0
    return np.asarray(grain, np.uint8)


def _board(digits: Images, rng: np.random.Generator) -> GrayPicture:  # noqa: ARG001
    """Squares in light and shade."""
    squares = np.kron(rng.integers(0, 256, (7, 7)), np.ones((SIDE // 7, SIDE // 7)))
    return with_print(squares.astype(np.uint8), rng)


def _drawing(draw: Callable[[np.random.Generator], GrayPicture]) -> _Maker:
    return lambda _, rng: draw(rng)


_WAYS = (0.1, 0.15, 0.2, 0.55)
_ATTEMPTS = 20
_INK_FROM = 100  # of 255
_VIEWS = 3
_SLENDER = 3.0  # times as long as wide: so is a 1
_SOLID = 0.7  # of its box, from which on a stroke has nothing beside it
_FINEST = 0.3  # pixels; less smoothing leaves noise as it is

# How many of each, relative to the others: many of what fills its outline, since digits are thin; few of what some
# would take for a digit: half an 8 may be a 0.
_KINDS: dict[_Maker, float] = {
    _fragment: 0.5,
    _overlaid: 1,
    _side_by_side: 3,
    _shuffled: 4,
    _noise: 4,
    _board: 2,
    _drawing(scribble): 12,
    _drawing(zigzag): 11,
    _drawing(hatching): 4,
    _drawing(ruled): 4,
    _drawing(letter): 6,
    _drawing(emblem): 6,
    _drawing(rosette): 4,
    _drawing(crumbs): 5,
    _drawing(shapes): 8,
    _drawing(bars): 3,
    _drawing(cutout): 10,
    _drawing(silhouette): 20,
    _drawing(thing): 20,
}

_OF_DIGITS = (_fragment, _overlaid, _side_by_side, _shuffled)  # what these make may be a digit once it is turned
