"""The events of a run: in memory while it runs, and in one file of JSON lines for later."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitnet.studio.teaching.errors import StorageError

__all__ = ["Event", "Journal", "read_events"]

_BYTES_MAX = 32 << 20  # two hundred epochs take 4 MB; a file of this size is not one of ours


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes:
        number: Its place in the run, counted from 1; 0 for a transient event, which is not kept.
        kind: `state`, `epoch`, `result`, or `step` (transient).
        data: JSON-ready.
    """

    number: int
    kind: str
    data: dict[str, Any]


def read_events(path: Path) -> list[Event]:
    """The events that a journal has kept.

    A last line that was cut off, as by a power cut, is left out, and so is all behind a damaged one.

    Args:
        path: The file of a `Journal`.

    Returns:
        The events in order; none where there is no such file.
    """
    try:
        with path.open("rb") as file:
            lines = file.read(_BYTES_MAX).splitlines()
    except OSError:
        return []
    events: list[Event] = []
    for number, line in enumerate(lines, start=1):
        try:
            content = json.loads(line)
            event = Event(number, content["event"], content["data"])
        except (ValueError, KeyError, TypeError, RecursionError):
            break
        if not isinstance(event.kind, str) or not isinstance(event.data, dict):
            break
        events.append(event)
    return events


class Journal:
    """The events of one run; one thread writes, any number read.

    Args:
        path: The file to go on with, or to begin.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._events = read_events(path)
        self._transient: Event | None = None
        if self._events:  # without what was damaged, so that lines and events have the same numbers
            self._write("w", "".join(map(_line, self._events)))

    def append(self, kind: str, data: dict[str, Any]) -> None:
        """Keep an event.

        Raises:
            StorageError: The file cannot be written; readers see the event all the same.
        """
        with self._lock:
            event = Event(len(self._events) + 1, kind, data)
            self._transient = None
            self._events.append(event)
            self._write("a", _line(event))

    def _write(self, mode: str, text: str) -> None:
        try:
            with self._path.open(mode, encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}") from error

    def show(self, kind: str, data: dict[str, Any]) -> None:
        """Set the transient event, such as how far an epoch is: it is not kept, and the next event replaces it."""
        with self._lock:
            self._transient = Event(0, kind, data)

    def since(self, number: int) -> tuple[list[Event], Event | None]:
        """The events after the one of that number, and the transient event or None."""
        with self._lock:
            return self._events[max(0, number) :], self._transient


def _line(event: Event) -> str:
    return json.dumps({"event": event.kind, "data": event.data}, allow_nan=False) + "\n"
