"""Values of options from text."""

import argparse
import re
from collections.abc import Callable
from typing import Any

import pytest

from digitnet.cli.values import one_of, real_number, whole_number, whole_numbers


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (whole_number(0, 9), "0", 0),
        (whole_number(0, 9), "9", 9),
        (whole_number(1), "1000000", 1_000_000),
        (real_number(), "1e-3", 0.001),
        (real_number(0.1, 3600), "0.1", 0.1),
        (one_of(("fail", "skip")), "skip", "skip"),
        (whole_numbers, "0-2", (0, 1, 2)),
        (whole_numbers, "7, 1-2,2", (7, 1, 2)),
    ],
)
def test_what_is_understood(reader: Callable[[str], Any], text: str, value: Any) -> None:
    assert reader(text) == value
    assert type(reader(text)) is type(value)


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        (whole_number(0, 9), "10", "is '10': expected a whole number from 0 to 9"),
        (whole_number(0, 9), "-1", "is '-1': expected a whole number from 0 to 9"),
        (whole_number(0, 9), "1.0", "is '1.0': expected a whole number from 0 to 9"),
        (whole_number(1), "0", "is '0': expected a whole number of 1 or more"),
        (real_number(), "x", "is 'x': expected a number"),
        (real_number(0.1, 3600), "0.05", "is '0.05': expected a number from 0.1 to 3600"),
        (real_number(0.1, 3600), "nan", "is 'nan': expected a number from 0.1 to 3600"),
        (whole_numbers, "", "is '': expected whole numbers such as 0-4 or 0,2,3"),
        (whole_numbers, "-1", "is '-1': expected whole numbers such as 0-4 or 0,2,3"),
        (whole_numbers, "4-1", "is '4-1': expected numbers such as 0-4, the lower one first, and no more than 10,000"),
        (
            whole_numbers,
            "0-10000",
            "is '0-10000': expected numbers such as 0-4, the lower one first, and no more than 10,000",
        ),
        (one_of(("a", "b", "cee")), "ce", "is 'ce' (did you mean 'cee'?): expected a, b or cee"),
    ],
)
def test_what_is_refused(reader: Callable[[str], Any], text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"^{re.escape(message)}$"):
        reader(text)
