"""docs/accuracy.md and what is behind it: the rows, the targets, the text. Nothing here trains."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from digitnet.datasets import Dataset
from digitnet.training.recipes import PRESETS
from extras import needs_training
from made_up_accuracy import all_rows, committee, looked_at_again, network
from made_up_benchmarks import REPOSITORY, load

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / "benchmarks").exists(), reason="the benchmarks are part of the checkout, not of the wheel"
)

PAGE = REPOSITORY / "docs" / "accuracy.md"


@pytest.fixture(scope="module")
def bundled() -> Any:
    return load("accuracy.bundled").measure_bundled()


# The page


def test_the_page_is_current(bundled: Any) -> None:
    text = load("accuracy.page").page_text(load("accuracy.measured").load_measured(), bundled)
    assert PAGE.read_text(encoding="utf-8") == text, "run `python -m benchmarks.accuracy page`"
    shown = re.findall(r"!\[[^]]+\]\((figures/[^)]+)\)", text)
    assert shown
    for name in shown:
        assert (PAGE.parent / name).read_bytes()[:4] == b"\x89PNG"


def test_the_same_rows_give_the_same_page_in_any_order(bundled: Any) -> None:
    page_text = load("accuracy.page").page_text
    assert page_text(all_rows()[::-1], bundled) == page_text(all_rows(), bundled)


def test_every_table_is_whole_and_every_section_names_its_command(bundled: Any) -> None:
    text = load("accuracy.page").page_text(all_rows(), bundled)
    assert "not measured yet" not in text.lower()
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    for section in text.split("\n## ")[2:]:
        assert "python -m benchmarks.accuracy" in section or "digitnet evaluate" in section


def test_a_page_without_rows_says_so(bundled: Any) -> None:
    text = load("accuracy.page").page_text([], bundled)
    assert text.count("| not measured yet |") == 5 + len(load("accuracy.presets").ON_THE_PAGE)  # targets, and presets
    assert text.count("Not measured yet.") == 4


def line_of(text: str, *cells: str) -> list[str]:
    """The cells of the first table line that starts with these."""
    start = "| " + " | ".join(cells) + " |"
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_figures_of_a_preset(bundled: Any) -> None:
    text = load("accuracy.page").page_text(all_rows(), bundled)
    # 31 to 35 errors: mean 33, deviation sqrt(10 / 4) = 1.58; 1700 to 1704 s
    sizes = "-".join(map(str, (784, *PRESETS["record"].hidden_sizes, 10)))
    row = line_of(text, "`record`", sizes)
    assert row[4:] == ["5", "0.330 %", "0.016 %", "28.4 min", "Imagined CPU, 2 cores"]
    # 31 errors: Wilson's interval for 31 of 10,000 by hand, z = 1.96
    assert line_of(text, "`record`", "0")[2:5] == ["31", "0.31 % [0.22, 0.44]", "32"]


def test_where_the_mistakes_are(bundled: Any) -> None:
    """Of `quick` with 118 to 122 mistakes at 47, 72, 97, ..., all in the first half; 947 and 2,597 are disputed."""
    text = load("accuracy.page").page_text(all_rows(), bundled)
    row = line_of(text, "`quick`", "2.400 %")
    assert row[2:] == ["0.000 %", f"{100 * 118 / 9985:.3f} %", "2.0", "118", "122"]


def test_augmented_inference_and_committees_stand_apart(bundled: Any) -> None:
    text = load("accuracy.page").page_text(all_rows(), bundled)
    single, apart = text.split("## Augmented inference and committees")
    assert "committee of 5" not in single.split("## Single networks, one pass")[1]
    assert line_of(apart, "record, seed 1", "32")[2:] == ["27", "0.27 % [0.19, 0.39]", "3.2 %", "0.75", "15.0"]
    assert line_of(apart, "record, committee of 5")[2:4] == ["24", "0.24 % [0.16, 0.36]"]


def test_published_results_stand_between_ours_by_error(bundled: Any) -> None:
    text = load("accuracy.page").page_text(all_rows(), bundled)
    table = text.split("Beside what others have published")[1].split("\n\n")[1]
    rates = [float(rate) for rate in re.findall(r"([\d.]+) %", table)]
    assert rates == [1.6, 1.2, 0.95, 0.7, 0.7, 0.35, 0.33]


def test_the_bundled_model_is_told_of_as_it_is(bundled: Any, mnist: tuple[Dataset, Dataset]) -> None:
    text = load("accuracy.page").page_text([], bundled)
    evaluation = bundled.evaluation
    wrong = [int(place) for place in (evaluation.predicted_labels != mnist[1].labels).nonzero()[0]]
    first = sum(place < 5_000 for place in wrong)
    assert f"Of its {len(wrong)} mistakes {first} are among the first 5,000 test images" in " ".join(text.split())
    table = text.split("wrong if it is honest |")[1].split("\n\n")[0]
    counts = [line.split("|")[2:4] for line in table.splitlines()[2:]]
    assert sum(int(answers.replace(",", "")) for answers, _ in counts) == 10_000
    assert sum(int(errors) for _, errors in counts) == evaluation.errors


def test_a_package_without_float32_is_told_of_too(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("accuracy.bundled")
    monkeypatch.setattr(module, "MODEL_FILE_NAMES", {"int8": "model_int8.onnx"})
    text = load("accuracy.page").page_text([], module.measure_bundled())
    assert "| int8, the default |" in text
    assert "float32" not in text.split("## The bundled model")[1].split("\n## ")[0]


def test_what_an_older_preset_gave_is_left_out(bundled: Any) -> None:
    row = network("quick", 0, 99)
    old = dataclasses.replace(row, settings=row.settings | {"epochs": 77})
    text = load("accuracy.page").page_text([old], bundled)
    assert "since their preset has changed since: quick, seed 0." in text
    assert line_of(text, "`quick`", "784-384-384-10")[4:6] == ["0", "not measured yet"]


# Targets


def verdicts(rows: list[Any], bundled: Any) -> dict[str, tuple[str, bool | None]]:
    return {target.what: (target.measured, target.met) for target in load("accuracy.targets").targets(rows, bundled)}


def test_each_target_is_judged(bundled: Any) -> None:
    found = verdicts(all_rows(), bundled)
    assert len(found) == 8
    assert found["`quick`, mean of 5 seeds, one pass"] == ("1.200 %", True)
    assert found["`standard`, mean of 5 seeds, one pass"] == ("0.700 % in 82 s", True)
    assert found["`record`, mean of 5 seeds, one pass"] == ("0.330 % in 28.4 min", True)
    assert found["a committee, one pass of each member"] == ("0.24 %, committee of 5", True)


@pytest.mark.parametrize(("errors", "seconds", "met"), [(75, 90.0, True), (76, 90.0, False), (75, 90.1, False)])
def test_a_preset_must_be_right_as_well_as_quick(bundled: Any, errors: int, seconds: float, met: bool) -> None:
    rows = [network("standard", seed, errors, train_seconds=seconds) for seed in range(5)]
    assert verdicts(rows, bundled)["`standard`, mean of 5 seeds, one pass"][1] is met


def test_fewer_seeds_are_shown_but_not_judged(bundled: Any) -> None:
    rows = [network("record", seed, 20) for seed in range(4)]
    what = "`record`, mean of 5 seeds, one pass"
    assert verdicts(rows, bundled)[what] == ("0.200 % in 28.4 min, 4 of 5 seeds", None)


@pytest.mark.parametrize(
    ("tried", "measured", "met"),
    [
        ([(8, 29, 5.0), (32, 27, 15.0)], "0.270 % in 15.0 ms, 32 copies, 1 seed", True),
        ([(8, 27, 5.0), (32, 29, 15.0)], "0.290 % in 15.0 ms, 32 copies, 1 seed", False),  # the number, not the best
        ([(8, 28, 20.0), (32, 20, 20.1)], "0.280 % in 20.0 ms, 8 copies, 1 seed", True),
        ([(8, 20, 21.0)], "0.200 % in 21.0 ms, 8 copies, 1 seed", False),
    ],
)
def test_augmented_inference_is_judged_by_the_most_copies_in_time(
    bundled: Any, tried: list[tuple[int, int, float]], measured: str, met: bool
) -> None:
    row = network("record", 0, 33, augmented=[looked_at_again(*entry) for entry in tried])
    assert verdicts([row], bundled)["`record` with augmented inference"] == (measured, met)


def test_the_largest_committee_counts_not_the_best(bundled: Any) -> None:
    rows = [committee(3, 20), committee(5, 26)]
    assert verdicts(rows, bundled)["a committee, one pass of each member"] == ("0.26 %, committee of 5", False)


# Rows


def test_rows_come_back_from_disk_in_order_and_one_on_a_line(tmp_path: Path) -> None:
    measured, path = load("accuracy.measured"), tmp_path / "folder" / "rows.json"
    rows = all_rows()
    measured.save_measured(rows[::-1], path)
    assert measured.load_measured(path) == rows
    lines = path.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("[", "]", len(rows) + 2)
    assert [json.loads(line.rstrip(","))["errors"] for line in lines[1:-1]] == [row.errors for row in rows]
    assert measured.load_measured(tmp_path / "nowhere.json") == []
    measured.save_measured([], path)
    assert measured.load_measured(path) == []


def test_a_row_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="quick, seed 0: 2 errors, but 3 mistakes are listed"):
        dataclasses.replace(network("quick", 0, 3), errors=2)


def test_a_new_row_takes_the_place_of_the_old_one() -> None:
    replaced = load("accuracy.measured").replaced
    rows = [network("quick", 0, 100), network("quick", 1, 101), committee(3, 26)]
    after = replaced(rows, network("quick", 1, 99))
    assert sorted((row.name, row.errors) for row in after) == [
        ("quick, seed 0", 100),
        ("quick, seed 1", 99),
        ("record, committee of 3", 26),
    ]
    assert len(replaced(rows, committee(5, 24))) == 4


def test_what_altered_copies_gave_is_kept_for_the_same_model_only() -> None:
    replaced = load("accuracy.measured").replaced
    before = network("quick", 0, 100, augmented=[looked_at_again(8, 90, 1.0), looked_at_again(32, 80, 4.0)])
    (again,) = replaced([before], network("quick", 0, 100, augmented=[looked_at_again(8, 91, 1.0)]))
    assert [(entry["copies"], entry["errors"]) for entry in again.augmented] == [(8, 91), (32, 80)]
    (other,) = replaced([before], network("quick", 0, 101))
    assert other.augmented == []


def test_the_committed_rows_can_be_read() -> None:
    rows = load("accuracy.measured").load_measured()
    assert len({row.key for row in rows}) == len(rows)
    assert all(row.n == 10_000 for row in rows)


# Presets and parts of the test set


def test_a_run_is_compared_with_its_preset() -> None:
    differences = load("accuracy.presets").differences
    settings = dataclasses.replace(PRESETS["standard"], seed=7).to_dict()
    assert differences(settings) == []
    assert differences(settings | {"epochs": 7}) == [f"epochs is 7, the preset has {PRESETS['standard'].epochs}"]
    turned = settings["augmentation"] | {"rotation": 99.0}
    (found,) = differences(settings | {"augmentation": turned})
    assert found.startswith("augmentation.rotation is 99.0, the preset has ")
    assert differences(settings | {"preset": "best"}) == ["'best' is not a preset"]


def test_a_setting_younger_than_the_run_was_off() -> None:
    differences = load("accuracy.presets").differences
    settings = PRESETS["quick"].to_dict()
    assert differences({name: value for name, value in settings.items() if name != "hard_examples"}) == []
    assert differences({name: value for name, value in settings.items() if name != "augmentation"}) == [
        "augmentation.shift is off, the preset has 1"
    ]
    assert differences(settings | {"a_setting_of_old": 1}) == []


def test_the_disputed_images_are_those_of_the_paper(mnist: tuple[Dataset, Dataset]) -> None:
    """The labels that the paper gives for them, in order, are those of our test set at these positions."""
    disputed = sorted(load("accuracy.subsets").REJECTED_LABELS)
    assert mnist[1].labels[disputed].tolist() == [8, 0, 9, 4, 2, 5, 6, 6, 5, 5, 0, 1, 4, 6, 5]


def test_the_parts_of_the_test_set_cover_it() -> None:
    subsets = load("accuracy.subsets")
    assert [*subsets.FIRST, *subsets.LAST] == list(range(10_000))
    assert len(subsets.UNDISPUTED) == 9_985
    assert subsets.errors_in({0, 947, 4_999, 5_000}, subsets.FIRST) == 3
    assert subsets.errors_in({0, 947, 4_999, 5_000}, subsets.UNDISPUTED) == 3


# The command


@pytest.mark.parametrize(("text", "seeds"), [("0-4", [0, 1, 2, 3, 4]), ("3", [3]), ("0,2,5-7", [0, 2, 5, 6, 7])])
def test_seeds_are_written_as_people_do(
    text: str, seeds: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    main = load("accuracy.__main__")
    monkeypatch.setattr(main, "train_seeds", lambda *arguments: asked.append(arguments))
    assert main.main(["train", "--preset", "quick", "--seeds", text, "--runs", str(tmp_path)]) == 0
    assert asked == [("quick", seeds, tmp_path, load("accuracy.measured").MEASURED)]


def test_a_failure_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.json"
    assert load("accuracy.__main__").main(["record", str(tmp_path), "--measured", str(rows)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} is not a finished run folder: it has no run.json\n"
    assert not rows.exists()


@needs_training
def test_the_page_is_written_with_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load("accuracy.measured").save_measured(all_rows(), tmp_path / "rows.json")
    page = tmp_path / "accuracy.md"
    assert load("accuracy.__main__").main(["page", "--page", str(page), "--measured", str(tmp_path / "rows.json")]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    shown = re.findall(r"!\[[^]]+\]\((figures/[^)]+)\)", page.read_text(encoding="utf-8"))
    assert {tmp_path / name for name in shown} == set((tmp_path / "figures").iterdir())
    assert len(shown) == 3
    for name in shown:
        assert (tmp_path / name).stat().st_size < 250_000


@needs_training
def test_every_mistake_of_the_bundled_model_is_drawn(bundled: Any, mnist: tuple[Dataset, Dataset]) -> None:
    figure = load("accuracy.gallery").mistakes_figure(bundled)
    texts = [text.get_text() for text in figure.axes[0].texts]
    wrong = (bundled.evaluation.predicted_labels != mnist[1].labels).nonzero()[0].tolist()
    assert len(texts) == 4 * len(wrong)
    assert sorted(map(int, texts[3::4])) == wrong
    surest = int(texts[3])
    assert bundled.evaluation.confidence[surest] == bundled.evaluation.confidence[wrong].max()
    assert texts[0] == str(mnist[1].labels[surest])
    disputed = load("accuracy.subsets").REJECTED_LABELS & set(wrong)
    assert len(figure.axes[0].lines) == len(disputed)
