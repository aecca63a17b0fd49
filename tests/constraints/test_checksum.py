"""Check digits, against published numbers and against the sums written out."""

import re

import pytest

from digitnet.constraints.automaton import accepts
from digitnet.constraints.checksum import checksum
from digitnet.errors import ConfigurationError


def luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value // 10 + value % 10
    return len(number) >= 2 and total % 10 == 0


def isbn13(number: str) -> bool:
    return len(number) == 13 and sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(number)) % 10 == 0


def mod11(number: str) -> bool:
    values = [10 if digit == "x" else int(digit) for digit in number]
    if len(values) < 2 or 10 in values[:-1]:
        return False
    return sum(value * weight for weight, value in enumerate(reversed(values), start=1)) % 11 == 0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("luhn", "79927398713"),  # the example that most descriptions give
        ("luhn", "4111 1111 1111 1111"),
        ("luhn", "49-015420-323751-8"),  # an IMEI
        ("isbn13", "978-0-306-40615-7"),
        ("isbn13", "4006381333931"),  # an EAN-13 that is no book
        ("mod11", "0-306-40615-2"),
        ("mod11", "0-8044-2957-x"),
        ("mod11", "2049-3630"),  # an ISSN
    ],
)
def test_published_numbers_fit_and_their_neighbours_do_not(name: str, number: str) -> None:
    constraint = checksum(name)
    assert accepts(constraint, number)
    last = number[-1]
    others = [number[:-1] + digit for digit in "0123456789" if digit != last]
    assert not any(accepts(constraint, other) for other in others)


@pytest.mark.parametrize(("name", "oracle"), [("luhn", luhn), ("isbn13", isbn13), ("mod11", mod11)])
def test_every_number_is_answered_as_by_the_sum_written_out(name: str, oracle: object) -> None:
    assert callable(oracle)
    constraint = checksum(name)
    numbers = [str(number) for number in range(2000)] + [f"{number}x" for number in range(300)]
    numbers += ["", "x", "00", "0", "x1", "1x2", "1xx", "0000000000000", "00000000000000"]
    numbers += [str(number) for number in range(9_780_306_406_000, 10_000_000_000_000, 100_000_007)]
    answers = {number: accepts(constraint, number) for number in numbers if name == "mod11" or "x" not in number}
    assert answers == {number: oracle(number) for number in answers}
    assert 10 < sum(answers.values()) < len(answers) / 5


@pytest.mark.parametrize("name", ["luhn", "isbn13"])
def test_an_x_is_a_mark_and_skipped(name: str) -> None:
    constraint = checksum(name)
    assert constraint.step(constraint.start, "x") == constraint.start


def test_an_unknown_checksum_is_named() -> None:
    message = "checksum is 'lun' (did you mean 'luhn'?): expected luhn, isbn13 or mod11"
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        checksum("lun")
