"""Break something on purpose, count what comes of it, write docs/reliability.md: `python -m benchmarks.reliability`.

    python -m benchmarks.reliability flips --n 1000     one flipped bit in a model file, a thousand times
    python -m benchmarks.reliability page               only write the page, from what was recorded

What is measured is recorded; `--dry-run` only prints it.
"""

import argparse
import sys
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.pages import write_page
from benchmarks.reliability.flips import any_bits, exponent_bits, flip_rows
from benchmarks.results import MEASURED, Run, new_run, record
from benchmarks.settings import DOCS, positive
from digitnet import load_mnist
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.digest import without_digest
from digitnet.model_file.metadata import PRECISIONS

_IMAGES = 2_000  # training images, evenly spaced: the test images are for measuring networks
_BITS = {"any bit": any_bits, "exponent bit": exponent_bits}
_EVERY = 50  # bits between two reports of how far it is


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.what == "flips":
            bundled = {precision: bundled_model_path(precision) for precision in PRECISIONS}
            run = _measure_flips(asked.n, asked.seed, {"the file": asked.model} if asked.model else bundled)
            sys.stdout.writelines(f"{row.subject}: {row.measure} {row.value:,} of {row.n:,}\n" for row in run.rows)
            if asked.dry_run:
                return 0
            record(run, asked.measured)
        sys.stdout.write(f"{write_page('reliability', asked.measured, asked.page)}\n")
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _measure_flips(n: int, seed: int, models: Mapping[str, Path]) -> Run:
    """The same bits of a model file as it is, and of the same file without its digest, as older versions wrote it."""
    images = load_mnist()[0].images
    images = images[np.linspace(0, len(images) - 1, _IMAGES).astype(int)]
    run = new_run("flips", f"python -m benchmarks.reliability flips --n {n} --seed {seed}", n=n)
    run.seed = seed
    contents = {name: path.read_bytes() for name, path in models.items()}
    files = {f"{name}, with its digest": content for name, content in contents.items()}
    files |= {f"{name}, without a digest": without_digest(content) for name, content in contents.items()}
    for (subject, file), (which, choose) in product(files.items(), _BITS.items()):

        def report(done: int, subject: str = f"{subject}, {which}") -> None:
            if done % _EVERY == 0:
                sys.stderr.write(f"\r{subject}: {done:,} of {n:,}")

        run.rows += flip_rows(f"{subject}, {which}", file, choose(file, n, seed), images, report)
        sys.stderr.write("\n")
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="what", required=True)
    flips = commands.add_parser("flips", help="single flipped bits in a model file")
    flips.add_argument("--n", type=positive, default=1000, help="bits that are flipped, each on its own; default 1000")
    flips.add_argument("--seed", type=int, default=0, help="decides which; default 0")
    flips.add_argument("--model", type=Path, help="a model file; default the two bundled ones")
    flips.add_argument("--dry-run", action="store_true", help="record nothing and leave the page alone")
    page = commands.add_parser("page", help="only write the page")
    for command in (flips, page):
        command.add_argument("--measured", type=Path, default=MEASURED / "reliability.json", help="of the results")
        command.add_argument("--page", type=Path, default=DOCS / "reliability.md", help="default docs/reliability.md")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped: nothing was recorded")
