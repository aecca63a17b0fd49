"""The ink of characters alone, as a small dense network tells it from rules, edges and paper, pixel by pixel."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.local_contrast import local_contrast

__all__ = ["PIXEL_KINDS", "PixelClassifier", "WrittenInk", "find_written_ink"]

PIXEL_KINDS = ("paper", "ink", "rule", "other")  # what the network's outputs stand for
PixelClassifier = Callable[[NDArray[np.uint8]], AnyArray]  # features (n, NUM_FEATURES) to logits (n, 4)

# Rows and columns of pixels that are classified together, by the one with the most contrast; chosen by hand.
_BLOCK = 2
# Side in pixels of the square in which the strongest ink is full ink; chosen by hand.
_FULL_INK_SQUARE = 65
# Share of the strongest ink nearby that is brought to 255; chosen by hand.
_FULL_INK_SHARE = 0.85


class WrittenInk(NamedTuple):
    """What a picture shows, each uint8 (height, width).

    Attributes:
        ink: Of characters, 0 = paper, 255 = ink.
        rules: 255 on rules.
    """

    ink: GrayPicture
    rules: GrayPicture


def find_written_ink(picture: GrayPicture, classify: PixelClassifier) -> WrittenInk:
    """Tell ink of characters from everything else.

    Args:
        picture: uint8 (height, width), dark ink on lighter paper, digits 20 to 64 pixels tall.
        classify: The pixel network.
    """
    local = local_contrast(picture)
    rows, columns = _strongest_of_blocks(np.where(local.candidates(), local.contrast, 0))
    kinds = np.zeros(picture.shape, np.uint8)
    if len(rows):
        found = classify(local.features(rows, columns)).argmax(axis=1).astype(np.uint8)
        kinds = _spread(found, rows, columns, local.candidates())
    is_ink = np.asarray((kinds == PIXEL_KINDS.index("ink")) * np.uint8(1), np.uint8)
    is_other = np.asarray((kinds > 1) * np.uint8(1), np.uint8)
    soft = cv2.dilate(is_ink, np.ones((3, 3), np.uint8)) & (1 - is_other)
    own = local.contrast * soft
    full = cv2.dilate(own * is_ink, np.ones((_FULL_INK_SQUARE, _FULL_INK_SQUARE), np.uint8))
    ink = np.clip(255 * own / np.maximum(_FULL_INK_SHARE * full, 1e-3), 0, 255).astype(np.uint8)
    rules = np.asarray((kinds == PIXEL_KINDS.index("rule")) * np.uint8(255), np.uint8)
    return WrittenInk(ink, rules)


def _strongest_of_blocks(contrast: NDArray[np.float32]) -> tuple[AnyArray, AnyArray]:
    """Row and column of the strongest pixel of each block that has any contrast."""
    height, width = (-(-side // _BLOCK) * _BLOCK for side in contrast.shape)
    padded = np.zeros((height, width), np.float32)
    padded[: contrast.shape[0], : contrast.shape[1]] = contrast
    blocks = padded.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).swapaxes(1, 2)
    blocks = blocks.reshape(height // _BLOCK, width // _BLOCK, -1)
    down, across = np.nonzero(blocks.max(axis=2) > 0)
    place = blocks[down, across].argmax(axis=1)
    return down * _BLOCK + place // _BLOCK, across * _BLOCK + place % _BLOCK


def _spread(found: AnyArray, rows: AnyArray, columns: AnyArray, candidates: NDArray[np.bool_]) -> GrayPicture:
    """The kind of each block for all of its candidates."""
    height, width = (-(-side // _BLOCK) for side in candidates.shape)
    blocks = np.zeros((height, width), np.uint8)
    blocks[rows // _BLOCK, columns // _BLOCK] = found
    kinds = blocks.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[: candidates.shape[0], : candidates.shape[1]]
    return np.asarray(np.where(candidates, kinds, 0), np.uint8)
