"""Break something on purpose, count what comes of it, write docs/reliability.md: `python -m benchmarks.reliability`.

    python -m benchmarks.reliability flips --n 1000          one flipped bit in a model file, a thousand times
    python -m benchmarks.reliability mutations --n 10000     mutated files, pictures and requests, so many of each group
    python -m benchmarks.reliability kills --n 40            trainings that are killed and resumed
    python -m benchmarks.reliability overload --seconds 600  more requests than a server can answer
    python -m benchmarks.reliability disasters               full disks, folders that move, clocks that go back
    python -m benchmarks.reliability endurance               hundreds of thousands of answers, and the memory
    python -m benchmarks.reliability page                    only write the page, from what was recorded

What is measured is recorded as soon as it is there; `--dry-run` only prints it. Exit code 1 where something broke.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.pages import write_page
from benchmarks.processes import BenchmarkError
from benchmarks.reliability.disasters import measure_disasters
from benchmarks.reliability.endurance import CALLS, measure_endurance
from benchmarks.reliability.flips import measure_flips
from benchmarks.reliability.kills import measure_kills
from benchmarks.reliability.mutations import BROKEN, GROUPS, measure_mutations
from benchmarks.reliability.overload import measure_overload
from benchmarks.results import MEASURED, Row, Run, record
from benchmarks.settings import DOCS, Settings, default_environments, positive
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.metadata import PRECISIONS

_Measure = Callable[[argparse.Namespace], Iterator[Run]]
# Training images that a flipped file answers, evenly spaced: the test images are for measuring networks.
_IMAGES = 2_000


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails, or where something broke that must not."""
    asked = _parser().parse_args(arguments)
    is_broken = False
    try:
        for run in () if asked.what == "page" else asked.measure(asked):
            sys.stdout.writelines(f"{_line(row)}\n" for row in run.rows)
            broken = [row for row in run.rows if row.measure in BROKEN and row.value]
            is_broken = is_broken or bool(broken)
            sys.stdout.write(f"What broke: {run.settings['examples']}\n" if broken else "")
            if not asked.dry_run:
                record(run, asked.measured)
        if not asked.dry_run:
            sys.stdout.write(f"{write_page('reliability', asked.measured, asked.page)}\n")
    except (DigitnetError, BenchmarkError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return int(is_broken)


def _line(row: Row) -> str:
    of = "" if row.n is None else f" of {row.n:,}"
    return f"{row.subject}: {row.measure} {row.value:,.4g} {row.unit}{of}"


def _report(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _settings(asked: argparse.Namespace) -> Settings:
    settings = Settings(default_environments(), root=asked.work) if asked.work else Settings(default_environments())
    settings.work.mkdir(parents=True, exist_ok=True)
    return settings


def _flips(asked: argparse.Namespace) -> Iterator[Run]:
    bundled = {precision: bundled_model_path(precision) for precision in PRECISIONS}
    yield measure_flips(asked.n, asked.seed, {"the file": asked.model} if asked.model else bundled, _IMAGES, _report)


def _mutations(asked: argparse.Namespace) -> Iterator[Run]:
    groups = asked.only or GROUPS
    whole = sum(map(_share, groups))
    for group in groups:
        seconds = None if asked.seconds is None else asked.seconds * _share(group) / whole
        yield measure_mutations(group, asked.n, asked.seed, _settings(asked), seconds)


def _share(group: str) -> int:
    """Of the time: a picture takes a hundred times as long as any other input."""
    return 4 if group == "pictures" else 1


def _kills(asked: argparse.Namespace) -> Iterator[Run]:
    return measure_kills(asked.n, asked.n_quick, asked.seed, _settings(asked), _report)


def _overload(asked: argparse.Namespace) -> Iterator[Run]:
    yield measure_overload(asked.seconds, _settings(asked), _report)


def _disasters(asked: argparse.Namespace) -> Iterator[Run]:
    yield measure_disasters(_settings(asked), _report)


def _endurance(asked: argparse.Namespace) -> Iterator[Run]:
    yield measure_endurance(asked.n)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True)

    def experiment(name: str, measure: _Measure, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about)
        command.set_defaults(measure=measure)
        command.add_argument("--dry-run", action="store_true", help="record nothing and leave the page alone")
        command.add_argument("--work", type=Path, help="folder for files of its own; default .bench")
        return command

    flips = experiment("flips", _flips, "single flipped bits in a model file")
    flips.add_argument("--n", type=positive, default=1000, help="bits that are flipped, each on its own; default 1000")
    flips.add_argument("--model", type=Path, help="a model file; default the two bundled ones")
    mutations = experiment("mutations", _mutations, "mutated files, pictures and requests")
    mutations.add_argument("--n", type=positive, default=10_000, help="inputs of each group; default 10,000")
    mutations.add_argument("--only", choices=GROUPS, action="append", help="one group; can be given again")
    mutations.add_argument("--seconds", type=float, help="end after so long, however many there were")
    kills = experiment("kills", _kills, "trainings that are killed and resumed")
    kills.add_argument("--n", type=int, default=40, help="runs of a small network; default 40")
    kills.add_argument("--n-quick", type=int, default=40, help="runs of the preset quick; default 40")
    overload = experiment("overload", _overload, "more requests than a server can answer")
    overload.add_argument("--seconds", type=float, default=600.0, help="how long; default 600")
    experiment("disasters", _disasters, "full disks, folders that move, clocks that go back")
    endurance = experiment("endurance", _endurance, "hundreds of thousands of answers, and the memory")
    endurance.add_argument(
        "--n", type=positive, default=CALLS["predict"], help="calls of predict, of the others in proportion"
    )
    for command in (flips, mutations, kills):
        command.add_argument("--seed", type=int, default=0, help="decides everything random; default 0")
    page = commands.add_parser("page", help="only write the page")
    page.set_defaults(dry_run=False)
    for command in commands.choices.values():
        command.add_argument("--measured", type=Path, default=MEASURED / "reliability.json", help="of the results")
        command.add_argument("--page", type=Path, default=DOCS / "reliability.md", help="default docs/reliability.md")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped: what was not recorded yet is lost")
