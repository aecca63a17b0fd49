"""A sweep's folder: what is missing is trained, nothing else; a table that stops and kills do not change."""

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from digitnet.errors import BatchError, RunFolderError
from digitnet.report.sweep import SettingResult
from digitnet.runs.planned_run import SweepJob, TrainedRun
from digitnet.runs.search import PlannedRun, Search, planned_runs
from digitnet.runs.sweep import SEARCH, TABLE, Ended, best_runs, run_sweep
from extras import needs_training

pytestmark = needs_training  # the figure needs Matplotlib

FIXED = {"data": "digest", "cores": 1}
RATES = (0.01, 0.02, 0.03)
ERRORS = {0.01: 30, 0.02: 10, 0.03: 20}  # of 1,000 held-out images, with seed 0; one more with each seed


def runs_of(rates: tuple[float, ...] = RATES, seeds: tuple[int, ...] = (0, 1)) -> tuple[PlannedRun, ...]:
    return planned_runs(Search("quick", {"learning_rate": rates}, seeds))


def write_result(job: SweepJob, run: PlannedRun) -> TrainedRun:
    """Leaves of a run what a sweep reads; as many test errors as make the worst setting look best."""
    folder = Path(job.folder) / run.name
    folder.mkdir()
    errors = ERRORS[run.recipe.learning_rate] + run.recipe.seed
    figures = {"errors": errors, "n": 1000, "nll": errors / 1e4}
    metrics = {"validation": figures, "test": {"errors": 100 - errors, "n": 1000}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return TrainedRun(run.name)


class Trainers:
    """Trains one run after the other, and stops after some."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.trained: list[str] = []
        self._stop_after = stop_after

    def __call__(self) -> AbstractContextManager[Any]:
        return nullcontext(self._each)

    def _each(self, train: Any, runs: Iterable[PlannedRun]) -> Iterator[TrainedRun]:
        for run in runs:
            if len(self.trained) == self._stop_after:
                raise BatchError("stopped")
            self.trained.append(run.name)
            yield train(run)


def swept(folder: Path, trainers: Any, runs: tuple[PlannedRun, ...] | None = None, **more: Any) -> list[SettingResult]:
    more = {"train": write_result, **more}
    return run_sweep(runs or runs_of(), SweepJob(str(folder), "mnist"), more.pop("fixed", FIXED), trainers, **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sweep"


def test_settings_are_ordered_by_held_out_errors_alone(folder: Path) -> None:
    events: list[Ended] = []
    results = swept(folder, Trainers(), listener=events.append)
    assert [one.setting["learning_rate"] for one in results] == ["0.02", "0.03", "0.01"]
    assert [(one.errors, one.images) for one in results] == [((e, e + 1), (1000, 1000)) for e in (10, 20, 30)]
    rows = list(csv.DictReader((folder / TABLE).read_text().splitlines()))
    assert [(row["learning_rate"], row["errors"], row["error_rate"]) for row in rows] == [
        ("0.02", "21", "0.010500"),
        ("0.03", "41", "0.020500"),
        ("0.01", "61", "0.030500"),
    ]
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert [(event.ended, event.all_runs) for event in events] == [(place, 6) for place in range(1, 7)]
    assert [event.error_rate for event in events] == [0.03, 0.031, 0.01, 0.011, 0.02, 0.021]


def test_a_sweep_that_was_stopped_comes_to_the_same_table(folder: Path, tmp_path: Path) -> None:
    swept(tmp_path / "whole", Trainers())
    first, second = Trainers(stop_after=2), Trainers()
    with pytest.raises(BatchError, match="stopped"):
        swept(folder, first)
    assert not (folder / TABLE).exists()
    with pytest.raises(RunFolderError, match="is a sweep that is not finished"):
        best_runs(folder)
    swept(folder, second)
    assert first.trained + second.trained == [run.name for run in runs_of()]
    for name in (TABLE, SEARCH):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()

    def none_is_needed() -> AbstractContextManager[Any]:
        raise AssertionError

    assert swept(folder, none_is_needed) == swept(tmp_path / "whole", none_is_needed)


def test_a_larger_search_trains_only_what_is_new(folder: Path) -> None:
    swept(folder, Trainers(), runs_of((0.01, 0.03)))
    trainers = Trainers()
    assert len(swept(folder, trainers)) == 3
    assert len(trainers.trained) == 2
    assert len(json.loads((folder / SEARCH).read_text())["runs"]) == 6


def test_another_search_is_refused_and_nothing_changed(folder: Path) -> None:
    swept(folder, Trainers())
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(RunFolderError, match=r"another search: it has 2 runs that are not in this one, such as learn"):
        swept(folder, Trainers(), runs_of((0.01, 0.02)))
    with pytest.raises(RunFolderError, match=r"a sweep with another data: it was digest and is other"):
        swept(folder, Trainers(), fixed={"data": "other", "cores": 1})
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("text", ["", "[]", '{"fixed": {}}', '{"fixed": {}, "runs": [{"name": 3}]}'])
def test_a_damaged_search_is_one_line(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / SEARCH).write_text(text)
    with pytest.raises(RunFolderError, match=r"sweep.json is damaged"):
        swept(folder, Trainers())


def test_a_folder_of_something_else_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(RunFolderError, match=r"holds files that no sweep wrote, such as diary.txt"):
        swept(folder, Trainers())
    assert [path.name for path in folder.iterdir()] == ["diary.txt"]
    assert best_runs(folder) is None


def test_a_setting_whose_run_failed_is_never_the_best(folder: Path) -> None:
    def train(job: SweepJob, run: PlannedRun) -> TrainedRun:
        if run.recipe.learning_rate == 0.02 and run.recipe.seed == 1:
            return TrainedRun(run.name, "diverged")
        return write_result(job, run)

    results = swept(folder, Trainers(), train=train)
    assert [one.setting["learning_rate"] for one in results] == ["0.03", "0.01", "0.02"]
    assert results[-1].failures == ("diverged",)
    assert best_runs(folder) == [folder / name for name in results[0].runs]
    trainers = Trainers()
    swept(folder, trainers)  # what has no result is tried again
    assert trainers.trained == [results[-1].runs[1]]
    assert best_runs(folder) == [folder / name for name in results[-1].runs]


def test_a_sweep_without_any_result_says_why(folder: Path) -> None:
    with pytest.raises(RunFolderError, match=r"no run of .*sweep has a result: diverged"):
        swept(folder, Trainers(), train=lambda _, run: TrainedRun(run.name, "diverged"))
    assert not (folder / TABLE).exists()


def test_damaged_figures_are_named(folder: Path) -> None:
    results = swept(folder, Trainers())
    damaged = folder / results[1].runs[0] / "metrics.json"
    damaged.write_text("{}")
    with pytest.raises(RunFolderError, match=rf"{damaged} is damaged: delete {damaged.parent}"):
        swept(folder, Trainers())
