"""Sets of pictures as people have them, rendered one by one at three levels, each from the seed and its place alone."""

import functools
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures.contents import CONTENTS, Content, Signs, drawn_content
from benchmarks.pictures.rendered_sets import PLAIN, mnist, order
from benchmarks.pictures.sets import Example, PictureSet
from benchmarks.rendering.camera import Framing
from benchmarks.rendering.hardships import LEVELS, draw_severities, without_size
from benchmarks.rendering.layout import Lines, Page, Sign
from benchmarks.rendering.render import Rendered, render_page

PAGE_LEVELS = (PLAIN, *LEVELS)

# Height of a digit in pixels, from the smallest to the largest; chosen by hand after pictures that people have.
_DIGIT_PIXELS = {
    "comb": (28.0, 100.0),
    "box": (36.0, 120.0),
    "table": (20.0, 50.0),
    "sudoku": (20.0, 56.0),
    "sum": (28.0, 110.0),
    "date": (24.0, 90.0),
    "amount": (28.0, 90.0),
    "words": (24.0, 70.0),
    "small": (12.0, 16.0),
    "tight": (16.0, 120.0),
    "frame": (24.0, 120.0),
}
KINDS = tuple(_DIGIT_PIXELS)
_ONE_PEN_SHARE = 0.6  # of the pages, written with one pen; in the others each digit has its own strokes, as in MNIST
_PENS = (1.0, 2.8)  # widths in MNIST's pixels, where a digit is 20 high; pens of most photos are thinner than MNIST's
_AT_THE_EDGE = ("tight", "frame")  # single digits and lines whose edge is what is hard about them
_BORDERS = (1, 2, 6)  # pixels of a frame
_BORDER_LEVELS = {"black": (0, 40), "grey": (90, 170)}
_RULED = ("comb", "box", "table", "sudoku")
_CUT_OUT_SHARE = 0.25  # of the ruled pictures, whose outer rules run along the edge of the picture
_CUT_OUT_MARGIN = (0.0, 3.0)  # units


def page_sets(kind: str, level: str, size: int, seed: int, *, of_training: bool = False) -> list[PictureSet]:
    """The sets of a kind at a level: one of lines, and of what is hard at the edge one of single digits, too.

    Args:
        kind: One of KINDS.
        level: `plain` or one of LEVELS.
        size: How many pictures in each.
        seed: Where they come from.
        of_training: MNIST's training digits instead of its test digits: to choose settings with.
    """
    name = f"{kind} {level}"
    sets = [PictureSet(name, "lines", size, partial(_page, kind, level, seed, of_training))]
    if kind in _AT_THE_EDGE:
        sets.insert(0, PictureSet(name, "digits", size, partial(_single, kind, level, seed, of_training)))
    return sets


def _page(kind: str, level: str, seed: int, of_training: bool, place: int) -> Example:
    rng = np.random.default_rng([seed, place, KINDS.index(kind)])
    content = drawn_content(kind if kind in CONTENTS else "lines", rng)
    framing, part = _framing(kind, rng)
    rows = [[_signs(cell, of_training, rng) for cell in row] for row in content.cells]
    rendered = _rendered(Page(rows, content.shape, _pen(rng)), kind, level, framing, rng)
    return _example(rendered, content, part)


def _single(kind: str, level: str, seed: int, of_training: bool, place: int) -> Example:
    digits = mnist(of_training)
    position = order(seed, of_training)[place % len(digits)]
    rng = np.random.default_rng([seed, place, KINDS.index(kind)])
    framing, part = _framing(kind, rng)
    lines: Lines = [[digits.images[position]]]
    rendered = _rendered(Page([lines], pen=_pen(rng)), kind, level, framing, rng)
    content = Content((((str(digits.labels[position]),),),))
    return _example(rendered, content, part)


def _example(rendered: Rendered, content: Content, part: str) -> Example:
    cells = content.values if content.shape in _RULED else None
    return Example(rendered.picture, content.text, part, rendered.boxes, content.written, cells)


def _rendered(page: Page, kind: str, level: str, framing: Framing, rng: np.random.Generator) -> Rendered:
    severities = {} if level == PLAIN else draw_severities(level, rng)
    return render_page(page, without_size(severities) if kind == "small" else severities, rng, framing)


def _pen(rng: np.random.Generator) -> float | None:
    is_one, width = rng.uniform() < _ONE_PEN_SHARE, rng.uniform(*_PENS)
    return float(width) if is_one else None


def _framing(kind: str, rng: np.random.Generator) -> tuple[Framing, str]:
    """How the picture is cut, and the name of the part of the set that it belongs to."""
    low, high = _DIGIT_PIXELS[kind]
    pixels = float(low * (high / low) ** rng.uniform())
    is_cut_out, margin = rng.uniform() < _CUT_OUT_SHARE, rng.uniform(*_CUT_OUT_MARGIN)
    border, shade = int(rng.choice(_BORDERS)), str(rng.choice(list(_BORDER_LEVELS)))
    gray = int(rng.integers(*_BORDER_LEVELS[shade]))
    if kind == "frame":
        return Framing(pixels, border=border, border_level=gray), f"{shade} frame of {border} px"
    return Framing(pixels, margin if is_cut_out and kind in _RULED else None, kind == "tight"), ""


@functools.cache
def _positions(of_training: bool) -> list[NDArray[np.int64]]:
    """Where MNIST's digits of each class are."""
    labels = mnist(of_training).labels
    return [np.flatnonzero(labels == digit) for digit in range(10)]


def _signs(cell: Signs, of_training: bool, rng: np.random.Generator) -> list[Sign]:
    """A cell with an image in place of each digit."""
    images, positions = mnist(of_training).images, _positions(of_training)
    return [images[rng.choice(positions[int(sign)])] if sign.isdigit() else sign for sign in cell]
