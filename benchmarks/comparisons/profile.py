"""What an epoch consists of, by leaving one part out at a time, all variants in turn."""

import statistics
from typing import Any

from benchmarks.comparisons.engines import digitnet_training, product_engine
from benchmarks.results import Result
from benchmarks.rounds import Turn, new_result, play
from benchmarks.settings import Settings

__all__ = ["EVERYTHING", "GATHER", "NO_DROPOUT", "NO_METRICS", "PRODUCTS", "SGD", "compare_profile"]

EVERYTHING = "everything"
NO_DROPOUT = "without dropout"
SGD = "SGD in place of Adam"
NO_METRICS = "without metrics"
PRODUCTS = "matrix products alone"
GATHER = "shuffling and gathering alone"

_VARIANTS: dict[str, dict[str, Any]] = {
    EVERYTHING: {},
    NO_DROPOUT: {"dropout": 0.0},
    SGD: {"optimizer": "sgd"},
    NO_METRICS: {"metrics": []},
}
_IMAGES = 60_000  # of an epoch
_EPOCHS = 4  # a turn; the first compiles and does not count


def compare_profile(settings: Settings) -> Result:
    """Train in one process, now with everything and now without one part; and the products alone beside it."""
    epochs, images = (2, 12_800) if settings.quick else (_EPOCHS, _IMAGES)
    result = new_result("profile", settings, epochs=epochs, images=images)
    trainer = digitnet_training(settings)
    turns = [
        Turn(trainer, name=name, request={"epochs": epochs, "images": images, **left_out}, show=_shown, expected=7)
        for name, left_out in _VARIANTS.items()
    ]
    jax = product_engine(settings, "JAX")
    turns += [
        Turn(jax, name=name, request={"task": task}, show=_value, expected=5)
        for name, task in ((PRODUCTS, "epoch"), (GATHER, "gather"))
    ]
    play(turns, settings.rounds_or(3), result, settings)
    for name in _VARIANTS:
        for answer in result.measured.get(name, []):
            answer["seconds"] = statistics.median(answer["seconds"][1:])
    for name in (PRODUCTS, GATHER):
        for answer in result.measured.get(name, []):
            answer["seconds"] = answer.pop("value") * images / _IMAGES
    return result


def _shown(answer: dict[str, Any]) -> str:
    return f"{statistics.median(answer['seconds'][1:]):.2f} s an epoch"


def _value(answer: dict[str, Any]) -> str:
    return f"{answer['value']:.2f} s an epoch"
