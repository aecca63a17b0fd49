"""Run the benchmarks: `python -m benchmarks`, from the repository's own environment.

Without a name everything runs, and docs/performance.md is written anew; a comparison alone prints its section of it.
"""

import shutil
import sys
from collections.abc import Callable

from benchmarks.arguments import comparison_parser, settings_of
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
from benchmarks.settings import Settings, write_data

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
    arguments = comparison_parser("python -m benchmarks", __doc__, COMPARISONS, "page").parse_args()
    settings = settings_of(arguments)
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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; the comparisons that were finished are kept")
