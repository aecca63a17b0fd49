"""Quantiles keep what split conformal prediction promises, and believe no file."""

import json
import math
from typing import Any

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.evaluation.quantiles import Quantiles


def test_the_values_by_hand() -> None:
    """Of 99 held-out values and a new one, each rank is as likely: one in a hundred falls below the lowest."""
    found = Quantiles.of(range(1, 100))
    assert found.n == 99
    assert found.at(0.01) == 1.0
    assert found.at(0.02) == 2.0
    assert found.at(0.05) == 5.0
    assert found.at(0.2) == found.at(1.0) == 20.0  # the largest share that is kept
    assert found.at(0.0199) == 1.0  # the next smaller one, never the next larger


def test_so_few_images_cannot_tell_small_shares() -> None:
    assert Quantiles.of(range(98)).at(0.01) == -math.inf  # 98 + 1 ranks are less than a hundred
    assert Quantiles.of([]).at(0.2) == Quantiles.of(range(99)).at(0.0) == -math.inf


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.1])
def test_the_promise_holds_for_any_distribution(share: float) -> None:
    """Over many draws of held-out images, the mean share of new ones below is what was promised, and hardly less."""
    rng = np.random.default_rng(5)
    below = []
    for _ in range(300):
        held_out, new = rng.standard_cauchy((2, 2000))
        below.append(float((new < Quantiles.of(held_out).at(share)).mean()))
    error = np.std(below) / math.sqrt(len(below))
    assert share - 1 / 2000 - 4 * error <= np.mean(below) <= share + 4 * error


def test_rounding_never_raises_a_threshold() -> None:
    value = 0.1234567891
    found = Quantiles.of([value] * 200).at(0.01)
    assert value - 1e-6 <= found <= value


def test_what_goes_in_comes_out() -> None:
    quantiles = Quantiles.of(np.random.default_rng(0).normal(size=5000).astype(np.float32))
    assert Quantiles.from_dict(json.loads(json.dumps(quantiles.to_dict()))) == quantiles
    assert len(quantiles.shares) == 16


@pytest.mark.parametrize("share", [-0.01, 1.01, math.nan])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ConfigurationError, match="expected a number in"):
        Quantiles.of(range(99)).at(share)


GOOD: dict[str, Any] = {"n": 99, "shares": [0.01, 0.02], "values": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected n, shares and values"),
        ([], "expected n, shares and values"),
        ({"n": 99, "shares": [0.01]}, "expected n, shares and values"),
        (GOOD | {"values": "12"}, "something else than lists"),
        (GOOD | {"values": [1.0, "2"]}, "something else than numbers"),
        (GOOD | {"values": [1.0, math.nan]}, "something else than numbers"),
        (GOOD | {"values": [1.0, 10**400]}, "something else than numbers"),  # no float can hold it
        (GOOD | {"values": [1.0, True]}, "something else than numbers"),
        (GOOD | {"values": [2.0, 1.0]}, "do not rise"),
        (GOOD | {"shares": [0.02, 0.01]}, "do not rise"),
        (GOOD | {"values": [1.0]}, "differ in length"),
        (GOOD | {"shares": [0.0, 0.02]}, r"expected \(0, 1\)"),
        (GOOD | {"shares": [0.01, 1.0]}, r"expected \(0, 1\)"),
        (GOOD | {"n": 9.5}, "expected a whole number"),
        (GOOD | {"n": -1}, "expected a whole number"),
        (GOOD | {"n": True}, "expected a whole number"),
    ],
)
def test_nothing_else_is_believed(content: object, message: str) -> None:
    assert Quantiles.from_dict(GOOD).at(0.02) == 2.0
    with pytest.raises(ConfigurationError, match=message):
        Quantiles.from_dict(content)
