"""setting: a field of a dataclass that knows what it means."""

import dataclasses
import math
from dataclasses import dataclass

from digitnet.training.recipes import Recipe
from digitnet.training.setting import Setting, setting, setting_of


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
