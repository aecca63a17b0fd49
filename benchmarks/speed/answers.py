"""Answers in process: one image, and 10,000, from the same weights."""

import shutil
import statistics
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.environments import OURS, PYTORCH, SKLEARN, TENSORFLOW, Environment
from benchmarks.processes import BenchmarkError, Contestant, whole_process
from benchmarks.results import Rounds, Row, Run, new_run
from benchmarks.rounds import Turn, play
from benchmarks.settings import Settings

_MANY = 10_000
_BUDGETS = {"one": (1, 0.4), "many": (_MANY, 0.8)}  # images of a call, and seconds to spend on it in each round
_BARE = ("ONNX Runtime, at its defaults", "ONNX Runtime, one thread")
# Name, where it runs, and how the script `answer_peer.py` is to ask it.
_PEERS: tuple[tuple[str, Environment, tuple[str, str]], ...] = (
    (_BARE[0], OURS, ("onnxruntime", "defaults")),
    (_BARE[1], OURS, ("onnxruntime", "one-thread")),
    ("Keras `predict`, TensorFlow", TENSORFLOW, ("keras", "predict")),
    ("Keras `model(x)`, TensorFlow", TENSORFLOW, ("keras", "call")),
    ("Keras `predict`, JAX", OURS, ("keras", "predict")),
    ("Keras `model(x)`, JAX", OURS, ("keras", "call")),
    ("PyTorch, `eval`, `no_grad`", PYTORCH, ("torch", "eval")),
    ("scikit-learn", SKLEARN, ("sklearn", "predict_proba")),
)


def compare_answers(settings: Settings) -> list[Run]:
    """Train one network, hand its weights to everyone, and ask each in turn."""
    rounds, folder = settings.rounds_or(5), network(settings, anew=True)
    run = new_run("answers", "python -m benchmarks answers", quick=settings.quick, rounds=rounds)
    contestants = [digitnet_answers(settings, precision) for precision in ("float32", "int8")]
    for name, environment, (package, way) in _PEERS:
        weights = str(folder / ("model.onnx" if package == "onnxruntime" else "weights.npz"))
        backend = {"KERAS_BACKEND": name.rpartition(", ")[2].lower()} if package == "keras" else {}
        arguments = (str(settings.test_data), weights, package, way, str(_MANY))
        contestants.append(Contestant(name, "answer_peer.py", environment, backend, arguments))
    turns = [
        Turn(
            contestant,
            request={"images": images, "budget": budget / 4 if settings.quick else budget},
            reduce=partial(_named, size),
        )
        for contestant in contestants
        for size, (images, budget) in _BUDGETS.items()
    ]
    found, ready = play(turns, range(rounds), run, settings)
    is_int8 = ready.get("digitnet, int8", {}).get("is_default", False)
    run.settings["default"] = "int8" if is_int8 else "float32"
    accuracies = {name: report["accuracy"] for name, report in ready.items()}
    run.rows = answer_rows(found, f"digitnet, {run.settings['default']}", accuracies)
    return [run]


def _named(size: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {size: answer["seconds"]}


def answer_rows(found: Rounds, ours: str, accuracies: dict[str, float]) -> list[Row]:
    """Everyone's duration of a call, and how many times ours it is; `ours` is what a user gets who asks for nothing."""
    rows: list[Row] = []
    for name in ("digitnet, float32", "digitnet, int8", *(peer[0] for peer in _PEERS)):
        for size in _BUDGETS:
            rows += found.row(name, size, "s")
            rows += found.times(name, ours, size, f"{size} times") if name != ours else []
        if name in accuracies:
            rows.append(Row(name, "accuracy", accuracies[name], "share", _MANY))
    own, bare = found.of(ours, "one"), [found.of(name, "one") for name in _BARE]
    extra = [own[number] - min(one[number] for one in bare) for number in own if all(number in one for one in bare)]
    if extra:
        rows.append(Row(ours, "beyond ONNX Runtime", statistics.median(extra), "s", len(extra)))
    return rows


def network(settings: Settings, *, anew: bool) -> Path:
    """The run folder of a trained 784-512-512-10; with `weights.npz` in it, for the peers.

    Returns its path. Raises BenchmarkError where it could not be trained.
    """
    folder = settings.work / "network"
    weights = folder / "weights.npz"
    if weights.exists() and not anew:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    recipe = ["--preset", "quick", "--hidden-sizes", "512,512", "--no-batch-normalization", "--dropout", "0.2"]
    length = ["--epochs", "1" if settings.quick else "4", "--out", str(folder)]
    trained = Contestant("training the network", "train_digitnet.py")
    whole_process(trained, settings, ["-m", "digitnet", "train", *recipe, *length])
    whole_process(Contestant("handing over", "hand_over.py", arguments=(str(folder), str(weights))), settings)
    if not weights.exists():
        raise BenchmarkError("the weights of the network were not written")
    return folder


def digitnet_answers(settings: Settings, precision: str, checked: int = _MANY) -> Contestant:
    """Our own answers in float32 or int8, with so many test images to measure the accuracy on; needs the network."""
    arguments = (str(settings.test_data), str(settings.work / "network"), precision, str(checked))
    return Contestant(f"digitnet, {precision}", "answer_digitnet.py", arguments=arguments)
