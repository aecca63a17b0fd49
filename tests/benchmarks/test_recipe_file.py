"""Files of recipes that are compared."""

from pathlib import Path

import pytest

from digitnet.augmentation.distortion import Distortion
from digitnet.errors import ConfigurationError
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def test_each_table_is_a_preset_with_changes_or_a_committee(tmp_path: Path) -> None:
    path = tmp_path / "recipes.toml"
    path.write_text(
        '[base]\npreset = "quick"\n[other]\nepochs = 2\nhidden_sizes = [8, 4]\naugmentation = "rotation=5"\n'
        '[both]\ncommittee = ["base", "other"]\n'
    )
    found = load("accuracy.recipe_file").read_recipes(path)
    assert list(found.trained) == ["base", "other"]
    assert found.trained["base"].preset == "quick"
    other = found.trained["other"]
    assert (other.preset, other.epochs, other.hidden_sizes) == ("standard", 2, (8, 4))
    assert other.augmentation == Distortion(rotation=5, scaling=0.2, shear=15, elastic_alpha=37, slender_factor=0.5)
    assert found.committees == {"both": ("base", "other")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: No such file"),
        ("[base", "is not TOML"),
        ("", "has no recipe"),
        ("base = 1", "expected a table whose name"),
        ('["a/b"]\nepochs = 1', "expected a table whose name"),
        ("[base]\nepoch = 1", r"\[base\]: there is no setting 'epoch' .did you mean 'epochs'"),
        ('[base]\npreset = "quik"', "preset 'quik' is not known .did you mean 'quick'"),
        ("[base]\ndropout = 2", r"\[base\]: dropout is 2: expected at least 0 and below 1"),
        ('[base]\nepochs = "2"', "epochs is '2': expected int"),
        ('[base]\n[all]\ncommittee = ["base"]', "names of two recipes or more"),
        ('[base]\n[all]\ncommittee = ["base", "bass"]', "there is no recipe 'bass' .did you mean 'base'"),
    ],
)
def test_what_makes_no_sense_is_one_line(text: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "recipes.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load("accuracy.recipe_file").read_recipes(path)
    assert "recipes.toml" in str(caught.value)
