"""Run the benchmarks: `python -m benchmarks`, from the repository's own environment.

Without a name everything runs, and docs/performance.md is written anew; a comparison alone prints its section of it.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.comparisons.answers import compare_answers
from benchmarks.comparisons.augmentation import compare_augmentation
from benchmarks.comparisons.cold_start import compare_cold_start
from benchmarks.comparisons.epoch import compare_epoch
from benchmarks.comparisons.growth import compare_growth
from benchmarks.comparisons.profile import compare_profile
from benchmarks.comparisons.start_up import compare_start_up
from benchmarks.environments import make_environments
from benchmarks.page.compose import section_text, write_page
from benchmarks.processes import BenchmarkError
from benchmarks.results import Result, load_results, save_result
from benchmarks.settings import Settings, default_environments, write_data

COMPARISONS: dict[str, Callable[[Settings], Result]] = {
    "epoch": compare_epoch,
    "cold-start": compare_cold_start,
    "answers": compare_answers,
    "start-up": compare_start_up,
    "growth": compare_growth,
    "profile": compare_profile,
    "augmentation": compare_augmentation,
}


def main() -> int:
    """Run what was asked for; exit 1 where a comparison could not run at all."""
    arguments = _parser().parse_args()
    settings = Settings(arguments.environments, arguments.rounds, arguments.quick)
    asked = list(COMPARISONS) if arguments.what == "all" else [arguments.what]
    if arguments.what in {"all", "environments"}:
        make_environments(settings.environments)
    if arguments.what == "all":
        shutil.rmtree(settings.results, ignore_errors=True)  # what fails now must not show what it once was
    failures = 0
    for number, name in enumerate(asked, start=1):
        if name not in COMPARISONS:
            continue
        sys.stderr.write(f"\n{number} of {len(asked)}: {name}\n")
        write_data(settings)
        try:
            result = COMPARISONS[name](settings)
        except BenchmarkError as error:
            sys.stderr.write(f"{name} failed: {error}\n")
            failures += 1
            continue
        sys.stderr.write(f"{name}: results in {save_result(result, settings.results)}\n")
        if arguments.what != "all":
            sys.stdout.write(f"{section_text(result)}\n")
    if arguments.what in {"all", "page"}:
        write_page(load_results(settings.results), settings.page)
        sys.stdout.write(f"{settings.page}\n")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        default="all",
        choices=["all", *COMPARISONS, "page", "environments"],
        help="one comparison; page: only compose the page; environments: only make the peers' environments",
    )
    parser.add_argument("--rounds", type=positive, help="how often each contestant has its turn")
    parser.add_argument("--quick", action="store_true", help="only see that it runs: the figures mean nothing")
    parser.add_argument(
        "--environments",
        type=Path,
        default=default_environments(),
        help="folder of the peers' environments (or DIGITNET_BENCH_ENVIRONMENTS), default .bench/environments",
    )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; the comparisons that were finished are kept")
