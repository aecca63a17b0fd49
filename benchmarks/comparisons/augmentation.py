"""What augmentation costs: epochs of `record` with it and without it, in turn."""

import statistics
from typing import Any

from benchmarks.comparisons.engines import digitnet_training
from benchmarks.results import Result
from benchmarks.rounds import Turn, new_result, play
from benchmarks.settings import Settings

__all__ = ["PLAIN", "PRESET", "WITH", "compare_augmentation"]

PRESET = "record"
WITH = "with augmentation"
PLAIN = "images as they are"

_EPOCHS = 3  # a turn; the first compiles and does not count


def compare_augmentation(settings: Settings) -> Result:
    """Train in one process, with the preset's augmentation and without, all else the same."""
    epochs, images = (2, 12_000) if settings.quick else (_EPOCHS, 60_000)
    result = new_result("augmentation", settings, epochs=epochs, images=images)
    trainer = digitnet_training(settings)
    request = {"epochs": epochs, "images": images, "preset": PRESET}
    turns = [
        Turn(trainer, name=name, request={**request, "augment": name == WITH}, show=_shown, expected=40)
        for name in (WITH, PLAIN)
    ]
    play(turns, settings.rounds_or(3), result, settings)
    for name in (WITH, PLAIN):
        for answer in result.measured.get(name, []):
            answer["seconds"] = statistics.median(answer["seconds"][1:])
    return result


def _shown(answer: dict[str, Any]) -> str:
    return f"{statistics.median(answer['seconds'][1:]):.2f} s an epoch"
