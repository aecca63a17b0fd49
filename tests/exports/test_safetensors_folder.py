"""The weights by name, multiplied here by hand, against the model file."""

import json
import os
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.errors import ModelFileError
from digitnet.exports.export import export_model
from digitnet.exports.safetensors_folder import read_folder
from digitnet.inference.classifier import load_classifier
from exported import images_of_ink, model_path, needs_all


def tensors_of(path: Path) -> dict[str, AnyArray]:
    """A reader of its own for the format: eight bytes of length, a header of JSON, and the buffers."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def test_the_weights_and_the_config_are_all_that_is_needed_to_answer(tmp_path: Path) -> None:
    model = model_path(tmp_path)
    export_model("safetensors", tmp_path / "weights", model)
    config = json.loads((tmp_path / "weights" / "config.json").read_text())
    tensors = tensors_of(tmp_path / "weights" / "model.safetensors")
    assert [layer["name"] for layer in config["layers"]] == ["hidden_1", "hidden_2", "output"]
    images = images_of_ink(50)
    values = images.reshape(50, 784) / config["image"]["divided_by"]
    for layer in config["layers"]:
        values = values @ tensors[f"{layer['name']}.kernel"] + tensors[f"{layer['name']}.bias"]
        values = np.maximum(values, 0) if layer["activation"] == "relu" else values
    exponentials = np.exp(values / config["temperature"])
    expected = load_classifier(model).predict_proba(images)
    assert np.abs(exponentials / exponentials.sum(axis=1, keepdims=True) - expected).max() < 1e-5


ANOTHER_KERAS = """
import json, sys, keras, numpy
from safetensors.numpy import load_file

config, tensors = json.load(open(sys.argv[1] + "/config.json")), load_file(sys.argv[1] + "/model.safetensors")
layers = [keras.layers.Dense(one["units"], one["activation"], name=one["name"]) for one in config["layers"]]
model = keras.Sequential([keras.Input((784,)), keras.layers.Rescaling(1 / config["image"]["divided_by"]), *layers])
for layer in layers:
    layer.kernel.assign(tensors[f"{layer.name}.kernel"])
    layer.bias.assign(tensors[f"{layer.name}.bias"])
logits = model.predict(numpy.load(sys.argv[2]).reshape(-1, 784), verbose=0)
numpy.save(sys.argv[3], logits / config["temperature"])
print(keras.backend.backend())
"""
ANOTHER_TORCH = """
import json, sys, numpy, torch
from safetensors.torch import load_file

config, tensors = json.load(open(sys.argv[1] + "/config.json")), load_file(sys.argv[1] + "/model.safetensors")
values = torch.from_numpy(numpy.load(sys.argv[2])).flatten(1) / config["image"]["divided_by"]
for layer in config["layers"]:
    values = values @ tensors[layer["name"] + ".kernel"] + tensors[layer["name"] + ".bias"]
    values = torch.relu(values) if layer["activation"] == "relu" else values
numpy.save(sys.argv[3], values.numpy() / config["temperature"])
print("torch")
"""


@needs_all
@pytest.mark.parametrize(
    ("backend", "code"),
    [("jax", ANOTHER_KERAS), ("tensorflow", ANOTHER_KERAS), ("torch", ANOTHER_KERAS), ("torch", ANOTHER_TORCH)],
)
def test_the_weights_fit_by_name_into_keras_on_each_backend_and_into_pytorch(
    tmp_path: Path, backend: str, code: str
) -> None:
    if find_spec("keras") is None or find_spec(backend) is None:
        pytest.skip(f"needs Keras and {backend}, in an environment of its own: scripts/test-exports")
    model = model_path(tmp_path)
    export_model("safetensors", tmp_path / "weights", model)
    images = images_of_ink(50)
    np.save(tmp_path / "images.npy", images)
    files = [tmp_path / "weights", tmp_path / "images.npy", tmp_path / "logits.npy"]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command: list[str | Path] = [sys.executable, "-c", code, *files]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.split() == [backend]
    exponentials = np.exp(np.load(tmp_path / "logits.npy"))
    found = exponentials / exponentials.sum(axis=1, keepdims=True)
    assert np.abs(found - load_classifier(model).predict_proba(images)).max() < 1e-5


@pytest.mark.parametrize("operator", ["LeakyRelu", "Silu", "Tanh", "Linear"])
def test_every_activation_function_is_named(tmp_path: Path, operator: str) -> None:
    found = export_model("safetensors", tmp_path / "weights", model_path(tmp_path, operator=operator))
    assert found.comparison.largest_difference < 1e-5


def test_a_weight_that_is_missing_or_of_another_shape_is_found(tmp_path: Path) -> None:
    export_model("safetensors", tmp_path / "weights", model_path(tmp_path))
    config = tmp_path / "weights" / "config.json"
    config.write_text(config.read_text().replace('"units": 20', '"units": 21'))
    with pytest.raises(ModelFileError, match=r"the weights of hidden_1 are not there in shape \(784, 21\)"):
        read_folder(tmp_path / "weights")
