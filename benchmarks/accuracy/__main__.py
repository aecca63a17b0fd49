"""Train, record and write docs/accuracy.md: `python -m benchmarks.accuracy`, from the repository's own environment.

Without a command everything runs: all presets with seeds 0 to 4, and the page. What is trained and recorded already is
left alone, so that it can be interrupted and started again.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.accuracy.figures import mistakes_figure
from benchmarks.accuracy.folds import SCREENED_FOLDS, compare_recipes
from benchmarks.accuracy.measure import measure_bundled, model_digest
from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.accuracy.trainings import keep, record_network, train_seeds
from benchmarks.accuracy.writer_folds import NUM_FOLDS
from benchmarks.pages import write_page
from benchmarks.plots import save
from benchmarks.results import MEASURED, load_runs
from benchmarks.settings import DOCS, positive, seeds
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import bundled_model_path

_RUNS = Path("runs") / "accuracy"
_FOLDS = Path("runs") / "folds"
_PAGE = DOCS / "accuracy.md"
_MEASURED = MEASURED / "accuracy.json"


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 with one line where it fails."""
    given = sys.argv[1:] if arguments is None else arguments
    asked = _parser().parse_args(given or ["all"])
    try:
        if asked.what in {"train", "all"}:
            for preset in [asked.preset] if asked.preset else ON_THE_PAGE:
                train_seeds(preset, asked.seeds, asked.runs, asked.measured)
        if asked.what == "record":
            for path in asked.paths:
                record_network(path, asked.measured, asked.augment_inference)
        if asked.what == "folds":
            folds = asked.folds or (SCREENED_FOLDS if asked.screen else range(NUM_FOLDS))
            table = compare_recipes(asked.writers, asked.recipes, folds, asked.out, screen=asked.screen)
            sys.stdout.write(f"{table}\n")
        if asked.what in {"page", "all"}:
            _write(asked.measured, asked.page)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _write(measured: Path, page: Path) -> None:
    """Measure the bundled model where it has changed, and write the page and its figures."""
    digests = [run.settings["model_sha256"] for run in load_runs(measured) if run.experiment == "bundled"]
    keep(measure_bundled() if digests != [model_digest(bundled_model_path())] else [], measured)
    save(mistakes_figure(), page.parent / "figures" / "accuracy_mistakes.png")
    sys.stdout.write(f"{write_page('accuracy', measured, page)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    commands = parser.add_subparsers(dest="what")
    everything = commands.add_parser("all", help="train and record all presets with seeds 0 to 4, and write the page")
    everything.set_defaults(preset=None, seeds=range(5), runs=_RUNS, page=_PAGE)
    train = commands.add_parser("train", help="train the runs that are missing, and record each")
    train.add_argument("--preset", choices=list(ON_THE_PAGE), help="one preset; all where it is left out")
    train.add_argument("--seeds", type=seeds, default=range(5), metavar="0-4", help="default 0-4")
    train.add_argument("--runs", type=Path, default=_RUNS, metavar="DIR", help=f"of the run folders, default {_RUNS}")
    record = commands.add_parser("record", help="measure finished runs, and committees")
    record.add_argument("paths", nargs="+", type=Path, metavar="RUN", help="a run folder, or a committee's .onnx")
    copies = "measure with N altered copies of an image, too"
    record.add_argument("--augment-inference", type=positive, metavar="N", help=copies)
    _add_folds(commands.add_parser("folds", help="compare recipes on folds of training images, by writer"))
    page = commands.add_parser("page", help="only write the page, from what was recorded")
    page.add_argument("--page", type=Path, default=_PAGE, help="default docs/accuracy.md; figures go beside it")
    for command in (everything, train, record, page):
        command.add_argument("--measured", type=Path, default=_MEASURED, help=f"default {_MEASURED.name}")
    return parser


def _add_folds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("writers", type=Path, metavar="WRITERS.npz", help="who wrote each training image, by QMNIST")
    parser.add_argument(
        "recipes", type=Path, metavar="RECIPES.toml", help="a table for each recipe; the first is the base"
    )
    parser.add_argument("--folds", type=seeds, metavar="0-9", help="default all ten, with --screen the first three")
    parser.add_argument("--screen", action="store_true", help="a quarter of the epochs, to see what is worth more")
    parser.add_argument("--out", type=Path, default=_FOLDS, metavar="DIR", help=f"of the answers, default {_FOLDS}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; what was finished is kept, and the same command goes on from there")
