"""Hard images are shown more often, as often as the formula says, and a resumed run shows the same ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import RunFolderError
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.example_difficulty import ExampleDifficulty
from digitnet.training.loop import train


def compiled(batch_normalization: bool = False) -> Any:
    model = build_mlp((16,), batch_normalization=batch_normalization, seed=2)
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    return model


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_each_image_occurs_as_often_as_its_difficulty_says(share: float) -> None:
    examples = ExampleDifficulty(100, share)
    examples.difficulties = np.linspace(0, 1, 100, dtype=np.float32)
    expected = (1 - share) + share * examples.difficulties / examples.difficulties.mean()
    counts = np.array([np.bincount(examples.order_of_epoch(3, epoch), minlength=100) for epoch in range(2000)])
    assert (counts.sum(axis=1) == 100).all()
    assert (np.abs(counts - expected) < 1 + 1e-6).all()  # never more than the rounding away
    np.testing.assert_allclose(counts.mean(axis=0), expected, atol=0.06)


def test_all_alike_shows_each_image_once_in_an_order_of_its_own() -> None:
    examples = ExampleDifficulty(50, 0.5)
    first, second = (examples.order_of_epoch(0, epoch) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert (first != second).any()
    np.testing.assert_array_equal(examples.order_of_epoch(0, 0), first)
    assert (examples.order_of_epoch(1, 0) != first).any()


@pytest.mark.parametrize("difficulties", [[0.0] * 4, [-6e-8] * 4, [0.0, 0.0, -6e-8, 0.0]])
def test_where_nothing_is_difficult_all_are_shown_alike(difficulties: list[float]) -> None:
    """A float32 softmax may say 1, or a rounding more."""
    examples = ExampleDifficulty(4, 0.9)
    examples.difficulties = np.array(difficulties, np.float32)
    assert sorted(examples.order_of_epoch(0, 0)) == [0, 1, 2, 3]


def test_difficulty_below_zero_counts_as_none() -> None:
    examples = ExampleDifficulty(4, 1.0)
    examples.difficulties = np.array([1, -0.5, 1, 0], np.float32)
    assert sorted(examples.order_of_epoch(0, 0)) == [0, 0, 2, 2]


def test_difficulty_is_a_moving_average() -> None:
    examples = ExampleDifficulty(3, 0.5)
    examples.update(np.array([0, 2, 2]), np.array([1.0, 0.0, 0.2]))
    # Seen once, it keeps 0.9 of the 0.5 before; seen twice, it keeps 0.81, and both times count with their mean.
    np.testing.assert_allclose(examples.difficulties, [0.9 * 0.5 + 0.1 * 1, 0.5, 0.81 * 0.5 + 0.19 * 0.1], rtol=1e-6)


def test_training_measures_the_doubt_of_every_image(stripes: Dataset) -> None:
    """With a learning rate of almost nothing, difficulties are those of the untrained model on the images shown."""
    model = compiled()
    model.optimizer.learning_rate = 1e-12
    expected = 1 - model.predict(stripes.images, verbose=0)[np.arange(len(stripes)), stripes.labels]
    examples = ExampleDifficulty(len(stripes), 0.5)
    train(model, stripes, epochs=1, batch_size=32, hard_examples=examples)  # 230 images: the last step has 6
    np.testing.assert_allclose(examples.difficulties, 0.9 * 0.5 + 0.1 * expected, atol=1e-5)


def test_images_that_cannot_be_learned_are_shown_more_often(stripes: Dataset) -> None:
    images, labels = stripes.images.copy(), stripes.labels.copy()
    images[100], labels[100], labels[101] = images[101], 3, 4  # the same image, and two labels for it
    examples = ExampleDifficulty(len(stripes), 0.5)
    model = compiled(batch_normalization=True)
    train(model, Dataset(images, labels), epochs=20, batch_size=32, hard_examples=examples)
    assert set(np.argsort(examples.difficulties)[-2:]) == {100, 101}
    shown = np.mean([np.bincount(examples.order_of_epoch(0, epoch), minlength=230) for epoch in range(100)], axis=0)
    assert set(np.argsort(shown)[-2:]) == {100, 101}


def test_a_resumed_run_ends_in_the_same_bits(stripes: Dataset, tmp_path: Path) -> None:
    whole, whole_examples = compiled(), ExampleDifficulty(len(stripes), 0.9)
    train(whole, stripes, epochs=6, batch_size=32, hard_examples=whole_examples)

    before = ExampleDifficulty(len(stripes), 0.9)
    keep = Checkpoint(tmp_path, difficulty=before)
    train(compiled(), stripes, epochs=4, batch_size=32, hard_examples=before, callbacks=[keep])
    resumed, after = compiled(), ExampleDifficulty(len(stripes), 0.9)
    history = restore(resumed, tmp_path, after)
    train(resumed, stripes, epochs=6, batch_size=32, hard_examples=after, initial_epoch=len(history))
    np.testing.assert_array_equal(after.difficulties, whole_examples.difficulties)
    for mine, other in zip(resumed.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(np.array(mine.value), np.array(other.value))


@pytest.mark.parametrize("kept", [None, 7])
def test_a_checkpoint_without_the_difficulties_of_these_images_is_refused(
    stripes: Dataset, tmp_path: Path, kept: int | None
) -> None:
    keep = Checkpoint(tmp_path, difficulty=None if kept is None else ExampleDifficulty(kept, 0.5))
    train(compiled(), stripes, epochs=1, batch_size=32, callbacks=[keep])
    with pytest.raises(RunFolderError, match="damaged"):
        restore(compiled(), tmp_path, ExampleDifficulty(len(stripes), 0.5))
