"""Made-up measurements of accuracy, as `python -m benchmarks.accuracy record` would write them."""

import dataclasses
from typing import Any

from digitnet.training.recipes import PRESETS
from made_up_benchmarks import load

__all__ = ["all_rows", "committee", "looked_at_again", "network"]

MACHINE = {"processor": "Imagined CPU", "cores": 2}


def network(preset: str, seed: int, errors: int, **others: Any) -> Any:
    """One network, whose mistakes are every 25th image from image 47 on, so that 947, a disputed label, is the 37th."""
    recipe = dataclasses.replace(PRESETS[preset], seed=seed)
    seconds = {"quick": 5.0, "standard": 80.0, "record": 1700.0}[preset] + seed
    fields = {
        "kind": "single",
        "preset": preset,
        "seed": seed,
        "errors": errors,
        "n": 10_000,
        "nll": 0.0123,
        "ece": 0.00145,
        "temperature": 0.75,
        "int8": {"errors": errors + 1, "nll": 0.0124, "ece": 0.0015},
        "augmented": [],
        "validation": {"n": 2_000, "errors": 20},
        "train_seconds": seconds,
        "parameters": 1_000_000,
        "machine": MACHINE,
        "versions": {"python": "3.11.7", "jax": "0.5.0"},
        "model_sha256": f"{errors:064x}",
        "settings": recipe.to_dict(),
        "mistakes": [[22 + 25 * number, 0] for number in range(1, errors + 1)],
        "history": {
            "epoch": list(range(1, 11)),
            "seconds": [seconds * part / 10 for part in range(1, 11)],
            "training_error": [0.05 / part for part in range(1, 11)],
            "validation_error": [0.01 + errors / 1e4 / part for part in range(1, 11)],
        },
    }
    return load("accuracy.measured").Measurement(**{**fields, **others})


def committee(members: int, errors: int, **others: Any) -> Any:
    """Several networks of `record`."""
    row = network("record", 0, errors)
    return dataclasses.replace(
        row,
        kind=f"committee of {members}",
        seed=None,
        int8=None,
        validation=None,
        train_seconds=None,
        versions={},
        history={},
        **others,
    )


def looked_at_again(copies: int, errors: int, ms_altered: float) -> dict[str, Any]:
    """What was measured with augmented inference."""
    mistakes = [[position, 1] for position in range(errors)]
    return {
        "copies": copies,
        "errors": errors,
        "share": 0.0321,
        "ms_mean": 0.75,
        "ms_altered": ms_altered,
        "mistakes": mistakes,
    }


def all_rows() -> list[Any]:
    """Five seeds of each preset, two of them with augmented inference, and two committees."""
    errors = {"quick": 120, "standard": 70, "record": 33}
    rows = [
        network(preset, seed, errors[preset] + seed - 2)
        for preset in load("accuracy.presets").ON_THE_PAGE
        for seed in range(5)
    ]
    again = [looked_at_again(8, 30, 5.0), looked_at_again(32, 27, 15.0)]
    rows = [dataclasses.replace(row, augmented=again) if row.key == ("single", "record", 1) else row for row in rows]
    return [*rows, committee(3, 26), committee(5, 24)]
