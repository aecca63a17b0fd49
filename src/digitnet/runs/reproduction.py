"""Whether a finished run can be repeated: trained again from its `run.json`, and compared with what it left."""

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitnet.errors import RunFolderError
from digitnet.model_file.contract import MODEL_FILE_NAMES, open_model
from digitnet.model_file.digit_score import without_digit_score
from digitnet.model_file.graph import decode_model
from digitnet.runs.events import Listener, ignore_events
from digitnet.runs.folder import RunFolder
from digitnet.runs.session import inputs_of, start_run
from digitnet.training.stopping import StopRequest

__all__ = ["Comparison", "Reproduction", "compare_runs", "reproduce_run", "weights_digest"]

_MEASURED = ("test", "validation")  # entries of metrics.json that hold figures
_FIGURES = ("n", "errors", "accuracy", "nll", "ece")  # what each of them is compared by
_DIGITS = 16  # of a SHA-256 that are compared and shown: 64 bits, so that no two are taken for one by chance


@dataclass(frozen=True)
class Comparison:
    """One thing that two runs were compared by.

    Attributes:
        name: What was compared, such as `data` or `weights of model.onnx`.
        before: What the first run has, in a few characters.
        now: What the run that was trained again has.
    """

    name: str
    before: str
    now: str

    @property
    def is_same(self) -> bool:
        """Whether both have the same."""
        return self.before == self.now

    def __str__(self) -> str:
        """What is the same, or how it differs, in one phrase."""
        return f"{self.name}: {self.before}" if self.is_same else f"{self.name}: {self.now}, before {self.before}"


@dataclass(frozen=True)
class Reproduction:
    """How a run that was trained again compares with the first one.

    Attributes:
        original: The folder of the first run.
        repeated: The folder of the run that was trained again.
        results: Data, weights and figures.
        surroundings: Versions, kind of machine and number of cores. Where these differ, the bits of the weights will.
    """

    original: Path
    repeated: Path
    results: tuple[Comparison, ...]
    surroundings: tuple[Comparison, ...]

    @property
    def is_same(self) -> bool:
        """Whether the results are the same, whatever they were computed with."""
        return all(result.is_same for result in self.results)

    @property
    def surroundings_line(self) -> str:
        """Which versions and cores are others, in one line."""
        others = [str(one) for one in self.surroundings if not one.is_same]
        return f"other surroundings: {', '.join(others)}" if others else "the same versions, kind of machine and cores"

    @property
    def difference_line(self) -> str:
        """What differs and why it may, in one line; "" where the results are the same."""
        others = ", ".join(one.name for one in self.results if not one.is_same)
        if not others:
            return ""
        reason = (
            "versions, kind of machine and cores are the same: look for another processor, or a change of the code"
            if all(one.is_same for one in self.surroundings)
            else f"that is to be expected with {self.surroundings_line}"
        )
        return f"{self.repeated} is not the same as {self.original}: other {others}; {reason}"


def reproduce_run(
    path: str | Path,
    out: str | Path | None = None,
    *,
    listener: Listener = ignore_events,
    stop: StopRequest | None = None,
) -> Reproduction:
    """Train a finished run again from its `run.json`, in a new folder, and compare what both left.

    Args:
        path: The folder of a finished run.
        out: The folder to make; None makes a new one below `runs`.
        listener: Gets every event of the new run.
        stop: Asked after every epoch; the new run then ends there, to be resumed like any other and to be compared
            by `compare_runs`.

    Returns:
        What is the same and what is not.

    Raises:
        RunFolderError: `path` is no finished run, its data has changed, or the new folder cannot be made.
        DatasetError: The data of the run is gone.
        ModelFileError: A model file is missing or damaged.
        TrainingInterruptedError: It was stopped.
    """
    original = _finished(Path(path))
    _results(original)  # damage is found before hours of training, not after them
    recipe, data = inputs_of(original)
    command = ["digitnet", "reproduce", str(path)]
    outcome = start_run(recipe, data, None if out is None else Path(out), command=command, listener=listener, stop=stop)
    return compare_runs(original.path, outcome.folder.path)


def compare_runs(original: str | Path, repeated: str | Path) -> Reproduction:
    """Compare two finished runs by their data, their weights and their figures.

    Args:
        original: The folder of the first run.
        repeated: The folder of the other one.

    Returns:
        What is the same and what is not.

    Raises:
        RunFolderError: One of them is no finished run, or damaged.
        ModelFileError: A model file is missing or damaged.
    """
    before, now = _finished(Path(original)), _finished(Path(repeated))
    return Reproduction(
        before.path,
        now.path,
        _compared(_results(before), _results(now)),
        _compared(_surroundings(before), _surroundings(now)),
    )


def weights_digest(content: bytes) -> str:
    """The SHA-256 of the weights of a model file: name, kind, shape and bytes of each tensor of the network.

    What the file says about itself does not count, and neither does the digit score, which comes with the package and
    not from training.

    Args:
        content: The bytes of a model file.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    tensors = decode_model(without_digit_score(content)).graph.initializer
    for tensor in sorted(tensors, key=lambda tensor: tensor.name):
        digest.update(tensor.SerializeToString(deterministic=True))
    return digest.hexdigest()


def _finished(path: Path) -> RunFolder:
    folder = RunFolder.open(path)
    if not folder.is_complete:
        raise RunFolderError(
            f"{path} is not finished, so there is nothing to compare with: go on with it by "
            f"digitnet train --resume {shlex.quote(str(path))}"
        )
    return folder


def _results(folder: RunFolder) -> dict[str, str]:
    """Data, weights and figures of a run, each in a few characters."""
    metrics = _metrics(folder)
    data = folder.read_description()["data"]
    found = {
        f"{part} images": f"{data.get(f'num_{part}', 0):,} ({_short(data.get(f'{part}_digest'))})"
        for part in ("train", "validation", "test")
    }
    for path in (folder.model_file, folder.int8_model_file):
        found[f"weights of {path.name}"] = _weights(path)
    for kind, measured in (("", metrics), ("int8 ", metrics.get("int8"))):
        for part in _MEASURED:
            found[f"{kind}{part} figures"] = _figures(measured.get(part) if isinstance(measured, dict) else None)
    return found


def _metrics(folder: RunFolder) -> dict[str, Any]:
    try:
        content = json.loads(folder.metrics_file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{folder.metrics_file} is damaged ({error}): there is nothing to compare with") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{folder.metrics_file} is damaged: expected a JSON object")
    return content


def _weights(path: Path) -> str:
    if path.name == MODEL_FILE_NAMES["int8"] and not path.exists():
        return "none"  # where a file in 8-bit integers would answer otherwise, none is written
    open_model(path)  # refuses what is damaged
    return _short(weights_digest(path.read_bytes()))


def _figures(part: object) -> str:
    """Mistakes of how many, and the other figures by which a part is compared."""
    if not isinstance(part, dict):
        return "none"
    exact = json.dumps([part.get(name) for name in _FIGURES]).encode()
    return f"{part.get('errors')} mistakes in {part.get('n')} images ({_short(hashlib.sha256(exact).hexdigest())})"


def _surroundings(folder: RunFolder) -> dict[str, str]:
    description = folder.read_description()
    versions = {str(name): str(version) for name, version in description["versions"].items()}
    others = {name: str(description.get(name, "not known")) for name in ("machine", "cores")}
    return versions | others | {"devices": str(description.get("devices", 1))}


def _compared(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Comparison, ...]:
    names = dict.fromkeys((*before, *now))
    return tuple(Comparison(name, before.get(name, "none"), now.get(name, "none")) for name in names)


def _short(digest: object) -> str:
    return str(digest)[:_DIGITS] if digest else "none"
