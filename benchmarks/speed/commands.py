"""Whole processes, from the shell's point of view: start-up, and from nothing to a trained and evaluated network."""

import json
import os
import shutil
import statistics
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks.arithmetic import paired_ratio
from benchmarks.environments import TENSORFLOW
from benchmarks.processes import BenchmarkError, Contestant, whole_process
from benchmarks.results import Rounds, Row, Run, new_run
from benchmarks.rounds import Progress, shown
from benchmarks.settings import Settings

_EMPTY_CACHE, _FILLED_CACHE = "digitnet, nothing compiled before", "digitnet, compiled before"
_PEER = "Keras's example on TensorFlow"
_EPOCHS = 20  # of the example


def compare_start_up(settings: Settings) -> list[Run]:
    """Run each command once a round; a round before the first fills the disk cache and does not count."""
    rounds, found = settings.rounds_or(11), Rounds()
    run = new_run("start-up", "python -m benchmarks start-up", quick=settings.quick, rounds=rounds)
    picture = settings.work / "one.png"
    drawing = Image.new("L", (300, 400), 245)
    ImageDraw.Draw(drawing).line([(70, 90), (215, 85), (130, 300)], fill=40, width=22, joint="curve")  # a 7
    drawing.save(picture)
    commands = {
        "`python -c pass`": ["-c", "pass"],
        "`import digitnet`": ["-c", "import digitnet"],
        "`digitnet --help`": ["-m", "digitnet", "--help"],
        "`digitnet predict one.png`": ["-m", "digitnet", "predict", os.fspath(picture)],
    }
    progress = Progress("start-up", (rounds + 1) * len(commands))
    for number in range(rounds + 1):
        for name, command in commands.items():
            text = _take(Contestant(name, "launch.py"), command, number, run, settings, found if number else Rounds())
            progress.step(f"round {number}, {name}: {text}")
    for name in commands:
        run.rows += [*found.row(name, "seconds", "s"), *found.row(name, "peak_mb", "MB", "peak", max)]
    return [run]


def _take(
    contestant: Contestant, command: list[str] | None, number: int, run: Run, settings: Settings, found: Rounds
) -> str:
    """Run one whole process, and keep what it took and the accuracy that it printed; gives the text to show."""
    if contestant.name in run.skipped:
        return "skipped"
    try:
        measured = whole_process(contestant, settings, command)
    except BenchmarkError as error:
        return run.skip(contestant.name, str(error))
    measured |= _accuracy(Path(measured.pop("output")))
    found.add(contestant.name, number, measured)
    return shown(measured)


def _accuracy(output: Path) -> dict[str, Any]:
    """The accuracy in the last line of JSON that a process printed; empty where it printed none."""
    lines = [line for line in output.read_text(encoding="utf-8", errors="replace").splitlines() if line[:1] == "{"]
    printed: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return {"accuracy": float(printed.get("test", printed)["accuracy"])} if printed else {}


def compare_cold_start(settings: Settings) -> list[Run]:
    """Train with one seed a round, with an empty compilation cache and with a filled one; the peer in two rounds."""
    rounds, found = settings.rounds_or(5), Rounds()
    epochs = 1 if settings.quick else _EPOCHS
    run = new_run("cold start", "python -m benchmarks cold-start", quick=settings.quick, rounds=rounds)
    run.settings["peer_epochs"] = epochs
    arguments = (str(settings.training_data), str(epochs))
    peer = Contestant(_PEER, "train_keras.py", TENSORFLOW, {"KERAS_BACKEND": "tensorflow"}, arguments)
    with_peer = {0, rounds // 2 + 1} & set(range(rounds))  # the first, and one past the middle
    progress = Progress("cold start", 2 * rounds + len(with_peer))
    folder = settings.work / "cold_start"
    for number in range(rounds):
        shutil.rmtree(folder, ignore_errors=True)
        for name in (_EMPTY_CACHE, _FILLED_CACHE):
            shutil.rmtree(folder / "run", ignore_errors=True)
            ours = Contestant(name, "launch.py", variables={"DIGITNET_CACHE_DIR": str(folder / "cache")})
            out = ["--seed", str(number), "--out", str(folder / "run"), "--json"]
            command = ["-m", "digitnet", "train", "--preset", "quick", *out]
            progress.step(f"seed {number}, {name}: {_take(ours, command, number, run, settings, found)}")
        if number in with_peer:
            progress.step(f"{_PEER}: {_take(peer, None, number, run, settings, found)}")
    shutil.rmtree(folder, ignore_errors=True)
    run.rows = cold_start_rows(found)
    return [run]


def cold_start_rows(found: Rounds) -> list[Row]:
    """Seconds, accuracy and memory; and how many times as long the peer took in the nearest of its rounds."""
    theirs, rows = found.of(_PEER, "seconds"), []
    for name in (_EMPTY_CACHE, _FILLED_CACHE, _PEER):
        rows += found.row(name, "seconds", "s")
        ours = found.of(name, "seconds")
        if theirs and name != _PEER:
            nearest = {number: theirs[min(theirs, key=lambda their: abs(their - number))] for number in ours}
            if ratio := paired_ratio(nearest, ours):
                rows.append(Row(name, "times", ratio.median, "times", len(ours), interval=ratio.interval))
        rows += found.row(name, "accuracy", "share", "median accuracy", statistics.median)
        rows += found.row(name, "accuracy", "share", "lowest accuracy", min)
        rows += found.row(name, "peak_mb", "MB", "peak", max)
    return rows
