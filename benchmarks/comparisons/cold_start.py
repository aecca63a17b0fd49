"""From the shell to a trained and evaluated network: `digitnet train --preset quick` against Keras's own example."""

import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.comparisons.engines import digitnet_training
from benchmarks.environments import TENSORFLOW
from benchmarks.processes import BenchmarkError, Contestant, whole_process
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.settings import Settings

__all__ = ["EMPTY_CACHE", "FILLED_CACHE", "KERAS_EXAMPLE", "compare_cold_start"]

EMPTY_CACHE = "digitnet, nothing compiled"
FILLED_CACHE = "digitnet, compiled before"
KERAS_EXAMPLE = "Keras example, TensorFlow"

_EPOCHS = 20  # of the example
_OURS, _THEIRS = 12.0, 110.0  # expected seconds


def compare_cold_start(settings: Settings) -> Result:
    """Train with one seed a round, with an empty compilation cache and with a filled one; the peer in two rounds."""
    rounds = settings.rounds_or(5)
    epochs = 1 if settings.quick else _EPOCHS
    result = new_result("cold_start", settings, rounds=rounds, peer_epochs=epochs)
    peer = Contestant(
        KERAS_EXAMPLE,
        "keras_example.py",
        TENSORFLOW,
        {"KERAS_BACKEND": "tensorflow"},
        (str(settings.training_data), str(epochs)),
        5 + (_THEIRS - 5) * epochs / _EPOCHS,
    )
    with_peer = {0, rounds // 2 + 1} & set(range(rounds))  # the first, and one past the middle
    progress = Progress("cold_start", 2 * _OURS * rounds + peer.expected * len(with_peer))
    folder = settings.work / "cold_start"
    for number in range(rounds):
        shutil.rmtree(folder, ignore_errors=True)
        for name in (EMPTY_CACHE, FILLED_CACHE):
            shutil.rmtree(folder / "run", ignore_errors=True)
            _take(_ours(settings, name, folder), _command(folder, number), number, (result, settings, progress))
        if number in with_peer:
            _take(peer, None, number, (result, settings, progress))
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _ours(settings: Settings, name: str, folder: Path) -> Contestant:
    contestant = digitnet_training(settings, name)
    return Contestant(name, contestant.script, variables={"DIGITNET_CACHE_DIR": str(folder / "cache")}, expected=_OURS)


def _command(folder: Path, seed: int) -> list[str]:
    out = str(folder / "run")
    return ["-m", "digitnet", "train", "--preset", "quick", "--seed", str(seed), "--out", out, "--json"]


def _take(
    contestant: Contestant, command: list[str] | None, number: int, where: tuple[Result, Settings, Progress]
) -> None:
    """Run one whole process, and write down what it took and what accuracy it says it reached."""
    result, settings, progress = where
    text = "skipped"
    if contestant.name not in result.skipped:
        try:
            measured = whole_process(contestant, settings, command)
        except BenchmarkError as error:
            text = skip(result, contestant.name, str(error))
        else:
            accuracy = _accuracy(Path(measured.pop("output")))
            result.measured.setdefault(contestant.name, []).append({**measured, "accuracy": accuracy, "round": number})
            text = f"{measured['seconds']:.1f} s, {100 * accuracy:.2f} % right"
    progress.step(f"seed {number}, {contestant.name}: {text}", contestant.expected)


def _accuracy(output: Path) -> float:
    """The accuracy in the last line of JSON that a process printed."""
    lines = [line for line in output.read_text(encoding="utf-8", errors="replace").splitlines() if line[:1] == "{"]
    printed: dict[str, Any] = json.loads(lines[-1])
    return float(printed.get("test", printed)["accuracy"])
