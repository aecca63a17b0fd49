"""`digitnet committee`: several networks as one model file."""

import json
from argparse import Namespace
from pathlib import Path

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import print_line
from digitnet.cli.options import add_json
from digitnet.cli.start_up import quick_imports
from digitnet.cli.values import one_of
from digitnet.model_file.metadata import PRECISIONS

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "The file answers with the mean of their answers: log-probabilities are averaged. All networks have the same "
        "classes. The file is used like any other.",
        examples=(
            "digitnet committee five.onnx runs/record-*",
            "digitnet committee best.onnx SWEEP",
            "digitnet evaluate five.onnx",
        ),
    )
    line.argument("out", metavar="OUT.onnx", help="The model file to make; it must not exist yet.")
    line.argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help="Two or more .onnx files or run folders; the folder of a sweep stands for the runs of its best setting.",
    )
    section = line.section("Options")
    section.option(
        "--precision",
        choices=PRECISIONS,
        type=one_of(PRECISIONS),
        default="float32",
        help="Of all members: of a run folder, which of its two files.",
    )
    add_json(section)


def _run(arguments: Namespace) -> int:
    with quick_imports():
        from digitnet.model_file.ensemble import save_committee
        from digitnet.runs.sweep import best_runs

    out = Path(arguments.out)
    models = [path for model in arguments.models for path in best_runs(Path(model)) or [model]]
    metadata = save_committee(models, out, precision=arguments.precision)
    members, size = len(metadata.committee), out.stat().st_size
    if arguments.as_json:
        print_line(json.dumps({"file": str(out), "members": members, "bytes": size}))
    else:
        print_line(f"{out}: a committee of {members} networks in {metadata.precision}, {size / 1e6:.1f} MB")
    return 0


COMMAND = Command(_describe, _run)
