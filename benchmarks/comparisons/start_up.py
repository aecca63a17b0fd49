"""Whole processes, from the shell's point of view: seconds and peak memory."""

import os
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.processes import BenchmarkError, Contestant, whole_process
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.settings import Settings

__all__ = ["BARE", "HELP", "IMPORT", "PREDICT", "compare_start_up"]

BARE = "python -c pass"
IMPORT = "import digitnet"
HELP = "digitnet --help"
PREDICT = "digitnet predict one.png"


def compare_start_up(settings: Settings) -> Result:
    """Run each command once a round; a round before the first fills the disk cache and does not count."""
    rounds = settings.rounds_or(11)
    result = new_result("start_up", settings, rounds=rounds)
    picture = settings.work / "one.png"
    _draw_seven(picture)
    commands = {
        BARE: (["-c", "pass"], 0.05),
        IMPORT: (["-c", "import digitnet"], 0.06),
        HELP: (["-m", "digitnet", "--help"], 0.15),
        PREDICT: (["-m", "digitnet", "predict", os.fspath(picture)], 0.45),
    }
    progress = Progress("start_up", (rounds + 1) * sum(expected for _, expected in commands.values()))
    for number in range(rounds + 1):
        for name, (command, expected) in commands.items():
            if name in result.skipped:
                continue
            try:
                measured = whole_process(Contestant(name, "launch.py"), settings, command)
            except BenchmarkError as error:
                progress.say(f"{name} {skip(result, name, str(error))}")
                continue
            del measured["output"]
            if number:
                result.measured.setdefault(name, []).append(measured)
            progress.step(f"round {number} of {rounds}, {name}: {measured['seconds']:.3f} s", expected)
    return result


def _draw_seven(path: Path) -> None:
    """A 7 in dark strokes on light paper, 300 x 400."""
    picture = Image.new("L", (300, 400), 245)
    ImageDraw.Draw(picture).line([(70, 90), (215, 85), (130, 300)], fill=40, width=22, joint="curve")
    picture.save(path)
