"""Settings are tried on writers that training does not see."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.augmentation.distortion import Distortion
from digitnet.datasets import Dataset
from extras import needs_training
from made_up_benchmarks import load

pytestmark = needs_training


@pytest.fixture
def held_out() -> Any:
    return load("accuracy.held_out")


def test_no_writer_is_in_both_parts_and_batches_are_whole(held_out: Any) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (1000, 28, 28), dtype=np.uint8)
    writers = random.integers(100, 150, 1000)
    dataset = Dataset(images, (np.arange(1000) % 10).astype(np.uint8))
    training, kept = held_out.split_by_writer(dataset, writers, 70)
    writer_of = {image.tobytes(): writer for image, writer in zip(images, writers, strict=True)}
    of_training, of_kept = ({writer_of[image.tobytes()] for image in part.images} for part in (training, kept))
    assert not of_training & of_kept
    assert len(of_kept) == 5  # a tenth of 50
    assert len(kept) == np.isin(writers, list(of_kept)).sum()
    assert len(training) == (1000 - len(kept)) // 70 * 70


def test_settings_are_those_of_a_recipe(held_out: Any) -> None:
    recipe = held_out.recipe_from(["preset=quick", "epochs=2", "hidden_sizes=(8,4)", "augmentation=rotation=5,shift=0"])
    assert (recipe.preset, recipe.epochs, recipe.hidden_sizes) == ("quick", 2, (8, 4))
    assert recipe.augmentation == Distortion(rotation=5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["foo=1"], "'foo=1' is not NAME=VALUE with a name of preset, hidden_sizes"),
        (["epochs=many"], "expected a number"),
        (["dropout=2"], "dropout is 2: expected at least 0 and below 1"),
        (["augmentation=rotaton=5"], "did you mean 'rotation'"),
        (["seed=1", "--seeds", "0-2"], "leave one of them out"),
        (["epochs=1"], "no .npz file with an array `train`"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    settings: list[str], message: str, held_out: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert held_out.main(["writers.npz", *settings]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize("train", [np.arange(7), np.zeros(60_000)], ids=["too few", "floats"])
def test_writers_are_whole_numbers(
    train: Any, held_out: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "writers.npz", train=train)
    assert held_out.main([str(tmp_path / "writers.npz"), "epochs=1"]) == 1
    assert "expected 60,000 whole numbers in `train`, found" in capsys.readouterr().err


FIGURES = [
    {"errors": 20, "nll": 0.01, "error_on_copies": 0.008},
    {"errors": 26, "nll": 0.03, "error_on_copies": 0.008},
    {"errors": 23, "nll": 0.02, "error_on_copies": 0.011},
]


@pytest.fixture
def trained(held_out: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[list[Any], str]:
    """Recipes as they are trained, and a file of writers; of each training the next of `FIGURES` is measured."""
    recipes: list[Any] = []
    figures = iter(FIGURES)
    monkeypatch.setattr(held_out, "train_recipe", lambda recipe, train_set: recipes.append((recipe, len(train_set))))
    monkeypatch.setattr(held_out, "measure", lambda _, part: {"n": len(part), **next(figures)})
    path = tmp_path / "writers.npz"
    np.savez(path, train=np.arange(60_000) % 500)
    return recipes, str(path)


def test_several_seeds_are_a_line_each_and_one_of_all(
    held_out: Any, trained: tuple[list[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    recipes, writers = trained
    assert held_out.main([writers, "--seeds", "4,7-8", "epochs=2", "batch_size=100"]) == 0
    assert [(recipe.seed, recipe.epochs, n) for recipe, n in recipes] == [(seed, 2, 54_000) for seed in (4, 7, 8)]
    *lines, last = map(json.loads, capsys.readouterr().out.splitlines())
    for line, seed, figures in zip(lines, (4, 7, 8), FIGURES, strict=True):
        assert line.pop("seconds") >= 0
        assert line == {"settings": "epochs=2 batch_size=100", "seed": seed, "n": 6000, **figures}
    assert last == {
        "settings": "epochs=2 batch_size=100",
        "seeds": [4, 7, 8],
        "mean": {"errors": 23.0, "nll": 0.02, "error_on_copies": 0.009},
        "deviation": {"errors": 3.0, "nll": 0.01, "error_on_copies": 0.001732},  # 0.003 / sqrt(3)
    }


@pytest.mark.parametrize(
    ("text", "expected"), [("0-4", [0, 1, 2, 3, 4]), ("3", [3]), ("0,2,5-7", [0, 2, 5, 6, 7]), ("2,1-3", [2, 1, 3])]
)
def test_seeds_are_numbers_and_ranges(text: str, expected: list[int]) -> None:
    assert load("settings").seeds(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1,", "5-2", "-1", "0.5"])
def test_what_is_no_seed_is_wrong_usage(text: str, held_out: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        held_out.main(["writers.npz", f"--seeds={text}"])
    assert f"{text!r} is not of the form 0-4 or 0,2,3" in capsys.readouterr().err
