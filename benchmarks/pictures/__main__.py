"""Render or take pictures, read them, count and record: `python -m benchmarks.pictures`, from the repository's folder.

render    the project's own pictures: each hardship alone, the levels, lines of digits, pictures without digits
measure   anyone's pictures; `--folder DIR` without a command is the same
page      docs/pictures.md from what was recorded
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.pictures.hardships import LEVELS
from benchmarks.pictures.measured import MEASURED, Measurement, load_measured, replaced, save_measured
from benchmarks.pictures.page import write_page
from benchmarks.pictures.printed import HEADER, line_of
from benchmarks.pictures.samples import NOTHINGS, PLAIN, RenderedDigits, RenderedLines, RenderedNothing, stress_sets
from benchmarks.pictures.scoring import measure_set
from benchmarks.pictures.sets import ArraySet, PictureSet, Subset, find_sets, not_digits
from benchmarks.settings import REPOSITORY
from digitnet import load_mnist
from digitnet.errors import DigitnetError

PAGE = REPOSITORY / "docs" / "pictures.md"
MNIST = "mnist"  # where a path is expected: MNIST's own test images

_SIZES = {"stress": 500, "levels": 10_000, "lines": 1_000, "nothing": 1_000}


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0].startswith("--folder"):
        given = ["measure", *given]
    asked = _parser().parse_args(given)
    try:
        if asked.command == "page":
            write_page(load_measured(asked.measured), asked.page)
            sys.stdout.write(f"{asked.page}\n")
        else:
            _measure(list(_rendered(asked) if asked.command == "render" else _given(asked)), asked)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _rendered(asked: argparse.Namespace) -> Iterator[PictureSet]:
    for what in dict.fromkeys(asked.what or _SIZES):
        size = asked.n or _SIZES[what]
        if what == "stress":
            yield RenderedDigits(PLAIN, size, asked.seed, asked.train_digits)
            yield from stress_sets(size, asked.seed, of_training=asked.train_digits)
        elif what == "nothing":
            yield from (RenderedNothing(name, size, asked.seed) for name in NOTHINGS)
        else:
            kind = RenderedDigits if what == "levels" else RenderedLines
            names = LEVELS if what == "levels" else (PLAIN, *LEVELS)
            yield from (kind(name, size, asked.seed, asked.train_digits) for name in names)


def _given(asked: argparse.Namespace) -> Iterator[PictureSet]:
    sets: list[PictureSet] = []
    for path in [*asked.paths, *asked.folder]:
        sets += [_mnist()] if path == MNIST else find_sets(Path(path))
    sets += [not_digits(Path(path)) for path in asked.not_digits]
    for pictures in sets:
        yield Subset(pictures, asked.n, asked.seed) if asked.n else pictures


def _mnist() -> PictureSet:
    """MNIST's own test images, which are shipped, read as if they were pictures."""
    _, test_set = load_mnist()
    texts = tuple(str(label) for label in test_set.labels.tolist())
    return ArraySet("MNIST test images", "digits", test_set.images, texts, is_rendered=True)


def _measure(sets: Sequence[PictureSet], asked: argparse.Namespace) -> None:
    """Print each row as soon as it is measured, and record it where that was asked for."""
    every: list[Measurement] = []
    log = sys.stderr if asked.json else sys.stdout
    log.write(f"{HEADER}\n")
    for pictures in sets:
        rows = measure_set(pictures, seed=asked.seed, model=asked.model, jobs=asked.jobs)
        every += rows
        log.writelines(f"{line_of(row)}\n" for row in rows)
        log.flush()
        if asked.record:
            save_measured(replaced(load_measured(asked.measured), rows), asked.measured)
    if asked.json:
        sys.stdout.write(json.dumps([dataclasses.asdict(row) for row in every], indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pictures", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="render pictures and read them")
    render.add_argument("what", nargs="*", type=_what, metavar="WHAT", help=f"of {', '.join(_SIZES)}; default all")
    render.add_argument("--train-digits", action="store_true", help="MNIST's training digits: to choose settings with")
    measure = commands.add_parser("measure", help="read pictures that are there")
    measure.add_argument("paths", nargs="*", metavar="PATH", help=f"sets of pictures: see sets.py; or {MNIST!r}")
    measure.add_argument("--folder", action="append", default=[], metavar="PATH", help="the same")
    measure.add_argument("--not-digits", action="append", default=[], metavar="PATH", help="pictures without digits")
    for command in (render, measure):
        command.add_argument("--n", type=positive, help="pictures of each set")
        command.add_argument("--seed", type=int, default=0, help="default 0")
        command.add_argument("--jobs", type=positive, default=1, help="processes at the same time, default 1")
        command.add_argument("--model", type=Path, help="a model file or a run folder; default the bundled one")
        command.add_argument("--json", action="store_true", help="rows as JSON on stdout")
        command.add_argument("--record", action="store_true", help="keep the rows, in place of those of the same sets")
    page = commands.add_parser("page", help="write docs/pictures.md from what was recorded")
    page.add_argument("--page", type=Path, default=PAGE, help="default docs/pictures.md; figures go beside it")
    for command in (render, measure, page):
        command.add_argument(
            "--measured", type=Path, default=MEASURED, help="default benchmarks/measured/pictures.json"
        )
    return parser


def _what(text: str) -> str:
    if text not in _SIZES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_SIZES)}")
    return text


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; what was recorded is kept")
