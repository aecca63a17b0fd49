"""Folds of MNIST's training images by their writers, and networks that are trained on all folds but one.

MNIST does not say who wrote what. QMNIST (Yadav and Bottou 2019, arXiv 1905.10498) does: a file of writers holds, as
`train`, its number of the writer of each of the 60,000 training images.
"""

import json
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Logits
from digitnet.augmentation.regional_forms import with_regional_forms
from digitnet.datasets import Dataset
from digitnet.errors import DatasetError, RunFolderError
from digitnet.files import replaced_file, write_atomically
from digitnet.network.mlp import KerasPredictor
from digitnet.runs.events import Listener, ignore_events
from digitnet.runs.training import compiled_model, difficulty_of, plan_of, train_with_events
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest

__all__ = ["NUM_FOLDS", "FoldedTraining", "FoldedWriters", "load_writers"]

NUM_FOLDS = 10
_SEED = 7  # of the order in which writers are dealt to the folds; chosen by hand, and the same for every recipe


def load_writers(path: Path, n: int) -> AnyArray:
    """Whole numbers (n,): who wrote each training image.

    Raises:
        DatasetError: No such file, or not of that form.
    """
    try:
        with np.load(path) as file:
            writers = np.asarray(file["train"])
    except (OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is no .npz file with an array `train`: {error}") from error
    if writers.shape != (n,) or writers.dtype.kind not in "iu":
        found = f"{writers.dtype} of shape {writers.shape}"
        raise DatasetError(f"{path}: expected {n:,} whole numbers in `train`, found {found}")
    return writers


@dataclass(frozen=True, eq=False)
class FoldedWriters:
    """Training images in folds, so that no writer is in two of them.

    Attributes:
        images: All of them.
        fold_of: int (n,): the fold of each image, 0 to `NUM_FOLDS` - 1.
    """

    images: Dataset
    fold_of: NDArray[np.int64]

    @classmethod
    def of(cls, images: Dataset, writers: AnyArray) -> "FoldedWriters":
        """Deal the writers (n,) to the folds, as evenly as their number allows, in an order drawn once for all."""
        different, number = np.unique(writers, return_inverse=True)
        folds = np.empty(len(different), np.int64)
        folds[np.random.default_rng(_SEED).permutation(len(different))] = np.arange(len(different)) % NUM_FOLDS
        return cls(images, folds[number])

    def positions(self, fold: int) -> NDArray[np.int64]:
        """Of the images of one fold, in ascending order."""
        return np.flatnonzero(self.fold_of == fold)

    def training_set(self, fold: int, batch_size: int) -> Dataset:
        """The images of all other folds; the last ones are left out where they would not fill a batch."""
        others = np.flatnonzero(self.fold_of != fold)
        return self.images.subset(others[: max(batch_size, len(others) // batch_size * batch_size)])


@dataclass(frozen=True)
class FoldedTraining:
    """The networks of one recipe, one for each fold, and what each says of the fold that it never saw.

    Attributes:
        recipe: All settings.
        folder: Where answers and the state of a training that runs are kept; made when needed.
    """

    recipe: Recipe
    folder: Path

    def logits(self, folded: FoldedWriters, fold: int, listener: Listener = ignore_events) -> Logits:
        """Train, or go on where it was interrupted, or only read what was found before.

        Returns:
            float32 (n, 10), for the images of the fold in the order of `FoldedWriters.positions`.

        Raises:
            RunFolderError: The folder is of other settings, damaged, or cannot be written.
            DigitnetError: The training failed.
        """
        self._claim()
        answers = self.folder / f"fold-{fold}.npy"
        if not answers.exists():
            self._train(folded, fold, answers, listener)
        return self._read(answers, len(folded.positions(fold)))

    def is_done(self, fold: int) -> bool:
        """Whether the answers to a fold are there."""
        return (self.folder / f"fold-{fold}.npy").exists()

    def _train(self, folded: FoldedWriters, fold: int, answers: Path, listener: Listener) -> None:
        recipe, state = self.recipe, self.folder / f"fold-{fold}"
        train_set = folded.training_set(fold, recipe.batch_size)
        train_set = with_regional_forms(train_set, recipe.regional_hands, recipe.seed)
        model, difficulty = compiled_model(recipe, train_set), difficulty_of(recipe, train_set)
        checkpoint = Checkpoint(state, restore(model, state, difficulty), difficulty)
        plan = plan_of(recipe, None, len(checkpoint.history), difficulty)
        train_with_events(model, train_set, plan, listener, StopRequest(), checkpoint)
        found = KerasPredictor(model).predict_logits(folded.images.images[folded.positions(fold)])
        try:
            with replaced_file(answers) as file:
                np.save(file, found)
        except OSError as error:
            raise RunFolderError(f"{answers} cannot be written: {error.strerror}") from error
        shutil.rmtree(state, ignore_errors=True)

    def _read(self, answers: Path, n: int) -> Logits:
        try:
            found = np.load(answers, allow_pickle=False)
        except (OSError, EOFError, ValueError) as error:
            raise RunFolderError(f"{answers} is damaged ({error}): delete it, and the fold is trained again") from error
        if found.shape != (n, 10) or found.dtype != np.float32:
            expected, shape = f"float32 of shape ({n}, 10)", f"{found.dtype} of shape {found.shape}"
            raise RunFolderError(f"{answers} is damaged (expected {expected}, found {shape}): delete it")
        return np.asarray(found, np.float32)

    def _claim(self) -> None:
        """Write down what the folder is of, or see that it is of these settings."""
        path, settings = self.folder / "recipe.json", self.recipe.to_dict()
        try:
            kept: Any = json.loads(path.read_bytes()) if path.exists() else None
            if kept is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                write_atomically(path, json.dumps(settings, indent=2))
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{path} cannot be used: {error}") from error
        if kept is not None and kept != json.loads(json.dumps(settings)):
            raise RunFolderError(
                f"{self.folder} was begun with other settings: give the recipe another name, or move it away"
            )
