"""The `digitnet` command: its sub-commands, and how an error ends it."""

import sys

import typer

from digitnet.cli.evaluate import evaluate
from digitnet.cli.info import info
from digitnet.cli.predict import predict
from digitnet.cli.train import train
from digitnet.errors import ConfigurationError, DigitnetError

__all__ = ["app", "main"]

_FAILED = 1
_WRONG_USAGE = 2

app = typer.Typer(
    name="digitnet",
    help="Handwritten digits, read by a network of plain dense layers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(info)


def main() -> None:
    """Run the command line; exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    try:
        app(prog_name="digitnet")
    except DigitnetError as error:
        line = " ".join(str(error).split())  # a file name may hold line breaks; the message is one line
        sys.stderr.write(f"digitnet: {line}\n")
        sys.exit(_WRONG_USAGE if isinstance(error, ConfigurationError) else _FAILED)
