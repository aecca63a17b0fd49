"""Contestants in turn: round after round, each in a process of its own that is kept alive between the rounds."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TextIO

from benchmarks.processes import BenchmarkError, Contestant, RunningContestant, running
from benchmarks.results import Rounds, Run
from benchmarks.settings import Settings

Answer = dict[str, Any]


class Progress:
    """Lines on stderr while a comparison runs: what was just measured, and how long the rest will take."""

    def __init__(
        self, title: str, steps: int, stream: TextIO | None = None, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._title, self._steps, self._done = title, steps, 0
        self._stream = stream or sys.stderr
        self._clock, self._began = clock, clock()

    def step(self, text: str) -> None:
        """Report a step that is done; the rest is expected to take as long for each step."""
        self._done += 1
        left = (self._clock() - self._began) / self._done * (self._steps - self._done)
        rest = f"  (about {left / 60:.0f} min left)" if left >= 55 else f"  (about {left:.0f} s left)"
        self._stream.write(f"{self._title}: {text}{rest if self._done < self._steps else ''}\n")
        self._stream.flush()


@dataclass(frozen=True)
class Turn:
    """One thing that a contestant does in every round."""

    contestant: Contestant  # who
    subject: str = ""  # of the rows; the contestant's own name if left out
    # what it is asked; the number of the round is added as `seed`
    request: Mapping[str, Any] = field(default_factory=dict)
    reduce: Callable[[Answer], Answer] = lambda answer: answer  # makes numbers of the answer
    every: int = 1  # takes part in every round, in every second one,

    @property
    def label(self) -> str:
        """The subject of its rows."""
        return self.subject or self.contestant.name


def play(
    turns: Sequence[Turn], rounds: Sequence[int], run: Run, settings: Settings
) -> tuple[Rounds, dict[str, Answer]]:
    """Let everyone have a turn in each round.

    A contestant that cannot start, or ends, is left out from there on. Returns the numbers of each round; and what each
    contestant reported of itself when it was ready.
    """
    order = [(number, turn) for number in rounds for turn in turns if number % turn.every == 0]
    contestants = {turn.contestant.name: turn.contestant for turn in turns}
    progress, found, ready = Progress(run.experiment, len(contestants) + len(order)), Rounds(), {}
    with ExitStack() as stack:
        alive: dict[str, RunningContestant] = {}
        for name, contestant in contestants.items():
            text = "is ready"
            try:
                alive[name] = stack.enter_context(running(contestant, settings))
            except BenchmarkError as error:
                text = run.skip(name, str(error))
            else:
                ready[name] = alive[name].ready
                run.add_versions(ready[name].get("versions", {}))
            progress.step(f"{name} {text}")
        for number, turn in order:
            progress.step(f"round {number}, {turn.label}: {_take(turn, number, alive, run, found)}")
    return found, ready


def _take(turn: Turn, number: int, alive: dict[str, RunningContestant], run: Run, found: Rounds) -> str:
    """Let one contestant have its turn; gives the text to show."""
    name = turn.contestant.name
    if name not in alive:
        return "skipped"  # the reason was shown when it was found out
    try:
        answer = turn.reduce(alive[name].ask({"seed": number, **turn.request}))
    except BenchmarkError as error:
        del alive[name]
        return run.skip(name, str(error))
    found.add(turn.label, number, answer)
    return shown(answer)


def shown(answer: Mapping[str, Any]) -> str:
    """The numbers of an answer on one line."""
    return ", ".join(f"{name} {value:.4g}" for name, value in answer.items() if isinstance(value, int | float))
