"""Try settings on writers that training never sees, with the test images left closed.

    python -m benchmarks.accuracy.held_out WRITERS.npz [--seeds 0-2] NAME=VALUE...

MNIST does not say who wrote what. QMNIST (Yadav and Bottou 2019, arXiv 1905.10498) does, and WRITERS.npz holds, as
`train`, its number of the writer of each of the 60,000 training images. Names and values are those of
`digitnet.training.recipes.Recipe`; `augmentation` is written as for `digitnet train --augment`. One line of JSON for
each seed goes to standard output, and after several a last one with their mean and standard deviation.
"""

import argparse
import ast
import dataclasses
import json
import statistics
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.settings import seeds
from digitnet import load_mnist
from digitnet.arrays import AnyArray
from digitnet.augmentation.augmenter import augmented_copies
from digitnet.augmentation.distortion import Distortion
from digitnet.augmentation.regional_forms import with_regional_forms
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, DatasetError, DigitnetError
from digitnet.evaluation.calibration import fit_temperature
from digitnet.evaluation.metrics import negative_log_likelihood
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import KerasPredictor
from digitnet.runs.training import train_recipe as train_recipe_on
from digitnet.training.recipes import Recipe, make_recipe

_PART = 0.1  # of the writers are held out
_SPLIT_SEED = 7
_COPIES = 8
# The same for every recipe. So many copies distinguish networks that the images themselves are too few for.
_MILD = Distortion(rotation=7.5, scaling=0.1, shear=7.5, elastic_alpha=18.5, slender_factor=0.5)
_NAMES = tuple(field.name for field in dataclasses.fields(Recipe))
_TEXTS = {field.name for field in dataclasses.fields(Recipe) if isinstance(field.default, str)} | {"augmentation"}


def split_by_writer(dataset: Dataset, writers: AnyArray, batch_size: int) -> tuple[Dataset, Dataset]:
    """Training images, and those of a tenth of the writers (n,), who have written none of the former.

    The last training images are left out where they would not fill a batch.
    """
    different = np.unique(writers)
    chosen = np.random.default_rng(_SPLIT_SEED).permutation(different)[: round(_PART * len(different))]
    is_held_out = np.isin(writers, chosen)
    training = np.flatnonzero(~is_held_out)
    whole = training[: len(training) // batch_size * batch_size]
    return dataset.subset(whole), dataset.subset(np.flatnonzero(is_held_out))


def train_recipe(recipe: Recipe, train_set: Dataset) -> KerasModel:
    """A network trained as the recipe says, as `digitnet train` would."""
    return train_recipe_on(recipe, with_regional_forms(train_set, recipe.regional_hands, recipe.seed))


def measure(model: KerasModel, held_out: Dataset) -> dict[str, float]:
    """Errors on the held-out images, and the error rate on mildly distorted copies of them."""
    predictor, labels = KerasPredictor(model), held_out.labels.repeat(_COPIES)
    logits = predictor.predict_logits(held_out.images)
    copies = augmented_copies(held_out.images, held_out.labels, _MILD, copies=_COPIES, seed=0)
    of_copies = predictor.predict_logits(copies.reshape(-1, *held_out.images.shape[1:]))
    temperature = fit_temperature(logits, held_out.labels)
    return {
        "n": len(held_out),
        "errors": int((logits.argmax(1) != held_out.labels).sum()),
        "nll": round(negative_log_likelihood(logits / temperature, held_out.labels), 5),
        "temperature": round(temperature, 3),
        "error_on_copies": round(float((of_copies.argmax(1) != labels).mean()), 6),
        "nll_on_copies": round(negative_log_likelihood(of_copies / fit_temperature(of_copies, labels), labels), 5),
    }


def spread(measured: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """`mean` and `deviation`, that of a sample, of what `measure` gave for two seeds or more."""
    columns = {name: [float(each[name]) for each in measured] for name in ("errors", "nll", "error_on_copies")}
    return {
        "mean": {name: round(statistics.fmean(values), 6) for name, values in columns.items()},
        "deviation": {name: round(statistics.stdev(values), 6) for name, values in columns.items()},
    }


def main(arguments: list[str] | None = None) -> int:
    """Train, measure and print; exit 1 with one line where a setting makes no sense."""
    description = "Train on nine writers in ten, and measure on the tenth."
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.held_out", description=description)
    parser.add_argument("writers", type=Path, metavar="WRITERS.npz")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE")
    parser.add_argument("--seeds", type=seeds, metavar="0-2", help="one training for each; default that of the recipe")
    asked = parser.parse_intermixed_args(arguments)
    try:
        _try(asked.settings, _recipes(asked.settings, asked.seeds), asked.writers)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _recipes(settings: list[str], asked: list[int] | None) -> list[Recipe]:
    """One for each seed."""
    recipe = recipe_from(settings)
    if asked is None:
        return [recipe]
    if any(setting.startswith("seed=") for setting in settings):
        raise ConfigurationError("--seeds and seed= both say where to start from: leave one of them out")
    return [dataclasses.replace(recipe, seed=seed) for seed in asked]


def _try(settings: list[str], recipes: list[Recipe], writers: Path) -> None:
    """Train each, one after the other, and print a line as soon as it is measured."""
    images = load_mnist()[0]
    train_set, held_out = split_by_writer(images, _load_writers(writers, len(images)), recipes[0].batch_size)
    head: dict[str, Any] = {"settings": " ".join(settings)}
    measured = []
    for recipe in recipes:
        begin = time.perf_counter()
        model = train_recipe(recipe, train_set)
        seconds = round(time.perf_counter() - begin, 1)
        measured.append(measure(model, held_out))
        _print({**head, "seed": recipe.seed, "seconds": seconds, **measured[-1]})
    if len(recipes) > 1:
        _print({**head, "seeds": [recipe.seed for recipe in recipes], **spread(measured)})


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()  # a training lasts minutes


def _load_writers(path: Path, n: int) -> AnyArray:
    """Whole numbers (n,)."""
    try:
        with np.load(path) as file:
            writers = np.asarray(file["train"])
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is no .npz file with an array `train`: {error}") from error
    if writers.shape != (n,) or writers.dtype.kind not in "iu":
        found = f"{writers.dtype} of shape {writers.shape}"
        raise DatasetError(f"{path}: expected {n:,} whole numbers in `train`, found {found}")
    return writers


def recipe_from(settings: list[str]) -> Recipe:
    """The recipe of `preset`, or of the default one, with changes such as `epochs=25`.

    Raises ConfigurationError where a name is not known, or a value makes no sense.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in _NAMES:
            raise ConfigurationError(f"{setting!r} is not NAME=VALUE with a name of {', '.join(_NAMES)}")
        try:
            values[name] = text if name in _TEXTS else ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise ConfigurationError(f"{setting!r}: expected a number, True, False, or sizes as (512,512)") from error
    return make_recipe(values.pop("preset", "standard"), **values)


if __name__ == "__main__":
    sys.exit(main())
