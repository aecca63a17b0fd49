"""Lines for people and programs: results on stdout, everything else on stderr."""

import sys

from digitnet.errors.escaping import escape_controls

__all__ = ["one_line", "print_line", "print_note"]


def print_line(text: str) -> None:
    """Print a result: one line, in which control characters are written out."""
    sys.stdout.write(f"{escape_controls(text)}\n")
    sys.stdout.flush()


def print_note(text: str) -> None:
    """Print an error, or what a person may want to know, as one line of stderr."""
    sys.stderr.write(f"digitnet: {one_line(text)}\n")
    sys.stderr.flush()


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which a file name may hold."""
    return escape_controls(" ".join(text.split()))
