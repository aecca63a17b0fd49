"""setting: a field of a dataclass that knows what it means."""

import dataclasses
import math
from dataclasses import dataclass

from digitnet.training.recipes import Recipe
from digitnet.training.setting import Setting, setting, setting_of, typed_value


@dataclass(frozen=True)
class Example:
    size: int = setting(3, "How large.", group="Shape", low=1, below=9)
    name: str = setting("a", "How it is called.")


def test_a_setting_is_a_field_with_its_default_and_its_description() -> None:
    assert Example() == Example(size=3, name="a")
    size, name = map(setting_of, dataclasses.fields(Example))
    assert size == Setting("How large.", group="Shape", low=1, below=9)
    assert name == Setting("How it is called.", group=None, low=None, below=math.inf)


def test_every_setting_of_a_recipe_has_a_sentence() -> None:
    for field in dataclasses.fields(Recipe):
        meaning = setting_of(field).meaning
        assert meaning.endswith("."), field.name
        assert meaning[0].isupper(), field.name


def test_a_value_is_typed_without_loss() -> None:
    values = (True, False, 12, 0.003, 1 / 12, 1e30, (300, 100), (6.0, 10.5), (), "sgd")
    texts = [typed_value(value) for value in values]
    assert texts == [
        *("on", "off", "12", "0.003", "0.08333333333333333", "1e+30", "300,100", "6,10.5", "0", "sgd"),
    ]
