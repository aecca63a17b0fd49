"""Compare recipes on ten folds of MNIST's training images, each judged by networks that never saw its writers.

    python -m benchmarks.accuracy folds WRITERS.npz RECIPES.toml             # all ten folds
    python -m benchmarks.accuracy folds WRITERS.npz RECIPES.toml --screen    # three of them, a quarter of the epochs

The test images stay closed. What is trained already is kept, and an interrupted training goes on where it was, to the
same bits; so the same command may be repeated with more recipes in the file.
"""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.comparison import compare
from benchmarks.accuracy.recipe_file import Recipes, read_recipes
from benchmarks.accuracy.writer_folds import NUM_FOLDS, FoldedTraining, FoldedWriters, load_writers
from digitnet import load_mnist
from digitnet.arrays import Labels, Logits
from digitnet.errors import ConfigurationError
from digitnet.evaluation.calibration import fit_temperature
from digitnet.evaluation.metrics import log_softmax, negative_log_likelihood
from digitnet.runs.events import EpochFinished, RunEvent
from digitnet.training.recipes import Recipe

__all__ = ["SCREENED_FOLDS", "compare_recipes", "table_of", "with_committees"]

SCREENED_FOLDS = (0, 1, 2)
_SCREENED_PART = 4  # of the epochs: one in so many
_LEAST_PROBABILITY = 1e-30  # so that the logarithm of a mean of probabilities is finite


def compare_recipes(writers: Path, recipes: Path, folds: Sequence[int], out: Path, *, screen: bool = False) -> str:
    """Train what is missing, and return the table.

    Args:
        writers: The file of writers.
        recipes: The file of recipes.
        folds: Which ones, 0 to 9.
        out: Folder of the answers, with a folder for each recipe.
        screen: Train for a quarter of the epochs.

    Raises:
        DigitnetError: A file cannot be used, or a training failed; what was finished is kept.
    """
    asked, images = read_recipes(recipes), load_mnist()[0]
    if unknown := [fold for fold in folds if fold >= NUM_FOLDS]:
        raise ConfigurationError(f"there is no fold {unknown[0]}: they are 0 to {NUM_FOLDS - 1}")
    folded = FoldedWriters.of(images, load_writers(writers, len(images)))
    logits = {name: np.zeros((0, images.num_classes), np.float32) for name in asked.trained}
    for fold in folds:
        for name, recipe in asked.trained.items():
            found = _training(name, recipe, out, screen=screen).logits(folded, fold, _Progress(name, fold))
            logits[name] = np.concatenate([logits[name], found])
    labels = images.labels[np.concatenate([folded.positions(fold) for fold in folds])]
    return table_of(with_committees(logits, asked), labels)


def _training(name: str, recipe: Recipe, out: Path, *, screen: bool) -> FoldedTraining:
    if not screen:
        return FoldedTraining(recipe, out / name)
    epochs = max(1, recipe.epochs // _SCREENED_PART)
    return FoldedTraining(dataclasses.replace(recipe, epochs=epochs), out / f"{name}-screened")


def with_committees(logits: Mapping[str, Logits], recipes: Recipes) -> dict[str, Logits]:
    """The logits (n, classes) of all recipes, and behind them those of committees: logarithms of mean probabilities."""
    both = dict(logits)
    for name, members in recipes.committees.items():
        mean = np.mean([np.exp(log_softmax(logits[member])) for member in members], axis=0)
        both[name] = np.log(np.maximum(mean, _LEAST_PROBABILITY)).astype(np.float32)
    return both


def table_of(logits: Mapping[str, Logits], labels: Labels) -> str:
    """Errors of each, and how it compares with the first one, as a table in Markdown.

    Args:
        logits: By name, each (n, classes); at least one.
        labels: (n,).
    """
    wrong: dict[str, NDArray[np.bool_]] = {name: found.argmax(axis=1) != labels for name, found in logits.items()}
    first = next(iter(wrong))
    lines = [
        f"| recipe | errors of {len(labels):,} | error rate | log loss | mended / broken beside {first} | "
        "difference of the error rates, 95 % interval | p (McNemar) |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, is_wrong in wrong.items():
        loss = negative_log_likelihood(logits[name] / fit_temperature(logits[name], labels), labels)
        row = [name, f"{is_wrong.sum():,}", f"{100 * is_wrong.mean():.3f} %", f"{loss:.5f}"]
        if name == first:
            row += ["-", "-", "-"]
        else:
            found = compare(is_wrong, wrong[first])
            row += [f"{found.mended} / {found.broken}", f"{100 * found.low:+.3f} to {100 * found.high:+.3f} points"]
            row.append(f"{found.p_value:.3g}")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


class _Progress:
    """A line on standard error for each epoch of a training, written over the one before."""

    def __init__(self, name: str, fold: int) -> None:
        self._head = f"{name}, fold {fold}"

    def __call__(self, event: RunEvent) -> None:
        if isinstance(event, EpochFinished):
            end = "\n" if event.epoch == event.epochs else "\r"
            sys.stderr.write(f"{self._head}: epoch {event.epoch} of {event.epochs}, {event.seconds:.1f} s{end}")
            sys.stderr.flush()
