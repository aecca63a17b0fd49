"""Digits on a plane, those side by side that the last hidden layer finds alike.

Two planes are computed when a network is bundled: the two principal directions of the layer's activations (PCA), in
which nothing is bent, and UMAP, which keeps neighbours together and lets distances between groups mean little. The file
holds the places in 16 bits each, and what the network answers to each digit.

Source:
    K. Pearson, Philosophical Magazine 2 (1901), 559-572 (PCA);
    L. McInnes, J. Healy, J. Melville (2018), arXiv 1802.03426 (UMAP).
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Indices, Labels
from digitnet.errors import ModelFileError
from digitnet.model_file.contract import BUNDLED_FOLDER

__all__ = [
    "DIGIT_MAP_PATH",
    "DigitMap",
    "digit_map_file",
    "mapped_numbers",
    "principal_plane",
    "quantized_places",
    "read_digit_map",
    "weighted_place",
]

Places: TypeAlias = NDArray[np.uint16]

DIGIT_MAP_PATH = BUNDLED_FOLDER / "digit_map.npz"

_EVERY = 2  # of the 10,000 test digits every second one: 5,000 are as many as one can tell apart on a screen
_LEVELS = 65535  # of a coordinate in 16 bits


@dataclass(frozen=True, slots=True, eq=False)
class DigitMap:
    """The places of some test digits on two planes.

    Attributes:
        numbers: Of each digit its number in MNIST's test set, int64 (n,).
        predicted_labels: What the network answers to each, uint8 (n,).
        pca: uint16 (n, 2), x to the right and y upwards, the wider of both from 0 to 65,535.
        umap: The same.
        pca_shares: Which part of all variance each of the two directions of PCA holds, float32 (2,).
    """

    numbers: Indices
    predicted_labels: Labels
    pca: Places
    umap: Places
    pca_shares: NDArray[np.float32]


def mapped_numbers(count: int) -> Indices:
    """Which digits of a set of `count` are on the map: every second one, from the first."""
    return np.arange(0, count, _EVERY)


def principal_plane(values: AnyArray) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Project points onto the two directions in which they differ most.

    Args:
        values: float (n, k), n >= 2, k >= 2.

    Returns:
        Places float64 (n, 2), and the parts of all variance that both directions hold, float32 (2,). Of each direction
        and its opposite the one is taken whose strongest component is above 0.
    """
    centred = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred)  # from the smallest to the largest
    plane = directions[:, :-3:-1]
    strongest = np.take_along_axis(plane, np.abs(plane).argmax(axis=0)[np.newaxis], axis=0)
    return centred @ (plane * np.sign(strongest)), (variances[:-3:-1] / variances.sum()).astype(np.float32)


def quantized_places(places: AnyArray) -> Places:
    """Places in 16 bits, on one scale for both coordinates.

    Args:
        places: float (n, 2), finite and not all in one point.

    Returns:
        uint16 (n, 2), the wider coordinate from 0 to 65,535.
    """
    low = places.min(axis=0)
    scaled = (places - low) * (_LEVELS / (places.max(axis=0) - low).max())
    return np.asarray(np.rint(scaled), np.uint16)


def weighted_place(places: Places, distances: AnyArray) -> tuple[float, float]:
    """Where something stands by its neighbours: their mean, the nearer the heavier.

    Args:
        places: Of the neighbours, uint16 (k, 2), k >= 1.
        distances: To each of them, (k,), at least 0.

    Returns:
        x and y.
    """
    least = max(float(distances.max()) * 1e-6, 1e-12)  # so that one in the same place has almost all of the weight
    weights = 1 / np.maximum(distances, least)
    x, y = (places * weights[:, np.newaxis]).sum(axis=0) / weights.sum()
    return float(x), float(y)


def digit_map_file(digits: DigitMap) -> bytes:
    """The content of the file of a map."""
    content = io.BytesIO()
    np.savez_compressed(
        content,
        numbers=digits.numbers.astype("<u2"),
        predicted_labels=digits.predicted_labels,
        pca=digits.pca.astype("<u2"),
        umap=digits.umap.astype("<u2"),
        pca_shares=digits.pca_shares.astype("<f4"),
    )
    return content.getvalue()


def read_digit_map(path: Path = DIGIT_MAP_PATH) -> DigitMap:
    """Read a map.

    Raises:
        ModelFileError: The file is missing or damaged.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as parts:
            found = DigitMap(
                parts["numbers"].astype(np.int64),
                parts["predicted_labels"],
                parts["pca"].astype(np.uint16),
                parts["umap"].astype(np.uint16),
                parts["pca_shares"].astype(np.float32),
            )
    except OSError as error:
        raise ModelFileError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path.name} is no map of digits, or a damaged one") from error
    n = len(found.numbers)
    if found.predicted_labels.shape != (n,) or found.pca.shape != (n, 2) or found.umap.shape != (n, 2):
        raise ModelFileError(f"{path.name} is damaged: its parts are not of the same number of digits")
    return found
