"""The table that recipes are compared in, and the command that makes it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import Logits
from extras import needs_training
from made_up_benchmarks import load, needs_checkout

pytestmark = [needs_checkout, needs_training]


def logits_of(labels: Any, wrong: set[int]) -> Logits:
    found = np.zeros((len(labels), 10), np.float32)
    found[np.arange(len(labels)), [(label + (number in wrong)) % 10 for number, label in enumerate(labels)]] = 5
    return found


def test_the_table_compares_each_with_the_first() -> None:
    labels = (np.arange(200) % 10).astype(np.uint8)
    logits = {"base": logits_of(labels, {0, 1, 2, 3}), "better": logits_of(labels, {3, 4})}
    _, _, base, better = load("accuracy.folds").table_of(logits, labels).splitlines()
    assert base.startswith("| base | 4 | 2.000 % | ")
    assert base.endswith("| - | - | - |")
    assert better.startswith("| better | 2 | 1.000 % | ")
    assert " | 3 / 1 | " in better
    assert better.endswith("| 0.625 |")  # 2 (1 + 4) / 16


def test_a_committee_is_the_mean_of_probabilities() -> None:
    recipes = load("accuracy.recipe_file").Recipes({}, {"both": ("a", "b")})
    a, b = np.array([[4.0, 0.0]], np.float32), np.array([[0.0, 1.0]], np.float32)
    found = load("accuracy.folds").with_committees({"a": a, "b": b}, recipes)
    assert list(found) == ["a", "b", "both"]
    probability = (1 / (1 + np.exp(-4)) + 1 / (1 + np.e)) / 2
    assert np.exp(found["both"][0, 0]) == pytest.approx(probability)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Name of the folder, epochs and fold of each training, instead of the training."""
    asked: list[tuple[str, int, int]] = []

    def logits(training: Any, folded: Any, fold: int, _: Any) -> Logits:
        asked.append((training.folder.name, training.recipe.epochs, fold))
        return logits_of(folded.images.labels[folded.positions(fold)], {0} if training.folder.name == "a" else set())

    monkeypatch.setattr(load("accuracy.folds").FoldedTraining, "logits", logits)
    return asked


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    np.savez(tmp_path / "writers.npz", train=np.arange(60_000) % 500)
    (tmp_path / "recipes.toml").write_text("[a]\nepochs = 9\n[b]\nepochs = 4\n")
    return [str(tmp_path / "writers.npz"), str(tmp_path / "recipes.toml")]


def test_all_recipes_are_trained_on_a_fold_before_the_next(
    trained: list[tuple[str, int, int]], files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main = load("accuracy.__main__").main
    assert main(["folds", *files, "--folds", "2,0"]) == 0
    assert trained == [("a", 9, 2), ("b", 4, 2), ("a", 9, 0), ("b", 4, 0)]
    assert "| errors of 12,000 |" in (table := capsys.readouterr().out)
    assert "\n| a | 2 | " in table
    trained.clear()
    assert main(["folds", *files, "--screen"]) == 0
    assert trained == [
        (name, epochs, fold) for fold in range(3) for name, epochs in (("a-screened", 2), ("b-screened", 1))
    ]


def test_what_cannot_be_compared_is_one_line(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main = load("accuracy.__main__").main
    assert main(["folds", *files, "--folds", "8-10"]) == 1
    assert capsys.readouterr().err == "there is no fold 10: they are 0 to 9\n"
    assert main(["folds", "away.npz", files[1]]) == 1
    assert "no .npz file with an array `train`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"), [("0-4", [0, 1, 2, 3, 4]), ("3", [3]), ("0,2,5-7", [0, 2, 5, 6, 7]), ("2,1-3", [2, 1, 3])]
)
def test_folds_and_seeds_are_numbers_and_ranges(text: str, expected: list[int]) -> None:
    assert load("settings").seeds(text) == expected


@pytest.mark.parametrize("text", ["", "a", "1,", "5-2", "-1", "0.5"])
def test_what_is_no_list_of_folds_is_wrong_usage(
    text: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        load("accuracy.__main__").main(["folds", *files, f"--folds={text}"])
    assert f"{text!r} is not of the form 0-4 or 0,2,3" in capsys.readouterr().err
