"""The contract of `model.onnx`: what the graph takes and gives, and the JSON text it carries.

    images         uint8 (n, 28, 28)        0 = paper, 255 = ink; MNIST's frame
    probabilities  float32 (n, classes)     calibrated; each row sums to 1
    logits         float32 (n, classes)     before the division by the temperature

The metadata has one key, "digitnet", whose value is the JSON text of a `ModelMetadata`. A model file comes
from anywhere: nothing in it is believed before it was checked.
"""

import os
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from digitnet.arrays import IMAGE_SIDE
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_metadata import ModelMetadata

__all__ = [
    "METADATA_KEY",
    "MODEL_FILE_NAME",
    "ModelMetadata",
    "bundled_model_path",
    "open_model",
]

METADATA_KEY = "digitnet"
MODEL_FILE_NAME = "model.onnx"  # in a run folder

_BYTES_MAX = 1 << 30  # a hundred times the largest network anyone trains on MNIST
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
_FATAL = 4  # ONNX Runtime's severity; it prints nothing below, since each error also comes as an exception

# What ONNX Runtime raises; its exceptions have no common base.
_RUNTIME_ERRORS = (
    runtime_errors.EPFail,
    runtime_errors.EngineError,
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.ModelLoaded,
    runtime_errors.NoModel,
    runtime_errors.NoSuchFile,
    runtime_errors.NotImplemented,
    runtime_errors.RuntimeException,
    MemoryError,
    RuntimeError,
    ValueError,
)


def bundled_model_path() -> Path:
    """Where the model that ships inside the package is.

    Returns:
        The path of an existing file.

    Raises:
        ModelFileError: This copy of the package has none.
    """
    path = Path(str(resources.files("digitnet"))) / "bundled" / MODEL_FILE_NAME
    if not path.is_file():
        raise ModelFileError(
            f"{path} does not exist: this copy of digitnet comes without a model. Name a model file or a run "
            "folder, or make one with `digitnet train`"
        )
    return path


def open_model(source: str | Path | bytes, *, threads: int = 1) -> tuple[onnxruntime.InferenceSession, ModelMetadata]:
    """Load a model file after checking that it keeps the contract.

    Args:
        source: A `.onnx` file, a run folder that holds `model.onnx`, or the bytes of such a file.
        threads: Cores that one call may use; 0 takes all. One is best for single images: it leaves the other
            cores to other calls, and no core is kept spinning between them.

    Returns:
        The session, ready to run from several threads at once, and what the file says about itself.

    Raises:
        ModelFileError: The file is missing, damaged, somebody else's, or from a newer version.
        ConfigurationError: threads is negative.
    """
    if threads < 0:
        raise ConfigurationError(f"threads is {threads}: expected 1 or more, or 0 for all cores")
    name, data = ("the model", source) if isinstance(source, bytes) else _read_bytes(Path(source))
    try:
        session = _start(data, threads)
        metadata = _read_metadata(session)
        _check_signature(session, len(metadata.class_names))
        _check_answer(session, len(metadata.class_names))
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from error
    return session, metadata


def _read_bytes(path: Path) -> tuple[str, bytes]:
    """Name and content of a model file; of a run folder's, if the path is one."""
    try:
        if path.is_dir():
            folder, path = path, path / MODEL_FILE_NAME
            if not path.exists():
                raise ModelFileError(
                    f"{folder} is a folder without {MODEL_FILE_NAME}: expected a model file, or a run folder "
                    "whose training has finished"
                )
        if path.exists() and not path.is_file():
            raise ModelFileError(f"{path} is not a regular file: expected a model file or a run folder")
        if (size := path.stat().st_size) > _BYTES_MAX:
            raise ModelFileError(f"{path} has {size:,} bytes: expected at most {_BYTES_MAX:,}")
        return str(path), path.read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} does not exist: expected a model file or a run folder") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise ModelFileError(f"{path} cannot be read: {error}") from error


def _start(data: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1  # the graph is a chain: no two of its operators can run side by side
    # Weights may be in another file, which is looked for in the working directory: have it look nowhere.
    options.add_session_config_entry(_WEIGHTS_FOLDER, os.devnull)
    try:
        # With its fallback, ONNX Runtime prints on stdout.
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except _RUNTIME_ERRORS as error:
        hint = "it is empty" if not data else _first_sentence(error)
        raise ModelFileError(f"not an ONNX model, or a damaged one: {hint}") from error


def _first_sentence(error: Exception) -> str:
    """ONNX Runtime's message without its prefix and beyond its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0].rpartition(" : ")[2][:200]


def _read_metadata(session: onnxruntime.InferenceSession) -> ModelMetadata:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelFileError(f"an ONNX model, but not one of digitnet's: its metadata has no key {METADATA_KEY!r}")
    return ModelMetadata.from_json(text)


def _check_signature(session: onnxruntime.InferenceSession, num_classes: int) -> None:
    """Names, types and shapes of what the graph takes and gives."""
    found = [(part.name, part.type, part.shape) for part in session.get_inputs()]
    if len(found) != 1 or not _matches(found[0], "images", "tensor(uint8)", [IMAGE_SIDE, IMAGE_SIDE]):
        raise ModelFileError(f"expected one input, images uint8 (n, 28, 28), found {_described(found)}")
    found = [(part.name, part.type, part.shape) for part in session.get_outputs()]
    for name in ("probabilities", "logits"):
        if not any(_matches(part, name, "tensor(float)", [num_classes]) for part in found):
            raise ModelFileError(f"expected an output {name} float32 (n, {num_classes}), found {_described(found)}")


def _matches(part: tuple[str, str, list[Any]], name: str, kind: str, shape: list[int]) -> bool:
    """True for that name, type and shape, with any number of images before it."""
    return part[:2] == (name, kind) and not isinstance(part[2][0], int) and part[2][1:] == shape


def _described(parts: list[tuple[str, str, list[Any]]]) -> str:
    return ", ".join(f"{name} {kind} {shape}" for name, kind, shape in parts)[:200]


def _check_answer(session: onnxruntime.InferenceSession, num_classes: int) -> None:
    """Ask for two images, all paper and all ink, and see that the answer is one."""
    images = np.stack([np.full((IMAGE_SIDE, IMAGE_SIDE), level, np.uint8) for level in (0, 255)])
    try:
        probabilities, logits = session.run(["probabilities", "logits"], {"images": images})
    except _RUNTIME_ERRORS as error:
        raise ModelFileError(f"the model cannot run: {_first_sentence(error)}") from error
    expected = (len(images), num_classes)
    if probabilities.shape != expected or logits.shape != expected:
        found = f"{probabilities.shape} and {logits.shape}"
        raise ModelFileError(f"the model answers two images with shapes {found}, not {expected}")
    if not np.isfinite(logits).all():
        raise ModelFileError("the model answers with numbers that are not finite: its weights are damaged")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-4) or probabilities.min() < 0:
        raise ModelFileError("the model's probabilities do not sum to 1")
