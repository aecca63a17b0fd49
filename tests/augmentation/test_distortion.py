"""Strengths of random changes: what is accepted, how they are written, and how they survive JSON."""

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitnet.augmentation.distortion import NO_DISTORTION, Distortion
from digitnet.errors import ConfigurationError

RANGES: dict[str, tuple[Any, Any]] = {
    "rotation": (0, 180),
    "scaling": (0, 0.9),
    "shear": (0, 60),
    "shift": (0, 14),
    "elastic_alpha": (0, 1000),
    "elastic_sigma": (1, 28),
    "slender_factor": (0, 1),
    "thickness": (0, 2),
    "gaps": (0, 8),
    "gap_radius": (0.5, 7),
    "contrast": (0, 0.9),
    "blur": (0, 3),
}
WHOLE = ("shift", "gaps")
SHAPES = ("elastic_sigma", "slender_factor", "gap_radius")

DISTORTIONS = st.builds(
    Distortion,
    **{
        name: st.integers(int(low), int(high)) if name in WHOLE else st.floats(low, high)
        for name, (low, high) in RANGES.items()
    },
)


def with_strength(name: str, value: Any) -> Distortion:
    return Distortion(**{name: value})


def test_every_strength_has_a_range() -> None:
    assert [field.name for field in dataclasses.fields(Distortion)] == list(RANGES)


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_a_range_are_accepted(name: str) -> None:
    for end in RANGES[name]:
        assert vars(with_strength(name, end))[name] == end


@pytest.mark.parametrize("name", RANGES)
def test_what_lies_outside_is_refused_with_the_range(name: str) -> None:
    low, high = RANGES[name]
    step = 1 if name in WHOLE else 0.01
    outside = [low - step, high + step, -1]
    for value in [*outside, *([] if name in WHOLE else [math.nan, math.inf])]:
        with pytest.raises(ConfigurationError) as refused:
            with_strength(name, value)
        assert str(refused.value) == f"augmentation {name} is {value:g}: expected {low:g} to {high:g}"


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", [True, None, "1", [1]])
def test_what_is_no_number_is_refused(name: str, value: object) -> None:
    kind = "a whole number" if name in WHOLE else "a number"
    with pytest.raises(ConfigurationError, match=f"augmentation {name} is .*: expected {kind}$"):
        with_strength(name, value)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_whole(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"augmentation {name} is 1.0: expected a whole number"):
        with_strength(name, 1.0)


@pytest.mark.parametrize("name", RANGES)
def test_only_what_changes_images_counts_as_a_change(name: str) -> None:
    distortion = with_strength(name, RANGES[name][1])
    assert distortion.is_none == (name in SHAPES)
    assert distortion.is_warp == (name in {"rotation", "scaling", "shear", "elastic_alpha"})
    assert distortion.changes_strokes == (name in {"thickness", "gaps", "contrast", "blur"})


def test_text_replaces_what_it_names() -> None:
    before = Distortion(rotation=5, shift=1)
    assert before.changed("rotation=15, gaps = 2,blur=.5") == Distortion(rotation=15, shift=1, gaps=2, blur=0.5)
    assert before.changed("shift=0") == Distortion(rotation=5)
    assert before.changed(" none ") == NO_DISTORTION == Distortion()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rotaton=5", "augmentation 'rotaton' is not known (did you mean 'rotation'?); expected one of rotation, sca"),
        ("zoom=5", "augmentation 'zoom' is not known; expected one of rotation, scaling"),
        ("=5", "augmentation '' is not known; expected one of"),
        ("", "augmentation '' is not of the form NAME=STRENGTH, for example rotation=15; expected none, or pairs"),
        ("rotation", "augmentation 'rotation' is not of the form NAME=STRENGTH"),
        ("rotation=5,", "augmentation '' is not of the form NAME=STRENGTH"),
        ("none,rotation=5", "augmentation 'none' is not of the form NAME=STRENGTH"),
        ("rotation=", "augmentation rotation is '': expected a number"),
        ("rotation=much", "augmentation rotation is 'much': expected a number"),
        ("rotation=1=2", "augmentation rotation is '1=2': expected a number"),
        ("rotation=nan", "augmentation rotation is nan: expected 0 to 180"),
        ("rotation=200", "augmentation rotation is 200: expected 0 to 180"),
        ("shift=1.5", "augmentation shift is '1.5': expected a whole number"),
        ("scaling=-0.1", "augmentation scaling is -0.1: expected 0 to 0.9"),
        ("blur=1,rotation=5,blur=2", "augmentation blur is given twice: leave one away"),
    ],
)
def test_text_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Distortion(elastic_alpha=3).changed(text)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("distortion", "text"),
    [
        (NO_DISTORTION, "none"),
        (Distortion(rotation=15.0, shift=1), "rotation=15,shift=1"),
        (Distortion(scaling=0.2, elastic_sigma=6), "scaling=0.2,elastic_sigma=6"),
        (Distortion(gaps=8, gap_radius=2.5), "gaps=8,gap_radius=2.5"),
    ],
)
def test_the_text_names_what_is_not_as_usual(distortion: Distortion, text: str) -> None:
    assert distortion.to_text() == text


@given(DISTORTIONS)
def test_a_distortion_survives_text_and_json(distortion: Distortion) -> None:
    assert NO_DISTORTION.changed(distortion.to_text()) == distortion
    assert Distortion.from_dict(json.loads(json.dumps(distortion.to_dict()))) == distortion


@pytest.mark.parametrize("missing", RANGES)
def test_what_an_older_version_did_not_know_was_not_done(missing: str) -> None:
    """A model of that version keeps its other distortions, in lessons and in runs that are resumed."""
    whole = Distortion(**{name: high for name, (_, high) in RANGES.items()})
    strengths = {name: value for name, value in whole.to_dict().items() if name != missing}
    assert Distortion.from_dict(strengths) == dataclasses.replace(whole, **{missing: vars(NO_DISTORTION)[missing]})
    assert Distortion.from_dict({}) == NO_DISTORTION


def test_strengths_of_another_version_are_named() -> None:
    strengths = Distortion().to_dict()
    strengths["zoom"] = strengths.pop("blur")
    with pytest.raises(ConfigurationError, match=r"unknown \['zoom'\]"):
        Distortion.from_dict(strengths)
    with pytest.raises(ConfigurationError, match="the augmentation is 3: expected a mapping"):
        Distortion.from_dict(3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="augmentation rotation is 181: expected 0 to 180"):
        Distortion.from_dict({**Distortion().to_dict(), "rotation": 181})
