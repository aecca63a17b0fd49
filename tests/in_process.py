"""Commands of `digitnet` run in this process, for tests that need what they print or raise."""

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from digitnet.cli.commands import parse

__all__ = ["Result", "run_command"]


class Result(NamedTuple):
    """What came of a command."""

    exit_code: int
    stdout: str


def run_command(*words: str | Path) -> Result:
    """Run `digitnet` with these words; what it raises is not caught."""
    with redirect_stdout(io.StringIO()) as output:
        run, arguments = parse([str(word) for word in words])
        code = run(arguments)
    return Result(code, output.getvalue())
