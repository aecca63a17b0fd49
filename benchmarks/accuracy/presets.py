"""Whether a run was trained as its preset says today."""

from collections.abc import Iterator, Mapping
from typing import Any

from digitnet.recipes import PRESETS, Recipe

__all__ = ["differences"]

_NOT_COMPARED = ("preset", "seed")


def differences(settings: Mapping[str, Any]) -> list[str]:
    """Settings of a run that are not those of its preset.

    A setting that is younger than the run counts as having had its default then, since what is new is off by default;
    one that no longer exists is not compared.

    Args:
        settings: As `Recipe.to_dict` gave them, now or in an earlier version.

    Returns:
        `epochs is 5, the preset has 15` and the like; none where it is the preset.
    """
    preset = str(settings.get("preset"))
    if preset not in PRESETS:
        return [f"{preset!r} is not a preset"]
    run, defaults = dict(_flat(settings)), dict(_flat(Recipe().to_dict()))
    return [
        f"{name} is {run.get(name, defaults[name])}, the preset has {value}"
        for name, value in _flat(PRESETS[preset].to_dict())
        if name not in _NOT_COMPARED and run.get(name, defaults[name]) != value
    ]


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Settings one by one; those of a group as `group.name`."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", strength) for inner, strength in value.items())
        else:
            yield name, value
