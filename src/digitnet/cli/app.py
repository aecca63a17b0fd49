"""The `digitnet` command: its sub-commands, and how an error ends it."""

import os
import sys
from typing import Annotated, Any

import typer

from digitnet.cli.evaluate import evaluate
from digitnet.cli.info import info
from digitnet.cli.predict import predict
from digitnet.cli.train import train
from digitnet.errors import ConfigurationError, DigitnetError

__all__ = ["app", "main"]

_FAILED = 1
_WRONG_USAGE = 2
_INTERRUPTED = 130  # what Typer exits with after Ctrl-C

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
app.command()(info)


def main() -> None:
    """Run the command line; exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a file name may be no text at all
    try:
        app(prog_name="digitnet")
    except SystemExit as end:
        sys.exit(_flushed(_stopped() if end.code == _INTERRUPTED else end.code))
    except DigitnetError as error:
        sys.exit(_failed(str(error), _WRONG_USAGE if isinstance(error, ConfigurationError) else _FAILED))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("digitnet"):
            raise  # a mistake of ours, not something to install
        sys.exit(_failed(f"{error.name} is not installed: pip install 'digitnet[train]'", _FAILED))
    except OSError as error:
        if error.filename is not None:
            sys.exit(_failed(f"{error.filename}: {error.strerror}", _FAILED))
        sys.exit(_failed(f"cannot write the result: {error.strerror or error}", _output_lost()))
    except KeyboardInterrupt:
        sys.exit(_stopped())


def _failed(message: str, code: int) -> int:
    line = " ".join(message.split())  # a file name may hold line breaks; the message is one line
    sys.stderr.write(f"digitnet: {line}\n")
    return code


def _stopped() -> int:
    return _failed("stopped", _FAILED)


def _flushed(code: Any) -> Any:
    """The exit code, once all output has really been written."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _failed(f"cannot write the result: {error.strerror or error}", _output_lost())
    return code


def _output_lost() -> int:
    """Send what is still in the buffer nowhere: Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _FAILED
