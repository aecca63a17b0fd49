"""Mutated files and requests: how many are refused clearly or answered, and whether any breaks something."""

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from benchmarks.reliability.mutants import Sample, mutant
from benchmarks.reliability.mutated_requests import INTERNAL_ERROR, UNANSWERED, sending
from benchmarks.reliability.parsers import ANSWERED, DIED, HUNG, REFUSED, TRACEBACK, Outcome, ParserProcess
from benchmarks.reliability.samples import samples_of
from benchmarks.results import Row, Run, new_run
from benchmarks.settings import Settings

__all__ = ["BROKEN", "GROUPS", "HANG_SECONDS", "Tally", "measure_mutations", "mutants_of", "whole_files"]

GROUPS = ("models", "checkpoints", "data", "pictures", "requests")
HANG_SECONDS = 5.0
BROKEN = (TRACEBACK, HUNG, DIED, INTERNAL_ERROR)  # none of these may happen
_KINDS = (REFUSED, ANSWERED, UNANSWERED, *BROKEN)
_EXAMPLES = 12  # of what went wrong


class Reader(Protocol):
    """What reads inputs: a process with parsers, or a server."""

    peak_mb: float

    def outcome(self, kind: str, content: bytes) -> Outcome: ...

    def close(self) -> None: ...


class Tally:
    """Counts of what came of the inputs of one kind.

    Attributes:
        counts: By kind of outcome.
        slowest: Seconds of the slowest input, and what it was.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.slowest: tuple[float, str] = (0.0, "")

    def add(self, outcome: Outcome, name: str) -> bool:
        """Count one; True where it broke something."""
        kind = HUNG if outcome.seconds > HANG_SECONDS else outcome.kind
        self.counts[kind] += 1
        self.slowest = max(self.slowest, (outcome.seconds, name))
        return kind in BROKEN

    def rows(self, subject: str) -> list[Row]:
        """The rows of the results."""
        n = self.counts.total()
        rows = [Row(subject, kind, self.counts[kind], "inputs", n) for kind in _KINDS]
        return [*rows, Row(subject, "slowest", self.slowest[0], "s", n, details=self.slowest[1])]


def measure_mutations(group: str, n: int, seed: int, settings: Settings, seconds: float | None = None) -> Run:
    """Mutants of one group, until there were enough of them or the time is over.

    Args:
        group: One of `GROUPS`.
        n: Inputs, evenly over the kinds of the group.
        seed: Decides what is changed; the inputs of one kind are the same, whatever the others are.
        settings: Where to keep what broke something.
        seconds: To end after.

    Returns:
        The run; its rows have a subject for each kind.
    """
    command = f"python -m benchmarks.reliability mutations --only {group} --n {n} --seed {seed}"
    run = new_run(f"mutated {group}", command, n=n)
    run.seed = seed
    samples = samples_of(group)
    tallies = {kind: Tally() for kind in samples}
    folder = settings.work / "mutations"
    folder.mkdir(parents=True, exist_ok=True)
    examples: list[str] = []
    with _reading(group, settings, samples) as reader:
        end = math.inf if seconds is None else time.perf_counter() + seconds
        for number, (kind, made) in enumerate(itertools.islice(mutants_of(samples, seed), n)):
            if time.perf_counter() > end:
                break
            outcome = reader.outcome(kind, made.content)
            if tallies[kind].add(outcome, made.name) and len(examples) < _EXAMPLES:
                (folder / f"{group}-{number}").write_bytes(made.content)
                examples.append(f"{group}-{number}, {made.name}: {outcome.kind}: {outcome.reason}")
        reader.close()
        run.rows = [row for kind, tally in tallies.items() for row in tally.rows(kind)]
        run.rows += [*_all(tallies).rows("all"), Row("all", "peak memory", reader.peak_mb, "MB")]
    run.settings["n"] = sum(tally.counts.total() for tally in tallies.values())  # fewer where the time was over first
    run.settings["examples"] = "; ".join(examples) or "none"
    return run


def _all(tallies: Mapping[str, Tally]) -> Tally:
    every = Tally()
    for kind, tally in tallies.items():
        every.counts += tally.counts
        every.slowest = max(every.slowest, (tally.slowest[0], f"{kind}: {tally.slowest[1]}"))
    return every


def mutants_of(samples: Mapping[str, Sequence[Sample]], seed: int) -> Iterator[tuple[str, Sample]]:
    """Without end, each kind in turn."""
    generators = {kind: np.random.default_rng([seed, number]) for number, kind in enumerate(samples)}
    for kind in itertools.cycle(samples):
        yield kind, mutant(samples[kind], generators[kind])


@contextmanager
def _reading(group: str, settings: Settings, samples: Mapping[str, Sequence[Sample]]) -> Iterator[Reader]:
    if group == "requests":
        with sending(settings) as sender:
            yield sender
        return
    reader = ParserProcess(whole_files(samples), settings.work / "mutations" / f"{group}.log")
    try:
        yield reader
    finally:
        reader.close()


def whole_files(samples: Mapping[str, Sequence[Sample]]) -> dict[str, bytes]:
    """Files that stand beside a damaged one: images and labels come in pairs."""
    names = {"train-images-idx3-ubyte": "IDX images", "train-labels-idx1-ubyte": "IDX labels"}
    return {name: samples[kind][0].content for name, kind in names.items() if kind in samples}
