"""What a model file says about itself: one JSON text, checked on the way in and on the way out."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.evaluation.quantiles import Quantiles, is_finite_number

__all__ = ["FORMAT_VERSION", "PRECISIONS", "QUANTILES", "ModelMetadata", "Precision", "check_precision"]

Precision: TypeAlias = Literal["float32", "int8"]  # of a model's weights and products
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

QUANTILES = frozenset({"probability", "digit_score"})  # what the thresholds may hold besides `unsure_below`
FORMAT_VERSION = 1  # grows when a reader of today could misread a file of tomorrow

_CLASSES_MAX = 256  # labels are uint8
_CHARACTERS_MAX = 1 << 22  # of the JSON text; far more than any metadata have. Chosen by hand.
_UNSURE_BELOW = 0.8  # calibrated probability; on MNIST about one in three answers below it is wrong
_LAYER_KEYS: dict[str, Any] = {
    "name": str,
    "kind": str,
    "activation": str | None,
    "output_shape": list,
    "parameters": int,
}
_MEMBER_KEYS: dict[str, Any] = {
    "name": str,
    "sha256": str,
    "parameters": int,
    "recipe": dict,
    "data": dict,
    "metrics": dict,
    "calibration": dict,
}


@dataclass(frozen=True)
class ModelMetadata:
    """What a model file says about itself.

    Attributes:
        class_names: Text of each label, 1 to 256 of them, all different.
        layers: One dict a layer: name, kind, activation (or None), output_shape (without the batch) and
            parameters (how many).
        recipe: The settings it was trained with.
        data: What it was trained on, with digests.
        metrics: How well it does.
        calibration: At least temperature, what the logits are divided by, above 0.
        thresholds: At least unsure_below: a digit read with less confidence, in [0, 1], is unsure. Where they are
            known, also `probability` and `digit_score`, the `Quantiles` of held-out digits as JSON: of the probability
            of the right class, and of the score below which an image is not a digit.
        precision: Of the weights and products inside the file; one that says nothing is of float32.
        committee: Of several networks in one file one dict a network: name, sha256 of the file it came from, parameters
            (how many), and the recipe, data, metrics and calibration of that file; empty for a single network.
        format_version: Of this description.

    Raises:
        ConfigurationError: A value breaks these rules.
    """

    class_names: tuple[str, ...]
    layers: tuple[dict[str, Any], ...] = ()
    recipe: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] = field(default_factory=lambda: {"temperature": 1.0})
    thresholds: dict[str, Any] = field(default_factory=lambda: {"unsure_below": _UNSURE_BELOW})
    precision: Precision = "float32"
    committee: tuple[dict[str, Any], ...] = ()
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        _check_version(self.format_version)
        _check_class_names(self.class_names)
        for layer in self.layers:
            _check_entry("layer", layer, _LAYER_KEYS)
        if not isinstance(self.committee, tuple) or len(self.committee) == 1:
            raise ConfigurationError(f"committee is {self.committee!r:.40}: expected none or at least two members")
        for member in self.committee:
            _check_entry("member", member, _MEMBER_KEYS)
        for name in ("recipe", "data", "metrics", "calibration", "thresholds"):
            if not isinstance(vars(self)[name], dict):
                raise ConfigurationError(f"{name} is {vars(self)[name]!r:.40}: expected a mapping")
        temperature = self.calibration.get("temperature")
        if not is_finite_number(temperature) or temperature <= 0:
            raise ConfigurationError(f"temperature is {temperature!r:.40}: expected a number above 0")
        threshold = self.thresholds.get("unsure_below")
        if not is_finite_number(threshold) or not 0 <= threshold <= 1:
            raise ConfigurationError(f"unsure_below is {threshold!r:.40}: expected a number in [0, 1]")
        for name in QUANTILES & self.thresholds.keys():
            Quantiles.from_dict(self.thresholds[name])
        check_precision(self.precision)

    def quantiles(self, name: str) -> Quantiles:
        """Of held-out digits, those of that name; where the file has none, of no digits, so that nothing is below.

        Args:
            name: One of `QUANTILES`.
        """
        content = self.thresholds.get(name)
        return Quantiles(0, (), ()) if content is None else Quantiles.from_dict(content)

    def to_json(self) -> str:
        """The JSON text for the model file.

        Returns:
            One line, the same for the same content.

        Raises:
            ConfigurationError: Something in the dicts is not JSON, such as NaN or an array.
        """
        try:
            return json.dumps(asdict(self), allow_nan=False, sort_keys=True)
        except (TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"the model's metadata cannot be written as JSON: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> "ModelMetadata":
        """Read the JSON text of a model file. Keys it does not know are left out.

        Args:
            text: As `to_json` made it, now or in an earlier version.

        Returns:
            The metadata, checked.

        Raises:
            ModelFileError: Not such a text, or one from a newer version.
        """
        if len(text) > _CHARACTERS_MAX:
            raise ModelFileError(f"metadata of {len(text):,} characters: expected at most a few thousand")
        try:
            content = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"the metadata is not JSON: {str(error).splitlines()[0]}") from error
        if not isinstance(content, dict):
            raise ModelFileError(f"the metadata is a JSON {type(content).__name__}: expected an object")
        try:
            _check_version(content.get("format_version"))  # first: a newer one may break every other rule
            known = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
            for name in ("class_names", "layers"):
                known[name] = _tuple_from(content.get(name), name)
            known["committee"] = _tuple_from(content.get("committee", []), "committee")
            return cls(**known)
        except ConfigurationError as error:
            raise ModelFileError(f"the metadata is damaged: {error}") from error


def check_precision(precision: object) -> None:
    """Refuse what is not the name of a precision.

    Args:
        precision: Whatever was given as one.

    Raises:
        ConfigurationError: It is not one of `PRECISIONS`.
    """
    if precision not in PRECISIONS:
        raise ConfigurationError(f"precision is {precision!r:.40}: expected one of {', '.join(PRECISIONS)}")


def _check_version(version: object) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ConfigurationError(f"format version is {version!r:.40}: expected a whole number from 1")
    if version > FORMAT_VERSION:
        raise ConfigurationError(
            f"format version is {version}, from a newer digitnet; this one reads up to {FORMAT_VERSION}: "
            "upgrade with `pip install -U digitnet`"
        )


def _check_class_names(names: object) -> None:
    if not isinstance(names, tuple) or not 1 <= len(names) <= _CLASSES_MAX:
        raise ConfigurationError(f"class_names is {names!r:.40}: expected 1 to {_CLASSES_MAX} names")
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ConfigurationError("class_names holds something else than text, or a name twice")


def _check_entry(what: str, entry: object, keys: Mapping[str, Any]) -> None:
    """Refuse what is not a mapping with a value of its kind for each key."""
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"a {what} is {entry!r:.40}: expected a mapping")
    for key, kind in keys.items():
        if key not in entry or not isinstance(entry[key], kind):
            raise ConfigurationError(f"a {what}'s {key} is {entry.get(key)!r:.40}: expected {kind}")


def _tuple_from(value: object, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{name} is {value!r:.40}: expected a list")
    return tuple(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
