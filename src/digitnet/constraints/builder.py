"""What the user knows about a number, in the words of the command line and of Python."""

from collections.abc import Iterable

from digitnet.constraints.automaton import DIGITS, AnyConstraint, accepts, check_not_empty, intersect
from digitnet.constraints.automaton import length as length_of
from digitnet.constraints.checksum import CHECK_X
from digitnet.constraints.checksum import checksum as checksum_of
from digitnet.constraints.choices import Choices
from digitnet.constraints.choices import choices as choices_of
from digitnet.constraints.pattern import pattern as pattern_of
from digitnet.errors import ConfigurationError

__all__ = ["constraint"]


def constraint(
    *,
    length: int | None = None,
    pattern: str | None = None,
    choices: Iterable[str] | None = None,
    checksum: str | None = None,
) -> AnyConstraint | None:
    """What is known about a number, all of it at once.

    Args:
        length: Count of its digits, 1 to 1,000; marks do not count. With `mod11`, an X counts.
        pattern: A regular expression that the whole number matches; see `pattern.pattern`.
        choices: All numbers that it may be; see `choices.choices`.
        checksum: `luhn`, `isbn13` or `mod11`; see `checksum.checksum`.

    Returns:
        A constraint; None where nothing is known.

    Raises:
        ConfigurationError: One of them makes no sense, or they contradict one another.
    """
    known: dict[str, AnyConstraint] = {}
    if length is not None:
        known["length"] = length_of(length, DIGITS + CHECK_X if checksum == "mod11" else DIGITS)
    if pattern is not None:
        known["pattern"] = pattern_of(pattern)
    if checksum is not None:
        known["checksum"] = checksum_of(checksum)
    listed = None if choices is None else choices_of(choices)
    if len(known) > 1 or (known and listed is not None):
        _check_together(known, listed)
    parts = [*known.values(), *([] if listed is None else [listed])]
    return intersect(parts) if parts else None


def _check_together(known: dict[str, AnyConstraint], listed: Choices | None) -> None:
    """Refuse what no number fits."""
    together = intersect([*known.values()])
    if listed is None:
        check_not_empty(together, f"{', '.join([*known][:-1])} and {[*known][-1]}")
    elif not any(accepts(together, number) for number in listed.numbers):
        raise ConfigurationError(
            f"none of the {len(listed.numbers):,} choices fits {' and '.join(known)}: expected at least one that does"
        )
