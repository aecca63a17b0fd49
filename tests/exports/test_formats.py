"""Formats are found by name, and what is missing is named."""

import sys
from importlib.util import find_spec

import pytest

from digitnet.errors import ConfigurationError, MissingExtraError
from digitnet.exports.formats import FORMATS, find_format


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'safetensor' is no format \(did you mean 'safetensors'\?\)"):
        find_format("safetensor")


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_its_module(name: str) -> None:
    assert find_spec(f"digitnet.exports.{FORMATS[name].module}") is not None


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.packages])
def test_a_missing_package_names_the_command_that_installs_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form = FORMATS[name]
    for package in form.packages:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as error:
        find_format(name)
    assert str(error.value) == (
        f"the format {name} needs {' and '.join(form.packages)}, not installed here: "
        f"pip install 'digitnet[{form.extra}]'"
    )
