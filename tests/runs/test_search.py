"""The runs of a search: every combination or some drawn, under names that stay when the search grows."""

import math
from typing import Any

import pytest

from digitnet.cli.commands import command_line
from digitnet.cli.dials import given_dials
from digitnet.errors import ConfigurationError
from digitnet.runs.search import PlannedRun, Search, Span, planned_runs
from digitnet.training.recipes import make_recipe


def search(dials: dict[str, Any], seeds: tuple[int, ...] = (0,), draws: int | None = None) -> Search:
    return Search("quick", dials, seeds, draws)


def names(runs: tuple[PlannedRun, ...]) -> list[str]:
    return [run.name for run in runs]


def test_every_combination_is_trained_with_every_seed() -> None:
    runs = planned_runs(search({"learning_rate": (0.01, 0.03), "epochs": (1, 2)}, (0, 7)))
    found = [(run.recipe.learning_rate, run.recipe.epochs, run.recipe.seed) for run in runs]
    assert found == [(rate, epochs, seed) for rate in (0.01, 0.03) for epochs in (1, 2) for seed in (0, 7)]
    assert all(run.recipe.hidden_sizes == (384, 384) for run in runs)
    assert len(set(names(runs))) == len(runs)
    assert runs[0].setting == {"learning_rate": "0.01", "epochs": "1"}


def test_a_larger_search_has_the_runs_of_the_smaller() -> None:
    dials: dict[str, Any] = {"learning_rate": Span(1e-3, 1e-1), "optimizer": ("sgd", "adam")}
    few, more = planned_runs(search(dials, draws=4)), planned_runs(search(dials, (0, 1), draws=9))
    assert set(names(few)) < set(names(more))
    assert len(more) == 18
    grid = planned_runs(search({"dropout": (0.0, 0.5)}))
    assert set(names(grid)) < set(names(planned_runs(search({"dropout": (0.0, 0.2, 0.5)}, (0, 1)))))


def test_drawn_numbers_fill_their_span() -> None:
    runs = planned_runs(search({"learning_rate": Span(1e-4, 1.0), "dropout": Span(0, 0.5)}, draws=200))
    exponents = [math.log10(run.recipe.learning_rate) for run in runs]
    assert [sum(low <= exponent <= low + 1 for exponent in exponents) > 30 for low in (-4, -3, -2, -1)] == [True] * 4
    drops = [run.recipe.dropout for run in runs]
    assert sum(drop < 0.25 for drop in drops) == pytest.approx(100, abs=30)
    assert 0 <= min(drops) < 0.05
    assert 0.45 < max(drops) <= 0.5
    whole = planned_runs(search({"epochs": Span(1, 3, is_whole=True)}, draws=50))
    assert sorted(run.recipe.epochs for run in whole) == [1, 2, 3]


def test_the_same_run_is_there_once() -> None:
    assert len(planned_runs(search({"epochs": (2, 2)}, (1, 1)))) == 1


@pytest.mark.parametrize(
    ("dials", "seeds", "draws", "message"),
    [
        ({}, (), None, "a sweep has no seeds"),
        ({"epochs": ()}, (0,), None, "epochs has no values"),
        ({"learning_rate": Span(1e-3, 1e-1)}, (0,), None, "learning_rate is a span, from which settings are drawn"),
        ({"learning_rate": (0.1, -1.0)}, (0,), None, "learning_rate is -1.0: expected a number above 0"),
        ({"validation_fraction": (0.0,)}, (0,), None, "hold no images out, by whose errors a sweep chooses"),
        ({"epochs": tuple(range(1, 102))}, tuple(range(100)), None, "a sweep of 10,100 runs"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(
    dials: dict[str, Any], seeds: tuple[int, ...], draws: int | None, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        planned_runs(search(dials, seeds, draws))


def test_the_command_of_a_run_trains_the_same() -> None:
    """Understood by `digitnet train`, its words give the very recipe."""
    dials = {
        "hidden_sizes": ((300, 100),),
        "batch_normalization": (False,),
        "augmentation": ("rotation=5",),
        "validation_fraction": (1 / 12,),
        "optimizer": ("sgd",),
    }
    (run,) = planned_runs(search(dials, (5,)))
    words = run.command("digits.npz", "out")
    arguments = command_line("train")[0].parse(words[2:])
    assert (arguments.data, str(arguments.out), arguments.preset) == ("digits.npz", "out", "quick")
    assert make_recipe("quick", **given_dials(arguments)) == run.recipe
    assert "--data" not in run.command("mnist", "out")
