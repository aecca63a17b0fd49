"""What `digitnet read --table` does: one picture becomes a CSV file with a row for each row of its table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.cli.answering import Request, classifier_for
from digitnet.cli.inputs import Input, expand
from digitnet.cli.lines import print_note
from digitnet.errors import ConfigurationError, PictureError
from digitnet.files import write_atomically

if TYPE_CHECKING:
    from digitnet.inference.answers import Table

__all__ = ["answer_table"]

_MAX_NAMED = 10  # unsure cells that are named; chosen by hand


def answer_table(request: Request, out: str) -> int:
    """Write the table of a picture, and say on stderr which of its cells are unsure.

    Args:
        request: What to answer: one picture.
        out: The CSV file to make or to replace.

    Returns:
        The exit code: 0, or 1 where the picture could not be read or shows no table.

    Raises:
        ConfigurationError: Not exactly one picture is named, another kind of output is asked for too, or the model
            knows other classes than the digits.
        ModelFileError: The model cannot be used.
        OSError: The file cannot be written.
    """
    inputs = expand(request.files)
    _check(request, inputs)
    (picture,) = inputs
    try:
        if picture.error is not None:
            raise picture.error
        table = classifier_for(request, reads_pictures=True).read_table(picture.source(request.max_input))
    except PictureError as error:
        print_note(str(error))
        return 1
    if request.verbose:
        for note in table.notes:
            print_note(f"{picture.name}: {note}")
    if not table.cells:
        print_note(f"{picture.name}: neither numbers nor ruled cells were found, so {out} is not written")
        return 1
    write_atomically(Path(out), table.raw_csv if request.raw_csv else table.csv)
    if not request.quiet:
        _print_doubtful(picture.name, table)
    return 0


def _check(request: Request, inputs: Sequence[Input]) -> None:
    if len(inputs) != 1:
        raise ConfigurationError(f"--table reads one picture, but {len(inputs)} are named: name one")
    for option, is_given in (("--json", request.as_json), ("--csv", request.csv), ("--explain", request.explain)):
        if is_given:
            raise ConfigurationError(f"--table and {option} exclude each other: leave one out")


def _print_doubtful(name: str, table: "Table") -> None:
    """Name the cells that are unsure, and what is in no cell."""
    unsure = [f"row {row + 1} column {column + 1}" for row, column in table.unsure]
    if unsure:
        more = f" and {len(unsure) - _MAX_NAMED} more" if len(unsure) > _MAX_NAMED else ""
        cells = "1 cell is" if len(unsure) == 1 else f"{len(unsure)} cells are"
        print_note(f"{name}: {cells} unsure: {', '.join(unsure[:_MAX_NAMED])}{more}")
    if table.outside:
        texts = ", ".join(number.text for number in table.outside[:_MAX_NAMED])
        more = ", ..." if len(table.outside) > _MAX_NAMED else ""
        numbers = "1 number stands" if len(table.outside) == 1 else f"{len(table.outside)} numbers stand"
        print_note(f"{name}: {numbers} outside of the cells and in no row: {texts}{more}")
