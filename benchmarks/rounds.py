"""Contestants in turn: round after round, each in a process of its own that is kept alive between the rounds."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.machine import describe_machine
from benchmarks.processes import BenchmarkError, Contestant, Running, running
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.settings import Settings

__all__ = ["Turn", "new_result", "play", "skip"]


@dataclass(frozen=True)
class Turn:
    """One thing that a contestant does in every round.

    Attributes:
        contestant: Who.
        name: Of what is measured, in the results; the contestant's own name if left out.
        request: What it is asked; the number of the round is added as `seed`.
        show: What to say of the answer while the comparison runs.
        expected: Seconds on a usual machine; the contestant's own figure if left out.
        every: Takes part in every round, in every second one, ...
    """

    contestant: Contestant
    name: str = ""
    request: Mapping[str, Any] | None = None
    show: Callable[[dict[str, Any]], str] = str
    expected: float = 0.0
    every: int = 1

    @property
    def label(self) -> str:
        """The name in the results."""
        return self.name or self.contestant.name

    @property
    def seconds(self) -> float:
        """How long it is expected to take."""
        return self.expected or self.contestant.expected


def new_result(comparison: str, settings: Settings, **asked: Any) -> Result:
    """An empty result of a comparison that starts now."""
    return Result(
        comparison=comparison,
        when=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        quick=settings.quick,
        machine=describe_machine(),
        settings=asked,
    )


def play(turns: Sequence[Turn], rounds: int, result: Result, settings: Settings, first: int = 0) -> None:
    """Let everyone have a turn in each round, and write into the result what came out.

    A contestant that cannot start, or ends, is left out from there on.

    Args:
        turns: In the order of a round.
        rounds: How many.
        result: Gets `measured`, `versions`, `skipped` and `said`.
        settings: Of this run.
        first: Number of the first round.
    """
    order = [(number, turn) for number in range(first, first + rounds) for turn in turns if number % turn.every == 0]
    contestants = {turn.contestant.name: turn.contestant for turn in turns}
    starts = sum(contestant.start for contestant in contestants.values())
    progress = Progress(result.comparison, starts + sum(turn.seconds for _, turn in order))
    result.settings["rounds"] = rounds
    with ExitStack() as stack:
        alive: dict[str, Running] = {}
        for contestant in contestants.values():
            text = "is ready"
            try:
                alive[contestant.name] = stack.enter_context(running(contestant, settings))
            except BenchmarkError as error:
                text = skip(result, contestant.name, str(error))
            else:
                _note(result, contestant.name, alive[contestant.name].ready)
            progress.step(f"{contestant.name} {text}", contestant.start)
        for number, turn in order:
            text = _take(turn, number, alive, result)
            progress.step(f"round {number - first + 1} of {rounds}, {turn.label}: {text}", turn.seconds)


def _take(turn: Turn, number: int, alive: dict[str, Running], result: Result) -> str:
    """Let one contestant have its turn; gives what to say of it."""
    who = turn.contestant.name
    if who not in alive:
        return "skipped"  # why was said when it was found out
    try:
        answer = alive[who].ask({"seed": number, **(turn.request or {})})
    except BenchmarkError as error:
        del alive[who]
        return skip(result, who, str(error))
    result.measured.setdefault(turn.label, []).append({"round": number, **answer})
    return turn.show(answer)


def _note(result: Result, name: str, ready: dict[str, Any]) -> None:
    result.versions[name] = ready.get("versions", {})
    said = {key: value for key, value in ready.items() if key != "versions"}
    if said:
        result.said[name] = said


def skip(result: Result, name: str, reason: str) -> str:
    """Leave a contestant out; gives what to say of it."""
    result.skipped[name] = reason
    return f"skipped: {reason}"
