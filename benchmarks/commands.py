"""The command of a suite of comparisons: measure one or all, record what was found, and write the page."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import Environment, make_environments
from benchmarks.pages import text_of, write_page
from benchmarks.processes import BenchmarkError
from benchmarks.results import MEASURED, Run, record
from benchmarks.settings import DOCS, Settings, default_environments, positive, write_data


@dataclass(frozen=True)
class Suite:
    """Comparisons that share a page."""

    program: str  # what the user types
    page: str  # name of the page, of its template, and of the file of results
    comparisons: Mapping[str, Callable[[Settings], list[Run]]]  # by name; each measures and gives its runs
    environments: Sequence[Environment]  # of the peers
    only_page: str = "page"  # the word that only writes the page


def run_suite(suite: Suite, description: str | None, arguments: list[str] | None = None) -> int:
    """Run what was asked for; 1 where a comparison could not run at all, which leaves its last results in place."""
    asked = _parser(suite, description).parse_args(arguments)
    settings = Settings(asked.environments, asked.rounds, asked.quick)
    measured = settings.work / f"{suite.page}.json" if asked.quick else asked.measured
    page = settings.work / f"{suite.page}.md" if asked.quick else asked.page
    problems, has_failed = {}, False
    if asked.what in {"all", "environments"}:
        problems = make_environments(settings.environments, suite.environments)
    names = [name for name in suite.comparisons if asked.what in {"all", name}]
    for number, name in enumerate(names, start=1):
        sys.stderr.write(f"\n{number} of {len(names)}: {name}\n")
        write_data(settings)
        try:
            runs = suite.comparisons[name](settings)
        except BenchmarkError as error:
            sys.stderr.write(f"{name} failed: {error}\n")
            has_failed = True
            continue
        for run in runs:
            explain(run, problems)
            sys.stdout.write(_as_text(run))
            has_failed = has_failed or not run.rows
            if run.rows:
                record(run, measured)
    if asked.what != "environments":
        sys.stdout.write(f"{write_page(suite.page, measured, page)}\n")
    return 1 if has_failed else 0


def explain(run: Run, problems: Mapping[str, str]) -> None:
    """Put the reason why a peer could not be installed in the place of what followed from it."""
    for name in run.skipped:
        run.skipped[name] = problems.get(name.partition(",")[0].lower(), run.skipped[name])


def _as_text(run: Run) -> str:
    lines = [
        f"  {row.subject}, {row.measure}: {text_of(row)} {row.unit if row.unit in {'MB'} else ''}" for row in run.rows
    ]
    lines += [f"  {name}: not measured: {reason}" for name, reason in run.skipped.items()]
    return "\n".join([run.experiment, *map(str.rstrip, lines), ""])


def _parser(suite: Suite, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=suite.program, description=description)
    words = ["all", *suite.comparisons, suite.only_page, "environments"]
    only = f"{suite.only_page}: only write the page; environments: only make the peers' environments"
    parser.add_argument("what", nargs="?", default="all", choices=words, help=f"one comparison; {only}")
    parser.add_argument("--rounds", type=positive, help="how often each contestant has its turn")
    parser.add_argument("--quick", action="store_true", help="only see that it runs: the figures mean nothing")
    folder = "folder of the peers' environments (or DIGITNET_BENCH_ENVIRONMENTS), default .bench/environments"
    parser.add_argument("--environments", type=Path, default=default_environments(), help=folder)
    file = MEASURED / f"{suite.page}.json"
    parser.add_argument("--measured", type=Path, default=file, help=f"default benchmarks/measured/{file.name}")
    page = DOCS / f"{suite.page}.md"
    parser.add_argument("--page", type=Path, default=page, help=f"default docs/{page.name}")
    return parser
