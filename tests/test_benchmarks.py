"""The benchmarks' arithmetic and their page, from made-up results. Nothing here is timed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extras import needs_training
from made_up_benchmarks import (
    REPOSITORY,
    all_results,
    answers_result,
    augmentation_result,
    cold_start_result,
    epoch_result,
    growth_result,
    load,
    profile_result,
    start_up_result,
)

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / "benchmarks").exists(), reason="the benchmarks are part of the checkout, not of the wheel"
)


def page(results: Mapping[str, Any]) -> str:
    text: str = load("page.compose").page_text(results)
    return text


# Arithmetic


@pytest.mark.parametrize(
    ("sizes", "training", "answering"),
    [
        # Three products forwards, three for weights, two for inputs: 784 * 512 counts twice, the others thrice.
        ((512, 512), 2 * (2 * 784 * 512 + 3 * 512 * 512 + 3 * 512 * 10), 2 * (784 * 512 + 512 * 512 + 512 * 10)),
        ((2,), 2 * (2 * 1568 + 3 * 20), 2 * (1568 + 20)),
    ],
)
def test_operations_of_a_network(sizes: tuple[int, ...], training: int, answering: int) -> None:
    workload = load("workload")
    assert workload.training_operations(sizes) == training
    assert workload.answering_operations(sizes) == answering
    assert workload.floor_seconds(100, sizes, 1000.0) == pytest.approx(training / 10)


def test_a_ratio_is_that_of_each_round() -> None:
    ratio = load("ratios").paired_ratio({0: 2.0, 1: 40.0, 2: 2.5}, {0: 1.0, 1: 20.0, 2: 1.0})
    assert ratio.median == 2.0  # the medians themselves would give 2.5
    assert (ratio.low, ratio.high) == (2.0, 2.5)


def test_a_ratio_leaves_out_rounds_that_only_one_has_finished() -> None:
    paired_ratio = load("ratios").paired_ratio
    ratio = paired_ratio({1: 6.0, 2: 99.0}, {0: 1.0, 1: 2.0})
    assert (ratio.median, ratio.low, ratio.high) == (3.0, None, None)
    assert paired_ratio({0: 1.0}, {1: 1.0}) is None
    assert paired_ratio({}, {}) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (123.4, "123 s"),
        (1.0, "1.00 s"),
        (0.9999, "1.00 s"),
        (0.0431, "43.1 ms"),
        (52e-6, "52.0 µs"),
        (-0.25, "-250 ms"),
    ],
)
def test_durations_have_three_digits(seconds: float, text: str) -> None:
    assert load("page.markdown").duration(seconds) == text


def test_the_time_left_follows_the_pace() -> None:
    now = [0.0]
    lines: list[str] = []
    stream = type("Stream", (), {"write": lambda _, text: lines.append(text), "flush": lambda _: None})()
    progress = load("progress").Progress("race", 1000.0, stream, lambda: now[0])
    now[0] = 1000.0  # twice as slow as expected
    progress.step("half", 500.0)
    progress.step("whole", 500.0)
    assert lines == [
        "race: about 17 min on a machine with two cores\n",
        "race: half  (about 16 min left)\n",  # (1000 + 15) / (500 + 15) * 500 s
        "race: whole\n",
    ]


# Targets


def verdicts(results: Mapping[str, Any]) -> dict[str, bool | None]:
    return {target.what: target.met for target in load("page.targets").targets(results)}


def test_each_target_is_judged() -> None:
    found = verdicts(all_results())
    assert len(found) == 15
    missed = {"`digitnet predict one.png`, whole process", "memory at peak, `digitnet predict one.png`"}
    assert {what for what, met in found.items() if not met} == missed  # 0.4 s and 500 MB


def test_nothing_measured_is_not_missed() -> None:
    found = verdicts({})
    assert len(found) == 15
    assert set(found.values()) == {None}


def test_targets_are_those_of_the_default_precision() -> None:
    results = {"answers": answers_result(int8_is_default=False)}
    found = {target.what: target for target in load("page.targets").targets(results)}
    assert found["10,000 images, against float32 ONNX Runtime"].measured.startswith("0.86 times")  # 60 ms / 70 ms
    bare = found["one image, against the bare ONNX Runtime"]
    assert (bare.measured, bare.met) == ("30.0 µs more", False)  # than the session with one thread, the faster one


@pytest.mark.parametrize(
    ("accuracies", "met"),
    [
        ([0.984, 0.984, 0.984, 0.983, 0.983], True),
        ([0.984, 0.984, 0.984, 0.983, 0.9829], False),  # one seed too low
        ([0.99, 0.99, 0.9839, 0.983, 0.983], False),  # the median too low
    ],
)
def test_a_cold_start_must_be_right_as_well_as_quick(accuracies: list[float], met: bool) -> None:
    found = verdicts({"cold_start": cold_start_result(accuracies)})
    judged = [verdict for what, verdict in found.items() if what.startswith("cold start")]
    assert judged == [met, met]


def test_a_cold_start_is_compared_with_the_nearest_run_of_the_peer() -> None:
    ratio = load("page.targets").cold_start_ratio(cold_start_result(), "digitnet, nothing compiled")
    assert ratio.median == 12.0  # 90 s / 10 s in rounds 0 and 1, 120 s / 10 s in the three others


def test_the_floor_is_that_of_the_fastest_engine_in_each_round() -> None:
    result = epoch_result()
    assert load("comparisons.engines").best_rates(result) == pytest.approx({0: 3e11, 1: 2e11, 2: 3e11 / 0.9})
    # 192.55 GFLOP at 300 GFLOP/s are 0.642 s; ours takes 1 s, and both drift alike.
    assert load("page.targets").shares_of_floor(result) == pytest.approx([0.6418] * 3, abs=1e-4)


def test_the_parts_of_an_epoch_sum_to_it() -> None:
    parts = load("page.training").parts_of_an_epoch(profile_result())
    assert sum(parts.values()) == pytest.approx(1.0)
    assert parts["dropout"] == pytest.approx(0.1)
    assert parts["Adam, beyond SGD"] == pytest.approx(0.2)
    assert parts["the rest"] == pytest.approx(1 - 0.5 - 0.1 - 0.2 + 0.01 - 0.1)


def test_the_share_of_augmentation_is_that_of_a_typical_round() -> None:
    # 1/5, 2/10 and 0.7/5.2 of the epochs
    assert "Augmentation takes 20 % of an epoch" in " ".join(
        load("page.training").augmentation_section(augmentation_result()).split()
    )


def test_few_images_are_scaled_to_an_epoch() -> None:
    points = {point["x"]: point for point in load("page.scaling").training_line(growth_result(), "width")}
    assert points[4096]["images"] == 2_560
    assert points[4096]["seconds"] == pytest.approx(60_000 * 7e-4)
    assert points[512]["floor"] == pytest.approx(60_000 * 3_209_216 / 2e11)


# The page


@needs_training
def test_the_page_and_its_figures(tmp_path: Path) -> None:
    target = tmp_path / "performance.md"
    load("page.compose").write_page(all_results(), target)
    text = target.read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^]]+\]\((figures/[^)]+)\)", text)
    assert len(shown) == 6
    assert {tmp_path / name for name in shown} == set((tmp_path / "figures").iterdir())
    for name in shown:
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"
        assert (tmp_path / name).stat().st_size < 60_000


def test_the_page_says_what_was_measured() -> None:
    text = page(all_results())
    assert (
        "| an epoch, against Keras `fit` on JAX | at least 2 times as fast | 3.00 times (3.00 to 3.00) | met |" in text
    )
    assert "| Keras `fit`, TensorFlow | 6.00 s | 5.40 s to 9.00 s | 6.00 | 6.00 to 6.00 | 97.50 % | 500 |" in text
    assert "| numpy | 2.0, 2.1 |" in text
    assert "| vector instructions | AVX2, AVX-512 |" in text
    assert "figures on this page mean nothing" not in text
    assert "not measured" not in text.lower()
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(titles) == 9
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in {title.lower().replace(" ", "-") for title in titles}


def test_a_quick_page_warns() -> None:
    result = start_up_result()
    result.quick = True
    assert "the figures on this page mean nothing" in page({"start_up": result})


def test_a_page_of_nothing_says_so() -> None:
    assert page({}).count("Not measured.") == 7


def test_a_skipped_peer_is_named_without_the_folders_of_the_machine() -> None:
    reason = "ImportError: /home/someone/.bench/lib/libtorch.so: cannot open"
    text = page({"epoch": epoch_result(**{"PyTorch loop": reason})})
    assert "- PyTorch loop: `ImportError: libtorch.so: cannot open`" in text
    assert "| PyTorch loop by hand |" not in text
    assert "| an epoch, against a PyTorch loop written by hand | at least 2 times as fast | - | not measured |" in text


# Turns and processes, with scripts in place of contestants

SERVING = """
import json, sys
print(json.dumps({"versions": {"script": "1"}, "note": "here"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["seed"] == FAILS_AT:
        sys.exit("RuntimeError: out of luck")
    print(json.dumps({"value": request["seed"] + request["more"]}), flush=True)
"""


def contestant(tmp_path: Path, name: str, fails_at: int | None = None, environment: Any = None) -> Any:
    script = tmp_path / f"{name}.py"
    script.write_text(SERVING.replace("FAILS_AT", str(fails_at)))
    where = {} if environment is None else {"environment": environment}
    return load("processes").Contestant(name, str(script), **where)


def test_everyone_has_a_turn_and_who_fails_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rounds, environments = load("rounds"), load("environments")
    settings = load("settings").Settings(tmp_path / "environments", root=tmp_path)
    players = [
        contestant(tmp_path, "steady"),
        contestant(tmp_path, "luckless", fails_at=1),
        contestant(tmp_path, "homeless", environment=environments.PYTORCH),
    ]
    result = rounds.new_result("race", settings)
    turns = [rounds.Turn(player, request={"more": 10}) for player in players]
    rounds.play([*turns, rounds.Turn(players[0], name="seldom", request={"more": 0}, every=2)], 3, result, settings)
    assert [answer["value"] for answer in result.measured["steady"]] == [10, 11, 12]
    assert result.by_round("seldom", "value") == {0: 0.0, 2: 2.0}
    assert result.by_round("luckless", "value") == {0: 10.0}
    assert "homeless" not in result.measured
    assert result.skipped == {
        "luckless": "RuntimeError: out of luck",
        "homeless": "no environment 'pytorch': `python -m benchmarks environments`",
    }
    assert result.versions == {"steady": {"script": "1"}, "luckless": {"script": "1"}}
    assert result.said["steady"] == {"note": "here"}
    said = capsys.readouterr().err
    assert said.count("skipped: RuntimeError: out of luck") == 1
    assert said.count("skipped: no environment 'pytorch'") == 1


def test_a_result_comes_back_from_disk(tmp_path: Path) -> None:
    results, made_up = load("results"), epoch_result()
    results.save_result(made_up, tmp_path)
    assert results.load_results(tmp_path) == {"epoch": made_up}
    assert results.load_results(tmp_path / "nowhere") == {}


def test_a_whole_process_is_measured_from_outside(tmp_path: Path) -> None:
    processes = load("processes")
    settings = load("settings").Settings(tmp_path, root=tmp_path)
    anyone = contestant(tmp_path, "anyone")
    measured = processes.whole_process(anyone, settings, ["-c", "x = bytearray(200_000_000); print('done')"])
    assert measured["peak_mb"] > 200
    assert measured["seconds"] > 0
    assert Path(measured["output"]).read_text() == "done\n"
    with pytest.raises(processes.BenchmarkError, match="too bad"):
        processes.whole_process(anyone, settings, ["-c", "raise SystemExit('too bad')"])


# Environments


def test_an_environment_of_ones_own_is_used_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("tensorflow", "pytorch", "scikit-learn"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python").symlink_to("/no/such/interpreter")
    before = sorted(tmp_path.rglob("*"))
    load("environments").make_environments(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"{name}: skipped, it has no interpreter: No such file or directory"
        for name in ("tensorflow", "pytorch", "scikit-learn")
    ]


def test_requirements_are_names_and_versions_only() -> None:
    files = sorted((REPOSITORY / "benchmarks" / "requirements").iterdir())
    environments = load("environments")
    engines = (environments.TENSORFLOW, environments.PYTORCH, environments.SKLEARN)
    servers = (environments.MLSERVER, environments.BENTOML, environments.LITSERVE)
    expected = {f"{environment.name}.txt" for environment in (*engines, *servers)}
    assert {path.name for path in files} == expected
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"#.*|[a-z-]+([=>]=[\d.]+)?", line), line


def test_every_comparison_can_be_run_alone_and_is_described() -> None:
    main = load("__main__")
    described = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in main.COMPARISONS:
        assert f"`.venv/bin/python -m benchmarks {name}`" in described
        assert f".venv/bin/python -m benchmarks {name} " in page({})
