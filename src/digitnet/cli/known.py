"""Options for what the user knows about a number."""

from argparse import Namespace
from pathlib import Path

from digitnet.cli.command_line import OptionSection
from digitnet.cli.values import one_of, whole_number
from digitnet.errors import ConfigurationError

__all__ = ["CHECKSUM_NAMES", "MAX_LENGTH", "add_known", "known_numbers"]

# Named here too, so that a page of help loads no automata; a test compares them with those that there are.
CHECKSUM_NAMES = ("luhn", "isbn13", "mod11")
MAX_LENGTH = 1000  # digits, as `constraints` takes them
# Bytes of a list of numbers; chosen by hand: the 100,000 numbers that a list may have take a tenth of it.
_MAX_BYTES = 16 << 20


def add_known(section: OptionSection) -> None:
    """What is known about each number: its length, a pattern, a list, a checksum."""
    section.option(
        "--length", metavar="N", type=whole_number(1, MAX_LENGTH), help="Each number has N digits; marks do not count."
    )
    section.option(
        "--pattern",
        metavar="REGEX",
        help=r"Each number matches this regular expression as a whole, as '\d{2}/\d{2}/\d{4}'. Marks count where the "
        "expression has any; spaces never do.",
    )
    section.option("--choices", metavar="FILE", help="Each number is one of those in this file, which has one a line.")
    section.option(
        "--checksum",
        choices=CHECKSUM_NAMES,
        type=one_of(CHECKSUM_NAMES),
        help="Each number has a right check digit: luhn for card numbers, isbn13 for every EAN of 13 digits, mod11 for "
        "ISBN-10 and ISSN, whose last digit may be an X.",
    )


def known_numbers(arguments: Namespace) -> dict[str, object]:
    """What was given for these options, as the arguments of `digitnet.constraints.constraint`.

    Args:
        arguments: Of a command with `add_known`.

    Raises:
        ConfigurationError: The list of choices cannot be read.
    """
    choices = None if arguments.choices is None else _lines_of(arguments.choices)
    return {
        "length": arguments.length,
        "pattern": arguments.pattern,
        "choices": choices,
        "checksum": arguments.checksum,
    }


def _lines_of(name: str) -> list[str]:
    """The lines of a text file."""
    expected = "expected a text file with one number a line"
    try:
        with Path(name).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"--choices {name}: {reason}; {expected}") from None
    if len(content) > _MAX_BYTES:
        raise ConfigurationError(f"--choices {name} has more than {_MAX_BYTES >> 20} MiB; {expected}")
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"--choices {name} is not UTF-8 (byte {error.start:,}); {expected}") from None
