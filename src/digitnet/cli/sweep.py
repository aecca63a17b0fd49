"""`digitnet sweep`: many settings and seeds, each trained as `digitnet train` would, compared on held-out images."""

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitnet.cli.command_line import Command, CommandLine, OptionSection
from digitnet.cli.lines import print_line, print_note
from digitnet.cli.options import add_data, add_json
from digitnet.cli.searched_dial import searched_dial
from digitnet.cli.values import one_of, whole_number, whole_numbers
from digitnet.errors import BatchError, ConfigurationError, MissingExtraError
from digitnet.training.recipes import PRESETS

if TYPE_CHECKING:
    from digitnet.datasets import OnBadPicture
    from digitnet.report.sweep import SettingResult
    from digitnet.runs.search import PlannedRun
    from digitnet.runs.sweep import Each, Ended

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "Every run is a run folder in DIR. Settings are compared by the errors in images that were held out from "
        "training, never by test images; sweep.csv has all of them, the best first, and sweep.png shows them. A sweep "
        "that was stopped in any way goes on when the same command is given again. Needs the extras: pip install "
        "'digitnet[train,scale]'",
        examples=(
            "digitnet sweep --dial epochs=6,12 --seeds 0-4 --out DIR",
            "digitnet sweep --dial 'hidden_sizes=99;512,512' --out DIR",
            "digitnet sweep --dial dropout=0..0.5 --random 20 --out DIR",
            "digitnet committee best.onnx DIR",
        ),
    )
    section = line.section("Search")
    section.option(
        "--preset",
        metavar="NAME",
        choices=tuple(PRESETS),
        type=one_of(PRESETS),
        default="standard",
        help=f"The recipe to start from: {', '.join(PRESETS)}.",
    )
    section.option(
        "--dial",
        metavar="NAME=V,V",
        dest="dials",
        action="append",
        default=[],
        type=searched_dial,
        help="A setting of digitnet train and its values; of several dials every combination is trained. Semicolons "
        "stand between values that have commas themselves. LOW..HIGH is a span to draw from, on a logarithmic scale if "
        "LOW is above 0.",
    )
    section.option("--seeds", metavar="0-4", type=whole_numbers, default=(0,), help="Each setting with each of these.")
    section.option("--random", metavar="N", type=whole_number(1, 10_000), help="Draw N settings at random.")
    add_data(section)
    _add_work(line.section("Work"))


def _add_work(section: OptionSection) -> None:
    section.option("--out", metavar="DIR", type=Path, help="Folder of the sweep; needed.")
    section.option(
        "--workers",
        metavar="N",
        type=whole_number(1, 1024),
        help="Runs beside each other on this machine; 1 works without a cluster. [default: as the cores allow]",
    )
    section.option(
        "--cores",
        metavar="N",
        type=whole_number(1, 1024),
        help="Cores of each run on this machine, on which the last bits of its weights depend. [default: 1]",
    )
    section.option("--scheduler", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler.")
    add_json(section)


def _run(arguments: Namespace) -> int:
    from digitnet.runs.search import Search, planned_runs

    _check(arguments)
    search = Search(arguments.preset, dict(arguments.dials), arguments.seeds, arguments.random)
    runs = planned_runs(search)
    _check_extras(arguments)
    results = _swept(runs, arguments)
    _report(results, arguments)
    return 0


COMMAND = Command(_describe, _run)


def _check(arguments: Namespace) -> None:
    if arguments.out is None:
        raise ConfigurationError("--out is missing: name the folder of the sweep")
    if arguments.scheduler is not None and (arguments.workers or arguments.cores):
        raise ConfigurationError("--scheduler excludes --workers and --cores: a cluster has its own")
    names = [name for name, _ in arguments.dials]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigurationError(f"--dial {twice[0]} is given twice: name all of its values in one")


def _check_extras(arguments: Namespace) -> None:
    needed = {"keras": "train", "jax": "train", "matplotlib": "train"}
    if arguments.workers != 1:
        needed["distributed"] = "scale"
    for package, extra in needed.items():
        if find_spec(package) is None:
            raise MissingExtraError(f"{package} is not installed: pip install 'digitnet[{extra}]'")


def _swept(runs: "Sequence[PlannedRun]", arguments: Namespace) -> "list[SettingResult]":
    from digitnet.datasets import load_source
    from digitnet.runs.planned_run import SweepJob
    from digitnet.runs.sweep import run_sweep

    source = arguments.data or "mnist"
    on_bad_picture: OnBadPicture = arguments.on_bad_picture or "fail"
    digest = load_source(source, on_bad_picture=on_bad_picture)[0].digest  # before anything is written
    cores = None if arguments.scheduler is not None else arguments.cores or 1
    fixed = {"preset": arguments.preset, "source": source, "data": digest, "cores": cores}
    path = source if source == "mnist" else str(Path(source).absolute())
    job = SweepJob(str(arguments.out.absolute()), path, on_bad_picture)
    try:
        return run_sweep(
            tuple(runs), job, fixed, partial(_trainers, arguments, len(runs)), listener=_Listener(arguments.quiet)
        )
    except KeyboardInterrupt:
        raise BatchError("stopped. What is finished is safe: the same command goes on from there") from None


class _Listener:
    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, event: "Ended") -> None:
        if not self._quiet:
            said = event.run.error
            if event.error_rate is not None:
                said = f"{100 * event.error_rate:.2f} % of the held-out images wrong"
            print_note(f"run {event.ended} of {event.all_runs}, {event.run.name}: {said}")


@contextmanager
def _trainers(arguments: Namespace, runs: int) -> "Iterator[Each]":
    """What trains runs: this process and its children, a cluster of this machine, or another one."""
    from digitnet.parallel import available_cores, keep_to_cores

    cores = arguments.cores or 1
    workers = min(arguments.workers or max(1, available_cores() // cores), runs)
    if arguments.scheduler is None and workers == 1:
        keep_to_cores(0, cores)
        yield map
        return
    from digitnet.scale.cluster import check_versions, connected, dashboard_of, exposure, local_cluster, spread
    from digitnet.scale.versions import TRAINING_PACKAGES

    if arguments.scheduler is not None and (warning := exposure(arguments.scheduler)):
        print_note(warning)
    cluster: Any = connected(arguments.scheduler) if arguments.scheduler else None
    with cluster or local_cluster(workers, partial(keep_to_cores, cores=cores)) as client:
        check_versions(client, TRAINING_PACKAGES)
        if not arguments.quiet and (dashboard := dashboard_of(client)):
            print_note(f"what the cluster does: {dashboard}")
        yield partial(spread, client)


def _report(results: "Sequence[SettingResult]", arguments: Namespace) -> None:
    best, out = results[0], arguments.out
    if arguments.as_json:
        rows = [one._asdict() | {"error_rate": one.error_rate, "interval": one.interval} for one in results]
        print_line(json.dumps({"sweep": str(out), "settings": rows}))
        return
    from rich.console import Console

    from digitnet.report.sweep import names_of_settings, sweep_table

    Console(highlight=False).print(sweep_table(results))
    for failure in dict.fromkeys(failure for one in results for failure in one.failures):
        print_note(f"without a result: {failure}")
    print_line(f"Fewest errors in held-out images: {names_of_settings(results)[0]}")
    print_line(f"All settings: {out / 'sweep.csv'}, drawn: {out / 'sweep.png'}")
    if len(best.runs) > 1:
        print_line(f"Its {len(best.runs)} networks as one model file: digitnet committee best.onnx {out}")
