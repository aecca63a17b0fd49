"""build_mlp against hand-counted parameters, NumPy, and its own promises."""

from typing import Any

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.network.backend import keras
from digitnet.network.mlp import KerasPredictor, build_mlp, layer_table, logits_function


def random_images(n: int = 5) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def test_the_default_is_the_network_of_the_mission() -> None:
    # 784 x 512 + 512, 512 x 512 + 512, 512 x 10 + 10
    assert build_mlp().count_params() == 401_920 + 262_656 + 5_130


def test_a_forward_pass_is_what_numpy_computes() -> None:
    model = build_mlp((7, 5), seed=3)
    images = random_images()
    w1, b1, w2, b2, w3, b3 = (np.asarray(v.value, np.float64) for v in model.variables)
    x = images.reshape(5, 784) / 255
    x = np.maximum(x @ w1 + b1, 0)
    x = np.maximum(x @ w2 + b2, 0)
    logits = x @ w3 + b3
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(model(images)), expected, rtol=1e-5)
    np.testing.assert_allclose(KerasPredictor(model).predict_logits(images), logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_logits_do_not_depend_on_the_batch_size(batch_size: int) -> None:
    model = build_mlp((7,), seed=3)
    images = random_images()
    whole = KerasPredictor(model).predict_logits(images)
    np.testing.assert_allclose(KerasPredictor(model, batch_size).predict_logits(images), whole, atol=1e-6)


def test_the_seed_decides_the_weights() -> None:
    first, same, other = (build_mlp((9,), seed=seed).get_weights()[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_no_two_layers_start_alike() -> None:
    model = build_mlp((784, 784), seed=0)
    assert not np.array_equal(model.get_weights()[0], model.get_weights()[2])


def test_he_initialisation_keeps_the_variance_of_relu_layers() -> None:
    kernel = build_mlp((2000,), seed=0).get_weights()[0]
    assert kernel.std() == pytest.approx(np.sqrt(2 / 784), rel=0.01)


def test_weight_decay_adds_half_the_sum_of_squares() -> None:
    model = build_mlp((4,), weight_decay=0.5, seed=0)
    kernels = model.get_weights()[0], model.get_weights()[2]
    expected = sum(0.5 / 2 * float((kernel.astype(np.float64) ** 2).sum()) for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_dropout_is_active_in_training_only() -> None:
    model = build_mlp((64,), dropout=0.5, seed=0)
    images = random_images()
    np.testing.assert_array_equal(model(images), model(images))
    assert not np.array_equal(model(images, training=True), model(images, training=False))


def test_the_layer_table_adds_up() -> None:
    model = build_mlp((32, 16), batch_normalization=True, dropout=0.1, num_classes=26)
    rows = layer_table(model)
    assert [row["kind"] for row in rows[:4]] == ["InputLayer", "Rescaling", "Flatten", "Dense"]
    assert sum(row["parameters"] for row in rows) == model.count_params()
    assert rows[-1]["output_shape"] == [26]
    assert rows[-1]["activation"] == "softmax"


@pytest.mark.parametrize("ending", ["dense", "softmax layer", "activation layer"])
def test_logits_are_found_behind_every_kind_of_softmax(ending: str) -> None:
    inputs = keras.Input((28, 28))
    x = keras.layers.Flatten()(inputs)
    dense = keras.layers.Dense(3, activation="softmax" if ending == "dense" else None)
    x = dense(x)
    if ending == "softmax layer":
        x = keras.layers.Softmax()(x)
    if ending == "activation layer":
        x = keras.layers.Activation("softmax")(x)
    model = keras.Model(inputs, x)
    logits = logits_function(model)
    assert logits is not None
    images = random_images().astype(np.float32)
    expected = images.reshape(5, 784) @ np.asarray(dense.kernel.value)
    np.testing.assert_allclose(logits(images, False), expected, rtol=1e-3, atol=1e-2)


def test_a_layer_that_only_looks_like_dense_is_not_taken_for_it() -> None:
    class Doubled(keras.layers.Dense):  # type: ignore[misc]
        def call(self, inputs: Any, training: Any = None) -> Any:
            return super().call(2 * inputs, training=training)

    inputs = keras.Input((28, 28))
    model = keras.Model(inputs, Doubled(3, activation="softmax")(keras.layers.Flatten()(inputs)))
    assert logits_function(model) is None


@pytest.mark.parametrize("model", [keras.Sequential([keras.layers.Dense(3)]), "a word"], ids=["unbuilt", "no model"])
def test_what_is_not_a_built_model_is_named(model: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"no input shape yet|expected a keras\.Model, found str"):
        KerasPredictor(model)


def test_a_model_without_softmax_has_no_logits() -> None:
    inputs = keras.Input((28, 28))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="sigmoid")(keras.layers.Flatten()(inputs)))
    assert logits_function(model) is None
    with pytest.raises(ConfigurationError, match="does not end in a softmax"):
        KerasPredictor(model)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_sizes": ()}, "hidden_sizes is empty"),
        ({"hidden_sizes": (8, 0)}, "hidden layer 2 has 0 units"),
        ({"hidden_sizes": (8, -3)}, "hidden layer 2 has -3 units"),
        ({"hidden_sizes": (8.5,)}, "hidden layer 1 has 8.5 units"),
        ({"hidden_sizes": (10**6,)}, "hidden layer 1 has 1000000 units"),
        ({"num_classes": 1}, "num_classes is 1"),
        ({"num_classes": 257}, "num_classes is 257"),
        ({"activation": "rellu"}, "did you mean 'relu'"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"dropout": float("nan")}, "dropout is nan"),
        ({"weight_decay": -1e-3}, "weight_decay is -0.001"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_values_that_make_no_sense_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build_mlp(**arguments)  # type: ignore[arg-type]
