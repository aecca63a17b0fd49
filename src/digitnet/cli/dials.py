"""The dials of `digitnet train`, made from the settings of a recipe: their names, values, defaults and help."""

import argparse
import dataclasses
from collections.abc import Callable
from typing import Any, get_args

from digitnet.augmentation.distortion import Distortion
from digitnet.cli.command_line import CommandLine
from digitnet.cli.values import one_of, real_number
from digitnet.training.recipes import PRESETS, Recipe
from digitnet.training.setting import Setting, setting_of

__all__ = ["add_dials", "given_dials", "settings_of_option"]

_STANDARD = Recipe().preset


def add_dials(line: CommandLine) -> None:
    """Add an option for each setting that belongs to a group, in a section for each group.

    Args:
        line: Of the command.
    """
    fields = [field for field in dataclasses.fields(Recipe) if setting_of(field).group is not None]
    for group in dict.fromkeys(setting_of(field).group for field in fields):
        section = line.section(str(group))
        for field in fields:
            about = setting_of(field)
            if about.group == group:
                option = f"--{(about.option or field.name).replace('_', '-')}"
                section.option(option, dest=field.name, help=_help(field), **settings_of_option(field, about))


def given_dials(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that the user gave, by the names of the recipe's fields.

    Args:
        arguments: Of a command line with the dials.
    """
    names = [field.name for field in dataclasses.fields(Recipe) if setting_of(field).group is not None]
    return {name: vars(arguments)[name] for name in names if vars(arguments)[name] is not None}


def settings_of_option(field: "dataclasses.Field[Any]", about: Setting) -> dict[str, Any]:
    """How argparse reads a value, by the type of the field's default.

    Args:
        field: Of a recipe.
        about: Its description.
    """
    if isinstance(field.default, bool):
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(field.default, int):
        return {"metavar": about.values or "N", "type": _whole}
    if isinstance(field.default, float):
        return {"metavar": about.values or "X", "type": real_number()}
    if isinstance(field.default, tuple):
        kind = get_args(field.type)[0]
        return {"metavar": about.values or ("N,N,..." if kind is int else "X,X,..."), "type": _number_list(kind, about)}
    if about.choices:
        return {"metavar": about.values or "NAME", "choices": about.choices, "type": _one_of_any_case(about.choices)}
    return {"metavar": about.values or "NAME"}  # a text, or what Distortion understands of one


def _one_of_any_case(names: tuple[str, ...]) -> Callable[[str], str]:
    """Reads one of these names, all of which are in small letters."""
    parse = one_of(names)
    return lambda text: parse(text.casefold())


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is {text!r}: expected a whole number") from None


def _number_list(kind: Callable[[str], Any], about: Setting) -> Callable[[str], tuple[Any, ...]]:
    """Reads numbers with commas between them."""

    def parse(text: str) -> tuple[Any, ...]:
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError:
            expected = "whole numbers" if kind is int else "numbers"
            raise argparse.ArgumentTypeError(
                f"is {text!r}: expected {expected} with commas between them, for example {about.example}"
            ) from None

    return parse


def _help(field: "dataclasses.Field[Any]") -> str:
    """What the setting means, which names it may be, and what the presets make it."""
    about = setting_of(field)
    meaning = f"{about.meaning.removesuffix('.')}: {', '.join(about.choices)}." if about.choices else about.meaning
    values = {name: _as_typed(vars(recipe)[field.name]) for name, recipe in PRESETS.items()}
    usual = values[_STANDARD]
    others = [f"{name}: {value}" for name, value in values.items() if value != usual]
    return f"{meaning} [default: {'; '.join([usual, *others])}]"


def _as_typed(value: Any) -> str:
    """A value as it may be typed."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Distortion):
        return value.to_text().replace(",", ", ")  # so that a line may end there
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "0"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
