"""Which runs a sweep consists of: every combination of the values of its dials, or some drawn, with each seed.

The same search is the same runs, under the same names, whenever it is made; one with more values, draws or seeds has
all runs of the smaller one.
"""

import dataclasses
import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from digitnet.errors import ConfigurationError
from digitnet.training.recipes import Recipe, make_recipe
from digitnet.training.setting import setting_of, typed_value

__all__ = ["PlannedRun", "Search", "Span", "Values", "planned_runs"]

_DRAWING_SEED = 0  # of the settings that are drawn, so that the same search is the same runs
_MAX_RUNS = 10_000  # so that a slip of the finger is refused; chosen by hand
_DRAWN_DIGITS = 3  # that a drawn number keeps: more would be typed by nobody
_MAX_NAME = 60  # characters of a folder's name that say what was set; chosen by hand


class Span(NamedTuple):
    """Numbers to draw from.

    Attributes:
        low: The least.
        high: The greatest.
        is_whole: Whether only whole numbers are drawn.
    """

    low: float
    high: float
    is_whole: bool = False

    def at(self, part: float) -> float:
        """A number of the span: where the least is above 0 all orders of magnitude are alike, else all numbers.

        Args:
            part: How far from the least to the greatest, in [0, 1).
        """
        is_logarithmic = self.low > 0
        low, high = (math.log(self.low), math.log(self.high)) if is_logarithmic else (self.low, self.high)
        value = low + part * (high - low)
        value = math.exp(value) if is_logarithmic else value
        return round(value) if self.is_whole else float(f"{value:.{_DRAWN_DIGITS}g}")


Values: TypeAlias = tuple[Any, ...] | Span


class Search(NamedTuple):
    """What is searched.

    Attributes:
        preset: Name of the recipe that settings start from.
        dials: The values of each setting that varies, by the name of the recipe's field.
        seeds: Each setting is trained with each.
        draws: How many settings are drawn at random; None for every combination.
    """

    preset: str
    dials: Mapping[str, Values]
    seeds: Sequence[int]
    draws: int | None = None


class PlannedRun(NamedTuple):
    """A run of a sweep.

    Attributes:
        name: Of its folder, which follows from its recipe.
        setting: What the search set, as it may be typed, by the name of the recipe's field.
        recipe: All settings, the seed among them.
    """

    name: str
    setting: dict[str, str]
    recipe: Recipe

    def command(self, source: str, path: str) -> list[str]:
        """The command that trains the same, for `run.json`.

        Args:
            source: The data.
            path: The run folder.
        """
        words = ["digitnet", "train", "--preset", self.recipe.preset, "--seed", str(self.recipe.seed)]
        for field in dataclasses.fields(Recipe):
            if field.name in self.setting:
                option = (setting_of(field).option or field.name).replace("_", "-")
                text = self.setting[field.name]
                is_flag = isinstance(field.default, bool)
                words += [f"--{'' if text == 'on' else 'no-'}{option}"] if is_flag else [f"--{option}", text]
        return [*words, *([] if source == "mnist" else ["--data", source]), "--out", path]


def planned_runs(search: Search) -> tuple[PlannedRun, ...]:
    """All runs of a search, each once, those of a setting one after the other.

    Raises:
        ConfigurationError: No seeds or values, a span without draws, a value out of range, a preset that holds no
            images out to choose by, or more than 10,000 runs.
    """
    if not search.seeds:
        raise ConfigurationError("a sweep has no seeds: expected such as 0-4")
    if empty := [name for name, values in search.dials.items() if not isinstance(values, Span) and not values]:
        raise ConfigurationError(f"{empty[0]} has no values: name at least one")
    count = len(search.seeds) * (search.draws or math.prod(map(_count, search.dials.values())))
    if count > _MAX_RUNS:
        raise ConfigurationError(f"a sweep of {count:,} runs: expected {_MAX_RUNS:,} at most. Draw some with --random")
    found: dict[str, PlannedRun] = {}
    for setting in _drawn(search) if search.draws else _combined(search):
        for seed in search.seeds:
            run = _planned(search.preset, setting, seed)
            found.setdefault(run.name, run)
    return tuple(found.values())


def _count(values: Values) -> int:
    return 1 if isinstance(values, Span) else len(values)


def _combined(search: Search) -> Iterator[dict[str, Any]]:
    """Every combination, the last dial turning fastest."""
    alternatives = []
    for name, values in search.dials.items():
        if isinstance(values, Span):
            raise ConfigurationError(
                f"{name} is a span, from which settings are drawn: say how many with --random, or name its values"
            )
        alternatives.append(values)
    for combination in itertools.product(*alternatives):
        yield dict(zip(search.dials, combination, strict=True))


def _drawn(search: Search) -> Iterator[dict[str, Any]]:
    # NumPy is not needed for it, whose import the help page of `digitnet train` would pay for. `random` alone is
    # promised to be the same in every Python.
    rng = random.Random(_DRAWING_SEED)  # noqa: S311 - nothing secret
    for _ in range(search.draws or 0):
        yield {
            name: values.at(rng.random()) if isinstance(values, Span) else values[int(rng.random() * len(values))]
            for name, values in search.dials.items()
        }


def _planned(preset: str, setting: Mapping[str, Any], seed: int) -> PlannedRun:
    recipe = make_recipe(preset, **setting, seed=seed)
    if recipe.validation_fraction == 0:
        raise ConfigurationError(
            f"the settings of {preset} hold no images out, by whose errors a sweep chooses: add such as "
            "--dial validation_fraction=0.08"
        )
    texts = {name: typed_value(value) for name, value in setting.items()}
    said = "-".join(f"{name}-{text}" for name, text in texts.items()) or preset
    digest = hashlib.sha256(json.dumps(recipe.to_dict(), sort_keys=True).encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.+_-]+", "_", said)[:_MAX_NAME].strip("-_.")
    return PlannedRun(f"{readable}-seed-{seed}-{digest}", texts, recipe)
