"""What a person sees while a network trains: the settings, one row an epoch, and on a terminal a bar that moves."""

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from digitnet.errors.escaping import escape_controls
from digitnet.runs.events import (
    CoresChanged,
    DevicesChanged,
    EpochFinished,
    EpochStarted,
    RunEvent,
    RunStarted,
    StageStarted,
)

__all__ = ["ProgressDisplay"]

_REFRESH_PER_SECOND = 8  # of the progress bar; chosen by hand


class ProgressDisplay:
    """A listener of a run that prints what it hears; a context, at whose end the terminal is given back.

    Args:
        console: Where to write; without a terminal there are plain lines and no bar.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._num_images = 0
        self._progress: Progress | None = None
        self._has_header = False

    def __enter__(self) -> "ProgressDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_bar()

    def __call__(self, event: RunEvent) -> None:
        """Show an event.

        Args:
            event: The next one of the run.
        """
        if isinstance(event, CoresChanged | DevicesChanged):
            noun = "core" if isinstance(event, CoresChanged) else "device"
            before, now = _counted(event.before, noun), _counted(event.now, noun)
            self._console.print(
                f"digitnet: this run was begun on {before} and goes on with {now}: its "
                "bits will differ from those of a run that was not interrupted",
                soft_wrap=True,
            )
        elif isinstance(event, RunStarted):
            self._num_images = event.num_images
            if not event.history:
                _announce(self._console, event)
        elif isinstance(event, EpochStarted):
            self._show_bar(event)
        elif isinstance(event, EpochFinished):
            self._print_row(event)
        elif isinstance(event, StageStarted):
            self._close_bar()

    def _show_bar(self, event: EpochStarted) -> None:
        """Start the bar, where there is a terminal to move on, and name the epoch beside it."""
        if not self._console.is_terminal:
            return
        if self._progress is None:
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
            self._progress.add_task("", total=event.epochs, seconds=None)
        self._progress.update(
            self._progress.task_ids[0],
            completed=event.epoch - 1,
            description=f"{'' if self._has_header else 'compile, '}epoch {event.epoch} of {event.epochs}",
            began=time.perf_counter(),
        )

    def _print_row(self, event: EpochFinished) -> None:
        row = _row(f"{event.epoch}/{event.epochs}", event.logs, self._num_images / event.seconds)
        if not self._has_header:
            self._console.print(Text("  ".join(f"{name:>{_width(name)}}" for name in row), style="dim"))
            self._has_header = True
        self._console.print(Text("  ".join(f"{value:>{_width(name)}}" for name, value in row.items())))
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=event.epoch, seconds=event.seconds)

    def _close_bar(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _counted(n: int, noun: str) -> str:
    return f"1 {noun}" if n == 1 else f"{n} {noun}s"


def _announce(console: Console, event: RunStarted) -> None:
    """The steps before training, as a reader of the tutorial knows them."""
    recipe, data = event.recipe, event.data
    counts = {"to train": data.train, "to validate": data.validation, "to test": data.test}
    sizes = [data.train.images[0].size, *recipe.hidden_sizes, data.train.num_classes]
    changes = [f"{name} {strength:g}" for name, strength in recipe.augmentation.to_dict().items() if strength]
    added = event.num_images - len(data.train)
    steps = {
        "load": f"{data.source}: " + ", ".join(f"{len(part):,} {name}" for name, part in counts.items() if part),
        "preprocess": "pixels / 255, flattened to 784, inside the model",
        **({"hands": f"{added:,} digits as they are written elsewhere"} if added else {}),
        **({} if recipe.augmentation.is_none else {"augment": ", ".join(changes)}),
        "build": f"{'-'.join(map(str, sizes))}, {recipe.activation}, softmax",
        "compile": f"{recipe.optimizer}, learning rate {recipe.learning_rate:g} ({recipe.schedule}), cross-entropy",
        "train": f"epochs: {recipe.epochs}, in batches of {recipe.batch_size}, into {event.folder.path}",
    }
    for name, text in steps.items():
        console.print(Text.assemble((f"{name:<11}", "bold"), escape_controls(text)))


def _row(epoch: str, logs: Mapping[str, float], images_per_second: float) -> dict[str, str]:
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
