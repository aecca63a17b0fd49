"""Dense networks that see features: what they learn, and that their file answers as they do."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from digitnet.errors import ConfigurationError
from digitnet.model_file.digest import check_digest
from digitnet.model_file.reading_networks import ReadingNetwork
from digitnet.training import feature_network
from digitnet.training.feature_network import (
    FeatureRecipe,
    averaged_network,
    encode_feature_network,
    train_feature_network,
)

RECIPE = FeatureRecipe((16,), epochs=8, learning_rate=0.02, batch_size=64, dropout=0.1)
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.integers(0, 256, (1000, 12), dtype=np.uint8)
LABELS = FEATURES[:, :3].argmax(axis=1).astype(np.uint8)  # which of the first three is the greatest


def test_the_file_of_a_trained_network_answers_as_it_has_learned(tmp_path: Path) -> None:
    model = train_feature_network(FEATURES[:900], LABELS[:900], 3, RECIPE, seed=0)
    path = tmp_path / "network.onnx"
    path.write_bytes(encode_feature_network(model))
    assert check_digest(path.read_bytes())
    logits = ReadingNetwork(path)(FEATURES[900:])
    assert (logits.argmax(axis=1) == LABELS[900:]).mean() > 0.85
    exact = np.asarray(model(FEATURES[900:]))
    assert np.abs(logits - exact).max() < 0.02 * np.abs(exact).max()  # weights are rounded to 8 bits

    again = train_feature_network(FEATURES[:900], LABELS[:900], 3, RECIPE, seed=0)
    assert_array_equal(np.asarray(again(FEATURES[900:])), exact)


def test_rare_classes_count_more_within_bounds() -> None:
    labels = np.repeat(np.arange(3, dtype=np.uint8), [1000, 100, 1])
    weights = feature_network._class_weights(labels, 3, 0.3)  # noqa: SLF001 - worked by hand
    mean = 1101 / 3
    assert weights.tolist() == pytest.approx([(mean / 1000) ** 0.3, (mean / 100) ** 0.3, 3.0])
    assert feature_network._class_weights(labels, 3, 0.0).tolist() == [1, 1, 1]  # noqa: SLF001


def test_every_example_is_in_one_batch_of_each_epoch_in_another_order() -> None:
    labels = np.arange(10, dtype=np.uint8)
    batches = feature_network._Batches(labels[:, None], labels, np.ones(10, np.float32), 4, seed=1)  # noqa: SLF001
    orders = []
    for _ in range(2):
        rows = [batches[number] for number in range(len(batches))]
        assert [len(own) for own, _, _ in rows] == [4, 4, 2]
        orders.append(np.concatenate([own for _, own, _ in rows]).tolist())
        assert sorted(orders[-1]) == labels.tolist()
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def test_examples_without_labels_are_refused() -> None:
    for count in (0, 5):
        with pytest.raises(ConfigurationError, match="expected as many, at least one"):
            train_feature_network(FEATURES[:count], LABELS[:0], 3, RECIPE, seed=0)


def test_the_mean_of_several_networks_is_one_network() -> None:
    recipe = FeatureRecipe((16, 8), epochs=1, learning_rate=0.02, batch_size=200)
    members = [train_feature_network(FEATURES, LABELS, 3, recipe, seed) for seed in range(3)]
    mean = np.mean([np.asarray(member(FEATURES)) for member in members], axis=0)
    together = averaged_network(members)
    assert_allclose(np.asarray(together(FEATURES)), mean, atol=1e-5)
    assert together.get_layer("hidden_2").units == 24
