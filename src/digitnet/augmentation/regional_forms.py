"""Regional forms of digits that MNIST lacks, drawn from its digits: a 1 with a long upstroke, a 7 with a bar.

MNIST's writers are American. In much of the world a 1 begins with a stroke from below that may be as long as its
stem, and a 7 has a bar across its stem; a network that has never seen these reads them as 7 and 2. Here such digits are
drawn: the 1 anew, as thick as a 1 of MNIST, the 7 by adding a bar to a 7 of MNIST.
"""

import dataclasses
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, GrayPicture
from digitnet.datasets import Dataset
from digitnet.pictures.mnist_frame import centred_in_frame
from digitnet.pictures.stroke_normalization import stroke_thickness

__all__ = ["with_regional_forms"]

_OVERSAMPLING = 4  # pixels drawn for each pixel of the frame, so that strokes have soft edges
_SIDE = IMAGE_SIDE * _OVERSAMPLING
_DIGIT_SIDE = 20  # pixels of the frame: the box that MNIST fits a digit into
_DIGIT_PIXELS = _DIGIT_SIDE * _OVERSAMPLING
_MIN_UPSTROKE_SLOPE = 0.35  # rise over run; a flatter upstroke would be the bar of a 7. Chosen by hand.
_MAX_THICKNESS = 4.5  # pixels of the frame; thicker strokes would merge stem and upstroke. Chosen by hand.
_FOOT_PROBABILITY = 0.12  # of a 1 to stand on a short bar; chosen by hand
_MIN_INK = 64  # grey level, 0 to 255, above which a pixel belongs to a stroke; chosen by hand

_Points: TypeAlias = NDArray[np.float64]  # (n, 2), x then y, in the unit of the drawing
_Writer: TypeAlias = Callable[[GrayPicture, np.random.Generator], GrayPicture]


def with_regional_forms(dataset: Dataset, share: float, seed: int) -> Dataset:
    """A data set with digits in regional forms appended.

    Args:
        dataset: MNIST, or a part of it.
        share: How many are added, as a part of the images there are, 0 or more.
        seed: Decides all of them.

    Returns:
        The images of `dataset`, in their order, then 1s with an upstroke and 7s with a bar.
    """
    if not share:
        return dataset
    rng = np.random.default_rng([seed, len(dataset)])
    images, labels = [dataset.images], [dataset.labels]
    for label, (write, part) in _REGIONAL_FORMS.items():
        models = dataset.images[dataset.labels == label]
        count = round(share * part * len(dataset)) if len(models) else 0
        written = [write(models[index], rng) for index in rng.integers(max(1, len(models)), size=count)]
        images.append(np.stack(written) if written else dataset.images[:0])
        labels.append(np.full(count, label, dataset.labels.dtype))
    return dataclasses.replace(dataset, images=np.concatenate(images), labels=np.concatenate(labels))


def _one_with_upstroke(model: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """A 1 that is drawn as thick as the model; its stem is one unit high before it is scaled to the frame."""
    top, slant = np.zeros(2), rng.normal(0.12, 0.16)
    foot = np.array([-slant, 1.0])
    stem = _curve(top, foot, rng.normal(0, 0.035))
    # How far below the top the upstroke begins, and how far to the left of the stem.
    drop = rng.uniform(0.16, 0.95) if rng.random() < 0.75 else rng.uniform(0.2, 0.5)
    reach = rng.uniform(0.12, 0.75) * min(1.0, 0.35 + drop)
    reach = min(reach, drop / _MIN_UPSTROKE_SLOPE)
    begin = np.array([-slant * drop - reach, drop])
    strokes = [np.concatenate([_curve(begin, top, rng.normal(0.06, 0.08)), stem[1:]])]
    if rng.random() < _FOOT_PROBABILITY:
        half = rng.uniform(0.08, 0.3)
        strokes.append(foot + np.array([[-half, 0], [half, rng.normal(0, 0.04)]]))
    return _drawn_centred(strokes, min(_thickness(model), _MAX_THICKNESS))


def _seven_with_bar(model: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    ink = _enlarged(model)
    top, bottom = _ink_rows(ink)
    row = int(top + rng.uniform(0.38, 0.72) * (bottom - top))
    columns = np.flatnonzero(ink[row] > 127)
    if not len(columns):
        return model
    middle = float(columns.max() - _thickness(model) * _OVERSAMPLING / 2)
    left, right = rng.uniform(0.1, 0.36, 2) * _DIGIT_PIXELS
    tilt = rng.normal(-0.12, 0.18)
    bar = np.array([[middle - left, row - tilt * left], [middle + right, row + tilt * right]])
    return _with_stroke(ink, _curve(bar[0], bar[1], rng.normal(0, 0.05)), model)


def _curve(begin: _Points, end: _Points, bend: float) -> _Points:
    """A curve between two points that bends to its right by `bend` times its length: float64 (16, 2)."""
    along = end - begin
    control = (begin + end) / 2 + 2 * bend * np.array([-along[1], along[0]])
    t = np.linspace(0, 1, 16)[:, None]
    return np.asarray((1 - t) ** 2 * begin + 2 * t * (1 - t) * control + t**2 * end)


def _drawn_centred(strokes: list[_Points], thickness: float) -> GrayPicture:
    everything = np.concatenate(strokes)
    low, high = everything.min(axis=0), everything.max(axis=0)
    scale = (_DIGIT_PIXELS - thickness * _OVERSAMPLING) / (high - low).max()
    offset = _SIDE / 2 - scale * (low + high) / 2
    ink = np.zeros((_SIDE, _SIDE), np.uint8)
    for stroke in strokes:
        _draw_stroke(ink, stroke * scale + offset, thickness)
    return centred_in_frame(ink)


def _with_stroke(ink: GrayPicture, stroke: _Points, model: GrayPicture) -> GrayPicture:
    _draw_stroke(ink, stroke, _thickness(model))
    return centred_in_frame(ink)


def _draw_stroke(ink: GrayPicture, stroke: _Points, thickness: float) -> None:
    points = np.rint(stroke * 16).astype(np.int32)
    cv2.polylines(ink, [points], False, 255, max(1, round(thickness * _OVERSAMPLING)), cv2.LINE_AA, shift=4)


def _enlarged(model: GrayPicture) -> GrayPicture:
    large = cv2.resize(model, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
    margin = _SIDE // 4
    return np.asarray(cv2.copyMakeBorder(large, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0))


def _ink_rows(ink: GrayPicture) -> tuple[int, int]:
    rows = np.flatnonzero((ink > _MIN_INK).any(axis=1))
    return int(rows[0]), int(rows[-1])


def _thickness(model: GrayPicture) -> float:
    """Thickness of an image's strokes, in pixels of the frame."""
    left, top, width, height = cv2.boundingRect(model)
    return stroke_thickness(model[top : top + height, left : left + width], _DIGIT_SIDE)


# For each label the function that draws its regional form, and its part of the added images. Chosen by hand.
_REGIONAL_FORMS: dict[int, tuple[_Writer, float]] = {
    1: (_one_with_upstroke, 0.75),
    7: (_seven_with_bar, 0.25),
}
