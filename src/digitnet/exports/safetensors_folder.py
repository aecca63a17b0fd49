"""Format `safetensors`: the weights by name in `model.safetensors`, and beside them `config.json`.

    hidden_1.kernel  float32 (784, units)     the first layer; its pixels are ink / 255, in rows from the top
    hidden_1.bias    float32 (units,)
    ...
    output.kernel    float32 (units, classes)
    output.bias      float32 (classes,)       softmax(logits / temperature) are the probabilities

Both files are plain: a header of JSON and bytes, and JSON. Nothing in them is ever executed.
"""

import json
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file, save_file

from digitnet.arrays import AnyArray
from digitnet.errors import ModelFileError
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.inspection import Layer, Network
from digitnet.inspection.activations import Activation

__all__ = ["WEIGHTS_FILE", "read_folder", "write", "write_folder"]

WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"


def write(source: ExportSource, place: Place) -> Written:
    """Write the folder; see `digitnet.exports.export`."""
    write_folder(source, source.network(), place.now)
    network = read_folder(place.now)
    weights = f"load_file('{place.out / WEIGHTS_FILE}').items()"
    line = f"from safetensors.numpy import load_file; print({{name: values.shape for name, values in {weights}}})"
    return Written(
        answer=lambda images: network.probabilities(network.look(images).logits),
        how_to_run=f'python -c "{line}"',
        compared_by="NumPy",
    )


def write_folder(source: ExportSource, network: Network, folder: Path) -> None:
    """Write the two files into a folder that exists.

    Args:
        source: Where the weights come from.
        network: Its layers.
        folder: To write to.
    """
    tensors: dict[str, AnyArray] = {}
    for name, layer in zip(_layer_names(len(network.layers)), network.layers, strict=True):
        tensors |= {f"{name}.kernel": layer.kernel, f"{name}.bias": layer.bias}
    # safetensors wants contiguous arrays: it writes the buffers as they are.
    save_file({name: tensor.copy(order="C") for name, tensor in tensors.items()}, folder / WEIGHTS_FILE)
    config = json.dumps(_config(source, network), indent=2)
    (folder / CONFIG_FILE).write_text(config + "\n", encoding="utf-8")


def read_folder(folder: Path) -> Network:
    """The network of a folder that `write_folder` made.

    Args:
        folder: With both files.

    Returns:
        Its layers, from the files alone.

    Raises:
        ModelFileError: A weight is missing or has another shape than the config says.
    """
    config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    tensors = load_file(folder / WEIGHTS_FILE)
    layers = []
    for entry in config["layers"]:
        kernel, bias = (tensors.get(f"{entry['name']}.{part}") for part in ("kernel", "bias"))
        shape = (entry["inputs"], entry["units"])
        if kernel is None or bias is None or kernel.shape != shape or bias.shape != shape[1:]:
            raise ModelFileError(f"{folder}: the weights of {entry['name']} are not there in shape {shape}")
        layers.append(Layer(kernel, bias))
    activations = tuple(Activation(entry["activation"], entry["alpha"]) for entry in config["layers"][:-1])
    return Network(tuple(layers), activations, config["temperature"], tuple(config["class_names"]))


def _layer_names(count: int) -> list[str]:
    return [*(f"hidden_{number}" for number in range(1, count)), "output"]


def _config(source: ExportSource, network: Network) -> dict[str, Any]:
    """All that the weights do not say."""
    activations = [*((one.name, one.alpha) for one in network.activations), ("linear", 0.0)]
    layers = [
        {
            "name": name,
            "inputs": len(layer.kernel),
            "units": layer.units,
            "activation": activation,
            "alpha": alpha,
        }
        for name, layer, (activation, alpha) in zip(
            _layer_names(len(network.layers)), network.layers, activations, strict=True
        )
    ]
    return {
        "model_type": "digitnet-mlp",
        "image": {"height": 28, "width": 28, "paper": 0, "ink": 255, "divided_by": 255},
        "layers": layers,
        "temperature": network.temperature,
        "class_names": list(network.class_names),
        "model_file_sha256": source.sha256,
    }
