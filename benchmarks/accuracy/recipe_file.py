"""A file of recipes that are to be compared: TOML, a table for each, with the names and values of `Recipe`.

[record]                     # the first one is what the others are compared with
preset = "record"

[wider]
preset = "record"
hidden_sizes = [2048, 1024, 512]
augmentation = "rotation=10"   # as for `digitnet train --augment`

[both]
committee = ["record", "wider"]   # the mean of their probabilities; nothing is trained for it
"""

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitnet.errors import ConfigurationError, nearest_name
from digitnet.training.recipes import Recipe, make_recipe

__all__ = ["Recipes", "read_recipes"]

_SETTINGS = tuple(field.name for field in dataclasses.fields(Recipe))
_NAME = re.compile(r"[\w.-]+")  # so that a folder can have it


@dataclass(frozen=True)
class Recipes:
    """What a file of recipes says.

    Attributes:
        trained: By name, in the order of the file; at least one.
        committees: For each name of a committee those of its members, which are all in `trained`.
    """

    trained: dict[str, Recipe]
    committees: dict[str, tuple[str, ...]]


def read_recipes(path: Path) -> Recipes:
    """Read a file of recipes.

    Raises:
        ConfigurationError: No such file, no TOML, no recipe in it, or a setting that is unknown or makes no sense.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from error
    trained, committees = dict[str, Recipe](), dict[str, tuple[str, ...]]()
    for name, table in tables.items():
        where = f"{path}, [{name}]"
        if not isinstance(table, dict) or not _NAME.fullmatch(name):
            raise ConfigurationError(f"{where}: expected a table whose name has letters, digits, '.', '_' and '-' only")
        if "committee" in table:
            committees[name] = _members(table, where)
        else:
            trained[name] = _recipe(table, where)
    if not trained:
        raise ConfigurationError(f'{path} has no recipe: expected a table such as [record] with preset = "record"')
    for name, members in committees.items():
        if unknown := [member for member in members if member not in trained]:
            raise ConfigurationError(
                f"{path}, [{name}]: there is no recipe {unknown[0]!r}{nearest_name(unknown[0], trained)}"
            )
    return Recipes(trained, committees)


def _members(table: dict[str, Any], where: str) -> tuple[str, ...]:
    members = table["committee"]
    if len(table) > 1 or not isinstance(members, list) or len(members) < 2:
        raise ConfigurationError(
            f"{where}: expected committee = [...] with the names of two recipes or more, and nothing else"
        )
    return tuple(map(str, members))


def _recipe(table: dict[str, Any], where: str) -> Recipe:
    for name in table:
        if name not in _SETTINGS:
            raise ConfigurationError(f"{where}: there is no setting {name!r}{nearest_name(name, _SETTINGS)}")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    try:
        return make_recipe(values.pop("preset", "standard"), **values)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from error
