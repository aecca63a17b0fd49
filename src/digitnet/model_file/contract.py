"""The contract of a model file: what the graph takes and gives, and the JSON text it carries.

    images         uint8 (n, 28, 28)        0 = paper, 255 = ink; MNIST's frame
    probabilities  float32 (n, classes)     calibrated; each row sums to 1
    logits         float32 (n, classes)     before the division by the temperature
    digit_score    float32 (n,)             optional: the higher, the more the image looks like a digit at all
    second_logits  float32 (n, classes)     optional: those of a second network, which was trained on other pens too

The metadata has one key, "digitnet", whose value is the JSON text of a `ModelMetadata`. A model file comes
from anywhere: nothing in it is believed before it was checked.

A run folder, like the package, has the same model twice: `model.onnx` in float32 and `model_int8.onnx` in 8-bit
integers.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file.banded_layers import with_banded_layers
from digitnet.model_file.digest import check_digest
from digitnet.model_file.graph_check import check_graph
from digitnet.model_file.graph_parts import independent_parts
from digitnet.model_file.metadata import ModelMetadata, Precision, check_precision

__all__ = [
    "BUNDLED_FOLDER",
    "DEFAULT_PRECISION",
    "DIGIT_SCORE",
    "METADATA_KEY",
    "MODEL_FILE_NAMES",
    "SECOND_LOGITS",
    "ModelMetadata",
    "ModelSession",
    "bundled_model_path",
    "has_output",
    "open_model",
    "start_session",
]

METADATA_KEY = "digitnet"
DIGIT_SCORE, SECOND_LOGITS = "digit_score", "second_logits"  # names of the optional outputs
MODEL_FILE_NAMES: dict[Precision, str] = {"float32": "model.onnx", "int8": "model_int8.onnx"}  # in a run folder
# Of a folder that has both, where none was asked for: as few errors, at two to three times the speed and a quarter of
# the size (docs/log.md).
DEFAULT_PRECISION: Precision = "int8"

BUNDLED_FOLDER = Path(__file__).absolute().parents[1] / "bundled"  # of the model that ships inside the package

_BYTES_MAX = 1 << 30  # a hundred times the largest network anyone trains on MNIST
_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"
_FILE_FORMAT = "session.load_model_format"
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


class ModelSession:
    """The networks of a model file, ready to run, from several threads at once.

    A file may hold networks that share nothing but the images; of those only the ones are run whose outputs are asked
    for. With one network in the file this is one session of ONNX Runtime, and its methods are named after those.

    Attributes:
        digest: The SHA-256 of its bytes that is inside the file, which was found right; None where there is none.
        path: Where the file is, absolute; None for one that was given as bytes.
    """

    def __init__(
        self,
        parts: Sequence[onnxruntime.InferenceSession],
        *,
        digest: str | None = None,
        path: Path | None = None,
    ) -> None:
        self.digest = digest
        self.path = path
        self._parts = tuple(parts)
        self._part_of = {output.name: part for part in parts for output in part.get_outputs()}

    def get_inputs(self) -> list[onnxruntime.NodeArg]:
        """Name, type and shape of each input; every network of the file takes the same ones."""
        return list(self._parts[0].get_inputs())

    def get_outputs(self) -> list[onnxruntime.NodeArg]:
        """Name, type and shape of each output, those of one network after those of another."""
        return [output for part in self._parts for output in part.get_outputs()]

    def get_modelmeta(self) -> onnxruntime.ModelMetadata:
        """The metadata of the file."""
        return self._parts[0].get_modelmeta()

    def run(self, names: Sequence[str], feeds: Mapping[str, Images]) -> list[AnyArray]:
        """Compute some outputs.

        Args:
            names: Of the outputs, at least one.
            feeds: The images, under the name of the input.

        Returns:
            The outputs in the order of the names.
        """
        parts = {self._part_of[name] for name in names}
        if len(parts) == 1:
            return list(parts.pop().run(list(names), feeds))
        found: dict[str, AnyArray] = {}
        for part in parts:
            own = [name for name in names if self._part_of[name] is part]
            found |= zip(own, part.run(own, feeds), strict=True)
        return [found[name] for name in names]


def bundled_model_path(precision: Precision | None = None) -> Path:
    """Where the model that ships inside the package is.

    Args:
        precision: Of the model; None takes the default one.

    Returns:
        The path of an existing file.

    Raises:
        ModelFileError: This copy of the package has none.
        ConfigurationError: There is no such precision.
    """
    _check_asked(precision)
    path = _in_folder(BUNDLED_FOLDER, precision)
    if not path.is_file():
        raise ModelFileError(
            f"{path} does not exist: this copy of digitnet comes without that model. Name a model file or a run "
            "folder, or make one with `digitnet train`"
        )
    return path


def open_model(
    source: str | Path | bytes, *, threads: int = 1, precision: Precision | None = None
) -> tuple["ModelSession", ModelMetadata]:
    """Load a model file after checking that it keeps the contract.

    Args:
        source: A `.onnx` file, a run folder that holds one, or the bytes of such a file.
        threads: Cores that one call may use; 0 takes all. One is best for single images: it leaves the other
            cores to other calls, and no core is kept spinning between them.
        precision: The model's precision. None takes what a file has; of a run folder the file of
            `DEFAULT_PRECISION`, or the one in float32 where the folder has no other.

    Returns:
        The session, ready to run from several threads at once, and what the file says about itself.

    Raises:
        ModelFileError: The file is missing, damaged, somebody else's, from a newer version, or of another precision
            than asked for.
        ConfigurationError: threads is negative, or there is no such precision.
    """
    if threads < 0:
        raise ConfigurationError(f"threads is {threads}: expected 1 or more, or 0 for all cores")
    _check_asked(precision)
    name, data = ("the model", source) if isinstance(source, bytes) else _read_bytes(Path(source), precision)
    try:
        digest = check_digest(data)
        check_graph(data)
        parts = independent_parts(data)
        del data  # large files would be in memory once more while ONNX Runtime copies the weights out of them
        sessions = [start_session(with_banded_layers(parts.pop(0)), threads) for _ in range(len(parts))]
        path = None if isinstance(source, bytes) else Path(name).absolute()
        session = ModelSession(sessions, digest=digest, path=path)
        metadata = _read_metadata(session)
        if precision not in {None, metadata.precision}:
            raise ModelFileError(
                f"a model in {metadata.precision}, but {precision} was asked for: name a file or a run folder that "
                f"has it, or ask for {metadata.precision}"
            )
        _check_signature(session, len(metadata.class_names))
        _check_answer(session, len(metadata.class_names))
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from error
    except UnicodeDecodeError as error:  # from ONNX Runtime, which hands out texts as they are in the file
        raise ModelFileError(f"{name}: damaged: a text inside is not UTF-8 ({error.reason})") from error
    return session, metadata


def _check_asked(precision: object) -> None:
    if precision is not None:
        check_precision(precision)


def _in_folder(folder: Path, precision: Precision | None) -> Path:
    """The model file of that precision; where none was asked for, the best that is there."""
    path = folder / MODEL_FILE_NAMES[precision or DEFAULT_PRECISION]
    if precision is None and not path.exists():
        path = folder / MODEL_FILE_NAMES["float32"]
    return path


def _read_bytes(path: Path, precision: Precision | None) -> tuple[str, bytes]:
    """Name and content of a model file; of a run folder's, if the path is one."""
    try:
        if path.is_dir():
            folder, path = path, _in_folder(path, precision)
            if not path.exists():
                raise ModelFileError(
                    f"{folder} is a folder without {path.name}: expected a model file, or a run folder "
                    f"whose training has finished{_other_precision(folder, path)}"
                )
        if path.exists() and not path.is_file():
            raise ModelFileError(f"{path} is not a regular file: expected a model file or a run folder")
        if (size := path.stat().st_size) > _BYTES_MAX:
            raise ModelFileError(f"{path} has {size:,} bytes: expected at most {_BYTES_MAX:,}")
        return str(path), path.read_bytes()
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} does not exist: expected a model file or a run folder") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"{path} cannot be read: {reason}") from error


def _other_precision(folder: Path, missing: Path) -> str:
    """A hint at the folder's model of another precision, if it has one."""
    there = [name for name, file in MODEL_FILE_NAMES.items() if file != missing.name and (folder / file).exists()]
    return f". It has a model in {there[0]}" if there else ""


def start_session(data: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Hand a graph to ONNX Runtime, silently and without its looking at any other file; see `open_model`.

    Args:
        data: The bytes of any ONNX file.
        threads: As for `open_model`.

    Returns:
        The session.

    Raises:
        ModelFileError: Not an ONNX model, or a damaged one.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _FATAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1  # the graph is a chain: no two of its operators can run side by side
    # Weights may be in another file, which is looked for in the working directory: have it look nowhere.
    options.add_session_config_entry(_WEIGHTS_FOLDER, os.devnull)
    options.add_session_config_entry(_FILE_FORMAT, "ONNX")  # ONNX Runtime's own format was not checked
    try:
        # With its fallback, ONNX Runtime prints on stdout.
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except _RUNTIME_ERRORS as error:
        hint = "it is empty" if not data else _first_sentence(error)
        raise ModelFileError(f"not an ONNX model, or a damaged one: {hint}") from error


def _first_sentence(error: Exception) -> str:
    """ONNX Runtime's message without its prefix and beyond its first line."""
    return (str(error).splitlines() or [type(error).__name__])[0].rpartition(" : ")[2][:200]


def _read_metadata(session: ModelSession) -> ModelMetadata:
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise ModelFileError(f"an ONNX model, but not one of digitnet's: its metadata has no key {METADATA_KEY!r}")
    return ModelMetadata.from_json(text)


def _check_signature(session: ModelSession, num_classes: int) -> None:
    """Names, types and shapes of what the graph takes and gives."""
    found = [(part.name, part.type, part.shape) for part in session.get_inputs()]
    if len(found) != 1 or not _matches(found[0], "images", "tensor(uint8)", [IMAGE_SIDE, IMAGE_SIDE]):
        raise ModelFileError(f"expected one input, images uint8 (n, 28, 28), found {_described(found)}")
    found = [(part.name, part.type, part.shape) for part in session.get_outputs()]
    for name in ("probabilities", "logits"):
        if not any(_matches(part, name, "tensor(float)", [num_classes]) for part in found):
            raise ModelFileError(f"expected an output {name} float32 (n, {num_classes}), found {_described(found)}")
    for name, shape, words in ((DIGIT_SCORE, [], "(n,)"), (SECOND_LOGITS, [num_classes], f"(n, {num_classes})")):
        if any(part[0] == name and not _matches(part, name, "tensor(float)", shape) for part in found):
            raise ModelFileError(f"expected the output {name} to be float32 {words}, found {_described(found)}")


def _matches(part: tuple[str, str, list[Any]], name: str, kind: str, shape: list[int]) -> bool:
    """True for that name, type and shape, with any number of images before it."""
    return part[:2] == (name, kind) and bool(part[2]) and not isinstance(part[2][0], int) and part[2][1:] == shape


def _described(parts: list[tuple[str, str, list[Any]]]) -> str:
    return ", ".join(f"{name} {kind} {shape}" for name, kind, shape in parts)[:200]


def _check_answer(session: ModelSession, num_classes: int) -> None:
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
    for name, shape, words in ((DIGIT_SCORE, expected[:1], "number"), (SECOND_LOGITS, expected, "number a class")):
        if has_output(session, name):
            (answers,) = session.run([name], {"images": images})
            if answers.shape != shape or not np.isfinite(answers).all():
                raise ModelFileError(f"the model's {name} is not one finite {words} for each image")


def has_output(session: ModelSession, name: str) -> bool:
    """Whether a model gives one of the optional outputs.

    Args:
        session: From `open_model`.
        name: `DIGIT_SCORE` or `SECOND_LOGITS`.
    """
    return any(output.name == name for output in session.get_outputs())
