"""Seconds and peak memory of whole processes, from the shell's point of view.

    .venv/bin/python benchmarks/start_up.py [--rounds 11]

The commands run in turn; quoted are the median and the range over the rounds.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import digitnet": ["-c", "import digitnet"],
    "digitnet --help": ["-m", "digitnet", "--help"],
    "digitnet predict one.png": ["-m", "digitnet", "predict", "one.png"],
}


def draw_seven(path: Path) -> None:
    """A 7 in dark strokes on light paper, 300 x 400."""
    picture = Image.new("L", (300, 400), 245)
    ImageDraw.Draw(picture).line([(70, 90), (215, 85), (130, 300)], fill=40, width=22, joint="curve")
    picture.save(path)


def run(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MB of one process, as the operating system accounts for it."""
    began = time.perf_counter()
    null = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, null, 1)]
    process = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=actions)
    os.close(null)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"python {' '.join(arguments)} failed")
    return seconds, usage.ru_maxrss / 1000


def main() -> None:
    """Run every command in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        draw_seven(Path("one.png"))
        for _ in range(rounds + 1):
            for name, arguments in COMMANDS.items():
                results[name].append(run(arguments))
    lines = ["| process | median s | range | peak MB |", "|---|---|---|---|"]
    for name, figures in results.items():
        seconds = [figure[0] for figure in figures[1:]]  # the first round fills the disk cache
        peak = max(figure[1] for figure in figures)
        lines.append(
            f"| `{name}` | {statistics.median(seconds):.3f} | {min(seconds):.3f} to {max(seconds):.3f} | {peak:.0f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
