"""ModelMetadata: what goes in comes out, and nothing else is believed."""

import json
from typing import Any

import numpy as np
import pytest

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file.metadata import FORMAT_VERSION, ModelMetadata

DIGITS = tuple("0123456789")
LAYER = {"name": "output", "kind": "Dense", "activation": "softmax", "output_shape": [10], "parameters": 5130}
MEMBER = {
    "name": "member_1",
    "sha256": "00ff",
    "parameters": 5130,
    "recipe": {"seed": 0},
    "data": {},
    "metrics": {},
    "calibration": {"temperature": 1.25},
}
FULL = ModelMetadata(
    class_names=DIGITS,
    layers=(LAYER, {**LAYER, "name": "dropout", "activation": None, "parameters": 0}),
    recipe={"preset": "standard", "hidden_sizes": [512, 512]},
    data={"name": "MNIST", "sha256": {"train": "ba89"}},
    metrics={"accuracy": 0.985},
    calibration={"temperature": 1.25},
    thresholds={"unsure_below": 0.75, "later": 0.5},
    precision="int8",
    committee=(MEMBER, {**MEMBER, "name": "member_2", "sha256": "0123"}),
)


def test_the_json_text_gives_the_same_metadata_back() -> None:
    assert ModelMetadata.from_json(FULL.to_json()) == FULL


def test_the_json_text_is_readable_without_digitnet() -> None:
    content = json.loads(FULL.to_json())
    assert content["format_version"] == FORMAT_VERSION == 1
    assert content["class_names"] == list(DIGITS)
    assert content["layers"][0] == LAYER
    assert content["calibration"] == {"temperature": 1.25}
    assert content["thresholds"]["unsure_below"] == 0.75
    assert content["precision"] == "int8"
    assert [member["sha256"] for member in content["committee"]] == ["00ff", "0123"]
    assert "\n" not in FULL.to_json()


def test_only_the_class_names_have_no_default() -> None:
    metadata = ModelMetadata(class_names=("cat", "dog"))
    assert metadata.calibration == {"temperature": 1.0}
    assert 0 < metadata.thresholds["unsure_below"] < 1
    assert metadata.precision == "float32"
    assert metadata.committee == ()
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


def test_a_file_that_says_nothing_of_its_precision_is_of_float32() -> None:
    content = json.loads(FULL.to_json())
    del content["precision"]
    assert ModelMetadata.from_json(json.dumps(content)).precision == "float32"


def test_a_file_that_says_nothing_of_a_committee_is_a_single_network() -> None:
    content = json.loads(FULL.to_json())
    del content["committee"]
    assert ModelMetadata.from_json(json.dumps(content)).committee == ()


def test_an_unknown_key_is_left_out() -> None:
    content = {**json.loads(FULL.to_json()), "author": "someone"}
    assert ModelMetadata.from_json(json.dumps(content)) == FULL


WRONG: list[tuple[str, Any, str]] = [
    ("format_version", 2, "from a newer digitnet; this one reads up to 1: upgrade with"),
    ("format_version", 0, "expected a whole number from 1"),
    ("format_version", "1", "expected a whole number from 1"),
    ("format_version", True, "expected a whole number from 1"),
    ("format_version", None, "expected a whole number from 1"),
    ("class_names", [], "expected 1 to 256 names"),
    ("class_names", [str(k) for k in range(257)], "expected 1 to 256 names"),
    ("class_names", "0123456789", "expected a list"),
    ("class_names", [0, 1], "something else than text"),
    ("class_names", ["a", "a"], "a name twice"),
    ("class_names", [["a"]], "something else than text"),
    ("layers", {}, "expected a list"),
    ("layers", ["Dense"], "expected a mapping"),
    ("layers", [{**LAYER, "parameters": "many"}], "parameters is 'many'"),
    ("layers", [{"name": "output"}], "a layer's kind is None"),
    ("recipe", [], "recipe is"),
    ("calibration", {}, "temperature is None"),
    ("calibration", {"temperature": 0}, "temperature is 0"),
    ("calibration", {"temperature": -1.5}, "temperature is -1.5"),
    ("calibration", {"temperature": "1"}, "temperature is '1'"),
    ("calibration", {"temperature": 10**400}, "temperature is 1000"),  # no float can hold it
    ("thresholds", {"unsure_below": 10**400}, "unsure_below is 1000"),
    ("calibration", {"temperature": True}, "temperature is True"),
    ("calibration", 1.0, "calibration is 1.0"),
    ("thresholds", {}, "unsure_below is None"),
    ("thresholds", {"unsure_below": 1.01}, "expected a number in"),
    ("thresholds", {"unsure_below": -0.01}, "expected a number in"),
    ("thresholds", None, "thresholds is None"),
    ("precision", "int4", "precision is 'int4': expected one of float32, int8"),
    ("precision", None, "precision is None"),
    ("precision", ["int8"], "precision is"),
    ("committee", {}, "expected a list"),
    ("committee", None, "expected a list"),
    ("committee", [MEMBER], "expected none or at least two members"),
    ("committee", [MEMBER, "member_2"], "a member is 'member_2': expected a mapping"),
    ("committee", [MEMBER, {**MEMBER, "sha256": 7}], "a member's sha256 is 7"),
    ("committee", [MEMBER, {**MEMBER, "recipe": []}], r"a member's recipe is \[\]"),
    ("committee", [MEMBER, {"name": "member_2"}], "a member's sha256 is None"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_value_is_refused_by_name(key: str, value: object, message: str) -> None:
    content = {**json.loads(FULL.to_json()), key: value}
    with pytest.raises(ModelFileError, match=message) as error:
        ModelMetadata.from_json(json.dumps(content))
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


def test_a_newer_version_is_named_even_when_nothing_else_is_known() -> None:
    with pytest.raises(ModelFileError, match="newer digitnet"):
        ModelMetadata.from_json('{"format_version": 7, "classes": 10}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        (FULL.to_json()[:-20], "is not JSON"),
        ("[]", "JSON list: expected an object"),
        ("7", "JSON int: expected an object"),
        ("{}", "format version is None"),
        ("[" * 100_000, "is not JSON"),
        ('{"format_version": 1, "class_names": ["a"], "layers": [], "recipe": {"a": NaN}}', "NaN is not"),
        (
            '{"format_version": 1, "class_names":["a"],"layers":[],"calibration": {"temperature": 9e999}}',
            "inf",
        ),
        (" " * 5_000_000, "5,000,000 characters"),
        ('{"format_version": ' + "9" * 5000 + "}", "is not JSON|newer"),
    ],
)
def test_what_is_not_such_a_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message) as error:
        ModelMetadata.from_json(text)
    assert "\n" not in str(error.value)


def test_the_rules_hold_when_it_is_made_too() -> None:
    with pytest.raises(ConfigurationError, match="temperature is nan"):
        ModelMetadata(class_names=DIGITS, calibration={"temperature": float("nan")})
    with pytest.raises(ConfigurationError, match="class_names"):
        ModelMetadata(class_names=())


@pytest.mark.parametrize("value", [float("nan"), np.arange(3), {1, 2}, b"bytes"])
def test_what_json_cannot_say_is_refused_when_it_is_written(value: object) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        ModelMetadata(class_names=DIGITS, metrics={"value": value}).to_json()
