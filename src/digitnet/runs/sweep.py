"""A sweep: all runs of a search in one folder. What is missing is trained, and all of it becomes a table.

sweep.json    what is searched, and all runs; written first
NAME/         a run folder, as `digitnet train` makes it
sweep.png     the figure
sweep.csv     the table, the best setting first; it is written last, so that a folder that has it is complete

Settings are compared by the errors in images that were held out from training. Which these are follows from the seed,
so that runs of one seed are compared on the same images. Nothing here looks at what a run says of its test images.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from digitnet.errors import RunFolderError
from digitnet.files import write_atomically
from digitnet.report import save_figure
from digitnet.report.sweep import SettingResult, sweep_csv, sweep_figure
from digitnet.runs.planned_run import LOCKS, METRICS, SweepJob, TrainedRun, train_planned
from digitnet.runs.search import PlannedRun

__all__ = ["SEARCH", "TABLE", "Ended", "Trainers", "best_runs", "run_sweep"]

SEARCH = "sweep.json"
TABLE = "sweep.csv"
_FIGURE = "sweep.png"

# Trains runs, in any order, and takes the next one only when it has use for it.
Train: TypeAlias = Callable[[SweepJob, PlannedRun], TrainedRun]
Each: TypeAlias = Callable[[Callable[[PlannedRun], TrainedRun], Iterable[PlannedRun]], Iterator[TrainedRun]]
Trainers: TypeAlias = Callable[[], AbstractContextManager[Each]]


class Ended(NamedTuple):
    """A run has ended.

    Attributes:
        run: Its name and error.
        ended: How many have, those before this start too.
        all_runs: How many there are.
        error_rate: In its held-out images; None where it has no result.
    """

    run: TrainedRun
    ended: int
    all_runs: int
    error_rate: float | None


def run_sweep(
    runs: tuple[PlannedRun, ...],
    job: SweepJob,
    fixed: Mapping[str, Any],
    trainers: Trainers,
    *,
    listener: Callable[[Ended], object] = lambda _: None,
    train: Train = train_planned,
) -> list[SettingResult]:
    """Train what is missing, and write the table and the figure.

    Args:
        runs: From `planned_runs`, at least one.
        job: Where to, and on what.
        fixed: What else decides about the results, such as a digest of the data, JSON-ready.
        trainers: Are started where anything is missing, and end with it.
        listener: Is told of every run that ends.
        train: Trains one of them.

    Returns:
        A result for each setting, the best first: whose runs all ended, with the lowest error rate.

    Raises:
        RunFolderError: The folder holds something else or another search, cannot be written, or no run has a result.
        DigitnetError: The trainers are lost. What is finished stays, and the same call goes on from there.
    """
    folder = Path(job.folder)
    _check(folder, runs, fixed)
    missing = [run for run in runs if not (folder / run.name / METRICS).exists()]
    failures: dict[str, str] = {}
    if missing or not (folder / TABLE).exists() or _listed(folder) != _described(runs):
        _begin(folder, runs, fixed)
        if missing:
            with trainers() as each:
                for place, ended in enumerate(each(partial(train, job), missing), start=len(runs) - len(missing) + 1):
                    failures |= {ended.name: ended.error} if ended.error else {}
                    rate = None if ended.error else _error_rate(folder / ended.name)
                    listener(Ended(ended, place, len(runs), rate))
    results = _results(folder, _described(runs), failures)
    if not results[0].images:
        raise RunFolderError(f"no run of {folder} has a result: {next(iter(failures.values()), 'none was trained')}")
    save_figure(sweep_figure(results), folder / _FIGURE)
    shutil.rmtree(folder / LOCKS, ignore_errors=True)
    _write(folder / TABLE, sweep_csv(results))
    return results


def best_runs(path: Path) -> list[Path] | None:
    """The run folders of a finished sweep's best setting; None where the path is no sweep.

    Raises:
        RunFolderError: The sweep is not finished, or its folder is damaged.
    """
    if not (path / SEARCH).is_file():
        return None
    if not (path / TABLE).exists():
        raise RunFolderError(f"{path} is a sweep that is not finished: go on with it by the command that began it")
    return [path / name for name in _results(path, _listed(path), {})[0].runs]


def _check(folder: Path, runs: Iterable[PlannedRun], fixed: Mapping[str, Any]) -> None:
    """Refuse a folder that holds something else, or a search that these runs do not go on with."""
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be read ({error.strerror}): choose another --out") from error
    if SEARCH not in names:
        if others := sorted(name for name in names if not name.startswith(".")):
            raise RunFolderError(f"{folder} holds files that no sweep wrote, such as {others[0]}: choose another --out")
        return
    before = _read(folder)
    for name, value in fixed.items():
        if before["fixed"].get(name) != value:
            raise RunFolderError(
                f"{folder} is a sweep with another {name}: it was {before['fixed'].get(name)} and is {value}. Choose "
                "another --out"
            )
    lost = {run["name"] for run in before["runs"]} - {run.name for run in runs}
    if lost:
        raise RunFolderError(
            f"{folder} is a sweep of another search: it has {len(lost)} runs that are not in this one, such as "
            f"{min(lost)}. Name all of its values and seeds, more if you like, or choose another --out"
        )


def _begin(folder: Path, runs: Iterable[PlannedRun], fixed: Mapping[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TABLE).unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be written ({error.strerror}): choose another --out") from error
    content = {"fixed": dict(fixed), "runs": _described(runs)}
    _write(folder / SEARCH, json.dumps(content, indent=1) + "\n")


def _described(runs: Iterable[PlannedRun]) -> list[dict[str, Any]]:
    return [{"name": run.name, "seed": run.recipe.seed, "setting": run.setting} for run in runs]


def _listed(folder: Path) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = _read(folder)["runs"]
    return runs


def _read(folder: Path) -> dict[str, Any]:
    path = folder / SEARCH
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if not isinstance(content["fixed"], dict) or not all(
            isinstance(run["name"], str) and isinstance(run["setting"], dict) for run in content["runs"]
        ):
            raise ValueError("its entries have other types")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunFolderError(f"{path} is damaged ({error}): choose another --out") from error
    return content


def _results(folder: Path, runs: Iterable[Mapping[str, Any]], failures: Mapping[str, str]) -> list[SettingResult]:
    by_setting: dict[str, list[Mapping[str, Any]]] = {}
    for run in runs:
        by_setting.setdefault(json.dumps(run["setting"]), []).append(run)
    results = []
    for group in by_setting.values():
        names = tuple(run["name"] for run in group)
        measured = [found for name in names if (found := _measured(folder / name)) is not None]
        results.append(
            SettingResult(
                setting=dict(group[0]["setting"]),
                runs=names,
                errors=tuple(found["errors"] for found in measured),
                images=tuple(found["n"] for found in measured),
                log_losses=tuple(found["nll"] for found in measured),
                failures=tuple(dict.fromkeys(failures[name] for name in names if name in failures)),
            )
        )
    return sorted(results, key=lambda one: (len(one.errors) < len(one.runs), one.error_rate, one.log_loss))


def _error_rate(path: Path) -> float | None:
    found = _measured(path)
    return None if found is None else found["errors"] / found["n"]


def _measured(path: Path) -> dict[str, Any] | None:
    """What a run folder says of its held-out images; None where the run has no result."""
    with suppress(FileNotFoundError):
        try:
            found: dict[str, Any] = json.loads((path / METRICS).read_bytes())["validation"]
            return {name: found[name] for name in ("errors", "n", "nll")}
        except (ValueError, KeyError, TypeError) as error:
            raise RunFolderError(f"{path / METRICS} is damaged: delete {path} and run once more") from error
    return None


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {error.strerror}. What is finished is safe") from error
