"""What the rounds of the speed comparisons become; from made-up rounds, nothing here is timed."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def rounds_of(numbers: Mapping[tuple[str, str], Sequence[float]]) -> Any:
    found = load("results").Rounds()
    for (subject, measure), values in numbers.items():
        for number, value in enumerate(values):
            found.add(subject, number, {measure: value})
    return found


def values_of(rows: Any) -> dict[tuple[str, str], float]:
    return {(row.subject, row.measure): row.value for row in rows}


def test_the_floor_is_that_of_the_fastest_engine_in_each_round() -> None:
    drift = (1.0, 1.5, 0.9)  # the machine's, in each round
    found = rounds_of(
        {
            ("digitnet", "seconds"): drift,
            ("digitnet", "peak_mb"): (500.0, 700.0, 600.0),
            ("Keras `fit`, JAX", "seconds"): [3 * factor for factor in drift],
            ("products, NumPy", "rate"): (2e11, 2e11, 2e11),
            ("products, JAX", "rate"): (3e11, 1e11, 3e11 / 0.9),
        }
    )
    training = load("speed.training")
    assert training.best_rates(found) == pytest.approx({0: 3e11, 1: 2e11, 2: 3e11 / 0.9})
    values = values_of(training.epoch_rows(found, 60_000))
    # 192.55 GFLOP at 300 GFLOP/s are 0.642 s, and ours takes 1 s; in the second round 0.963 s, and ours takes 1.5 s.
    assert values["digitnet", "share of floor"] == pytest.approx(64.18, abs=0.01)
    assert values["floor", "least seconds"] == pytest.approx(0.6418, abs=1e-4)
    assert values["Keras `fit`, JAX", "times"] == pytest.approx(3.0)
    assert values["digitnet", "peak"] == 700


def test_the_parts_of_an_epoch_sum_to_it() -> None:
    seconds = {"everything": 1.0, "dropout": 0.9, "Adam, beyond SGD": 0.8, "accuracy while training": 1.01}
    numbers = {(name, "seconds"): [value] * 3 for name, value in seconds.items()}
    numbers |= {("matrix products", "epoch"): [0.5] * 3, ("shuffling, gathering", "gather"): [0.1] * 3}
    parts = load("speed.training").parts_of_an_epoch(rounds_of(numbers))
    assert parts.pop("everything") == pytest.approx(1.0) == pytest.approx(sum(parts.values()))
    assert parts["dropout"] == pytest.approx(0.1)
    assert parts["Adam, beyond SGD"] == pytest.approx(0.2)
    assert parts["the rest"] == pytest.approx(1 - 0.5 - 0.1 - 0.2 + 0.01 - 0.1)


def test_a_cold_start_is_compared_with_the_nearest_run_of_the_peer() -> None:
    ours = "digitnet, nothing compiled before"
    found = rounds_of({(ours, "seconds"): [10.0] * 5, (ours, "accuracy"): [0.984, 0.985, 0.983, 0.984, 0.986]})
    for number, seconds in ((0, 90.0), (3, 120.0)):
        found.add("Keras's example on TensorFlow", number, {"seconds": seconds})
    values = values_of(load("speed.commands").cold_start_rows(found))
    assert values[ours, "times"] == 12.0  # 90 s / 10 s in rounds 0 and 1, 120 s / 10 s in the three others
    assert (values[ours, "median accuracy"], values[ours, "lowest accuracy"]) == (0.984, 0.983)


def test_answers_are_compared_with_what_a_user_gets() -> None:
    seconds = {"digitnet, float32": 60e-6, "digitnet, int8": 40e-6, "scikit-learn": 120e-6}
    seconds |= {"ONNX Runtime, at its defaults": 50e-6, "ONNX Runtime, one thread": 30e-6}
    found = rounds_of({(name, "one"): [value, 2 * value, value] for name, value in seconds.items()})
    values = values_of(load("speed.answers").answer_rows(found, "digitnet, int8", {"scikit-learn": 0.98}))
    assert values["scikit-learn", "one times"] == pytest.approx(3.0)
    assert values["digitnet, int8", "beyond ONNX Runtime"] == pytest.approx(10e-6)  # than the faster session
    assert ("digitnet, int8", "one times") not in values
    assert values["scikit-learn", "accuracy"] == 0.98


def test_few_images_are_scaled_to_an_epoch() -> None:
    rows = load("speed.growth").training_rows("width", 512, 2_560, {"seconds": 0.256, "peak": 600.0}, 2e11)
    values = values_of(rows)
    assert values["512", "seconds"] == pytest.approx(6.0)
    assert values["512", "floor"] == pytest.approx(60_000 * 3_209_216 / 2e11)
    assert values["512", "share"] == pytest.approx(values["512", "floor"] / 6.0)
    assert values["512", "seen"] == 2_560
