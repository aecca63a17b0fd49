"""What a setting of a recipe means to people, and which values it takes: written once, beside its default."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Setting", "setting", "setting_of", "typed_value"]

_KEY = "setting"  # of a field's metadata
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Setting:
    """How a setting is described, offered and checked.

    Attributes:
        meaning: A sentence for a page of help.
        group: The heading under which the command line offers it; None where it is no option of `digitnet train`.
        low: The least value; None where the setting is no number, or is checked elsewhere.
        below: What a value must be less than.
        option: The option's name without dashes; None for the setting's own.
        values: What to write, where a kind of value does not say enough: `NAME=X,...`.
        choices: The names that the setting may be; empty where it takes any text, or no text at all.
        example: A value to show after a mistake.
    """

    meaning: str
    group: str | None = None
    low: float | None = None
    below: float = math.inf
    option: str | None = None
    values: str | None = None
    choices: tuple[str, ...] = ()
    example: str | None = None


def setting(default: _Value, meaning: str, **details: Any) -> _Value:
    """A field of a dataclass with a description.

    Args:
        default: Of the field; an option of the command line reads values of its type.
        meaning: A sentence for a page of help.
        details: The other attributes of `Setting`.
    """
    return dataclasses.field(default=default, metadata={_KEY: Setting(meaning, **details)})


def setting_of(field: "dataclasses.Field[Any]") -> Setting:
    """The description of a field that `setting` made."""
    found: Setting = field.metadata[_KEY]
    return found


def typed_value(value: Any) -> str:
    """A value of a setting as it may be typed, without loss.

    Args:
        value: Of any kind that a recipe has; text stays as it is.
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(typed_value, value)) or "0"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
