"""`digitnet export`: a model file in another format, compared with it before it is there."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import print_line, print_note
from digitnet.cli.options import MODEL_HELP, add_json
from digitnet.cli.start_up import quick_imports
from digitnet.cli.values import one_of
from digitnet.exports.formats import FORMATS
from digitnet.model_file.metadata import PRECISIONS

if TYPE_CHECKING:
    from digitnet.exports.export import Export

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    formats = "; ".join(f"{name}: {form.summary}" for name, form in FORMATS.items())
    line.explain(
        f"FORMAT is one of these. {formats}.",
        "Before anything is there, the export answers 2,000 of MNIST's training images, and its probabilities are "
        "compared with those of the model file.",
        examples=(
            "digitnet export safetensors weights",
            "digitnet export c digits --model runs/tiny",
            "digitnet export html page.html --runtime pack.tgz",
        ),
    )
    line.argument("format", metavar="FORMAT", help="One of the formats above.")
    line.argument("out", metavar="OUT", help="The file or folder to make; it must not exist yet.")
    section = line.section("Options")
    section.option("--model", metavar="MODEL", help=MODEL_HELP)
    section.option(
        "--precision",
        choices=PRECISIONS,
        type=one_of(PRECISIONS),
        help="Of the model file that is exported, where the format leaves a choice. [default: the format's usual one]",
    )
    section.option(
        "--runtime",
        metavar="PACKAGE",
        help="For html: npm's package onnxruntime-web, its folder or the .tgz that `npm pack onnxruntime-web` gets.",
    )
    add_json(section)


def _run(arguments: Namespace) -> int:
    with quick_imports():
        from digitnet.exports.export import export_model

    found = export_model(
        arguments.format, arguments.out, arguments.model, precision=arguments.precision, runtime=arguments.runtime
    )
    if not arguments.quiet:
        for note in found.notes:
            print_note(note)
    if arguments.as_json:
        print_line(json.dumps(_summary(found)))
        return 0
    compared = found.comparison
    print_line(f"{found.path}: {found.format_name}, {found.size / 1e6:.1f} MB")
    print_line(
        f"compared with {found.model.name} on {compared.n:,} images by {found.compared_by}: largest difference of a "
        f"probability {compared.largest_difference:.1e}, other labels {compared.other_labels}"
    )
    print_line(f"to run it: {found.how_to_run}")
    return 0


def _summary(found: "Export") -> dict[str, object]:
    return {
        "file": str(found.path),
        "format": found.format_name,
        "model": str(found.model),
        "bytes": found.size,
        "images": found.comparison.n,
        "largest_difference": found.comparison.largest_difference,
        "other_labels": found.comparison.other_labels,
        "compared_by": found.compared_by,
        "to_run": found.how_to_run,
    }


COMMAND = Command(_describe, _run)
