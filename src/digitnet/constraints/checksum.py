"""Numbers whose check digit is right: Luhn's, that of an ISBN-13, and that of an ISBN-10."""

from typing import NamedTuple

from digitnet.constraints.automaton import DIGITS, AnyConstraint, Constraint
from digitnet.errors import ConfigurationError, nearest_name

__all__ = ["CHECKSUMS", "CHECK_X", "checksum"]

# The check digit 10 of an ISBN-10 or ISSN, which is written X.
CHECK_X = "x"
# Digits of a number with a check digit at least; a single 0 would fit any checksum.
_MIN_DIGITS = 2
_ISBN13_DIGITS = 13


class _Sums(NamedTuple):
    """Two sums that are carried along, and how many digits there have been, up to a number that is enough to know."""

    first: int = 0
    second: int = 0
    digits: int = 0


class _Luhn(Constraint[_Sums]):
    """Card numbers and IMEI: every second digit from the right but one is doubled, and the sum ends in 0.

    Where the number ends is not known before it does. So the first sum is for an end right here, and the second for an
    end after one more digit.

    Source:
        ISO/IEC 7812-1, annex B.
    """

    def __init__(self) -> None:
        self.start, self.reads = _Sums(), frozenset(DIGITS)

    def step(self, state: _Sums, symbol: str) -> _Sums | None:
        """One more digit, plain in one sum and doubled in the other."""
        if symbol not in self.reads:
            return state
        digit = int(symbol)
        doubled = 2 * digit - 9 * (digit > 4)
        ends_here, goes_on = (state.second + digit) % 10, (state.first + doubled) % 10
        return _Sums(ends_here, goes_on, min(state.digits + 1, _MIN_DIGITS))

    def is_accepting(self, state: _Sums) -> bool:
        """Where the sum ends in 0."""
        return state.digits == _MIN_DIGITS and state.first == 0


class _Isbn13(Constraint[_Sums]):
    """Thirteen digits with weights 1, 3, 1, 3, ..., as every EAN-13 has them; the sum ends in 0.

    Source:
        ISO 2108:2017, annex A.
    """

    def __init__(self) -> None:
        self.start, self.reads = _Sums(), frozenset(DIGITS)

    def step(self, state: _Sums, symbol: str) -> _Sums | None:
        """One more digit, up to thirteen."""
        if symbol not in self.reads:
            return state
        if state.digits == _ISBN13_DIGITS:
            return None
        weight = 3 if state.digits % 2 else 1
        return _Sums((state.first + weight * int(symbol)) % 10, 0, state.digits + 1)

    def is_accepting(self, state: _Sums) -> bool:
        """After thirteen digits, where the sum ends in 0."""
        return state.digits == _ISBN13_DIGITS and state.first == 0


class _Mod11(Constraint[_Sums]):
    """Weights 1, 2, 3, ... from the right, the sum a multiple of 11; the last digit may be an X, which is 10.

    The sum with these weights is the sum of all sums from the left: the first digit is in each of them, the last one in
    the last alone. A digit count of -1 stands for the end that an X is.

    Source:
        ISO 2108:1992 (ISBN-10); ISO 3297 has the same for the eight digits of an ISSN.
    """

    _ENDED = -1

    def __init__(self) -> None:
        self.start, self.reads = _Sums(), frozenset(DIGITS + CHECK_X)

    def step(self, state: _Sums, symbol: str) -> _Sums | None:
        """One more digit, or an X at the end."""
        if symbol not in self.reads:
            return state
        is_last = symbol == CHECK_X
        if state.digits == self._ENDED or (is_last and not state.digits):
            return None
        total = (state.first + (10 if is_last else int(symbol))) % 11
        digits = self._ENDED if is_last else min(state.digits + 1, _MIN_DIGITS)
        return _Sums(total, (state.second + total) % 11, digits)

    def is_accepting(self, state: _Sums) -> bool:
        """Where the sum is a multiple of 11."""
        return state.digits in (_MIN_DIGITS, self._ENDED) and state.second == 0


CHECKSUMS: dict[str, type[AnyConstraint]] = {"luhn": _Luhn, "isbn13": _Isbn13, "mod11": _Mod11}
"""Each kind by its name."""


def checksum(name: str) -> AnyConstraint:
    """A number whose check digit is right; only digits count, marks make no difference.

    Args:
        name: `luhn` (card numbers; at least two digits), `isbn13` (exactly thirteen digits, with any prefix, so that
            every EAN-13 fits), or `mod11` (ISBN-10 and ISSN, of any length from two digits; the last may be an X).

    Raises:
        ConfigurationError: No checksum has this name.
    """
    if name not in CHECKSUMS:
        hint = nearest_name(str(name), CHECKSUMS)
        raise ConfigurationError(f"checksum is {name!r:.40}{hint}: expected {', '.join([*CHECKSUMS][:-1])} or mod11")
    return CHECKSUMS[name]()
