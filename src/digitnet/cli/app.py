"""The `digitnet` command and its sub-commands."""

from typing import Annotated

import typer

from digitnet.cli.committee import committee
from digitnet.cli.evaluate import evaluate
from digitnet.cli.info import info
from digitnet.cli.predict import predict
from digitnet.cli.read import read
from digitnet.cli.serve import serve
from digitnet.cli.studio import studio
from digitnet.cli.train import train

__all__ = ["app"]

app = typer.Typer(
    name="digitnet",
    help="Handwritten digits, read by a network of plain dense layers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        import digitnet

        typer.echo(f"digitnet {digitnet.__version__}")
        raise typer.Exit


@app.callback()
def _callback(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Handwritten digits, read by a network of plain dense layers."""


app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(read)
app.command()(serve)
app.command()(studio)
app.command()(info)
app.command()(committee)
