"""Contrast of colours without their brightness: a shadow takes the same share of red, green and blue."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, reduced
from digitnet.pictures.shading import MEASURING_SIDE

__all__ = ["colour_contrast"]

# Pixels of the picture's longer side for each pixel of the blur's standard deviation, since noise is colourful; chosen
# by hand.
_BLUR_SIDE = 200
# Pixels of that standard deviation at most: a photo of 16:9 and 6 megapixels, the most that is decoded, has as many. A
# picture of 152 x 32,664 pixels would have 163, and took half a minute; chosen by hand.
_SIGMA_MAX = 16
# Standard deviation in pixels of the same blur on the copy on which the paper's colour is estimated; chosen by hand.
_COPY_SIGMA = 2.0
# Grey levels added to each channel, since in the dark one level of noise changes the colour; chosen by hand.
_DARK_OFFSET = 4.0
# Quantization of a channel's share for the median filter, in steps for a share of grey; chosen by hand.
_SHARE_STEPS = 80.0
# Grey levels of contrast for a difference of one grey share: the palest coloured pencil has some 15, a felt pen 200;
# chosen by hand.
_CONTRAST_GAIN = 400.0
# The median absolute value of the standard normal distribution.
_MEDIAN_ABSOLUTE_DEVIATION = 0.6745
# The shorter side over this is half of the median filter's window for the paper's colour; chosen by hand.
_WINDOW_DIVISOR = 4
# Greatest side in pixels of OpenCV's median filter for bytes.
_MEDIAN_SIDE_MAX = 255


def colour_contrast(picture: AnyPicture) -> tuple[GrayPicture, float]:
    """Distance between the colour of each pixel and that of its paper, in any direction.

    Strokes cover less than half of any larger neighbourhood, so that its median is paper.

    Args:
        picture: uint8 (height, width, 3) RGB.

    Returns:
        uint8 (height, width), 0 = paper; and the standard deviation of its noise, in grey levels.
    """
    sigma = min(max(1, round(max(picture.shape[:2]) / _BLUR_SIDE)), _SIGMA_MAX)
    shares = _channel_shares(picture, sigma)
    small = _channel_shares(reduced(picture, MEASURING_SIDE), _COPY_SIGMA)
    stepped = np.clip(np.rint(small * _SHARE_STEPS), 0, 255).astype(np.uint8)
    side = min(2 * (min(small.shape[:2]) // _WINDOW_DIVISOR) + 1, _MEDIAN_SIDE_MAX)
    sheet = cv2.medianBlur(stepped, side).astype(np.float32) / np.float32(_SHARE_STEPS)
    paper = cv2.resize(sheet, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    distance = cv2.split(cv2.absdiff(shares, paper))
    greatest = cv2.max(cv2.max(distance[0], distance[1]), distance[2])
    contrast = np.asarray(cv2.convertScaleAbs(greatest, alpha=_CONTRAST_GAIN), np.uint8)
    (middle,) = percentiles(contrast.ravel()[:: max(1, contrast.size // 100_000)], (50,))
    return contrast, middle / _MEDIAN_ABSOLUTE_DEVIATION


def _channel_shares(picture: AnyPicture, sigma: float) -> AnyArray:
    """Each channel divided by the mean of the three, float32 (height, width, 3): 1, 1, 1 for grey."""
    light = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), sigma) + np.float32(_DARK_OFFSET)
    whole = cv2.transform(light, np.full((1, 3), 1 / 3, np.float32))
    return np.asarray(light / whole[:, :, np.newaxis], np.float32)
