"""Seconds an epoch and peak memory of training, digitnet against Keras's `fit`, in turn on the same machine.

    .venv/bin/python benchmarks/epoch.py [--rounds 5]

The network is 784-512-512-10 with dropout 0.2, Adam, batch 128, float32, 60,000 images. A round trains each
contestant for three epochs and takes the median of the last two; then the next contestant has its turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitnet import load_mnist

CONTESTANTS = Path(__file__).parent / "contestants"


@dataclass(frozen=True)
class Contestant:
    """A way to train, and the environment it runs in."""

    name: str
    script: str
    environment: tuple[tuple[str, str], ...] = ()


OURS = Contestant("digitnet", "digitnet_train.py")
PEERS = (Contestant("Keras fit, JAX", "keras_fit.py", (("KERAS_BACKEND", "jax"),)),)


@contextmanager
def running(contestant: Contestant, data: Path) -> Iterator["subprocess.Popen[str]"]:
    """The contestant's process, ready for its first round."""
    process = subprocess.Popen(
        [sys.executable, CONTESTANTS / contestant.script, data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | dict(contestant.environment),
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answer(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next thing that a contestant says."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise SystemExit(f"{process.args} ended before it answered")
    content: dict[str, Any] = json.loads(line)
    return content


def play(rounds: int, data: Path) -> dict[Contestant, list[dict[str, Any]]]:
    """Let all contestants train in turn."""
    results: dict[Contestant, list[dict[str, Any]]] = {contestant: [] for contestant in (OURS, *PEERS)}
    with ExitStack() as stack:
        processes = {contestant: stack.enter_context(running(contestant, data)) for contestant in results}
        for contestant, process in processes.items():
            sys.stderr.write(f"{contestant.name}: {answer(process)['versions']}\n")
        for number in range(1, rounds + 1):
            for contestant, process in processes.items():
                if process.stdin:
                    process.stdin.write("\n")
                    process.stdin.flush()
                results[contestant].append(answer(process))
                seconds = results[contestant][-1]["seconds"]
                sys.stderr.write(f"round {number} of {rounds}: {contestant.name} {seconds:.2f} s\n")
    return results


def table(results: dict[Contestant, list[dict[str, Any]]]) -> str:
    """Medians over the rounds; the ratio is the median of the ratios of each round."""
    rows = ["| | s / epoch | range | times ours | test accuracy after 3 | peak MB |", "|---|---|---|---|---|---|"]
    ours = [result["seconds"] for result in results[OURS]]
    for contestant, rounds in results.items():
        seconds = [result["seconds"] for result in rounds]
        ratio = statistics.median(theirs / mine for theirs, mine in zip(seconds, ours, strict=True))
        accuracy = statistics.median(result["accuracy"] for result in rounds)
        peak = max(result["peak_mb"] for result in rounds)
        rows.append(
            f"| {contestant.name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} "
            f"| {ratio:.2f} | {100 * accuracy:.2f} % | {peak:.0f} |"
        )
    return "\n".join(rows)


def main() -> None:
    """Write the data where contestants of any environment can read it, play, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    train_set, test_set = load_mnist()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "mnist.npz"
        np.savez(
            data, x_train=train_set.images, y_train=train_set.labels, x_test=test_set.images, y_test=test_set.labels
        )
        results = play(rounds, data)
    sys.stdout.write(table(results) + "\n")


if __name__ == "__main__":
    main()
