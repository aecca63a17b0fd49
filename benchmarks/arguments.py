"""What several of the commands take as arguments."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from benchmarks.settings import Settings, default_environments

__all__ = ["comparison_parser", "positive", "seeds", "settings_of"]


def comparison_parser(
    program: str, description: str | None, comparisons: Iterable[str], page: str
) -> argparse.ArgumentParser:
    """A command that measures one comparison or all of them, and writes their page.

    Args:
        program: What the user types.
        description: For `--help`.
        comparisons: Their names.
        page: The word that only composes the page.

    Returns:
        A parser of `what`, and of what `settings_of` takes.
    """
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument(
        "what",
        nargs="?",
        default="all",
        choices=["all", *comparisons, page, "environments"],
        help=f"one comparison; {page}: only compose the page; environments: only make the peers' environments",
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


def settings_of(asked: argparse.Namespace) -> Settings:
    """What the user of a `comparison_parser` asked for."""
    return Settings(asked.environments, asked.rounds, asked.quick)


def positive(text: str) -> int:
    """A whole number, 1 or more, for `type=` of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def seeds(text: str) -> list[int]:
    """`0-4`, `3` or `0,2,5-7`, for `type=` of an argument; at least one seed, each once and in that order."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            numbers = range(int(first), int(last if dash else first) + 1)
        except ValueError:
            numbers = range(0)
        if not numbers:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0-4 or 0,2,3")
        found += numbers
    return list(dict.fromkeys(found))
