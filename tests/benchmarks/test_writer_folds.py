"""Folds by writer, and trainings on them that are interrupted."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import DatasetError, RunFolderError
from extras import needs_training
from made_up_benchmarks import load, needs_checkout

pytestmark = [needs_checkout, needs_training, pytest.mark.usefixtures("compiled_quickly")]


@pytest.fixture
def folds() -> Any:
    return load("accuracy.writer_folds")


@pytest.fixture
def folded(folds: Any, mnist: tuple[Dataset, Dataset]) -> Any:
    images = mnist[0].subset(np.arange(600))
    return folds.FoldedWriters.of(images, np.random.default_rng(0).integers(100, 150, 600))


def recipe_of(**changes: Any) -> Any:
    from digitnet.training.recipes import make_recipe  # noqa: PLC0415 - after the mark has been looked at

    return make_recipe(
        "quick", **{"hidden_sizes": (8,), "epochs": 2, "batch_size": 50, "hard_examples": 0.5, **changes}
    )


def test_no_writer_is_in_two_folds_and_batches_are_whole(folds: Any) -> None:
    writers = np.random.default_rng(0).integers(100, 153, 1000)
    images = np.arange(1000, dtype=np.uint8)[:, None, None] * np.ones((1, 28, 28), np.uint8)
    folded = folds.FoldedWriters.of(Dataset(images, (np.arange(1000) % 10).astype(np.uint8)), writers)
    of_folds = [set(writers[folded.positions(fold)]) for fold in range(folds.NUM_FOLDS)]
    assert sum(map(len, of_folds)) == len(set(writers))
    assert {len(group) for group in of_folds} == {5, 6}
    positions = np.concatenate([folded.positions(fold) for fold in range(folds.NUM_FOLDS)])
    assert sorted(positions) == list(range(1000))
    training = folded.training_set(3, 70)
    assert len(training) == (1000 - len(folded.positions(3))) // 70 * 70
    assert not {int(image[0, 0]) for image in training.images} - set(np.flatnonzero(folded.fold_of != 3) % 256)


class InterruptedTrainingError(Exception):
    pass


def test_an_interrupted_fold_goes_on_to_the_same_bits(folds: Any, folded: Any, tmp_path: Path) -> None:
    from digitnet.runs.events import EpochFinished  # noqa: PLC0415 - as above

    def interrupt(event: Any) -> None:
        if isinstance(event, EpochFinished):
            raise InterruptedTrainingError

    whole = folds.FoldedTraining(recipe_of(), tmp_path / "whole").logits(folded, 1)
    broken = folds.FoldedTraining(recipe_of(), tmp_path / "broken")
    with pytest.raises(InterruptedTrainingError):
        broken.logits(folded, 1, interrupt)
    assert not broken.is_done(1)
    seen: list[Any] = []
    resumed = broken.logits(folded, 1, seen.append)
    assert [event.epoch for event in seen if isinstance(event, EpochFinished)] == [2]
    assert resumed.tobytes() == whole.tobytes()
    assert sorted(path.name for path in (tmp_path / "broken").iterdir()) == ["fold-1.npy", "recipe.json"]
    seen.clear()
    assert broken.logits(folded, 1, seen.append).tobytes() == whole.tobytes()
    assert not seen  # it was only read


def test_a_folder_of_other_settings_and_damaged_answers_are_refused(folds: Any, folded: Any, tmp_path: Path) -> None:
    training = folds.FoldedTraining(recipe_of(epochs=1, hard_examples=0.0), tmp_path)
    training.logits(folded, 0)
    other = dataclasses.replace(training, recipe=recipe_of(epochs=3))
    with pytest.raises(RunFolderError, match="begun with other settings"):
        other.logits(folded, 0)
    (tmp_path / "fold-0.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(RunFolderError, match=r"fold-0\.npy is damaged"):
        training.logits(folded, 0)
    np.save(tmp_path / "fold-0.npy", np.zeros((3, 10), np.float32))
    with pytest.raises(RunFolderError, match=r"damaged \(expected float32 of shape"):
        training.logits(folded, 0)


@pytest.mark.parametrize("train", [None, np.arange(7), np.zeros(600)], ids=["missing", "too few", "floats"])
def test_writers_are_whole_numbers(train: Any, folds: Any, tmp_path: Path) -> None:
    path = tmp_path / "writers.npz"
    if train is not None:
        np.savez(path, train=train)
    with pytest.raises(DatasetError, match="no .npz file with an array" if train is None else "expected 600 whole"):
        folds.load_writers(path, 600)
