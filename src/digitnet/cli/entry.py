"""Where the command starts, and how it ends: exit codes, and one clear line for every error."""

import gc
import os
import sys
from typing import Any

from digitnet.cli.answering import answer
from digitnet.cli.plain import plain_request
from digitnet.errors import ConfigurationError, DigitnetError

__all__ = ["main"]

_FAILED = 1
_WRONG_USAGE = 2
_INTERRUPTED = 130  # what Typer exits with after Ctrl-C


def main() -> None:
    """Run the command line; exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    code = _run()
    gc.freeze()  # else Python looks for garbage a last time, among all that was ever imported: a fifth of the time
    sys.exit(code)


def _run() -> Any:
    """Run the command line and return the exit code."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a file name may be no text at all
    try:
        return _flushed(_command(sys.argv[1:]))
    except DigitnetError as error:
        return _failed(str(error), _WRONG_USAGE if isinstance(error, ConfigurationError) else _FAILED)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("digitnet"):
            raise  # a mistake of ours, not something to install
        return _failed(f"{error.name} is not installed: pip install 'digitnet[train]'", _FAILED)
    except OSError as error:
        if error.filename is not None:
            return _failed(f"{error.filename}: {error.strerror}", _FAILED)
        return _output_lost(error)
    except KeyboardInterrupt:
        return _stopped()


def _command(arguments: list[str]) -> Any:
    """Find the command that is meant, run it and return its exit code."""
    request = plain_request(arguments)
    if request is not None:
        return answer(request)
    from digitnet.cli.app import app

    try:
        app(prog_name="digitnet")
    except SystemExit as end:
        return _stopped() if end.code == _INTERRUPTED else end.code


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
        return _output_lost(error)
    return code


def _output_lost(error: OSError) -> int:
    """Send what is still in the buffer nowhere: Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # whoever was reading has seen enough, and knows it
        return _FAILED
    return _failed(f"cannot write the result: {error.strerror or error}", _FAILED)
