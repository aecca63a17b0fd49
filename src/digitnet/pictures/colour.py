"""Ink told from paper by its colour alone: a shadow takes the same part of red, green and blue."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, reduced
from digitnet.pictures.shading import LOOK_SIDE

__all__ = ["colour_contrast"]

_BLUR_SIDE = 200  # a standard deviation of one pixel for this many pixels of picture: noise is colourful
_COPY_SIGMA = 2.0  # pixels of the copy that the paper's colour is found on
_DARK = 4.0  # levels added to each channel, since in the dark a level of noise is another colour
_STEPS = 80.0  # of a share of light that is thrice its channel's part of grey; fine enough for a median
_GAIN = 400.0  # levels for such a share: the palest pencil of colour has some 15, a felt pen 200
_SIGMA_AT_MEDIAN = 0.6745  # a normal distribution has its median absolute value there


def colour_contrast(picture: AnyPicture) -> tuple[GrayPicture, float]:
    """How far the colour of each pixel is from its paper's, in any direction.

    Strokes cover less than half of any larger neighbourhood, so that its median is paper.

    Args:
        picture: uint8 (height, width, 3) RGB.

    Returns:
        uint8 (height, width), 0 = paper; and the standard deviation of its noise, in levels.
    """
    sigma = max(1, round(max(picture.shape[:2]) / _BLUR_SIDE))
    shares = _shares(picture, sigma)
    small = _shares(reduced(picture, LOOK_SIDE), _COPY_SIGMA)
    stepped = np.clip(np.rint(small * _STEPS), 0, 255).astype(np.uint8)
    side = min(2 * (min(small.shape[:2]) // 4) + 1, 255)
    sheet = cv2.medianBlur(stepped, side).astype(np.float32) / np.float32(_STEPS)
    paper = cv2.resize(sheet, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    distance = cv2.split(cv2.absdiff(shares, paper))
    most = cv2.max(cv2.max(distance[0], distance[1]), distance[2])
    contrast = np.asarray(cv2.convertScaleAbs(most, alpha=_GAIN), np.uint8)
    (middle,) = percentiles(contrast.ravel()[:: max(1, contrast.size // 100_000)], (50,))
    return contrast, middle / _SIGMA_AT_MEDIAN


def _shares(picture: AnyPicture, sigma: float) -> AnyArray:
    """Which part of the light is red, green and blue, float32 (height, width, 3); grey is 1, 1, 1."""
    light = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma) + np.float32(_DARK)
    whole = cv2.transform(light, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(light / whole[:, :, np.newaxis], np.float32)
