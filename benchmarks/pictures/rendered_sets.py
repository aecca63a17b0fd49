"""Sets of pictures that are rendered one by one, each from the seed and its place alone."""

import functools
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures.sets import Example, PictureSet
from benchmarks.rendering.hardships import HARDSHIPS, LEVELS, draw_severities
from benchmarks.rendering.render import render
from digitnet import load_mnist
from digitnet.datasets import Dataset

PLAIN = "plain"  # the name of a set without hardships
SEVERITIES = (0.25, 0.5, 0.75, 1.0)
NOTHINGS = ("blank", "noise", "scribble")

_ONE_LINE = 0.75  # share of the pictures of numbers that have one line; the others have two or three
_FEWEST, _MOST = 2, 8  # digits of a line


def rendered_digits(name: str, size: int, seed: int, *, of_training: bool = False) -> PictureSet:
    """MNIST's test digits in a random order, one in each picture; or its training digits, to choose settings with.

    The set is called `plain`, as a level, or as a hardship and its severity: `blur 0.50`.
    """
    return PictureSet(name, "digits", size, partial(_digit, name, seed, of_training))


def rendered_lines(name: str, size: int, seed: int, *, of_training: bool = False) -> PictureSet:
    """Lines of two to eight of MNIST's test digits, likewise."""
    return PictureSet(name, "lines", size, partial(_lines, name, seed, of_training))


def rendered_nothing(name: str, size: int, seed: int) -> PictureSet:
    """Pictures without a digit: `blank` sheets, nothing but `noise`, or `scribble`; sheets have mild hardships."""
    return PictureSet(name, "not digits", size, partial(_nothing, name, seed))


def stress_sets(size: int, seed: int, *, of_training: bool = False) -> list[PictureSet]:
    """Each hardship alone, at each of SEVERITIES; neighbours that touch need lines."""
    names = [(hardship, f"{hardship} {severity:.2f}") for hardship in HARDSHIPS for severity in SEVERITIES]
    return [
        (rendered_lines if hardship == "touching" else rendered_digits)(name, size, seed, of_training=of_training)
        for hardship, name in names
    ]


@functools.cache
def mnist(of_training: bool) -> Dataset:
    """MNIST's test digits, or its training digits."""
    return load_mnist()[0 if of_training else 1]


@functools.cache
def order(seed: int, of_training: bool) -> NDArray[np.int64]:
    """A random order of MNIST's images.

    Its first 5,000 test images are easier than the others: the smaller of two sets takes some of each half.
    """
    return np.random.default_rng(seed).permutation(len(mnist(of_training)))


def _severities(name: str, rng: np.random.Generator) -> dict[str, float]:
    if name in LEVELS:
        return draw_severities(name, rng)
    hardship, _, severity = name.rpartition(" ")
    return {} if name == PLAIN else {hardship: float(severity)}


def _digit(name: str, seed: int, of_training: bool, place: int) -> Example:
    rng, digits = np.random.default_rng([seed, place]), mnist(of_training)
    position = order(seed, of_training)[place % len(digits)]
    picture = render([[digits.images[position]]], _severities(name, rng), rng).picture
    return Example(picture, str(digits.labels[position]))


def _lines(name: str, seed: int, of_training: bool, place: int) -> Example:
    rng, digits = np.random.default_rng([seed, place]), mnist(of_training)
    count = 1 if rng.uniform() < _ONE_LINE else int(rng.integers(2, 4))
    lines = [rng.integers(len(digits), size=rng.integers(_FEWEST, _MOST + 1)) for _ in range(count)]
    rendered = render([list(digits.images[line]) for line in lines], _severities(name, rng), rng)
    text = "\n".join("".join(map(str, digits.labels[line])) for line in lines)
    return Example(rendered.picture, text, boxes=rendered.boxes)


def _nothing(name: str, seed: int, place: int) -> Example:
    rng = np.random.default_rng([seed, place])
    if name == "noise":
        return Example(_noise(rng), "")
    drawing = _scribble(rng) if name == "scribble" else np.zeros((28, 28), np.uint8)
    return Example(render([[drawing]], draw_severities("mild", rng), rng).picture, "")


def stress_subject(hardship: str) -> str:
    """What the page calls a hardship."""
    return f"`{hardship}`: {HARDSHIPS[hardship]}"


def _noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise of any strength and grain on any grey, up to 300 pixels wide."""
    height, width = rng.integers(28, 301, size=2).tolist()
    values = rng.standard_normal((height, width, 3 if rng.uniform() < 0.5 else 1), np.float32)
    grain = rng.uniform(0, 1.5)
    if grain > 0.3:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), grain), np.float32).reshape(height, width, -1)
        values = values / values.std()
    levels = rng.uniform(30, 225) + rng.uniform(4, 60) * values
    return np.broadcast_to(np.clip(levels, 0, 255).astype(np.uint8), (height, width, 3)).copy()


def _scribble(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A pen that goes to and fro, as uint8 (28, 28), with far more turns than any digit has."""
    fine = 8
    turns = rng.uniform(4, 24, size=(int(rng.integers(16, 31)), 2))
    if rng.uniform() < 0.5:  # hatching: to and fro across one direction
        turns = turns[: len(turns) // 2]
        turns[:, 0] = np.where(np.arange(len(turns)) % 2, rng.uniform(4, 8), rng.uniform(20, 24))
        turns[:, 1] = np.linspace(5, 23, len(turns)) + rng.normal(0, 0.8, len(turns))
    steps = np.linspace(0, len(turns) - 1, 24 * len(turns))
    line = np.stack([np.interp(steps, np.arange(len(turns)), turns[:, axis]) for axis in (0, 1)], axis=1)
    rounding = np.hanning(17) / np.hanning(17).sum()  # of the corners
    line = np.stack([np.convolve(line[:, axis], rounding, "valid") for axis in (0, 1)], axis=1)
    canvas = np.zeros((28 * fine, 28 * fine), np.uint8)
    cv2.polylines(canvas, [np.rint(line * fine).astype(np.int32)], False, 255, round(rng.uniform(0.8, 2.2) * fine))
    return np.asarray(cv2.resize(canvas, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)
