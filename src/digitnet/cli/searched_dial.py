"""A dial of `digitnet sweep`: a setting of a recipe with all values that it takes in turn, or a span to draw from."""

import argparse
import dataclasses
from typing import Any

from digitnet.augmentation.distortion import Distortion
from digitnet.cli.dials import settings_of_option
from digitnet.cli.values import one_of
from digitnet.errors import ConfigurationError, nearest_name
from digitnet.runs.search import Span, Values
from digitnet.training.recipes import Recipe
from digitnet.training.setting import setting_of

__all__ = ["searched_dial"]


def searched_dial(text: str) -> tuple[str, Values]:
    """A dial with the values that a sweep gives it.

    Args:
        text: `learning_rate=0.003,0.01`; `dropout=0..0.5` for a span to draw from; with semicolons between values that
            have commas of their own: `hidden_sizes=300,100;512,512`.

    Returns:
        The name of the recipe's field, and its values.

    Raises:
        argparse.ArgumentTypeError: No such dial, or a value that it cannot be.
    """
    given, equals, values = (part.strip() for part in text.partition("="))
    by_name: dict[str, dataclasses.Field[Any]] = {}
    for field in dataclasses.fields(Recipe):
        if setting_of(field).group is not None and field.name != "seed":
            by_name |= {field.name: field, (setting_of(field).option or field.name): field}
    field_given = by_name.get(given.replace("-", "_"))
    if given in ("seed", "seeds"):
        raise argparse.ArgumentTypeError(f"is {text!r}: seeds are given by --seeds, such as --seeds 0-4")
    if field_given is None:
        raise argparse.ArgumentTypeError(
            f"is {text!r}: {given!r} is no dial{nearest_name(given.replace('-', '_'), by_name)}; those of digitnet "
            "train are, such as learning_rate=0.003,0.01"
        )
    if not equals or not values:
        raise argparse.ArgumentTypeError(f"is {text!r}: expected values, such as learning_rate=0.003,0.01")
    try:
        return field_given.name, _values(field_given, values)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"is {text!r}: {given} {error}") from None
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(f"is {text!r}: {error}") from None


def _values(field: "dataclasses.Field[Any]", text: str) -> Values:
    is_number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    low, dots, high = text.partition("..")
    if is_number and dots:
        parse = settings_of_option(field, setting_of(field))["type"]
        span = Span(parse(low), parse(high), isinstance(field.default, int))
        if not span.low < span.high:
            raise argparse.ArgumentTypeError(f"is {text}: expected the lower number first, such as 0.001..0.1")
        return span
    has_commas = isinstance(field.default, tuple | Distortion)
    words = [word.strip() for word in text.split(";" if has_commas or ";" in text else ",")]
    if isinstance(field.default, bool):
        parse = one_of(("on", "off"))
        return tuple(parse(word) == "on" for word in words)
    parse = settings_of_option(field, setting_of(field)).get("type", str)
    if isinstance(field.default, Distortion):
        for word in words:
            field.default.changed(word)
    return tuple(dict.fromkeys(parse(word) for word in words))
