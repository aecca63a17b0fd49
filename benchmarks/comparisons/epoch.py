"""Seconds an epoch: digitnet, its peers, and the machine's matrix products, in turn."""

import statistics
from typing import Any

from benchmarks.comparisons.engines import digitnet_training, product_engine, rate_turns, training_peers
from benchmarks.results import Result
from benchmarks.rounds import Turn, new_result, play
from benchmarks.settings import Settings

__all__ = ["compare_epoch"]

_EPOCHS = 3  # a round; the first compiles and does not count
_IMAGES = 60_000
_SLOW = ("Keras fit, PyTorch", "scikit-learn")  # take part in every second round, to keep the whole in minutes


def compare_epoch(settings: Settings) -> Result:
    """Train 784-512-512-10 with dropout 0.2, Adam and batches of 128, everyone in turn."""
    epochs, images = (2, 12_800) if settings.quick else (_EPOCHS, _IMAGES)
    result = new_result("epoch", settings, epochs=epochs, images=images)
    request = {"epochs": epochs, "images": images}
    trainers = [digitnet_training(settings), *training_peers(settings)]
    part = epochs * images / (_EPOCHS * _IMAGES)
    turns = [
        Turn(
            trainer,
            request=request,
            show=_shown,
            expected=trainer.expected * part + 0.5 * (part < 1),
            every=2 if trainer.name in _SLOW else 1,
        )
        for trainer in trainers
    ]
    products = [
        Turn(product_engine(settings, engine), f"eight products, {engine}", {"task": "epoch"}, _seconds, expected=6.0)
        for engine in ("JAX", "PyTorch")
    ]
    play([*turns, *rate_turns(settings), *products], settings.rounds_or(5), result, settings)
    for turn in products:
        for answer in result.measured.get(turn.label, []):
            answer["value"] *= images / _IMAGES
    for trainer in trainers:
        for answer in result.measured.get(trainer.name, []):
            answer["first"], *counted = answer.pop("seconds")
            answer["seconds"] = statistics.median(counted)
    return result


def _shown(answer: dict[str, Any]) -> str:
    return f"{statistics.median(answer['seconds'][1:]):.2f} s an epoch, {100 * answer['accuracy']:.2f} % right"


def _seconds(answer: dict[str, Any]) -> str:
    return f"{answer['value']:.2f} s an epoch"
