"""How strongly training images are changed: the strengths from which the augmenter draws its changes."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from digitnet.errors import ConfigurationError, nearest_name

__all__ = ["NO_DISTORTION", "Distortion"]


@dataclass(frozen=True)
class Distortion:
    """The strengths of random changes; with 0 a change is not made.

    Attributes:
        rotation: Degrees by which an image turns at most, to either side.
        scaling: Width and height change, each on its own, by at most this part: 0.2 is from 0.8 to 1.2 times.
        shear: Degrees by which upright strokes slant at most, to either side.
        shift: Whole pixels by which an image moves at most, along each axis.
        elastic_alpha: Strength of elastic distortion: the factor on a field of displacements that are drawn from
            [-1, 1] for each pixel and axis and then smoothed. The root mean square displacement along an axis
            is about alpha / (6.1 * sigma) pixels.
        elastic_sigma: Standard deviation, in pixels, of the Gaussian that smooths that field.
        slender_factor: What rotation and shear are multiplied by for the labels 1 and 7, which become one another
            when they are turned far; 1 treats all alike.
        thickness: Pixels by which strokes become thicker or thinner at most. What is no wider than 2 pixels gets
            fainter rather than thinner.
        gaps: Places without ink in a stroke, at most.
        gap_radius: Radius of those places in pixels at most, and half of it at least.
        contrast: Part of the ink that is missing everywhere, at most: with 0.3 what was 255 is 178 to 255.
        blur: Standard deviation, in pixels, of the Gaussian that smooths an image, at most.

    Source:
        Affine and elastic distortion, and these names: Simard, Steinkraus and Platt (2003), "Best practices for
        convolutional neural networks applied to visual document analysis"; halves for 1 and 7: Ciresan and others
        (2010), arXiv 1003.0358; thicker, thinner and fractured strokes: Castro and others (2019), "Morpho-MNIST",
        JMLR 20 (178).
    """

    rotation: float = 0.0
    scaling: float = 0.0
    shear: float = 0.0
    shift: int = 0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 5.5
    slender_factor: float = 1.0
    thickness: float = 0.0
    gaps: int = 0
    gap_radius: float = 2.0
    contrast: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            accepted = int if name in _WHOLE else (int, float)
            if not isinstance(value, accepted) or isinstance(value, bool):
                raise ConfigurationError(f"augmentation {name} is {value!r}: expected {_kind(name)}")
            low, high = _RANGES[name]
            if not low <= value <= high:
                raise ConfigurationError(f"augmentation {name} is {value:g}: expected {low:g} to {high:g}")

    @property
    def is_none(self) -> bool:
        """Whether images stay as they are."""
        return not any(value for name, value in vars(self).items() if name not in _SHAPES)

    @property
    def is_warp(self) -> bool:
        """Whether pixels are interpolated: True where an image is rotated, scaled, sheared or distorted elastically."""
        return any((self.rotation, self.scaling, self.shear, self.elastic_alpha))

    @property
    def changes_strokes(self) -> bool:
        """Whether the ink changes, and not only where it is."""
        return any((self.thickness, self.gaps, self.contrast, self.blur))

    @property
    def elastic_pixels(self) -> float:
        """Root mean square displacement along one axis of the elastic part, in pixels."""
        uniform_deviation = 1 / math.sqrt(3)  # of the uniform distribution on [-1, 1]
        kept_by_smoothing = 1 / (2 * self.elastic_sigma * math.sqrt(math.pi))  # root of the sum of its squared weights
        return self.elastic_alpha * uniform_deviation * kept_by_smoothing

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `Distortion.from_dict` reads it back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, strengths: dict[str, Any]) -> "Distortion":
        """The distortion that `to_dict` described.

        Args:
            strengths: By name. One that is missing, because the version that wrote it did not know it yet, has the
                value of `NO_DISTORTION`: images were not changed so.

        Raises:
            ConfigurationError: A strength is unknown or out of range.
        """
        known = vars(NO_DISTORTION).keys()
        if not isinstance(strengths, dict):
            raise ConfigurationError(f"the augmentation is {strengths!r:.40}: expected a mapping")
        if not strengths.keys() <= known:
            raise ConfigurationError(
                f"the augmentation does not fit this version: unknown {sorted(strengths.keys() - known)}"
            )
        return cls(**strengths)

    def to_text(self) -> str:
        """What differs from `NO_DISTORTION`, as its `changed` takes it: `rotation=15,scaling=0.2`, or `none`."""
        usual = vars(NO_DISTORTION)
        pairs = [f"{name}={value!r}" for name, value in vars(self).items() if value != usual[name]]
        return ",".join(pair.removesuffix(".0") for pair in pairs) or "none"

    def changed(self, text: str) -> "Distortion":
        """This distortion with some strengths replaced, as a user writes it.

        Args:
            text: `none`, or pairs such as `rotation=15,scaling=0.2`; what is not named stays.

        Raises:
            ConfigurationError: Not of that form, or a strength is unknown or out of range.
        """
        if text.strip() == "none":
            return NO_DISTORTION
        strengths: dict[str, float] = {}
        for pair in text.split(","):
            name, value = _parsed(pair)
            if name in strengths:
                raise ConfigurationError(f"augmentation {name} is given twice: leave one away")
            strengths[name] = value
        return dataclasses.replace(self, **strengths)  # type: ignore[arg-type] # mypy takes all fields for one type


def _parsed(pair: str) -> tuple[str, float]:
    """Name and strength from `rotation=15`."""
    name, equals, value = (part.strip() for part in pair.partition("="))
    known = list(vars(NO_DISTORTION))
    if not equals:
        raise ConfigurationError(
            f"augmentation {pair.strip()!r} is not of the form NAME=STRENGTH, for example rotation=15; "
            f"expected none, or pairs with commas between them, of {', '.join(known)}"
        )
    if name not in known:
        raise ConfigurationError(
            f"augmentation {name!r} is not known{nearest_name(name, known)}; expected one of {', '.join(known)}"
        )
    try:
        return name, (int if name in _WHOLE else float)(value)
    except ValueError:
        raise ConfigurationError(f"augmentation {name} is {value!r}: expected {_kind(name)}") from None


def _kind(name: str) -> str:
    return "a whole number" if name in _WHOLE else "a number"


_WHOLE = ("shift", "gaps")
_SHAPES = ("elastic_sigma", "slender_factor", "gap_radius")  # they shape a change, but make none
_RANGES = {
    "rotation": (0, 180),
    "scaling": (0, 0.9),
    "shear": (0, 60),
    "shift": (0, 14),
    "elastic_alpha": (0, 1000),
    "elastic_sigma": (1, 28),
    "slender_factor": (0, 1),
    "thickness": (0, 2),  # what one maximum over 3 x 3 pixels adds
    "gaps": (0, 8),
    "gap_radius": (0.5, 7),
    "contrast": (0, 0.9),
    "blur": (0, 3),
}

NO_DISTORTION = Distortion()
