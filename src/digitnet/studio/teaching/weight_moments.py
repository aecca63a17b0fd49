"""The weights of a run at some moments, so that what it would have answered then can be seen later.

Below the folder of the run `weights/` has a file for each moment, named by how many epochs had passed. Early moments,
when most is learned, stand closer together than late ones. Half precision is enough to look at; what answers is
`model.onnx`.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from digitnet.files import replaced_file
from digitnet.inspection import Layer

__all__ = ["MOMENTS_MAX", "forget_after", "keep_moment", "kept_moments", "layers_at"]

_FOLDER = "weights"
_BYTES = 8 << 20  # of a run, unless its network is so large that the fewest moments take more; chosen by hand
_MOMENTS_MIN, MOMENTS_MAX = 8, 40  # chosen by hand
_NAME = "{:08.3f}.npz"  # with the epochs that had passed


def keep_moment(folder: Path, at: float, weights: Sequence[Any]) -> None:
    """Keep the weights of a moment, and give up others where there are too many. On a full disk nothing happens.

    Args:
        folder: Of the run.
        at: How many epochs have passed; three digits of a part count.
        weights: Kernel and bias of each dense layer in turn, arrays that NumPy can read.
    """
    most = np.finfo(np.float16).max
    halves = [np.clip(np.asarray(array), -most, most).astype(np.float16) for array in weights]
    room = min(max(_BYTES // sum(array.nbytes for array in halves), _MOMENTS_MIN), MOMENTS_MAX)
    with suppress(OSError):
        (folder / _FOLDER).mkdir(exist_ok=True)
        with replaced_file(_path(folder, at), sweep=False) as temporary:
            np.savez(temporary, *halves)
        for surplus in _surplus(kept_moments(folder), room):
            _path(folder, surplus).unlink(missing_ok=True)


def forget_after(folder: Path, at: float) -> None:
    """Forget the moments after one, as those of an epoch that was given up.

    Args:
        folder: Of the run.
        at: How many epochs have passed.
    """
    for moment in kept_moments(folder):
        if moment > at:
            _path(folder, moment).unlink(missing_ok=True)


def kept_moments(folder: Path) -> list[float]:
    """The moments of which there are weights.

    Args:
        folder: Of the run.

    Returns:
        How many epochs had passed at each, in order; empty where a run has kept none.
    """
    names = (path.stem for path in (folder / _FOLDER).glob("*.npz"))
    return sorted(float(name) for name in names if name.replace(".", "", 1).isdecimal())


def layers_at(folder: Path, at: float) -> tuple[Layer, ...] | None:
    """The weights at a moment.

    Args:
        folder: Of the run.
        at: One of `kept_moments`.

    Returns:
        All dense layers, in float32; None where they are no longer kept, or the file is damaged.
    """
    try:
        with _path(folder, at).open("rb") as file, np.load(file, allow_pickle=False) as content:
            arrays = [content[name].astype(np.float32) for name in content.files]
        layers = tuple(Layer(kernel, bias) for kernel, bias in zip(arrays[::2], arrays[1::2], strict=True))
        fits = all(one.units == len(following.kernel) for one, following in pairwise(layers))
    except (OSError, ValueError, EOFError, KeyError, TypeError, BadZipFile):
        return None
    return layers if fits and layers else None


def _path(folder: Path, at: float) -> Path:
    return folder / _FOLDER / _NAME.format(at)


def _surplus(moments: Sequence[float], room: int) -> list[float]:
    """The moments to give up, one after the other those that leave the smallest gap; never the first or the last."""
    kept, surplus = list(moments), []
    while len(kept) > room:
        gaps = [math.log((1 + after) / (1 + before)) for before, after in zip(kept, kept[2:], strict=False)]
        surplus.append(kept.pop(1 + gaps.index(min(gaps))))
    return surplus
