"""Render or take pictures, read them, count and record: `python -m benchmarks.pictures`, from the repository's folder.

render    the project's own pictures: each hardship alone, the levels, lines of digits, pictures without digits, and
          numbers as people have them, by kind: `render comb table --n 200 --level mild`
measure   anyone's pictures; `--folder DIR` without a command is the same
rivals    other programs on the same rendered pictures, each in an environment of its own: `rivals date sum --n 100`
page      docs/pictures.md from what was recorded
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.accuracy.measure import model_digest
from benchmarks.environments import make_environments
from benchmarks.pages import text_of, write_page
from benchmarks.pictures.figures import write_figures
from benchmarks.pictures.page_sets import KINDS, PAGE_LEVELS, page_sets
from benchmarks.pictures.rendered_sets import (
    NOTHINGS,
    PLAIN,
    rendered_digits,
    rendered_lines,
    rendered_nothing,
    stress_sets,
    stress_subject,
)
from benchmarks.pictures.rivals import ENVIRONMENTS, RIVAL_KINDS, compare_readers, rival_sets
from benchmarks.pictures.scoring import measure_set
from benchmarks.pictures.sets import PictureSet, array_set, find_sets, not_digits, subset
from benchmarks.rendering.hardships import LEVELS
from benchmarks.results import MEASURED, Row, Run, new_run, record
from benchmarks.settings import DOCS, Settings, default_environments, positive
from digitnet import load_mnist
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import bundled_model_path

_PAGE = DOCS / "pictures.md"
_MEASURED = MEASURED / "pictures.json"
_MNIST = "mnist"  # where a path is expected: MNIST's own test images
_SIZES = {"stress": 500, "levels": 10_000, "lines": 1_000, "nothing": 1_000}
_KIND_SIZE, _GRID_SIZE = 1_000, 300  # pictures of a kind, and of one with many lines in each
_GRIDS = ("table", "sudoku", "small")
_RIVAL_SIZE = 100
_HEAD = (
    f"{'set':<28} {'sure and wrong':>24} {'n':>6} {'error':>24} {'unsure':>7} {'refused':>7} {'failed':>7} "
    f"{'median time':>12}\n"
)
_COLUMNS = ("unsure", "refused", "failed")


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0].startswith("--folder"):
        given = ["measure", *given]
    asked = _parser().parse_args(given)
    try:
        if asked.command == "page":
            write_figures(asked.page.parent / "figures")
            sys.stdout.write(f"{write_page('pictures', asked.measured, asked.page)}\n")
        elif asked.command == "rivals":
            _compare(asked)
        else:
            _measure(_rendered(asked) if asked.command == "render" else _given(asked), asked)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _rendered(asked: argparse.Namespace) -> Iterator[tuple[str, PictureSet]]:
    """The sets, each with the experiment that it belongs to."""
    for what in dict.fromkeys(asked.what or [*_SIZES, *KINDS]):
        size, seed, training = asked.n or _size_of(what), asked.seed, asked.train_digits
        if what in KINDS:
            for level in asked.level or PAGE_LEVELS:
                yield from (("kinds", one) for one in page_sets(what, level, size, seed, of_training=training))
        elif what == "stress":
            yield "levels", rendered_digits(PLAIN, size, seed, of_training=training)
            yield from (("stress", one) for one in stress_sets(size, seed, of_training=training))
        elif what == "levels":
            yield from (("levels", rendered_digits(name, size, seed, of_training=training)) for name in LEVELS)
        elif what == "lines":
            names = (PLAIN, *LEVELS)
            yield from (("levels", rendered_lines(name, size, seed, of_training=training)) for name in names)
        else:
            yield from (("nothing", rendered_nothing(name, size, seed)) for name in NOTHINGS)


def _size_of(what: str) -> int:
    return _SIZES.get(what, _GRID_SIZE if what in _GRIDS else _KIND_SIZE)


def _given(asked: argparse.Namespace) -> Iterator[tuple[str, PictureSet]]:
    sets: list[PictureSet] = []
    for path in [*asked.paths, *asked.folder]:
        if path == _MNIST:  # the test images, which are shipped, read as if they were pictures
            _, test_set = load_mnist()
            texts = list(map(str, test_set.labels.tolist()))
            sets.append(array_set("MNIST test images", "digits", test_set.images, texts))
        else:
            sets += find_sets(Path(path))
    sets += [not_digits(Path(path)) for path in asked.not_digits]
    for pictures in sets:
        experiment = "nothing" if pictures.kind == "not digits" else "given"
        yield experiment, subset(pictures, asked.n, asked.seed) if asked.n else pictures


def _measure(sets: Iterator[tuple[str, PictureSet]], asked: argparse.Namespace) -> None:
    """Print the rows of each set as soon as it is measured, and record them where that was asked for."""
    every: list[Row] = []
    log = sys.stderr if asked.json else sys.stdout
    log.write(_HEAD)
    for experiment, pictures in sets:
        run = new_run(experiment, f"python -m benchmarks.pictures {asked.command}")
        run.name, run.seed = f"{pictures.name}, {pictures.kind}", asked.seed
        run.settings["model_sha256"] = model_digest(asked.model or bundled_model_path())
        rows = measure_set(pictures, model=asked.model, jobs=asked.jobs)
        every += rows
        for subject in dict.fromkeys(row.subject for row in rows):
            log.write(_line(subject, {row.measure: row for row in rows if row.subject == subject}))
        log.flush()
        if asked.record:
            run.rows = rows
            _keep(run, asked.measured)
    if asked.json:
        sys.stdout.write(json.dumps([dataclasses.asdict(row) for row in every], indent=1) + "\n")


def _line(subject: str, row: dict[str, Row]) -> str:
    sure, errors = text_of(row["sure and wrong"], "rate"), text_of(row["errors"], "rate")
    counts = " ".join(f"{text_of(row[name]):>7}" for name in _COLUMNS)
    n, seconds = text_of(row["errors"], "n"), text_of(row["median time"])
    return f"{subject:<28} {sure:>24} {n:>6} {errors:>24} {counts} {seconds:>12}\n"


def _keep(run: Run, measured: Path) -> None:
    """Record a run; one of the stress test becomes a column of its hardship."""
    if run.experiment == "stress":
        name, _, severity = run.name.partition(",")[0].rpartition(" ")
        subject, at = stress_subject(name), f"{float(severity):g}"
        measures = {"errors": at, "sure and wrong": f"sure and wrong {at}"}
        found = [row for row in run.rows if row.measure in measures]
        run.rows = [Row(subject, measures[row.measure], row.value, "errors", row.n) for row in found]
    record(run, measured)


def _compare(asked: argparse.Namespace) -> None:
    """Read rendered pictures with other programs, and print and record how many lines each got wrong."""
    settings = Settings(asked.environments)
    problems = make_environments(asked.environments, ENVIRONMENTS)
    for pictures in rival_sets(asked.what or RIVAL_KINDS, asked.level or ("mild",), asked.n or _RIVAL_SIZE, asked.seed):
        run = compare_readers(pictures, settings, problems, model=asked.model)
        run.seed = asked.seed
        sys.stdout.write(f"{run.name}\n")
        sys.stdout.writelines(f"  {row.measure}: {text_of(row, 'rate')}\n" for row in run.rows)
        sys.stdout.writelines(f"  {name}: not measured: {reason}\n" for name, reason in run.skipped.items())
        sys.stdout.flush()
        if asked.record:
            record(run, asked.measured)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pictures", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="render pictures and read them")
    render.add_argument(
        "what",
        nargs="*",
        choices=[*_SIZES, *KINDS, []],
        metavar="WHAT",
        help=f"of {', '.join((*_SIZES, *KINDS))}; default all",
    )
    render.add_argument("--train-digits", action="store_true", help="MNIST's training digits: to choose settings with")
    measure = commands.add_parser("measure", help="read pictures that are there")
    measure.add_argument("paths", nargs="*", metavar="PATH", help=f"sets of pictures: see sets.py; or {_MNIST!r}")
    measure.add_argument("--folder", action="append", default=[], metavar="PATH", help="the same")
    measure.add_argument("--not-digits", action="append", default=[], metavar="PATH", help="pictures without digits")
    rivals = commands.add_parser("rivals", help="read rendered pictures with other programs, too")
    rivals.add_argument(
        "what",
        nargs="*",
        choices=[*RIVAL_KINDS, []],
        metavar="WHAT",
        help=f"of {', '.join(RIVAL_KINDS)}; default all",
    )
    folder = "folder of their environments (or DIGITNET_BENCH_ENVIRONMENTS), default .bench/environments"
    rivals.add_argument("--environments", type=Path, default=default_environments(), help=folder)
    for command, default in ((render, "all"), (rivals, "mild")):
        levels = f"of the kinds, {', '.join(PAGE_LEVELS)}; may be given several times, default {default}"
        command.add_argument("--level", action="append", choices=PAGE_LEVELS, help=levels)
    for command in (render, measure, rivals):
        command.add_argument("--n", type=positive, help="pictures of each set")
        command.add_argument("--seed", type=int, default=0, help="default 0")
        command.add_argument("--model", type=Path, help="a model file or a run folder; default the bundled one")
        command.add_argument("--record", action="store_true", help="keep the rows, in place of those of the same sets")
    for command in (render, measure):
        command.add_argument("--jobs", type=positive, default=1, help="processes at the same time, default 1")
        command.add_argument("--json", action="store_true", help="rows as JSON on stdout")
    page = commands.add_parser("page", help="write docs/pictures.md from what was recorded")
    page.add_argument("--page", type=Path, default=_PAGE, help="default docs/pictures.md; figures go beside it")
    for command in (render, measure, rivals, page):
        command.add_argument("--measured", type=Path, default=_MEASURED, help=f"default {_MEASURED.name}")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; what was recorded is kept")
