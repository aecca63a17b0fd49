"""The nearest known name."""

import pytest

from digitnet.errors import nearest_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [("adm", " (did you mean 'adam'?)"), ("SGD", " (did you mean 'sgd'?)"), ("xyzzy", ""), ("", "")],
)
def test_nearest_name(given: str, expected: str) -> None:
    assert nearest_name(given, ["adam", "sgd", "rmsprop"]) == expected
