"""`digitnet info`: what is in a model file."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import print_line
from digitnet.cli.model_notes import note_missing_digest
from digitnet.cli.options import add_json, add_model_argument, add_precision
from digitnet.cli.start_up import quick_imports
from digitnet.errors.escaping import escape_controls

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from digitnet.model_file.contract import ModelMetadata

__all__ = ["COMMAND"]


def _describe(line: CommandLine) -> None:
    line.explain(
        "It lists layers, shapes and parameters, and the recipe, the data and the calibration of its training.",
        examples=("digitnet info", "digitnet info runs/standard-20260101-120000 --json"),
    )
    add_model_argument(line)
    section = line.section("Options")
    add_precision(section)
    add_json(section)


def _run(arguments: Namespace) -> int:
    with quick_imports():
        from digitnet.inference.classifier import load_classifier

    classifier = load_classifier(arguments.model, precision=arguments.precision)
    note_missing_digest(classifier, arguments.model, quiet=arguments.quiet)
    metadata = classifier.metadata
    if arguments.as_json:
        print_line(metadata.to_json())
    else:
        _print_tables(metadata)
    return 0


COMMAND = Command(_describe, _run)


def _print_tables(metadata: "ModelMetadata") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_layer_table(metadata))
    if metadata.committee:
        console.print(f"[bold]committee[/bold] of {len(metadata.committee)} networks: the mean of their answers")
        console.print(_member_table(metadata))
    console.print(f"[bold]precision[/bold] {metadata.precision}")
    for name, part in (
        ("recipe", metadata.recipe),
        ("data", metadata.data),
        ("calibration", metadata.calibration),
    ):
        if part:
            console.print(f"\n[bold]{name}[/bold]")
            for key, value in part.items():
                line = f"  {escape_controls(key):<20} {json.dumps(value)}"
                console.print(line, markup=False, soft_wrap=True)


def _layer_table(metadata: "ModelMetadata") -> "Table":
    from rich import box
    from rich.table import Table

    total = sum(layer["parameters"] for layer in metadata.layers)
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    table.add_column("layer", "total")
    table.add_column("kind")
    table.add_column("activation")
    table.add_column("output", justify="right")
    table.add_column("parameters", f"{total:,}", justify="right")
    for layer in metadata.layers:
        shape = " x ".join(str(size) for size in layer["output_shape"])
        table.add_row(
            *_cells(layer["name"], layer["kind"], layer["activation"] or "", shape, f"{layer['parameters']:,}")
        )
    return table


def _member_table(metadata: "ModelMetadata") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("member", "preset", "seed"):
        table.add_column(heading)
    for heading in ("parameters", "temperature"):
        table.add_column(heading, justify="right")
    table.add_column("sha256 of its file")
    for member in metadata.committee:
        preset, seed = (str(member["recipe"].get(key, "")) for key in ("preset", "seed"))
        parameters, temperature = f"{member['parameters']:,}", str(member["calibration"].get("temperature", ""))
        table.add_row(*_cells(member["name"], preset, seed, parameters, temperature, member["sha256"][:16]))
    return table


def _cells(*texts: str) -> "list[Text]":
    """Cells of a table as they are in the file: no markup, and no control characters for the terminal."""
    from rich.text import Text

    return [Text(escape_controls(text)) for text in texts]
