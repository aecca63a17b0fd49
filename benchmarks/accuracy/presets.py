"""Whether a run was trained as its preset says today."""

from collections.abc import Iterator, Mapping
from typing import Any

from digitnet.augmentation.distortion import NO_DISTORTION
from digitnet.training.recipes import PRESETS

# What the preset `pictures` is for stands in docs/pictures.md.
ON_THE_PAGE = ("tiny", "quick", "standard", "record")

_NOT_COMPARED = ("preset", "seed")


def differences(settings: Mapping[str, Any]) -> list[str]:
    """Settings of a run that are not those of its preset.

    What is younger than the run was off then; a setting that no longer exists is not compared. Returns `epochs is 5,
    the preset has 15` and the like; none where it is the preset.
    """
    preset = str(settings.get("preset"))
    if preset not in PRESETS:
        return [f"{preset!r} is not a preset"]
    run = dict(_flat(settings))
    return [
        f"{name} is {run.get(name, 'off')}, the preset has {value}"
        for name, value in _flat(PRESETS[preset].to_dict())
        if name not in _NOT_COMPARED and run.get(name, _OFF.get(name, 0)) != value
    ]


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Settings one by one; those of a group as `group.name`."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", strength) for inner, strength in value.items())
        else:
            yield name, value


_OFF = dict(_flat({"augmentation": NO_DISTORTION.to_dict()}))  # of every other setting it is 0
