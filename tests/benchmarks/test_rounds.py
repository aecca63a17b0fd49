"""Turns and processes, with scripts in place of contestants. Nothing here is timed."""

from pathlib import Path
from typing import Any

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

SCRIPT = """
import json, sys
print(json.dumps({"versions": {"script": "1"}, "note": "here"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["seed"] == FAILS_AT:
        sys.exit("RuntimeError: out of luck")
    print(json.dumps({"value": request["seed"] + request["more"]}), flush=True)
"""


def contestant(tmp_path: Path, name: str, fails_at: int | None = None, **others: Any) -> Any:
    script = tmp_path / f"{name}.py"
    script.write_text(SCRIPT.replace("FAILS_AT", str(fails_at)))
    return load("processes").Contestant(name, str(script), **others)


def test_everyone_has_a_turn_and_who_fails_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rounds, settings = load("rounds"), load("settings").Settings(tmp_path / "environments", root=tmp_path)
    players = [
        contestant(tmp_path, "steady"),
        contestant(tmp_path, "luckless", fails_at=1),
        contestant(tmp_path, "homeless", environment=load("environments").PYTORCH),
    ]
    run = load("results").new_run("race", "")
    turns = [rounds.Turn(player, request={"more": 10}) for player in players]
    turns.append(rounds.Turn(players[0], "seldom", {"more": 0}, lambda answer: {"value": 2 * answer["value"]}, every=2))
    found, ready = rounds.play(turns, range(3), run, settings)
    assert found.of("steady", "value") == {0: 10.0, 1: 11.0, 2: 12.0}
    assert found.of("seldom", "value") == {0: 0.0, 2: 4.0}
    assert found.of("luckless", "value") == {0: 10.0}
    assert found.of("homeless", "value") == {}
    assert run.skipped == {
        "luckless": "RuntimeError: out of luck",
        "homeless": "no environment 'pytorch': the word `environments` instead of a comparison makes it",
    }
    assert run.versions == {"script": "1"}
    assert ready["steady"]["note"] == "here"
    shown = capsys.readouterr().err
    assert shown.count("skipped: RuntimeError: out of luck") == shown.count("skipped: no environment 'pytorch'") == 1


def test_the_time_left_follows_the_pace() -> None:
    now, lines = [0.0], []
    stream = type("Stream", (), {"write": lambda _, text: lines.append(text), "flush": lambda _: None})()
    progress = load("rounds").Progress("race", 4, stream, lambda: now[0])
    for now[0] in (100.0, 160.0, 165.0, 170.0):
        progress.step("a step")
    rests = ["  (about 5 min left)", "  (about 3 min left)", "  (about 1 min left)", ""]  # 300, 160 and 55 s
    assert lines == [f"race: a step{rest}\n" for rest in rests]


def test_a_whole_process_is_measured_from_outside(tmp_path: Path) -> None:
    processes, settings = load("processes"), load("settings").Settings(tmp_path, root=tmp_path)
    anyone = contestant(tmp_path, "anyone")
    measured = processes.whole_process(anyone, settings, ["-c", "x = bytearray(200_000_000); print('done')"])
    assert measured["peak_mb"] > 200
    assert measured["seconds"] > 0
    assert Path(measured["output"]).read_text() == "done\n"
    with pytest.raises(processes.BenchmarkError, match="too bad"):
        processes.whole_process(anyone, settings, ["-c", "raise SystemExit('too bad')"])


def test_a_comparison_that_fails_leaves_the_last_results_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands, results = load("commands"), load("results")
    monkeypatch.setattr(commands, "write_data", lambda _: None)
    row = results.Row("`digitnet --help`", "seconds", 0.1, "s")
    outcomes = iter(
        [[results.Run("start-up", rows=[row])], [results.Run("start-up")], load("processes").BenchmarkError("no")]
    )

    def compare(_: Any) -> Any:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    suite = commands.Suite("python -m benchmarks", "performance", {"start-up": compare}, ())
    measured, page = tmp_path / "measured.json", tmp_path / "page.md"
    asked = ["start-up", "--measured", str(measured), "--page", str(page)]
    assert [commands.run_suite(suite, "", asked) for _ in range(3)] == [0, 1, 1]
    assert "start-up failed: no" in capsys.readouterr().err
    assert [run.rows for run in results.load_runs(measured)] == [[row]]
    assert "| `digitnet --help` | 100 ms | - | - |" in page.read_text()
