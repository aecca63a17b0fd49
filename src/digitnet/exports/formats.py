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


FORMATS: dict[str, Format] = {
    "safetensors": Format(
        "safetensors_folder", "weights by name, and a config", "", ("float32",), ("onnx", "safetensors"), "export"
    ),
    "keras": Format(
        "keras_archive",
        "a Keras model, for any of its backends",
        ".keras",
        ("float32",),
        ("keras", "jax", "onnx"),
        "train",
    ),
    "savedmodel": Format(
        "saved_model", "a TensorFlow SavedModel", "", ("float32",), ("onnx", "tensorflow"), "tensorflow"
    ),
    "c": Format(
        "c_source", "C99 in 8-bit integers, for microcontrollers too", "", ("int8",), ("onnx",), "export", 1e-6
    ),
    "triton": Format(
        "triton_repository", "a model repository for Triton and KServe", "", ("int8", "float32"), (), "export", 0.0
    ),
    "openvino": Format(
        "openvino_folder", "OpenVINO's own files", "", ("int8", "float32"), ("openvino",), "openvino", 1e-3, 2
    ),
    "html": Format(
        "html_page", "one page to draw on that works offline", ".html", ("int8", "float32"), (), "export", 0.0
    ),
    "hub": Format(
        "hub_folder",
        "a folder for a model hub, with its card",
        "",
        ("float32",),
        ("huggingface_hub", "onnx", "safetensors"),
        "export",
    ),
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
