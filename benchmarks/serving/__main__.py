"""Measure the server beside its peers: `python -m benchmarks.serving`, from the repository's own environment.

Without a name everything runs, and docs/serving.md is written anew; a comparison alone is recorded in its place.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.arguments import comparison_parser, settings_of
from benchmarks.environments import make_environments
from benchmarks.results import Result
from benchmarks.serving.browser import compare_page
from benchmarks.serving.measured import MEASURED, load_measured, save_measured
from benchmarks.serving.page import write_page
from benchmarks.serving.served import PEER_ENVIRONMENTS
from benchmarks.serving.soak import compare_soak
from benchmarks.serving.start_up import compare_start_up
from benchmarks.serving.turns import compare_turns
from benchmarks.settings import REPOSITORY, Settings

COMPARISONS: dict[str, Callable[[Settings], Result]] = {
    "start-up": compare_start_up,
    "turns": compare_turns,
    "page": compare_page,
    "soak": compare_soak,
}
_PAGE = REPOSITORY / "docs" / "serving.md"


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; exit 1 where the server itself could not be measured."""
    asked = _parser().parse_args(arguments)
    settings = settings_of(asked)
    settings.work.mkdir(parents=True, exist_ok=True)
    measured = settings.work / "serving.json" if settings.quick else asked.measured
    page = settings.work / "serving.md" if settings.quick else asked.page
    problems = {}
    if asked.what in {"all", "environments"}:
        problems = make_environments(settings.environments, PEER_ENVIRONMENTS)
    failed = False
    for name, compare in COMPARISONS.items():
        if asked.what not in {"all", name}:
            continue
        result = compare(settings)
        explain(result, problems)
        failed = failed or not result.measured
        save_measured([result], measured)
    if asked.what != "environments":
        write_page(load_measured(measured), page)
        sys.stdout.write(f"{page}\n")
    return 1 if failed else 0


def explain(result: Result, problems: dict[str, str]) -> None:
    """Put why a peer could not be installed in the place of what followed from it."""
    for name in result.skipped:
        environment = name.partition(",")[0].lower()
        result.skipped[name] = problems.get(environment, result.skipped[name])


def _parser() -> argparse.ArgumentParser:
    parser = comparison_parser("python -m benchmarks.serving", __doc__, COMPARISONS, "write")
    parser.add_argument("--measured", type=Path, default=MEASURED, help="default benchmarks/measured/serving.json")
    parser.add_argument("--page", type=Path, default=_PAGE, help="default docs/serving.md")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are ended as well
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped; the comparisons that were finished are kept")
