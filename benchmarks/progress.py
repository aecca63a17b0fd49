"""What a person sees while a comparison runs: what was just measured, and how long the rest will take."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

__all__ = ["Progress", "in_words"]

_TRUST = 15.0  # seconds for which the expected pace counts, so that the first steps do not overturn it


class Progress:
    """Counts down what a comparison still has to do.

    The time left is estimated from what each step is expected to take on a usual machine, corrected by how long the
    steps so far have really taken.

    Args:
        title: Of the comparison.
        expected: Seconds that all steps together are expected to take.
        stream: Where to write; stderr if left out.
        clock: Gives the time in seconds.
    """

    def __init__(
        self,
        title: str,
        expected: float,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._title = title
        self._left = expected
        self._done = 0.0
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = clock()
        self.say(f"about {in_words(expected)} on a machine with two cores")

    def step(self, text: str, expected: float) -> None:
        """Say that a step is done.

        Args:
            text: What it was, and what it gave.
            expected: Seconds that it was expected to take.
        """
        self._done += expected
        self._left = max(0.0, self._left - expected)
        elapsed = self._clock() - self._began
        left = self._left * (elapsed + _TRUST) / (self._done + _TRUST)
        self.say(text if self._left < 1e-9 else f"{text}  (about {in_words(left)} left)")

    def say(self, text: str) -> None:
        """Write one line."""
        self._stream.write(f"{self._title}: {text}\n")
        self._stream.flush()


def in_words(seconds: float) -> str:
    """`40 s` or `3 min`, rounded to what an estimate can know."""
    if seconds < 55:
        return f"{max(1, round(seconds, -1 if seconds > 15 else 0)):.0f} s"
    return f"{max(1, round(seconds / 60))} min"
