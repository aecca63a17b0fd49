"""Answers on stdout, errors on stderr, and both in a table where one is asked for."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from digitnet.cli.lines import one_line, print_note
from digitnet.cli.wording import digit_in_words, line_in_words
from digitnet.errors import DigitnetError
from digitnet.errors.escaping import escape_controls
from digitnet.inference.answers import Digit, Reading, error_outcome, outcome

if TYPE_CHECKING:
    from digitnet.cli.table_file import TableFile

__all__ = ["Printer"]


class Printer:
    """Puts answers on stdout as soon as it gets them.

    Args:
        class_names: The text of each label.
        as_json: Whether to print JSON, one object in a line; else words.
        is_named: Whether words start with the name of the file, because there are several.
        table: Where a row for each answer goes, too.
        with_notes: Whether stderr gets what was done to each picture.
    """

    def __init__(
        self,
        class_names: tuple[str, ...],
        *,
        as_json: bool,
        is_named: bool,
        table: "TableFile | None" = None,
        with_notes: bool = False,
    ) -> None:
        self._class_names = class_names
        self._as_json = as_json
        self._is_named = is_named
        self._table = table
        self._with_notes = with_notes

    def answers(self, file: str, answers: Sequence[Digit | Reading], first: int | None) -> None:
        """Print what was read.

        Args:
            file: Where, as the user gave it.
            answers: One for each picture.
            first: The number of the first image in a file of many; None for a file of one picture.
        """
        lines: list[str] = []
        for place, each in enumerate(answers):
            lines += self._lines(file, each, None if first is None else first + place)
        _write(lines)
        if self._with_notes:
            for place, each in enumerate(answers):
                image = file if first is None else f"{file}[{first + place}]"
                for note in each.notes:
                    print_note(f"{image}: {note}")

    def error(self, file: str, error: DigitnetError, index: int | None) -> None:
        """Say on stderr, and in JSON on stdout too, why a file cannot be read.

        Args:
            file: The file, as the user gave it.
            error: Why.
            index: The first image of a file of many that has no answer; None for a file of one picture.
        """
        print_note(str(error))
        found = error_outcome(file, error, index)
        if self._table is not None:
            self._table.add(found)
        if self._as_json:
            _write([json.dumps(found)])

    def _lines(self, file: str, answer: Digit | Reading, index: int | None) -> list[str]:
        if self._as_json or self._table is not None:
            found = outcome(file, answer, index)
            if self._table is not None:
                self._table.add(found)
            if self._as_json:
                return [json.dumps(found)]
        found_words = [escape_controls(words) for words in self._in_words(answer)]  # a class may have any name
        if index is not None:
            return [f"{one_line(file)}[{index}]  {words}" for words in found_words]
        return [f"{one_line(file)}: {words}" if self._is_named else words for words in found_words]

    def _in_words(self, answer: Digit | Reading) -> list[str]:
        if isinstance(answer, Digit):
            return [digit_in_words(answer, self._class_names)]
        return [line_in_words(line, self._class_names) for line in answer.lines] or ["no digits"]


def _write(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
