"""How far pixels are from their paper: one contrast for ink of any colour, its noise, and the strokes in it."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, border

__all__ = [
    "NOISE_MAX",
    "PIECE_SHARE",
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

PIECE_SHARE = 0.62  # of typical ink, which each piece of a stroke has on average
VISIBLE_SIGMAS = 4.5  # strokes stand out this far on average; noise above its own floor reaches 3.3
VISIBLE_LEVELS = 12  # of 255; fainter than this is not written, it is a stain or a compression artefact
_RULED = 0.5  # of the border's noise; where all of the picture has less, ruled lines make up the rest
NOISE_MAX = 20.0  # levels; more is ink crossing the border of a tight crop, not a camera's noise
_NOISE_IN_SIGMAS = 0.6744897501960817  # where a normal distribution has its 75 % point
_NOISE_PERCENTILE = 75.0  # of the border's deviations; up to a quarter of the border may be ink
_COLOUR_WEIGHT = 0.6  # of the one channel that differs most, beside the brightness of all three
_TYPICAL_INK_PERCENTILE = 90.0  # of the strokes' pixels


def contrast_with(picture: AnyPicture, paper: AnyPicture, *, is_ink_dark: bool) -> GrayPicture:
    """How far each pixel is from the paper on the ink's side; 0 on the other side.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        paper: uint8 of the same shape.
        is_ink_dark: The ink is darker than its paper.

    Returns:
        uint8 (height, width), levels.
    """
    # cv2.subtract saturates: below 0 is 0
    deviation = cv2.subtract(paper, picture) if is_ink_dark else cv2.subtract(picture, paper)
    return one_contrast(np.asarray(deviation, np.uint8))


def one_contrast(deviation: AnyPicture) -> GrayPicture:
    """One contrast of three channels: ink as bright as its paper still differs in one of them.

    Args:
        deviation: uint8 (height, width), or (height, width, 3) RGB.

    Returns:
        uint8 (height, width): the brightness of the deviation, or 0.6 of its largest channel where that is more. So
        grey stays as it is, and a red pen is seen on a grey of equal brightness.
    """
    if deviation.ndim == 2:
        return deviation
    red, green, blue = cv2.split(deviation)
    most = cv2.max(cv2.max(red, green), blue)
    return np.asarray(cv2.max(luma(deviation), cv2.convertScaleAbs(most, alpha=_COLOUR_WEIGHT)), np.uint8)


def luma(picture: AnyPicture) -> GrayPicture:
    """Brightness (ITU-R BT.601), uint8 (height, width); a grey picture is its own."""
    return picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def histogram(gray: GrayPicture, mask: GrayPicture | None = None) -> AnyArray:
    """How many pixels have each of the 256 levels, float64 (256,); only where `mask` is not 0."""
    return cv2.calcHist([gray], [0], mask, [256], [0, 256]).ravel().astype(np.float64)


def energy(contrast: GrayPicture) -> float:
    """Sum of squares over all pixels."""
    return float(histogram(contrast) @ np.arange(256.0) ** 2)


def mean_level(counts: AnyArray) -> float:
    """The mean of levels of which there are `counts`, (256,), at least one."""
    return float(counts @ np.arange(256.0) / counts.sum())


def strokes_in(contrast: GrayPicture) -> GrayPicture:
    """255 where Otsu's threshold sees ink."""
    return np.asarray(cv2.threshold(contrast, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1], np.uint8)


def strong_strokes_in(contrast: GrayPicture) -> GrayPicture:
    """255 where there is ink, and not the lesser darkness of a shadow."""
    strokes = strokes_in(contrast)
    typical = typical_level(histogram(contrast, strokes))
    return np.asarray(cv2.bitwise_and(strokes, cv2.threshold(contrast, PIECE_SHARE * typical, 255, 0)[1]), np.uint8)


def thickest(strokes: GrayPicture) -> float:
    """Diameter in pixels of the largest disc that fits into a stroke, which goes on beyond the border."""
    padded = cv2.copyMakeBorder(strokes, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def typical_level(counts: AnyArray) -> int:
    """The contrast of strokes where the pen pressed, from how many of their pixels have which."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() * _TYPICAL_INK_PERCENTILE / 100))


def border_noise(contrast: GrayPicture) -> float:
    """Standard deviation of the paper's noise in levels, seen along the border.

    Half of the paper's pixels are on the other side and 0, also where the camera cut that side off as too bright.
    """
    (deviation,) = percentiles(border(contrast), (_NOISE_PERCENTILE,))
    if deviation:  # ruled lines that cross the border make it look noisier than the paper is
        counts = histogram(contrast)
        share = counts.sum() * _NOISE_PERCENTILE / 100
        inside = float(np.searchsorted(np.cumsum(counts), share))
        deviation = inside if inside < _RULED * deviation else deviation
    return min(deviation / _NOISE_IN_SIGMAS, NOISE_MAX)
