"""Answers in process: one image, and 10,000, from the same weights."""

import shutil
from pathlib import Path
from typing import Any

from benchmarks.environments import OURS, PYTORCH, SKLEARN, TENSORFLOW
from benchmarks.processes import BenchmarkError, Contestant, whole_process
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import Turn, new_result, play
from benchmarks.settings import Settings

__all__ = ["MANY", "OURS_FLOAT32", "OURS_INT8", "compare_answers", "digitnet_answers", "network"]

OURS_FLOAT32, OURS_INT8 = "digitnet, float32", "digitnet, int8"
MANY = 10_000

_BUDGETS = {1: 0.4, MANY: 0.8}  # seconds to spend on each size in each round


def compare_answers(settings: Settings) -> Result:
    """Train one network, hand its weights to everyone, and ask each in turn."""
    rounds = settings.rounds_or(5)
    folder = network(settings, anew=True)
    result = new_result("answers", settings, sizes=list(_BUDGETS))
    contestants = _contestants(settings, folder)
    turns = [
        Turn(
            contestant,
            name=f"{size:,} x {contestant.name}",
            request={"images": size, "budget": budget / 4 if settings.quick else budget},
            show=_shown,
            expected=2.5 * budget,
        )
        for contestant in contestants
        for size, budget in _BUDGETS.items()
    ]
    play(turns, rounds, result, settings)
    return result


def network(settings: Settings, *, anew: bool) -> Path:
    """The run folder of a trained 784-512-512-10; with `weights.npz` in it, for the peers.

    Args:
        settings: Of this run.
        anew: Train it even where it is there.

    Returns:
        Its path.

    Raises:
        BenchmarkError: It could not be trained.
    """
    folder = settings.work / "network"
    weights = folder / "weights.npz"
    if weights.exists() and not anew:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    progress = Progress("answers", 25)
    epochs = "1" if settings.quick else "4"
    recipe = ["--preset", "quick", "--hidden-sizes", "512,512", "--no-batch-normalization", "--dropout", "0.2"]
    trained = Contestant("training the network", "train_digitnet.py", expected=20)
    command = ["-m", "digitnet", "train", *recipe, "--epochs", epochs, "--out", str(folder)]
    whole_process(trained, settings, command)
    progress.step("trained a network for everyone", trained.expected)
    handed = Contestant("handing the weights over", "hand_over.py", arguments=(str(folder), str(weights)), expected=5)
    whole_process(handed, settings)
    if not weights.exists():
        raise BenchmarkError("the weights of the network were not written")
    return folder


def digitnet_answers(settings: Settings, precision: str, checked: int = MANY) -> Contestant:
    """Our own answers; the network must be there.

    Args:
        settings: Of this run.
        precision: float32 or int8.
        checked: Test images to measure the accuracy on.
    """
    arguments = (str(settings.test_data), str(settings.work / "network"), precision, str(checked))
    return Contestant(f"digitnet, {precision}", "answer_digitnet.py", arguments=arguments)


def _contestants(settings: Settings, folder: Path) -> list[Contestant]:
    model, weights = str(folder / "model.onnx"), str(folder / "weights.npz")
    peers = [
        ("ONNX Runtime, defaults", OURS, {}, (model, "onnxruntime", "defaults")),
        ("ONNX Runtime, one thread", OURS, {}, (model, "onnxruntime", "one-thread")),
        ("Keras predict, TensorFlow", TENSORFLOW, {"KERAS_BACKEND": "tensorflow"}, (weights, "keras", "predict")),
        ("Keras model(x), TensorFlow", TENSORFLOW, {"KERAS_BACKEND": "tensorflow"}, (weights, "keras", "call")),
        ("Keras predict, JAX", OURS, {"KERAS_BACKEND": "jax"}, (weights, "keras", "predict")),
        ("Keras model(x), JAX", OURS, {"KERAS_BACKEND": "jax"}, (weights, "keras", "call")),
        ("PyTorch", PYTORCH, {}, (weights, "torch", "eval")),
        ("scikit-learn", SKLEARN, {}, (weights, "sklearn", "predict_proba")),
    ]
    data, checked = str(settings.test_data), str(MANY)
    return [
        digitnet_answers(settings, "float32"),
        digitnet_answers(settings, "int8"),
        *(
            Contestant(name, "answer_peer.py", environment, variables, (data, *arguments, checked))
            for name, environment, variables, arguments in peers
        ),
    ]


def _shown(answer: dict[str, Any]) -> str:
    return f"{1e6 * answer['seconds']:,.0f} us a call"
