"""The table of formats; it loads none of them, so that a page of help stays fast."""

from importlib.util import find_spec
from typing import NamedTuple

from digitnet.errors import ConfigurationError, MissingExtraError, nearest_name
from digitnet.model_file.metadata import Precision

__all__ = ["FORMATS", "Format", "find_format"]

# Largest accepted difference of a probability where the same weights are multiplied in float32 in another order;
# rounding gives about 1e-6, a wrong layer differs in the first digit.
_SAME_WEIGHTS = 1e-4


class Format(NamedTuple):
    """One format.

    Attributes:
        module: Of this room, which writes it.
        summary: What it is, in a few words.
        suffix: What the name of its file ends in; empty where it is a folder.
        precisions: Of the model files that it is made from, the usual one first.
        packages: What has to be importable to write it.
        extra: Of digitnet, which brings these.
        max_difference: Largest accepted difference of a probability from the model file's.
        max_other_labels: Of the 2,000 images of the comparison, how many may get another label.
    """

    module: str
    summary: str
    suffix: str
    precisions: tuple[Precision, ...]
    packages: tuple[str, ...]
    extra: str
    max_difference: float = _SAME_WEIGHTS
    max_other_labels: int = 0


_FLOAT32: tuple[Precision, ...] = ("float32",)
_AS_IT_IS: tuple[Precision, ...] = ("int8", "float32")  # of formats that hold any model file
_LITERT = ("onnx", "tensorflow", "ai_edge_litert")
_HUB = ("huggingface_hub", "onnx", "safetensors")

FORMATS: dict[str, Format] = {
    "safetensors": Format(
        "safetensors_folder", "weights by name, and a config", "", _FLOAT32, ("onnx", "safetensors"), "export"
    ),
    "keras": Format(
        "keras_archive", "a Keras model, for any backend", ".keras", _FLOAT32, ("keras", "jax", "onnx"), "train"
    ),
    "savedmodel": Format("saved_model", "TensorFlow's SavedModel", "", _FLOAT32, ("onnx", "tensorflow"), "tensorflow"),
    "litert": Format("litert_file", "LiteRT's .tflite, for phones", ".tflite", _FLOAT32, _LITERT, "litert"),
    # Measured on the 10,000 test images: 0.02, and one other label.
    "litert-int8": Format(
        "litert_integers", "the same with weights in 8 bits", ".tflite", _FLOAT32, _LITERT, "litert", 0.1, 2
    ),
    # The integers are equal; what is left is the rounding of the softmax, 4e-7.
    "c": Format(
        "c_source", "C99 in 8-bit integers, for microcontrollers too", "", ("int8",), ("onnx",), "export", 1e-6
    ),
    "triton": Format("triton_repository", "a model repository for Triton and KServe", "", _AS_IT_IS, (), "export", 0.0),
    # Measured: 2e-6. Processors may round a sum in 8 bits the other way, which moves a probability by some 1e-4.
    "openvino": Format("openvino_folder", "OpenVINO's own files", "", _AS_IT_IS, ("openvino",), "openvino", 1e-3, 2),
    "html": Format("html_page", "one page to draw on that works offline", ".html", _AS_IT_IS, (), "export", 0.0),
    "hub": Format("hub_folder", "a folder for a model hub, with its card", "", _FLOAT32, _HUB, "export"),
}


def find_format(name: str) -> Format:
    """A format by its name, after a look at whether all that it needs is installed.

    Args:
        name: One of `FORMATS`.

    Raises:
        ConfigurationError: There is no such format; the nearest one is named.
        MissingExtraError: A package is not installed; the command that installs it is named.
    """
    if name not in FORMATS:
        raise ConfigurationError(
            f"{name!r} is no format{nearest_name(name, FORMATS)}: expected one of {', '.join(FORMATS)}"
        )
    found = FORMATS[name]
    missing = [package for package in found.packages if find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"the format {name} needs {' and '.join(missing)}, not installed here: "
            f"pip install 'digitnet[{found.extra}]'"
        )
    return found
