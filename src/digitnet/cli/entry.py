"""Where the command starts, and how it ends: exit codes, and one clear line for every error."""

import gc
import os
import sys

from digitnet.cli.commands import parse
from digitnet.cli.lines import print_note
from digitnet.cli.start_up import quick_imports
from digitnet.errors import ConfigurationError, DigitnetError
from digitnet.errors.escaping import escape_controls

__all__ = ["main"]

_FAILED = 1
_WRONG_USAGE = 2


def main() -> None:
    """Run the command line; exit 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a file name may be no text at all
    code = _run(sys.argv[1:])
    gc.freeze()  # else Python looks for garbage a last time, among all that was ever imported: a fifth of the time
    sys.exit(code)


def _run(words: list[str]) -> int:
    """Run the command line and return the exit code."""
    is_verbose = False
    try:
        with quick_imports():
            run, arguments = parse(words)
        is_verbose = arguments.verbose
        if is_verbose:
            _log_to_stderr()
        code = run(arguments)
        sys.stdout.flush()
    except (DigitnetError, ModuleNotFoundError, OSError, KeyboardInterrupt) as error:
        if is_verbose:
            _print_traceback()
        return _failed(error)
    return code


def _log_to_stderr() -> None:
    import logging

    class Escaped(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return escape_controls(super().format(record))

    handler = logging.StreamHandler()
    handler.setFormatter(Escaped("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _print_traceback() -> None:
    """Print where the error came from; its message may hold control characters of a file name."""
    import traceback

    lines = traceback.format_exc().splitlines()
    sys.stderr.write("".join(f"{escape_controls(line)}\n" for line in lines))


def _failed(error: BaseException) -> int:
    """Say in one line what went wrong, and return the exit code."""
    match error:
        case ConfigurationError():
            print_note(str(error))
            return _WRONG_USAGE
        case DigitnetError():
            print_note(str(error))
        case ModuleNotFoundError():
            if (error.name or "").startswith("digitnet"):
                raise error  # a mistake of ours, not something to install
            print_note(f"{error.name} is not installed: pip install 'digitnet[train]'")
        case OSError(filename=None):
            _drop_output()
            if not isinstance(error, BrokenPipeError):  # whoever was reading has seen enough, and knows it
                print_note(f"cannot write the result: {error.strerror or error}")
        case OSError():
            print_note(f"{error.filename}: {error.strerror}")
        case _:
            print_note("stopped")
    return _FAILED


def _drop_output() -> None:
    """Send what is still in the buffer nowhere: Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
