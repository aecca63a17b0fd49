"""The dials of a run: every value within bounds, and a sentence for each that is not."""

from typing import Any

import pytest

from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.settings import ACTIVATIONS, OPTIMIZERS, RunSettings, described_settings
from digitnet.training.choices import OPTIMIZERS as ALL_OPTIMIZERS
from digitnet.training.recipes import PRESETS, Recipe


def test_settings_are_read_back() -> None:
    settings = RunSettings(hidden_sizes=(5, 6, 7, 8), optimizer="sgd", learning_rate=1, augment=True, epochs=30)
    assert RunSettings.from_dict(settings.to_dict()) == settings
    assert RunSettings.from_dict({}) == RunSettings()


def test_runs_of_older_versions_are_gone_on_with_as_they_were_begun() -> None:
    """They counted the images held out among those in use."""
    for images in (10_000, 60_000):
        older = {"epochs": 3, "images": images}
        assert RunSettings.from_dict(older) == RunSettings(epochs=3, training_images=images - 5_000)
        assert older == {"epochs": 3, "images": images}  # what was handed in stays


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], r"the settings are \[\]: expected a JSON object"),
        ({"epoch": 3}, "the setting 'epoch' is not known.*epochs"),
        ({"epochs": 201}, "epochs is 201: expected a whole number from 1 to 200"),
        ({"epochs": True}, "epochs is True"),
        ({"epochs": 2.0}, "epochs is 2.0"),
        ({"epochs": 10**30}, "epochs is 10000"),
        ({"training_images": 499}, "training_images is 499: expected a whole number from 500 to 55000"),
        (
            {"training_images": 500, "batch_size": 501},
            "batch_size is 501 and training_images 500: a step takes no more",
        ),
        ({"images": 5_400}, "training_images is 400"),
        ({"images": 10_000, "training_images": 5_000}, "the setting 'images' is not known"),
        ({"images": "all"}, "the setting 'images' is not known"),
        ({"batch_size": 9}, "batch_size is 9"),
        ({"seed": -1}, "seed is -1"),
        ({"learning_rate": 0}, "learning_rate is 0: expected a number from 1e-06 to 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "1"}, "learning_rate is '1'"),
        ({"learning_rate": True}, "learning_rate is True"),
        ({"dropout": 0.9}, "dropout is 0.9"),
        ({"augment": 1}, "augment is 1: expected true or false"),
        ({"hidden_sizes": []}, r"hidden_sizes is \[\]: expected 1 to 4 layers, each of 1 to 512 units"),
        ({"hidden_sizes": [1, 2, 3, 4, 5]}, "hidden_sizes is"),
        ({"hidden_sizes": [513]}, r"hidden_sizes is \[513\]"),
        ({"hidden_sizes": [True]}, "hidden_sizes is"),
        ({"hidden_sizes": 32}, "hidden_sizes is 32"),
        ({"hidden_sizes": [[1]]}, "hidden_sizes is"),
        ({"activation": "rleu"}, "activation is 'rleu'.*relu"),
        ({"activation": None}, "activation is None"),
        ({"optimizer": ["adam"]}, "optimizer is"),
    ],
)
def test_what_is_out_of_bounds_is_refused(content: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        RunSettings.from_dict(content)


def test_the_page_is_told_the_bounds_that_are_checked() -> None:
    described = described_settings()
    assert RunSettings.from_dict(described["defaults"]) == RunSettings()
    for name, bounds in described["bounds"].items():
        for value in bounds.values():
            assert RunSettings.from_dict({name: value}).to_dict()[name] == value
        with pytest.raises(ConfigurationError, match=name):
            RunSettings.from_dict({name: bounds["max"] + 1})
    widest = [described["units"]["max"]] * described["layers_max"]
    assert RunSettings.from_dict({"hidden_sizes": widest}).hidden_sizes == tuple(widest)
    assert described["optimizers"] == list(OPTIMIZERS)
    assert {"adam", "sgd", "muon"} <= set(OPTIMIZERS) < set(ALL_OPTIMIZERS)  # adadelta learns nothing in a short run


def test_all_names_make_a_recipe() -> None:
    for activation in ACTIVATIONS:
        for optimizer in OPTIMIZERS:
            recipe = RunSettings(activation=activation, optimizer=optimizer, learning_rate=1).to_recipe()
            assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_distorted_images_are_distorted_as_the_standard_recipe_does_it() -> None:
    assert RunSettings(augment=True).to_recipe().augmentation == PRESETS["standard"].augmentation
    assert RunSettings().to_recipe().augmentation.is_none


def test_a_run_is_as_plain_as_a_beginner_draws_it() -> None:
    """One matrix and one bias a layer, noise at the start, one rate; what no dial of the page says is switched off."""
    dials = RunSettings(hidden_sizes=(7, 5), activation="tanh", learning_rate=0.01, dropout=0.5, epochs=3, seed=9)
    recipe = dials.to_recipe()
    for name in ("hidden_sizes", "activation", "optimizer", "learning_rate", "dropout", "epochs", "batch_size", "seed"):
        assert getattr(recipe, name) == getattr(dials, name)
    assert (recipe.batch_normalization, recipe.schedule) == (False, "constant")
    off = ("receptive_fields", "warmup_fraction", "weight_decay", "label_smoothing", "hard_examples", "regional_hands")
    assert not any(getattr(recipe, name) for name in off)
    assert recipe.validation_fraction * 60_000 == 5000


def test_adamw_decays_weights() -> None:
    assert RunSettings(optimizer="adamw").to_recipe().weight_decay == 0.004  # Keras's own; else it would be adam
