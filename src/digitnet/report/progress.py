"""What a person sees while a network trains: one row an epoch, and on a terminal a bar below that moves."""

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from digitnet.network.backend import keras

__all__ = ["ProgressDisplay"]

_REFRESH_PER_SECOND = 8


class ProgressDisplay(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """A callback that shows loss, accuracy, speed and the time left.

    Args:
        console: Where to write; without a terminal there are plain lines and no bar.
        num_images: Training images an epoch, for the images per second.
    """

    def __init__(self, console: Console, num_images: int) -> None:
        super().__init__()
        self._console = console
        self._num_images = num_images
        self._started = 0.0
        self._progress: Progress | None = None
        self._has_header = False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras's signature
        """Start the bar, where there is a terminal to move on."""
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=None),
                _TimeLeft(),
                console=self._console,
                refresh_per_second=_REFRESH_PER_SECOND,
                transient=True,
                expand=True,
            )
            self._progress.start()
            self._progress.add_task("", total=self.params["epochs"], seconds=None)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Remember when the epoch began."""
        self._started = time.perf_counter()
        if self._progress is not None:
            self._progress.update(
                self._progress.task_ids[0],
                completed=epoch,
                description=f"{'' if self._has_header else 'compile, '}epoch {epoch + 1} of {self.params['epochs']}",
                began=self._started,
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the epoch's row."""
        seconds = time.perf_counter() - self._started
        row = _row(f"{epoch + 1}/{self.params['epochs']}", logs or {}, self._num_images / seconds)
        if not self._has_header:
            self._console.print(Text("  ".join(f"{name:>{_width(name)}}" for name in row), style="dim"))
            self._has_header = True
        self._console.print(Text("  ".join(f"{value:>{_width(name)}}" for name, value in row.items())))
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=epoch + 1, seconds=seconds)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Take the bar away; the rows stay."""
        self.close()

    def close(self) -> None:
        """Give the terminal back, also after an error or Ctrl-C."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _row(epoch: str, logs: dict[str, float], images_per_second: float) -> dict[str, str]:
    """The cells of an epoch, in the order in which they are shown."""
    cells = {"epoch": epoch}
    for name, key in (("loss", "loss"), ("val loss", "val_loss")):
        if key in logs:
            cells[name] = f"{logs[key]:.4f}"
    for name, key in (("accuracy", "accuracy"), ("val accuracy", "val_accuracy")):
        if key in logs:
            cells[name] = f"{100 * logs[key]:.2f} %"
    cells["images/s"] = f"{images_per_second:,.0f}"
    return cells


def _width(name: str) -> int:
    return max(len(name), 8)


class _TimeLeft(ProgressColumn):
    """Time left, from how long the last epoch took; it counts down while an epoch runs."""

    max_refresh = 0.25

    def render(self, task: Task) -> Text:
        """A text such as `1:05 left`; empty before the first epoch is over."""
        seconds: float | None = task.fields.get("seconds")
        if seconds is None or task.total is None:
            return Text("")
        running: float = min(time.perf_counter() - task.fields.get("began", 0.0), seconds)
        left = max(0, round((task.total - task.completed) * seconds - running))
        return Text(f"{left // 60}:{left % 60:02d} left", style="dim")
