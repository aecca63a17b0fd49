"""Many pictures, many devices: measure batches and trainings, and write docs/scale.md: `python -m benchmarks.scale`.

    python -m benchmarks.scale speedup --images 200000 --pages 200   two workers beside one process on one core
    python -m benchmarks.scale stops --kills 20 --resumes 5         workers and whole runs that are killed
    python -m benchmarks.scale sweep --resumes 1                    a sweep that is killed and resumed
    python -m benchmarks.scale training --images 6000 --epochs 4    one training on several devices
    python -m benchmarks.scale simulated --parts 3000               many workers that only wait
    python -m benchmarks.scale cost --images 65536 --pages 12       what a billion pictures would take
    python -m benchmarks.scale memory --images 1000000              memory while many images are read
    python -m benchmarks.scale page                                 only write the page, from what was recorded

What is measured is recorded as soon as it is there; `--dry-run` only prints it.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pages import write_page
from benchmarks.processes import BenchmarkError
from benchmarks.results import MEASURED, Run, record
from benchmarks.scale.cost import measure_cost
from benchmarks.scale.memory import measure_memory
from benchmarks.scale.simulated import measure_simulated
from benchmarks.scale.speedup import measure_speedup
from benchmarks.scale.stops import measure_stops
from benchmarks.scale.sweeps import measure_sweeps
from benchmarks.scale.training import measure_training
from benchmarks.settings import DOCS, Settings, default_environments, positive
from digitnet.errors import DigitnetError

_EXPERIMENTS = ("speedup", "stops", "sweep", "simulated", "cost", "memory", "training")


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails."""
    asked = _parser().parse_args(arguments)
    try:
        for run in _runs(asked):
            for row in run.rows:
                of = "" if row.n is None else f" of {row.n:,}"
                sys.stdout.write(f"{run.experiment}, {row.subject}: {row.measure} {row.value:,.4g} {row.unit}{of}\n")
            if not asked.dry_run:
                record(run, asked.measured)
        if not asked.dry_run:
            sys.stdout.write(f"{write_page('scale', asked.measured, asked.page)}\n")
    except (DigitnetError, BenchmarkError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _runs(asked: argparse.Namespace) -> Iterator[Run]:
    settings = Settings(default_environments(), rounds=asked.rounds)
    settings.work.mkdir(parents=True, exist_ok=True)
    if asked.what == "speedup":
        yield from measure_speedup(asked.images, asked.pages, asked.seed, settings, _report)
    if asked.what == "stops":
        yield from measure_stops(asked.kills, asked.resumes, asked.pages, asked.seed, settings, _report)
    if asked.what == "sweep":
        yield from measure_sweeps(asked.resumes, settings, _report)
    if asked.what == "simulated":
        yield from measure_simulated(asked.parts, asked.part_seconds, settings, _report)
    if asked.what == "cost":
        yield from measure_cost(asked.images, asked.pages, asked.seed, settings, asked.measured, _report)
    if asked.what == "memory":
        yield from measure_memory(asked.images, settings, _report)
    if asked.what == "training":
        yield from measure_training(asked.images, asked.epochs, asked.seed, settings, _report)


def _report(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=(*_EXPERIMENTS, "page"))
    parser.add_argument("--images", type=int, default=200_000, help="in MNIST's frame; default 200,000")
    parser.add_argument("--pages", type=int, default=200, help="rendered pictures; default 200")
    parser.add_argument("--epochs", type=positive, default=4, help="of training, at least 2; default 4")
    parser.add_argument("--parts", type=positive, default=3000, help="of simulated that take no time; default 3,000")
    parser.add_argument("--part-seconds", type=float, default=4.0, help="of simulated that take a while; default 4")
    parser.add_argument("--rounds", type=positive, help="of speedup; default 5")
    parser.add_argument("--kills", type=positive, default=20, help="workers that are killed; default 20")
    parser.add_argument("--resumes", type=positive, default=5, help="whole runs or sweeps that are killed; default 5")
    parser.add_argument("--seed", type=int, default=0, help="of pictures and moments; default 0")
    parser.add_argument("--dry-run", action="store_true", help="record nothing and leave the page alone")
    parser.add_argument("--measured", type=Path, default=MEASURED / "scale.json", help=argparse.SUPPRESS)
    parser.add_argument("--page", type=Path, default=DOCS / "scale.md", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
