"""The ONNX file answers as the Keras model does, and says so when it does not."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import ModelMetadata
from digitnet.network.activations import ACTIVATIONS
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.export import save_model, to_onnx

IMAGES = np.random.default_rng(3).integers(0, 256, (50, 28, 28), dtype=np.uint8)


def shaken(model: Any) -> Any:
    """The model with statistics as training leaves them: means, variances, biases and all different from 0 and 1."""
    generator = np.random.default_rng(1)
    for variable in model.variables:
        if variable.name in {"bias", "beta", "moving_mean"}:
            variable.assign(generator.normal(0, 0.3, variable.shape))
        if variable.name in {"gamma", "moving_variance"}:
            variable.assign(generator.uniform(0.3, 2, variable.shape))
    return model


def answers(proto: onnx.ModelProto) -> tuple[Any, Any]:
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return tuple(session.run(["probabilities", "logits"], {"images": IMAGES}))


@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_file_answers_as_the_model(activation: str, batch_normalization: bool) -> None:
    model = shaken(
        build_mlp((20, 15), activation=activation, batch_normalization=batch_normalization, dropout=0.5, seed=1)
    )
    probabilities, _ = answers(to_onnx(model))
    np.testing.assert_allclose(probabilities, np.asarray(model(IMAGES)), atol=1e-5)


def test_batch_normalisation_and_dropout_leave_no_trace() -> None:
    proto = to_onnx(build_mlp((20, 15), batch_normalization=True, dropout=0.5))
    kinds = [node.op_type for node in proto.graph.node]
    assert kinds == ["Cast", "Mul", "Flatten", "Gemm", "Relu", "Gemm", "Relu", "Gemm", "Softmax"]


def test_normalisation_behind_the_activation_is_folded_forward() -> None:
    inputs = keras.Input((28, 28))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = keras.layers.Flatten()(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dense(9, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.2)(x)
    x = keras.layers.Dense(10)(x)
    model = shaken(keras.Model(inputs, keras.layers.Softmax()(x)))
    proto = to_onnx(model)
    assert [node.op_type for node in proto.graph.node].count("Mul") == 1  # the rescaling
    np.testing.assert_allclose(answers(proto)[0], np.asarray(model(IMAGES)), atol=1e-5)


def test_a_model_without_rescaling_keeps_its_own_range() -> None:
    small = keras.initializers.RandomNormal(stddev=1e-4, seed=1)
    output = keras.layers.Dense(10, "softmax", kernel_initializer=small)
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), output])
    np.testing.assert_allclose(answers(to_onnx(model))[0], np.asarray(model(IMAGES)), atol=1e-5)


def test_temperature_divides_the_logits_of_the_probabilities_only() -> None:
    model = build_mlp((20,), seed=1)
    _, logits = answers(to_onnx(model))
    cooled, same_logits = answers(to_onnx(model, temperature=2.5))
    np.testing.assert_array_equal(logits, same_logits)
    expected = np.exp(logits / 2.5) / np.exp(logits / 2.5).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(cooled, expected, atol=1e-6)


def test_what_is_saved_loads_and_says_what_it_is(tmp_path: Path) -> None:
    model = build_mlp((20,), num_classes=3, seed=1)
    metadata = ModelMetadata(class_names=("a", "b", "c"), recipe={"epochs": 3}, calibration={"temperature": 1.5})
    save_model(model, tmp_path / "m.onnx", metadata=metadata)
    classifier = load_classifier(tmp_path / "m.onnx")
    assert classifier.metadata == metadata
    assert classifier.temperature == 1.5
    np.testing.assert_array_equal(classifier.predict(IMAGES), np.asarray(model(IMAGES)).argmax(axis=1))


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("1.onnx", "2.onnx"):
        save_model(build_mlp((20,), seed=1), tmp_path / name)
    assert (tmp_path / "1.onnx").read_bytes() == (tmp_path / "2.onnx").read_bytes()


@pytest.mark.parametrize(
    ("hidden_sizes", "num_classes", "options"),
    [
        ((64, 64), 10, {"batch_normalization": True, "dropout": 0.2}),
        ((64, 64), 10, {"activation": "tanh"}),
        ((64, 64), 10, {"activation": "gelu", "batch_normalization": True}),
        ((64, 64), 10, {"activation": "silu"}),
        ((1,), 10, {}),
        ((5,), 2, {}),
        ((20,), 47, {}),
    ],
)
def test_int8_answers_nearly_as_the_model(
    hidden_sizes: tuple[int, ...], num_classes: int, options: dict[str, Any], tmp_path: Path
) -> None:
    model = shaken(build_mlp(hidden_sizes, num_classes=num_classes, seed=1, **options))
    save_model(model, tmp_path / "m.onnx", images=IMAGES, precision="int8")
    classifier = load_classifier(tmp_path / "m.onnx")
    assert classifier.metadata.precision == "int8"
    assert len(classifier.metadata.layers) == len(model.layers)
    np.testing.assert_allclose(classifier.predict_proba(IMAGES), np.asarray(model(IMAGES)), atol=0.05)
    assert (
        tmp_path / "m.onnx"
    ).stat().st_size < 1.3 * model.count_params() + 24_000  # a byte a weight, ten images, and the rest


def test_int8_without_images_to_calibrate_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="int8 is calibrated on images, but none were given"):
        save_model(build_mlp((4,)), tmp_path / "m.onnx", precision="int8")
    with pytest.raises(ConfigurationError, match="precision is 'int4': expected one of float32, int8"):
        save_model(build_mlp((4,)), tmp_path / "m.onnx", precision="int4")  # type: ignore[arg-type] # what is tested
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_not_finite_are_never_written(tmp_path: Path) -> None:
    model = build_mlp((4,))
    model.layers[-1].bias.assign(np.full(10, np.nan, np.float32))
    with pytest.raises(ModelFileError, match="does not answer as the model does"):
        save_model(model, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: keras.layers.Reshape((784, 1)), "is a Reshape, which cannot be saved"),
        (
            lambda: keras.layers.Activation("hard_tanh"),
            "has the activation 'hard_tanh', which cannot be saved",
        ),
        (keras.layers.LayerNormalization, "is a LayerNormalization, which cannot be saved"),
    ],
)
def test_a_layer_without_counterpart_is_named(layer: Any, message: str, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            layer(),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    with pytest.raises(ConfigurationError, match=message):
        save_model(model, tmp_path / "m.onnx")


def test_layers_that_branch_are_refused() -> None:
    inputs = keras.Input((28, 28))
    x = keras.layers.Flatten()(inputs)
    left, right = keras.layers.Dense(10)(x), keras.layers.Dense(10, "softmax")(x)
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Add()([left, right])))
    with pytest.raises(ConfigurationError, match="only a plain chain of layers"):
        to_onnx(model)
