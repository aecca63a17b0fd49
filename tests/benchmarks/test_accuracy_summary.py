"""What the seeds of a preset have in common, what is kept of older runs, and the figures. Nothing here trains."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from digitnet.datasets import Dataset
from digitnet.training.recipes import PRESETS
from extras import needs_training
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def network(preset: str, seed: int, errors: int, sha: str = "one", **changes: Any) -> Any:
    """One network, whose mistakes are every 25th image from image 47 on, so that 947, a disputed label, is the 37th."""
    row, name = load("results").Row, f"{preset}, seed {seed}"
    recipe = dataclasses.replace(PRESETS[preset], seed=seed).to_dict() | changes
    mistakes = [[22 + 25 * number, 0] for number in range(1, errors + 1)]
    rows = [row(name, "errors", errors, "errors", 10_000, details=mistakes)]
    rows += [row(name, "training", 10.0 + seed, "s"), row(name, "parameters", 1e6, "numbers")]
    return load("results").Run("networks", name, seed=seed, settings={"recipe": recipe, "model_sha256": sha}, rows=rows)


def augmented(seed: int, copies: int, errors: int, ms: float, sha: str = "one") -> Any:
    run = network("record", seed, errors, sha)
    run.experiment, run.name = "augmented", f"{run.name}, {copies} copies"
    run.settings["copies"] = copies
    run.rows.append(load("results").Row(run.name, "altered", ms, "ms"))
    return run


def committee(members: int, errors: int) -> Any:
    row = load("results").Row(f"record, committee of {members}", "errors", errors, "errors", 10_000, details=[])
    return load("results").Run("committees", row.subject, rows=[row])


def summary(*runs: Any) -> dict[tuple[str, str], float]:
    found = load("accuracy.summary").summarise(runs)
    experiments = ("presets", "combinations")
    return {(row.subject, row.measure): row.value for run in found if run.experiment in experiments for row in run.rows}


def test_the_figures_of_a_preset() -> None:
    values = summary(*(network("record", seed, 31 + seed) for seed in range(5)))
    # 31 to 35 errors: mean 33, deviation sqrt(10 / 4) = 1.58
    assert values["record", "mean error"] == values["record", "mean of five"] == pytest.approx(0.0033)
    assert values["record", "deviation"] == pytest.approx(1.5811e-4, rel=1e-4)
    assert values["record", "training"] == 12.0
    assert (values["record", "wrong with every seed"], values["record", "wrong with any seed"]) == (31, 35)


def test_where_the_mistakes_are() -> None:
    """118 to 122 mistakes at 47, 72, 97, ..., all in the first half; 947 and 2,597 are disputed."""
    values = summary(*(network("quick", seed, 118 + seed) for seed in range(5)))
    assert (values["quick", "first half"], values["quick", "last half"]) == (0.024, 0.0)
    assert values["quick", "undisputed"] == pytest.approx(118 / 9985)
    assert values["quick", "of the disputed"] == 2.0


def test_fewer_seeds_are_shown_but_not_judged() -> None:
    values = summary(*(network("record", seed, 20) for seed in range(4)))
    assert values["record", "mean error"] == 0.002
    assert ("record", "mean of five") not in values


@pytest.mark.parametrize(
    ("tried", "error", "slowest", "copies"),
    [
        ([(8, 29, 5.0), (32, 27, 15.0)], 0.0027, 15.0, 32),
        ([(8, 27, 5.0), (32, 29, 15.0)], 0.0029, 15.0, 32),  # the largest number, not the best
        ([(8, 28, 20.0), (32, 20, 20.1)], 0.0028, 20.0, 8),  # 32 copies are too slow
        ([(8, 20, 21.0)], 0.0020, 21.0, 8),
    ],
)
def test_augmented_inference_is_judged_by_the_most_copies_in_time(
    tried: list[tuple[int, int, float]], error: float, slowest: float, copies: int
) -> None:
    values = summary(*(augmented(0, *entry) for entry in tried))
    found = [values["augmented record", name] for name in ("mean error", "slowest", "copies")]
    assert found == pytest.approx([error, slowest, copies])


def test_the_largest_committee_counts_not_the_best() -> None:
    values = summary(committee(5, 26), committee(3, 20))
    assert (values["committee", "errors"], values["committee", "members"]) == (26, 5)


def test_runs_are_in_order_and_those_of_an_older_preset_left_out() -> None:
    old = network("quick", 3, 99, epochs=77)
    runs = load("accuracy.summary").summarise(
        [network("record", 1, 30), old, network("quick", 1, 90), network("quick", 0, 91)]
    )
    assert [run.name for run in runs[:3]] == ["quick, seed 0", "quick, seed 1", "record, seed 1"]
    presets = next(run for run in runs if run.experiment == "presets")
    assert presets.settings["left_out"] == "quick, seed 3"
    assert next(row.value for row in presets.rows if row.measure == "mean error") == pytest.approx(0.00905)


def test_a_new_run_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    keep, load_runs, path = load("accuracy.trainings").keep, load("results").load_runs, tmp_path / "accuracy.json"
    keep([network("record", 0, 100), augmented(0, 8, 90, 1.0), network("record", 1, 101), committee(3, 26)], path)
    keep([network("record", 0, 100), augmented(0, 32, 80, 4.0)], path)
    names = [run.name for run in load_runs(path) if run.experiment == "augmented"]
    assert names == ["record, seed 0, 32 copies", "record, seed 0, 8 copies"]  # of the same model
    keep([network("record", 0, 99, sha="another")], path)
    runs = load_runs(path)
    assert [run.rows[0].value for run in runs if run.experiment == "networks"] == [99, 101]
    assert not [run for run in runs if run.experiment == "augmented"]
    assert [run.name for run in runs if run.experiment == "committees"] == ["record, committee of 3"]


def test_a_run_is_compared_with_its_preset() -> None:
    differences = load("accuracy.presets").differences
    settings = dataclasses.replace(PRESETS["standard"], seed=7).to_dict()
    assert differences(settings) == []
    assert differences(settings | {"epochs": 7}) == [f"epochs is 7, the preset has {PRESETS['standard'].epochs}"]
    (found,) = differences(settings | {"augmentation": settings["augmentation"] | {"rotation": 99.0}})
    assert found.startswith("augmentation.rotation is 99.0, the preset has ")
    assert differences(settings | {"preset": "best"}) == ["'best' is not a preset"]


def test_a_setting_younger_than_the_run_was_off() -> None:
    differences, settings = load("accuracy.presets").differences, PRESETS["quick"].to_dict()
    assert differences({name: value for name, value in settings.items() if name != "hard_examples"}) == []
    younger = differences({name: value for name, value in settings.items() if name != "augmentation"})
    assert younger == ["augmentation.shift is off, the preset has 1"]
    assert differences(settings | {"a_setting_of_old": 1}) == []


def test_the_disputed_images_are_those_of_the_paper(mnist: tuple[Dataset, Dataset]) -> None:
    """The labels that the paper gives for them, in order, are those of our test set at these positions."""
    disputed = sorted(load("accuracy.summary").DISPUTED)
    assert mnist[1].labels[disputed].tolist() == [8, 0, 9, 4, 2, 5, 6, 6, 5, 5, 0, 1, 4, 6, 5]


def test_a_failure_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.json"
    assert load("accuracy.__main__").main(["record", str(tmp_path), "--measured", str(rows)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} is not a finished run folder: it has no run.json\n"
    assert not rows.exists()


@needs_training
def test_every_mistake_of_the_bundled_model_is_drawn(mnist: tuple[Dataset, Dataset]) -> None:
    results = load("results")
    runs = results.load_runs(results.MEASURED / "accuracy.json")
    rows = next(run.rows for run in runs if run.experiment == "bundled")
    wrong = next(row.details for row in rows if row.subject.startswith("int8") and row.measure == "errors")
    texts = [text.get_text() for text in load("accuracy.figures").mistakes_figure().axes[0].texts]
    assert sorted(map(int, texts[3::4])) == [position for position, _ in wrong]
    assert texts[0] == str(mnist[1].labels[int(texts[3])])
