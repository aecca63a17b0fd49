"""Recipes: presets, dials, and what is refused."""

import dataclasses
import json

import pytest

from digitnet.augmentation.distortion import NO_DISTORTION, Distortion
from digitnet.errors import ConfigurationError
from digitnet.training.recipes import PRESETS, Recipe, make_recipe


def test_each_preset_is_named_as_its_key_and_standard_is_the_default() -> None:
    assert {name: recipe.preset for name, recipe in PRESETS.items()} == {name: name for name in PRESETS}
    assert set(PRESETS) == {"quick", "standard", "record", "tiny"}
    assert make_recipe() == PRESETS["standard"] == Recipe()


@pytest.mark.parametrize("recipe", PRESETS.values(), ids=PRESETS)
def test_presets_take_whole_batches_of_mnist(recipe: Recipe) -> None:
    """A remainder would be compiled as a second step, for seconds of every start."""
    num_train = round(60_000 * (1 - recipe.validation_fraction) * (1 + recipe.regional_hands))
    assert num_train % recipe.batch_size == 0


def test_dials_change_only_what_they_name() -> None:
    recipe = make_recipe("quick", epochs=3, dropout=None)
    assert recipe == dataclasses.replace(PRESETS["quick"], epochs=3)


def test_augmentation_may_be_text_that_changes_the_presets_own() -> None:
    assert make_recipe("quick", augmentation="rotation=10").augmentation == Distortion(shift=1, rotation=10.0)
    assert make_recipe("quick", augmentation="none").augmentation == NO_DISTORTION


def test_a_recipe_of_an_older_version_has_no_limit_of_weights() -> None:
    settings = PRESETS["record"].to_dict()
    del settings["max_weights"]
    assert Recipe.from_dict(settings) == PRESETS["record"]


@pytest.mark.parametrize("recipe", PRESETS.values(), ids=PRESETS)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_settings_of_another_version_are_named() -> None:
    settings = Recipe().to_dict()
    settings["momentum"] = settings.pop("dropout")
    with pytest.raises(ConfigurationError, match=r"missing \['dropout'\], unknown \['momentum'\]"):
        Recipe.from_dict(settings)


@pytest.mark.parametrize(
    ("dials", "message"),
    [
        ({"preset": "standart"}, "did you mean 'standard'"),
        ({"dropout": 1.0}, "dropout is 1.0: expected at least 0 and below 1"),
        ({"dropout": float("nan")}, "dropout is nan"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"hidden_sizes": ()}, "hidden_sizes is"),
        ({"receptive_fields": (6, 29)}, r"receptive_fields is \[6, 29\]: expected a radius for each layer, of 0 to 28"),
        ({"receptive_fields": (float("nan"),)}, "receptive_fields is"),
        ({"receptive_fields": ("6",)}, "receptive_fields is"),
        ({"receptive_fields": 6}, "receptive_fields is 6: expected tuple"),
        ({"hidden_sizes": (5, 0)}, "hidden_sizes is"),
        ({"validation_fraction": 1.0}, "validation_fraction is 1.0"),
        ({"label_smoothing": -0.1}, "label_smoothing is -0.1"),
        ({"hard_examples": 1.0}, "hard_examples is 1.0"),
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"augmentation": "rotation=200"}, "rotation is 200"),
        ({"augmentation": {"rotation": 2}}, "augmentation is {'rotation': 2}: expected Distortion"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_makes_no_sense_is_named(dials: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_recipe(**dials)  # type: ignore[arg-type]
