"""The weights by name, multiplied here by hand, against the model file."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.errors import ModelFileError
from digitnet.exports.export import export_model
from digitnet.exports.safetensors_folder import read_folder
from digitnet.inference.classifier import load_classifier
from exported import images_of_ink, model_path


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
