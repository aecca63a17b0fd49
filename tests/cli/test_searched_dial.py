"""The values of a dial as `digitnet sweep` takes them."""

import argparse
from typing import Any

import pytest

from digitnet.cli.searched_dial import searched_dial
from digitnet.runs.search import Span
from digitnet.training.recipes import make_recipe


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("learning_rate=0.003,0.01", "learning_rate", (0.003, 0.01)),
        ("learning-rate = 0.1, 0.1", "learning_rate", (0.1,)),
        ("learning_rate=1e-3..1e-1", "learning_rate", Span(0.001, 0.1)),
        ("epochs=1..9", "epochs", Span(1, 9, is_whole=True)),
        ("hidden_sizes=300,100;512", "hidden_sizes", ((300, 100), (512,))),
        ("batch_normalization=on,off", "batch_normalization", (True, False)),
        ("augment=none; rotation=5,shift=1", "augmentation", ("none", "rotation=5,shift=1")),
        ("optimizer=SGD,adam", "optimizer", ("sgd", "adam")),
    ],
)
def test_the_values_of_a_searched_dial(text: str, name: str, values: Any) -> None:
    assert searched_dial(text) == (name, values)
    if not isinstance(values, Span):
        assert all(make_recipe("quick", **{name: value}) for value in values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learnin_rate=1", "'learnin_rate' is no dial (did you mean 'learning_rate'?)"),
        ("preset=quick", "'preset' is no dial"),
        ("seed=1,2", "seeds are given by --seeds"),
        ("epochs", "expected values, such as learning_rate=0.003,0.01"),
        ("epochs=", "expected values"),
        ("epochs=1,x", "is 'epochs=1,x': epochs is 'x': expected a whole number"),
        ("epochs=9..1", "epochs is 9..1: expected the lower number first"),
        ("batch_normalization=yes", "batch_normalization is 'yes': expected on or off"),
        ("optimizer=adm", "(did you mean 'adam'?)"),
        ("augment=rotate=5", "augmentation 'rotate' is not known (did you mean 'rotation'?)"),
    ],
)
def test_a_searched_dial_that_makes_no_sense_is_named(text: str, message: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        searched_dial(text)
    assert message in str(refused.value)
