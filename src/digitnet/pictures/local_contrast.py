"""What the pixel network sees of a picture: the contrast around each pixel, and how far dark pixels go on straight."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.straight_runs import RUN_REDUCTION, straight_runs

__all__ = ["NUM_FEATURES", "LocalContrast", "local_contrast"]

# Side in pixels of the square that no stroke fills at the working size, so that its brightest pixel is paper; chosen
# by hand: more than the thickest stroke of a digit 64 pixels tall.
_PAPER_SQUARE = 25
# Light of the darkest paper as a share of the brightest, below which a picture shows a dark table; chosen by hand.
_DARKEST_PAPER = 0.35
# Side in pixels of the square whose strongest contrast is full ink for the pixel in its middle; chosen by hand.
_FULL_INK_SQUARE = 49
# Least full ink, as a share of the paper's light, below which all is noise; chosen by hand.
_LEAST_FULL_INK = 0.06
# Contrast in standard deviations of the noise from which a pixel may be ink; chosen by hand.
_CANDIDATE_SIGMAS = 2.5
# The same as a share of the paper's light, where there is no noise; chosen by hand.
_CANDIDATE_CONTRAST = 0.035
# The same as a share of full ink nearby; chosen by hand.
_CANDIDATE_SHARE = 0.12
# Reduction and side of the window of each scale, in pixels of that scale; chosen by hand.
_SCALES = ((1, 17), (2, 13), (4, 13), (8, 13))
_PAPER_WINDOW = 7  # pixels of the last scale
# Pixels for each row and column of the windows of straight runs, and their side; chosen by hand.
_RUN_SCALE, _RUN_WINDOW = 8, 11
# Pixels whose windows are made at once, so that they stay in the processor's cache; docs/log.md 2026-11-30, "hostile
# and large pages".
_PIXELS_AT_ONCE = 2048
NUM_FEATURES = (
    sum(side * side for _, side in _SCALES)
    + _PAPER_WINDOW * _PAPER_WINDOW
    + 2 * (1 + _RUN_WINDOW * _RUN_WINDOW)  # two directions
    + 2
)


@dataclass(frozen=True, slots=True, eq=False)
class LocalContrast:
    """A picture relative to its paper.

    Attributes:
        contrast: float32 (height, width) in [0, 1]: the share of the paper's light that is missing.
        full_ink: float32 (height, width): the strongest contrast nearby.
        paper: float32 (height, width) in [0, 1]: the light of the paper.
        noise: Standard deviation of the contrast of empty paper.
    """

    contrast: NDArray[np.float32]
    full_ink: NDArray[np.float32]
    paper: NDArray[np.float32]
    noise: float

    def candidates(self) -> NDArray[np.bool_]:
        """Which pixels may be anything but paper, bool (height, width)."""
        least = max(_CANDIDATE_SIGMAS * self.noise, _CANDIDATE_CONTRAST)
        return np.asarray(self.contrast > np.maximum(least, _CANDIDATE_SHARE * self.full_ink))

    def features(self, rows: AnyArray, columns: AnyArray) -> NDArray[np.uint8]:
        """What the network sees of some pixels.

        Args:
            rows: int (n,).
            columns: int (n,).

        Returns:
            uint8 (n, NUM_FEATURES).
        """
        planes = self._planes()
        found = np.empty((len(rows), NUM_FEATURES), np.uint8)
        for first in range(0, len(rows), _PIXELS_AT_ONCE):
            some = slice(first, first + _PIXELS_AT_ONCE)
            found[some] = np.concatenate(self._of_some(planes, rows[some], columns[some]), axis=1)
        return found

    def _planes(self) -> "_Planes":
        """What windows are taken from."""
        levels, last = self.contrast * np.float32(255), _SCALES[-1][0]
        runs = straight_runs(self.candidates())
        return _Planes(
            [_padded(_reduced(levels, reduction), side) for reduction, side in _SCALES],
            _padded(_reduced(self.paper, last), _PAPER_WINDOW),
            [(own, _padded(_longest(own, _RUN_SCALE // RUN_REDUCTION), _RUN_WINDOW)) for own in runs],
        )

    def _of_some(self, planes: "_Planes", rows: AnyArray, columns: AnyArray) -> list[NDArray[np.uint8]]:
        """The features of some pixels, uint8 (n, k) each."""
        n, at = len(rows), (rows, columns)
        found: list[NDArray[np.uint8]] = []
        full = np.maximum(self.full_ink[at], np.float32(_LEAST_FULL_INK))
        for plane, (reduction, side) in zip(planes.levels, _SCALES, strict=True):
            windows = _windows(plane, rows // reduction, columns // reduction, side)
            found.append(np.minimum(windows / full[:, None], 255).astype(np.uint8))
        last = _SCALES[-1][0]
        paper = _windows(planes.paper, rows // last, columns // last, _PAPER_WINDOW)
        own = np.maximum(self.paper[at], np.float32(0.02))[:, None]
        found.append(np.clip(128 * paper / own, 0, 255).astype(np.uint8))
        for runs, longest in planes.runs:
            found.append(runs[rows // RUN_REDUCTION, columns // RUN_REDUCTION][:, None])
            windows = _windows(longest, rows // _RUN_SCALE, columns // _RUN_SCALE, _RUN_WINDOW)
            found.append(windows.astype(np.uint8))
        numbers = np.stack([255 * full, np.full(n, min(1.0, 10 * self.noise) * 255)], axis=1)
        found.append(np.clip(numbers, 0, 255).astype(np.uint8))
        return found


class _Planes(NamedTuple):
    """Copies of a picture from which windows are taken, with what is at their borders repeated beyond.

    Attributes:
        levels: The contrast from 0 to 255, at each scale.
        paper: The light of the paper, at the last scale.
        runs: In each direction the straight runs, and the longest of each square.
    """

    levels: list[NDArray[np.float32]]
    paper: NDArray[np.float32]
    runs: list[tuple[NDArray[np.uint8], NDArray[np.float32]]]


def local_contrast(picture: GrayPicture) -> LocalContrast:
    """Estimate the paper around each pixel, and what is darker than it.

    Args:
        picture: uint8 (height, width), dark ink on lighter paper, digits 20 to 64 pixels tall.
    """
    square = np.ones((_PAPER_SQUARE, _PAPER_SQUARE), np.uint8)
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8)
    paper = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, square)
    smooth_paper = cv2.blur(cv2.erode(paper, np.ones((3, 3), np.uint8)), (9, 9))
    light = np.asarray(smooth_paper, np.float32) / np.float32(255)
    levels = np.asarray(smooth, np.float32) / np.float32(255)
    least = max(_DARKEST_PAPER * _percentile(smooth_paper[::4, ::4], 0.95) / 255, 0.02)
    contrast = np.asarray(np.clip((light - levels) / np.maximum(light, np.float32(least)), 0, 1), np.float32)
    full = cv2.dilate(cv2.blur(contrast, (3, 3)), np.ones((_FULL_INK_SQUARE, _FULL_INK_SQUARE), np.uint8))
    noise = 1.4826 * _percentile(cv2.absdiff(picture, smooth), 0.5) / max(1.0, _percentile(smooth_paper, 0.5))
    return LocalContrast(contrast, np.asarray(full, np.float32), light, noise)


def _percentile(levels: AnyArray, share: float) -> float:
    """The grey level that a share of all, uint8 (height, width), is at or below."""
    counts = np.bincount(np.ascontiguousarray(levels).ravel(), minlength=256)
    return float(np.searchsorted(np.cumsum(counts), int(share * (levels.size - 1)) + 1))


def _reduced(plane: NDArray[np.float32], reduction: int) -> NDArray[np.float32]:
    if reduction == 1:
        return plane
    height, width = (-(-side // reduction) for side in plane.shape)
    padded = cv2.copyMakeBorder(
        plane, 0, height * reduction - plane.shape[0], 0, width * reduction - plane.shape[1], cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _longest(runs: NDArray[np.uint8], reduction: int) -> NDArray[np.float32]:
    """The longest run in each square."""
    height, width = (-(-side // reduction) for side in runs.shape)
    padded = np.zeros((height * reduction, width * reduction), np.uint8)
    padded[: runs.shape[0], : runs.shape[1]] = runs
    return np.asarray(padded.reshape(height, reduction, width, reduction).max(axis=(1, 3)), np.float32)


def _padded(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The plane with what is at its border repeated beyond it, as far as windows of that side reach."""
    reach = side // 2
    return np.asarray(cv2.copyMakeBorder(plane, reach, reach, reach, reach, cv2.BORDER_REPLICATE), np.float32)


def _windows(padded: NDArray[np.float32], rows: AnyArray, columns: AnyArray, side: int) -> NDArray[np.float32]:
    """The windows around some pixels of a padded plane, float32 (n, side * side)."""
    views = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return np.asarray(views[rows, columns].reshape(len(rows), side * side), np.float32)
