"""`digitnet reproduce`: a finished run is trained again, and compared with what it left."""

import dataclasses
import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import print_line, print_note
from digitnet.cli.options import add_json
from digitnet.errors import ConfigurationError

if TYPE_CHECKING:
    from digitnet.runs import Reproduction

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "Settings, seed and data come from the run.json of RUN. The digests of data and weights are compared, "
        "and the figures; exit code 1 if any differs. Other versions, or another number of cores, make other bits, "
        "and are named in a line. An interrupted repetition goes on by train --resume; then --compare compares it.",
        examples=("digitnet reproduce runs/quick", "digitnet reproduce runs/quick --compare runs/again"),
    )
    line.argument("run", metavar="RUN", help="The folder of a finished run.")
    section = line.section("Options")
    section.option("--out", metavar="DIR", type=Path, help="Folder to make. [default: runs/PRESET-TIME]")
    section.option(
        "--compare", metavar="DIR", type=Path, help="Only compare RUN with this finished run; train nothing."
    )
    add_json(section)


def _run(arguments: Namespace) -> int:
    if arguments.compare is not None and arguments.out is not None:
        raise ConfigurationError("--compare trains nothing: leave --out away")
    found = _trained_again(arguments) if arguments.compare is None else _compared(arguments)
    if arguments.as_json:
        print_line(json.dumps(_summary(found)))
    else:
        for result in found.results:
            print_line(f"{'same' if result.is_same else 'differs'}: {result}")
        print_line(found.surroundings_line)
    if found.is_same:
        return 0
    print_note(found.difference_line)
    return 1


def _compared(arguments: Namespace) -> "Reproduction":
    from digitnet.runs import compare_runs

    return compare_runs(arguments.run, arguments.compare)


def _trained_again(arguments: Namespace) -> "Reproduction":
    """Train as `digitnet train` does, with progress on stderr, and compare."""
    from rich.console import Console

    from digitnet.cli.interrupts import stop_after_epoch
    from digitnet.cli.start_up import without_garbage_collection

    console = Console(stderr=True, highlight=False, quiet=arguments.quiet)
    with stop_after_epoch(console) as stop:
        with without_garbage_collection():
            from digitnet.cli.progress import ProgressDisplay
            from digitnet.runs import reproduce_run
            from digitnet.training.compilation_cache import compilation_cache

        with compilation_cache(print_note), ProgressDisplay(console) as display:
            return reproduce_run(arguments.run, arguments.out, listener=display, stop=stop)


def _summary(found: "Reproduction") -> dict[str, object]:
    return {
        "run": str(found.original),
        "again": str(found.repeated),
        "same": found.is_same,
        "results": [dataclasses.asdict(one) | {"same": one.is_same} for one in found.results],
        "surroundings": [dataclasses.asdict(one) | {"same": one.is_same} for one in found.surroundings],
    }


COMMAND = Command(_describe, _run)
