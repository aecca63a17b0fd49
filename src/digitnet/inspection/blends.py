"""Blends of digits of two classes, on which one sees where a network draws the line between the two."""

from itertools import permutations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images, Labels
from digitnet.errors import ConfigurationError

__all__ = ["BLEND_SIDE", "PAIRS", "blended", "paired_examples"]

Places: TypeAlias = NDArray[np.intp]

PAIRS = 4  # digits of each class: enough for a line that bends, few enough to be looked at; chosen by hand
_STEPS = 8  # from one pair to the next; chosen by hand
BLEND_SIDE = (PAIRS - 1) * _STEPS + 1  # rows, and as many columns


def paired_examples(images: Images, labels: Labels, classes: tuple[int, int], number: int) -> Places:
    """Some digits of two classes, those side by side that are most alike, so that their blends are like digits.

    Args:
        images: uint8 (n, 28, 28).
        labels: (n,).
        classes: Two different labels.
        number: Which digits: 0 takes the first `PAIRS` of each class, 1 the next ones; behind the last it begins anew.

    Returns:
        Their places in `images`, (2, PAIRS): those of the first class, and beside each one of the second.

    Raises:
        ConfigurationError: There are fewer than `PAIRS` of a class.
    """
    found = []
    for label in classes:
        places = np.flatnonzero(labels == label)
        if len(places) < PAIRS:
            raise ConfigurationError(f"there are {len(places)} images of class {label}: expected {PAIRS} or more")
        found.append(places[(number * PAIRS + np.arange(PAIRS)) % len(places)])
    first, second = (images[places].reshape(PAIRS, -1).astype(np.float32) for places in found)
    distances = np.linalg.norm(first[:, np.newaxis] - second[np.newaxis], axis=2)
    rows = np.arange(PAIRS)
    best = min(permutations(range(PAIRS)), key=lambda order: float(distances[rows, list(order)].sum()))
    return np.stack([found[0], found[1][list(best)]])


def blended(corners: Images) -> NDArray[np.uint8]:
    """All blends of some pairs of images: a sheet in the space of images, with the images themselves on two edges.

    In the first row the first image of one kind becomes, from column to column, the first of the other kind; some rows
    below it is the second pair, and the rows between blend the two. A blend is a mean of at most four images, so every
    pixel is ink or paper as in any picture.

    Args:
        corners: uint8 (2, k, 28, 28), k > 1: images of one kind, and their partners.

    Returns:
        uint8 (rows, columns, 28, 28); of k = `PAIRS` it is `BLEND_SIDE` each way.
    """
    values = corners.astype(np.float64)
    count = corners.shape[1]
    rows = np.arange((count - 1) * _STEPS + 1)
    above = np.minimum(rows // _STEPS, count - 2)
    down = _column(rows / _STEPS - above)
    edges = values[:, above] * (1 - down) + values[:, above + 1] * down
    across = _column(rows / rows[-1])
    sheet = edges[0][:, np.newaxis] * (1 - across) + edges[1][:, np.newaxis] * across
    return np.asarray(np.floor(sheet + 0.5), np.uint8)


def _column(shares: NDArray[Any]) -> NDArray[Any]:
    return shares[:, np.newaxis, np.newaxis]
