"""Contrast between picture and background: one value for ink of any colour, its noise, and the strokes in it."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, border

__all__ = [
    "MIN_COMPONENT_SHARE",
    "NOISE_MAX",
    "VISIBLE_LEVELS",
    "VISIBLE_SIGMAS",
    "border_noise",
    "contrast_with",
    "energy",
    "histogram",
    "luma",
    "mean_level",
    "one_contrast",
    "strokes_in",
    "strong_strokes_in",
    "thickest",
    "typical_level",
]

# Least mean contrast of each connected component of strokes, as a share of typical ink; chosen by hand.
MIN_COMPONENT_SHARE = 0.62
# Least mean contrast of strokes in standard deviations of the paper's noise: the noise above the threshold that cuts
# noise off has a mean of 3.3; chosen by hand.
VISIBLE_SIGMAS = 4.5
# Least mean contrast of strokes in grey levels: fainter is a stain or a compression artefact; chosen by hand.
VISIBLE_LEVELS = 12
# Greatest noise in grey levels: more is ink that crosses the border of a tight crop; chosen by hand.
NOISE_MAX = 20.0
# Percentile of the border's contrast from which its noise is estimated: up to a quarter may be ink; chosen by hand.
_NOISE_PERCENTILE = 75.0
# The 75 % point of the standard normal distribution.
_SIGMAS_AT_NOISE_PERCENTILE = 0.6744897501960817
# Where the whole picture has less than this share of the border's noise, ruled lines cause the rest; chosen by hand.
_RULED_BORDER_RATIO = 0.5
# Weight of the channel that differs most, beside the brightness of all three; chosen by hand.
_COLOUR_WEIGHT = 0.6
# Percentile of the strokes' contrast that is called typical ink; chosen by hand.
_TYPICAL_INK_PERCENTILE = 90.0


def contrast_with(picture: AnyPicture, paper: AnyPicture, *, is_ink_dark: bool) -> GrayPicture:
    """Difference of each pixel from the paper in the direction of the ink; 0 in the other direction.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        paper: uint8 of the same shape.
        is_ink_dark: Whether the ink is darker than its paper.

    Returns:
        uint8 (height, width), levels.
    """
    # cv2.subtract saturates: negative differences become 0.
    deviation = cv2.subtract(paper, picture) if is_ink_dark else cv2.subtract(picture, paper)
    return one_contrast(np.asarray(deviation, np.uint8))


def one_contrast(deviation: AnyPicture) -> GrayPicture:
    """Combine the contrast of three channels: ink as bright as its paper still differs in one of them.

    Args:
        deviation: uint8 (height, width), or (height, width, 3) RGB.

    Returns:
        uint8 (height, width): the brightness of the deviation, or 0.6 of its largest channel where that is more. Grey
        stays as it is, and a red pen is visible on a grey of equal brightness.
    """
    if deviation.ndim == 2:
        return deviation
    red, green, blue = cv2.split(deviation)
    most = cv2.max(cv2.max(red, green), blue)
    return np.asarray(cv2.max(luma(deviation), cv2.convertScaleAbs(most, alpha=_COLOUR_WEIGHT)), np.uint8)


def luma(picture: AnyPicture) -> GrayPicture:
    """Brightness (ITU-R BT.601), uint8 (height, width); a grey picture is returned as it is."""
    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def histogram(gray: GrayPicture, mask: GrayPicture | None = None) -> AnyArray:
    """The number of pixels of each grey level, float64 (256,); only where `mask` is not 0."""
    return cv2.calcHist([gray], [0], mask, [256], [0, 256]).ravel().astype(np.float64)


def energy(contrast: GrayPicture) -> float:
    """Sum of the squares of all pixels."""
    return float(histogram(contrast) @ np.arange(256.0) ** 2)


def mean_level(counts: AnyArray) -> float:
    """The mean grey level of a histogram (256,) of at least one pixel."""
    return float(counts @ np.arange(256.0) / counts.sum())


def strokes_in(contrast: GrayPicture) -> GrayPicture:
    """A mask of the strokes by Otsu's threshold: 255 on ink, else 0."""
    return np.asarray(cv2.threshold(contrast, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1], np.uint8)


def strong_strokes_in(contrast: GrayPicture) -> GrayPicture:
    """The same mask without what is much fainter than typical ink, as the edges of shadows are."""
    strokes = strokes_in(contrast)
    typical = typical_level(histogram(contrast, strokes))
    strong = cv2.threshold(contrast, MIN_COMPONENT_SHARE * typical, 255, cv2.THRESH_BINARY)[1]
    return np.asarray(cv2.bitwise_and(strokes, strong), np.uint8)


def thickest(strokes: GrayPicture) -> float:
    """Diameter in pixels of the largest disc that fits into a stroke; strokes are extended beyond the border."""
    padded = cv2.copyMakeBorder(strokes, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def typical_level(counts: AnyArray) -> int:
    """The contrast of typical ink: a high percentile of a histogram (256,) of the strokes' contrast."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() * _TYPICAL_INK_PERCENTILE / 100))


def border_noise(contrast: GrayPicture) -> float:
    """Standard deviation of the paper's noise in grey levels, estimated along the border.

    Half of the paper's pixels deviate in the other direction and are 0, also where the camera clipped them as too
    bright.
    """
    (deviation,) = percentiles(border(contrast), (_NOISE_PERCENTILE,))
    if deviation:  # ruled lines that cross the border make the estimate too high
        counts = histogram(contrast)
        share = counts.sum() * _NOISE_PERCENTILE / 100
        inside = float(np.searchsorted(np.cumsum(counts), share))
        deviation = inside if inside < _RULED_BORDER_RATIO * deviation else deviation
    return min(deviation / _SIGMAS_AT_NOISE_PERCENTILE, NOISE_MAX)
