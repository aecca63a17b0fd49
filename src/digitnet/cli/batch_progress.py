"""How far `digitnet batch` is: a bar on a terminal, else a plain line now and then."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from digitnet.cli.lines import print_note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from digitnet.scale.batch import Found, Progress

__all__ = ["BatchProgress", "progress_in_words"]

_LINE_EVERY = 10.0  # seconds between plain lines; chosen by hand


class BatchProgress:
    """A listener of a batch that prints what it hears; a context, at whose end the terminal is given back.

    Args:
        quiet: Whether nothing is printed.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Bar | None = None
        self._printed = time.monotonic()

    def __enter__(self) -> "BatchProgress":
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task("", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, event: "Found | Progress") -> None:
        """Show an event.

        Args:
            event: The next one of the batch.
        """
        text = progress_in_words(event)
        if self._bar is not None:
            done, total = (event[2], event[3]) if len(event) > 2 else (0, None)
            self._bar.update(self._bar.task_ids[0], description=text, completed=done, total=total)
        elif not self._quiet and time.monotonic() - self._printed > _LINE_EVERY:
            self._printed = time.monotonic()
            print_note(text)


def progress_in_words(event: "Found | Progress") -> str:
    """An event as a person reads it.

    Args:
        event: Of a batch.

    Returns:
        Such as `1,200 of 5,000 pictures, 38.2 a second, 3 errors, 1:40 left`.
    """
    if len(event) == 2:
        return f"{event.pictures:,} pictures found"
    text = f"{event.pictures:,} of {event.all_pictures:,} pictures"
    if not event.read or event.seconds <= 0:
        return text
    rate = event.read / event.seconds
    left = round((event.all_pictures - event.pictures) / rate)
    hours, minutes = left // 3600, left // 60 % 60
    clock = f"{hours}:{minutes:02d}:{left % 60:02d}" if hours else f"{minutes}:{left % 60:02d}"
    errors = f", {event.errors:,} {'error' if event.errors == 1 else 'errors'}" if event.errors else ""
    return f"{text}, {rate:,.1f} a second{errors}, {clock} left"
