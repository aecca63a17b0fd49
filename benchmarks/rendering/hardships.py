"""What makes a picture hard to read: by name, each with a severity in [0, 1], and drawn together for whole levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from digitnet.errors import ConfigurationError

Severities: TypeAlias = Mapping[str, float]  # of each hardship in [0, 1]; those left out are 0

HARDSHIPS = {  # in an order that is never changed: each has its own stream of random numbers by its place
    "inverted": "light ink on dark ground; contrast falls to a third",
    "chalk": "chalk on a slate that was wiped; grain and smears grow",
    "coloured_ink": "red, blue, green, violet or orange instead of black, ever paler",
    "coloured_paper": "yellow, pink, green, blue, grey or brown paper, ever darker",
    "faint": "ink that hardly shows: contrast falls to an eighth",
    "pencil": "grey, grainy, pressed unevenly",
    "ruled": "printed lines, ever darker",
    "squared": "printed squares, ever darker",
    "shadow": "a shadow falls across the writing and takes up to two thirds of the light",
    "vignette": "light falls off towards the corners and to one side, to a fifth",
    "perspective": "seen at a slant, up to 50 degrees",
    "rotation": "turned by up to 20 degrees",
    "blur": "out of focus or shaken; at most, as wide as a stroke",
    "noise": "noise of a sensor, standard deviation up to 45 of 255 levels",
    "jpeg": "JPEG quality from 95 down to 5",
    "small": "a picture of 200 pixels shrinks to 20",
    "large": "a picture of 200 pixels grows to 2,000",
    "off_centre": "far from the middle of a picture that is mostly empty",
    "thin_pen": "a stroke of 0.4 pixels in MNIST's frame, where MNIST's median is 2.9",
    "thick_pen": "strokes up to 2.2 pixels thicker in MNIST's frame",
    "touching": "that share of neighbours in a line touch or overlap",
    "table": "the sheet ends inside the picture, and lies on a table",
}

# At most one of each group in one picture: nobody writes in pencil and chalk at once.
_EXCLUSIVE = (
    ("inverted", "chalk", "coloured_ink", "faint", "pencil"),
    ("inverted", "chalk", "coloured_paper"),
    ("inverted", "chalk", "ruled", "squared"),
    ("small", "large"),
    ("thin_pen", "thick_pen"),
    ("chalk", "thin_pen"),
)
# Each of these hides what the other leaves: together they count as one hardship that is shared.
_SHARED = {
    "small": ("noise", "jpeg", "thin_pen", "blur", "pencil"),
    "faint": ("noise", "jpeg", "ruled", "squared", "thin_pen", "shadow", "vignette"),
    "inverted": ("noise",),
    "pencil": ("noise", "jpeg", "thin_pen", "squared", "ruled"),
    "coloured_ink": ("noise",),
    "thin_pen": ("noise", "jpeg", "blur", "squared"),
    "thick_pen": ("blur",),
    "perspective": ("rotation",),
    "vignette": ("noise",),
    "shadow": ("noise",),
}


@dataclass(frozen=True)
class _Level:
    """How many hardships a picture has, and how severe they are."""

    fewest: int
    most: int
    least_severe: float
    most_severe: float
    always: float  # no real picture is without a little noise and compression


LEVELS = {"mild": _Level(2, 4, 0.1, 0.35, 0.08), "hard": _Level(4, 7, 0.3, 0.8, 0.15)}


def streams(rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """A stream of random numbers for each hardship, so that more of one leaves the others as they are.

    Args:
        rng: Spawns the streams; what it gives itself is not used.
    """
    return dict(zip(HARDSHIPS, rng.spawn(len(HARDSHIPS)), strict=True))


def check_severities(severities: Severities) -> dict[str, float]:
    """All hardships with their severity, 0 where none was given.

    Raises:
        ConfigurationError: There is no such hardship, or a severity outside [0, 1].
    """
    for name, severity in severities.items():
        if name not in HARDSHIPS:
            raise ConfigurationError(f"there is no hardship {name!r}: choose from {', '.join(HARDSHIPS)}")
        if not 0 <= severity <= 1:
            raise ConfigurationError(f"the severity of {name} is {severity}: expected a number from 0 to 1")
    return {name: float(severities.get(name, 0.0)) for name in HARDSHIPS}


def draw_severities(level: str, rng: np.random.Generator) -> dict[str, float]:
    """A random combination of hardships.

    Args:
        level: One of LEVELS.
        rng: Where the choice comes from.

    Returns:
        The severity of each hardship that was drawn, in the order of HARDSHIPS; no two that exclude each other.

    Raises:
        ConfigurationError: There is no such level.
    """
    if level not in LEVELS:
        raise ConfigurationError(f"there is no level {level!r}: choose from {', '.join(LEVELS)}")
    bounds = LEVELS[level]
    wanted = int(rng.integers(bounds.fewest, bounds.most + 1))
    drawn: list[str] = []
    for name in rng.permutation(list(HARDSHIPS)).tolist():
        if len(drawn) < wanted and not any(name in group and set(group) & set(drawn) for group in _EXCLUSIVE):
            drawn.append(name)
    severities = {name: float(rng.uniform(bounds.least_severe, bounds.most_severe)) for name in drawn}
    for pair in ((one, other) for one, others in _SHARED.items() for other in others):
        if set(pair) <= set(severities):
            together = sum(severities[name] for name in pair)
            limit = bounds.most_severe
            for name in pair:
                severities[name] *= min(1.0, limit / together)
    for name in ("noise", "jpeg"):
        severities.setdefault(name, float(rng.uniform(0, bounds.always)))
    return {name: severities[name] for name in HARDSHIPS if name in severities}


def without_size(severities: Severities) -> dict[str, float]:
    """The severities for writing that is small by itself: no other size, and what hides small writing only halved."""
    hiding = _SHARED["small"]
    kept = {name: severity for name, severity in severities.items() if name not in {"small", "large"}}
    return {name: severity / 2 if name in hiding else severity for name, severity in kept.items()}
