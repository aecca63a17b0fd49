"""`digitnet committee`: several networks as one model file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from digitnet.cli.options import JsonOption
from digitnet.cli.start_up import quick_imports
from digitnet.model_file.metadata import Precision

__all__ = ["committee"]


def committee(
    out: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="The model file to make; it must not exist yet.")],
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL MODEL...", help="Two or more .onnx files or run folders.")
    ],
    *,
    precision: Annotated[
        Precision, typer.Option(help="Of all members: of a run folder, which of its two files.")
    ] = "float32",
    as_json: JsonOption = False,
) -> None:
    """Put several networks of the same classes into one model file, which answers with the mean of their answers.

    Log-probabilities are averaged. The file is used like any other: `digitnet evaluate OUT.onnx`.
    """
    with quick_imports():
        from digitnet.model_file.ensemble import save_committee

    metadata = save_committee(models, out, precision=precision)
    members, size = len(metadata.committee), out.stat().st_size
    if as_json:
        typer.echo(json.dumps({"file": str(out), "members": members, "bytes": size}))
    else:
        typer.echo(f"{out}: a committee of {members} networks in {metadata.precision}, {size / 1e6:.1f} MB")
