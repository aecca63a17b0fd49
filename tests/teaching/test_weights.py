"""A model file as a Keras model: the same answers, whatever it is made of."""

import numpy as np
import pytest

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file import bundled_model_path, start_session
from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

import onnx
from onnx import numpy_helper

from digitnet.committee import save_committee
from digitnet.export import encode_model
from digitnet.model import ACTIVATIONS, KerasPredictor, build_mlp, layer_table
from digitnet.model_file import ModelMetadata
from digitnet.teaching.weights import keras_from_model_file

IMAGES = np.random.default_rng(3).integers(0, 256, (20, 28, 28), np.uint8)
NAMES = tuple("0123456789")


def file_of(model: object) -> bytes:
    return encode_model(model, ModelMetadata(NAMES, layers=tuple(layer_table(model))))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_comes_back(activation: str) -> None:
    model = build_mlp((7, 5), activation=activation, seed=1)
    again = keras_from_model_file(file_of(model))
    expected, found = (KerasPredictor(one).predict_logits(IMAGES) for one in (model, again))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert [layer.activation.__name__ for layer in again.layers if layer.name.startswith("hidden")] == [activation] * 2


def test_batch_normalisation_stays_folded() -> None:
    model = build_mlp((6,), batch_normalization=True, seed=2)
    for layer in model.layers:
        if layer.name.startswith("normalization"):
            layer.moving_mean.assign(np.linspace(-1, 1, 6))
            layer.moving_variance.assign(np.linspace(0.5, 2, 6))
    again = keras_from_model_file(file_of(model))
    np.testing.assert_allclose(
        KerasPredictor(again).predict_logits(IMAGES), KerasPredictor(model).predict_logits(IMAGES), atol=1e-4
    )
    assert all("normalization" not in layer.name for layer in again.layers)


def test_the_bundled_network_comes_back_and_can_be_saved_again() -> None:
    content = bundled_model_path("float32").read_bytes()
    again = keras_from_model_file(content)
    (expected,) = start_session(content).run(["logits"], {"images": IMAGES})
    np.testing.assert_allclose(KerasPredictor(again).predict_logits(IMAGES), expected, atol=1e-3)


def test_integers_and_committees_are_no_chain(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("models")
    for seed in (1, 2):
        (folder / f"{seed}.onnx").write_bytes(file_of(build_mlp((4,), seed=seed)))
    save_committee([folder / "1.onnx", folder / "2.onnx"], folder / "both.onnx")
    for content in ((folder / "both.onnx").read_bytes(), bundled_model_path("int8").read_bytes()):
        with pytest.raises(ConfigurationError, match="no copy of it can learn"):
            keras_from_model_file(content)


def test_a_graph_that_computes_something_else_is_found_out() -> None:
    proto = onnx.load_from_string(file_of(build_mlp((4,), seed=1)))
    scale = next(tensor for tensor in proto.graph.initializer if tensor.name.startswith("scale"))
    scale.CopyFrom(numpy_helper.from_array(np.array(1 / 127, np.float32), scale.name))  # other preprocessing than ours
    with pytest.raises(ModelFileError, match="does not answer as the file does"):
        keras_from_model_file(proto.SerializeToString())
