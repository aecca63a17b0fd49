"""The dials of `digitnet train` are the settings of a recipe."""

import dataclasses
from dataclasses import dataclass

import pytest

from digitnet.cli import dials
from digitnet.cli.command_line import CommandLine
from digitnet.cli.dials import add_dials, given_dials
from digitnet.cli.help_page import page_width
from digitnet.errors import ConfigurationError
from digitnet.training.recipes import PRESETS, Recipe, make_recipe
from digitnet.training.setting import setting, setting_of


def made() -> CommandLine:
    line = CommandLine("digitnet train", "Train.")
    add_dials(line)
    line.section("General").flag("-h", "--help", help="This page.")
    return line


def test_every_setting_with_a_group_is_an_option() -> None:
    offered = {action.dest for action in made().options().values()} - {"help"}
    assert offered == {field.name for field in dataclasses.fields(Recipe)} - {"preset", "temperature"}


def test_values_have_the_types_of_the_recipe() -> None:
    words = (
        "--hidden-sizes 300,100 --receptive-fields 6,10.5 --dropout 0.2 --epochs 3 --no-batch-normalization "
        "--optimizer sgd --augment rotation=5"
    )
    given = given_dials(made().parse(words.split()))
    assert given == {
        "hidden_sizes": (300, 100),
        "receptive_fields": (6.0, 10.5),
        "dropout": 0.2,
        "epochs": 3,
        "batch_normalization": False,
        "optimizer": "sgd",
        "augmentation": "rotation=5",
    }
    recipe = make_recipe("quick", **given)
    assert (recipe.augmentation.rotation, recipe.augmentation.shift) == (5, 1)


def test_the_names_that_a_setting_may_be_are_on_the_help_page_and_read_in_any_case() -> None:
    page = " ".join(made().help(page_width()).split())
    assert "Learning-rate schedule: constant, cosine, one-cycle. [default: cosine]" in page
    assert given_dials(made().parse(["--optimizer", "SGD"])) == {"optimizer": "sgd"}


def test_without_options_the_preset_stays_as_it_is() -> None:
    given = given_dials(made().parse([]))
    assert given == {}
    assert {name: make_recipe(name, **given) for name in PRESETS} == PRESETS


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Recipe) if setting_of(field).group])
def test_what_help_shows_as_a_default_gives_that_preset(name: str) -> None:
    """Typed as it is shown, for each preset."""
    line = made()
    option, action = next((option, action) for option, action in line.options().items() if action.dest == name)
    shown = str(action.help).rpartition("[default: ")[2].removesuffix("]")
    standard, *others = shown.split("; ")
    by_preset = {"standard": standard, **dict(other.split(": ") for other in others)}
    for preset, recipe in PRESETS.items():
        text = by_preset.get(preset, standard).replace(" ", "")
        words = {"on": [option], "off": [f"--no-{option[2:]}"]}.get(text, [option, text])
        if name == "augmentation":  # what is not named stays as the preset has it, and here the default is named
            assert text == recipe.augmentation.to_text()
        value = vars(make_recipe(preset, **given_dials(line.parse(words))))[name]
        expected = vars(recipe)[name]
        if isinstance(expected, float):
            expected = pytest.approx(expected, rel=1e-3)  # it is shown with four digits
        assert value == ((0.0,) if expected == () else expected)


def test_a_new_setting_is_an_option_without_further_ado(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Richer(Recipe):
        momentum: float = setting(0.9, "How long a gradient is remembered.", group="Training", low=0, below=1)

    monkeypatch.setattr(dials, "Recipe", Richer)
    monkeypatch.setattr(dials, "PRESETS", {"standard": Richer(), "quick": Richer(preset="quick", momentum=0.5)})
    line = made()
    assert given_dials(line.parse(["--momentum", "0.8"])) == {"momentum": 0.8}
    assert "How long a gradient is remembered. [default: 0.9; quick: 0.5]" in " ".join(line.help(page_width()).split())
    with pytest.raises(ConfigurationError, match="momentum is 1: expected at least 0 and below 1"):
        Richer(momentum=1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--hidden-sizes 5,x", "--hidden-sizes is '5,x': expected whole numbers with commas between them, for example"),
        ("--hidden-sizes 5,1.5", "--hidden-sizes is '5,1.5': expected whole numbers"),
        ("--receptive-fields 6;10", "--receptive-fields is '6;10': expected numbers with commas between them"),
        ("--epochs 1.5", "--epochs is '1.5': expected a whole number"),
        ("--dropout half", "--dropout is 'half': expected a number"),
        ("--epoch 3", "did you mean '--epochs'"),
        ("--optimizer sdg", "--optimizer is 'sdg' (did you mean 'sgd'?): expected adadelta, adafactor"),
        ("--schedule linear", "--schedule is 'linear': expected constant, cosine or one-cycle"),
    ],
)
def test_what_makes_no_sense_is_named(words: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        made().parse(words.split())
    assert message in str(refused.value)
