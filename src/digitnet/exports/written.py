"""What the writer of a format is given and what it gives back."""

from dataclasses import dataclass
from pathlib import Path

from digitnet.exports.verification import Answer

__all__ = ["Place", "Written"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export is written, and where it will be.

    Attributes:
        now: An empty folder or file to write to, while nobody has compared it yet.
        out: Its name afterwards, for the line that says how to run it.
        runtime: What was named as the runtime to put inside; None where nothing was.
    """

    now: Path
    out: Path
    runtime: Path | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An export that is on the disk and waits for its comparison.

    Attributes:
        answer: Answers with what is on the disk.
        how_to_run: One line: a command, or what to do.
        compared_by: What `answer` runs it with.
        notes: What the user should know about it, a sentence each.
    """

    answer: Answer
    how_to_run: str
    compared_by: str
    notes: tuple[str, ...] = ()
