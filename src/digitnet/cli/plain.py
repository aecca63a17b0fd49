"""The plainest command line of all, understood without the library that understands every other."""

import os
from collections.abc import Sequence

from digitnet.cli.answering import Request
from digitnet.model_file.metadata import PRECISIONS

__all__ = ["plain_request"]

_OPTIONS = {"--model": "model", "--precision": "precision", "--array": "array"}  # each with a value


def plain_request(arguments: Sequence[str]) -> Request | None:
    """Understand `predict PICTURE... [--model M] [--precision P] [--array A] [--json]`, in any order.

    Programs that want a digit read type that, thousands of times, and Typer takes a third of such a process to
    import. All that is shorter, longer, misspelt or asks for help or for a rarer option is left to it; and so is
    everything on Windows, where it finds the files that a pattern such as *.png means.

    Args:
        arguments: What follows the name of the program.

    Returns:
        What Typer would make of them, or None for anything but that form.
    """
    words = list(reversed(arguments))
    if os.name == "nt" or not words or words.pop() != "predict":
        return None
    files: list[str] = []
    given: dict[str, str] = {}
    as_json = False
    while words:
        word = words.pop()
        if word == "--json" and not as_json:
            as_json = True
        elif word in _OPTIONS and _OPTIONS[word] not in given and words and not words[-1].startswith("-"):
            given[_OPTIONS[word]] = words.pop()
        elif word.startswith("-"):
            return None
        else:
            files.append(word)
    precision = next((name for name in PRECISIONS if name == given.get("precision")), None)
    if not files or given.get("precision") != precision:
        return None
    return Request(tuple(files), given.get("model"), precision, given.get("array"), as_json)
