"""A model file as a Keras model: the same answers, whatever it is made of."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file.contract import bundled_model_path, start_session
from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.inspection import read_network
from digitnet.model_file.contract import ModelMetadata
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import decode_model
from digitnet.network.activations import ACTIVATIONS
from digitnet.network.mlp import KerasPredictor, build_mlp, layer_table
from digitnet.studio.teaching.weights import keras_from_model_file
from digitnet.training.export import encode_model
from made_up_model_files import model_file

DIGITS = load_mnist()[0].images[:64]
IMAGES = np.random.default_rng(3).integers(0, 256, (20, 28, 28), np.uint8)
NAMES = tuple("0123456789")


def file_of(model: object) -> bytes:
    return encode_model(model, ModelMetadata(NAMES, layers=tuple(layer_table(model))))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_comes_back(activation: str) -> None:
    model = build_mlp((7, 5), activation=activation, seed=1)
    again = keras_from_model_file(file_of(model), DIGITS)
    expected, found = (KerasPredictor(one).predict_logits(IMAGES) for one in (model, again))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert [layer.activation.__name__ for layer in again.layers if layer.name.startswith("hidden")] == [activation] * 2


def test_batch_normalisation_stays_folded() -> None:
    model = build_mlp((6,), batch_normalization=True, seed=2)
    for layer in model.layers:
        if layer.name.startswith("normalization"):
            layer.moving_mean.assign(np.linspace(-1, 1, 6))
            layer.moving_variance.assign(np.linspace(0.5, 2, 6))
    again = keras_from_model_file(file_of(model), DIGITS)
    np.testing.assert_allclose(
        KerasPredictor(again).predict_logits(IMAGES), KerasPredictor(model).predict_logits(IMAGES), atol=1e-4
    )
    assert all("normalization" not in layer.name for layer in again.layers)


def test_the_bundled_network_comes_back_and_can_be_saved_again() -> None:
    content = bundled_model_path("float32").read_bytes()
    again = keras_from_model_file(content, DIGITS)
    (expected,) = start_session(content).run(["logits"], {"images": IMAGES})
    np.testing.assert_allclose(KerasPredictor(again).predict_logits(IMAGES), expected, atol=1e-3)


def test_integers_become_the_weights_that_they_stand_for() -> None:
    content = bundled_model_path("int8").read_bytes()
    again = keras_from_model_file(content, DIGITS)
    np.testing.assert_allclose(
        KerasPredictor(again).predict_logits(IMAGES), read_network(content).look(IMAGES).logits, atol=1e-3
    )


def test_a_committee_cannot_learn(tmp_path: Path) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.onnx").write_bytes(file_of(build_mlp((4,), seed=seed)))
    save_committee([tmp_path / "1.onnx", tmp_path / "2.onnx"], tmp_path / "both.onnx")
    with pytest.raises(ModelFileError, match=r"no single chain of dense layers.*so choose another"):
        keras_from_model_file((tmp_path / "both.onnx").read_bytes(), DIGITS)


@pytest.mark.parametrize(
    ("sizes", "found"), [((), "no hidden layer"), ((4, 4), "relu, tanh")], ids=["none", "two functions"]
)
def test_what_build_mlp_cannot_build_cannot_learn(sizes: tuple[int, ...], found: str) -> None:
    proto = decode_model(model_file(sizes))
    for node in [node for node in proto.graph.node if node.op_type == "Relu"][1:]:
        node.op_type = "Tanh"
    with pytest.raises(ConfigurationError, match=f"all of its hidden layers, found {found}"):
        keras_from_model_file(proto.SerializeToString(), DIGITS)


def test_other_preprocessing_goes_into_the_first_layer() -> None:
    content = model_file((6,), pixels=(("Mul", 1 / 127), ("Add", -1.0)))
    (expected,) = start_session(content).run(["logits"], {"images": IMAGES})
    np.testing.assert_allclose(
        KerasPredictor(keras_from_model_file(content, DIGITS)).predict_logits(IMAGES), expected, atol=1e-3
    )


def test_a_network_that_answers_otherwise_is_found_out() -> None:
    proto = decode_model(file_of(build_mlp((4,), activation="leaky_relu", seed=1)))
    (node,) = (node for node in proto.graph.node if node.op_type == "LeakyRelu")
    (alpha,) = node.attribute
    alpha.f = 0.9  # a slope below 0 that Keras's own has not
    with pytest.raises(ModelFileError, match="does not answer as the file does"):
        keras_from_model_file(proto.SerializeToString(), DIGITS)
