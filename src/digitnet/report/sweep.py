"""A sweep for people: a row for each setting as a table in the terminal and as CSV, and all of them as a figure."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.table import Table

from digitnet.evaluation.metrics import wilson_interval
from digitnet.report.style import ACCENT, BLUE, MUTED, TITLE_HEIGHT, in_house_style, new_figure, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SettingResult", "names_of_settings", "sweep_csv", "sweep_figure", "sweep_table"]

_MAX_DRAWN = 40  # settings in the figure, the best; chosen by hand
_MAX_SHOWN = 20  # rows in the terminal, the best; the others are in the CSV. Chosen by hand
_ROW_HEIGHT = 0.26  # inches of a setting in the figure
_LETTER_WIDTH = 0.068  # inches, of a letter at 8.5 points
_LEFT_MAX, _RIGHT, _PANEL_WIDTH, _BOTTOM = 56, 0.4, 4.6, 0.65  # letters; inches


class SettingResult(NamedTuple):
    """What the runs of one setting came to, all measured on images held out from their training.

    Attributes:
        setting: What was set, as it may be typed, by name.
        runs: The names of the runs, one a seed.
        errors: Mistakes in held-out images, of each run that has ended well.
        images: How many held-out images, of each of these.
        log_losses: Mean negative log-likelihood, in nats, of each of these.
        failures: Why the other runs have no result.
    """

    setting: dict[str, str]
    runs: tuple[str, ...]
    errors: tuple[int, ...]
    images: tuple[int, ...]
    log_losses: tuple[float, ...]
    failures: tuple[str, ...] = ()

    @property
    def error_rate(self) -> float:
        """Mistakes of all runs in a held-out image, in [0, 1]; 1 where no run has ended well."""
        return sum(self.errors) / sum(self.images) if self.images else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the error rate, of all runs together."""
        return wilson_interval(sum(self.errors), sum(self.images)) if self.images else (0.0, 1.0)

    @property
    def log_loss(self) -> float:
        """Mean of the runs, in nats; infinite where no run has ended well."""
        return sum(self.log_losses) / len(self.log_losses) if self.log_losses else float("inf")


def names_of_settings(results: Sequence[SettingResult]) -> list[str]:
    """Each setting in a few words: the dials that are not the same in all of them."""
    dials = _varying(results)
    return [", ".join(f"{dial}={one.setting[dial]}" for dial in dials) or "the one setting" for one in results]


def _varying(results: Sequence[SettingResult]) -> list[str]:
    dials = results[0].setting if results else {}
    return [dial for dial in dials if len({one.setting[dial] for one in results}) > 1]


def sweep_csv(results: Sequence[SettingResult]) -> str:
    """All settings, the best first; nothing in it depends on how long anything took.

    Args:
        results: In the order of the rows.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    dials = list(results[0].setting) if results else []
    columns = ("runs", "errors", "images", "error_rate", "low", "high", "log_loss", "failures", "folders")
    writer.writerow([*dials, *columns])
    for one in results:
        figures: list[object] = ["", "", "", ""]
        if one.images:
            figures = [f"{value:.6f}" for value in (one.error_rate, *one.interval, one.log_loss)]
        counts = (len(one.errors), sum(one.errors), sum(one.images))
        writer.writerow([*one.setting.values(), *counts, *figures, "; ".join(one.failures), " ".join(one.runs)])
    return text.getvalue()


def sweep_table(results: Sequence[SettingResult]) -> Table:
    """The best settings as a table for a terminal, with the dials that are not the same in all of them.

    Args:
        results: The best first.
    """
    table = Table(box=None, padding=(0, 1), header_style="dim")
    dials = _varying(results)
    for dial in dials:
        table.add_column(dial, style="bold", overflow="fold")
    for column in ("runs", "error %", "95 % interval", "log loss"):
        table.add_column(column, justify="right")
    for one in results[:_MAX_SHOWN]:
        if one.images:
            low, high = one.interval
            shown = [f"{100 * one.error_rate:.2f}", f"{100 * low:.2f} to {100 * high:.2f}", f"{one.log_loss:.4f}"]
        else:
            shown = ["failed", "", ""]
        runs = str(len(one.errors)) + (f" of {len(one.runs)}" if one.failures else "")
        table.add_row(*(one.setting[dial] for dial in dials), runs, *shown)
    return table


@in_house_style
def sweep_figure(results: Sequence[SettingResult]) -> "Figure":
    """Draw the error rate of each setting with its interval, and of each run a dot; the best at the top.

    Args:
        results: The best first; at least one has a run that ended well.

    Returns:
        A Figure with a line for each of the 40 best settings that have a result.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    named = zip(results, names_of_settings(results), strict=True)
    shown, whole_names = zip(*[(one, name) for one, name in named if one.images][:_MAX_DRAWN], strict=True)
    names = [shortened(name, _LEFT_MAX) for name in whole_names]
    left = 0.6 + _LETTER_WIDTH * max(map(len, names))
    width = left + _PANEL_WIDTH + _RIGHT
    panel = _ROW_HEIGHT * len(shown) + 0.2
    height = TITLE_HEIGHT + panel + _BOTTOM
    title = f"{100 * shown[0].error_rate:.2f} % wrong with {names[0]}"
    note = "Rings: all runs of a setting, with 95 % intervals. Dots: each run."
    figure = new_figure(width, height, title, note)
    axes = figure.add_axes((left / width, _BOTTOM / height, _PANEL_WIDTH / width, panel / height))
    for place, one in enumerate(shown):
        rates = 100 * np.asarray(one.errors) / np.asarray(one.images)
        low, high = (100 * bound for bound in one.interval)
        colour = ACCENT if place == 0 else BLUE
        axes.plot([low, high], [place, place], color=colour, linewidth=1.6, zorder=2)
        axes.plot(rates, np.full(len(rates), place), "o", color=MUTED, markersize=3, zorder=3)
        axes.plot(100 * one.error_rate, place, "o", color=colour, markersize=6.5, markerfacecolor="white", zorder=4)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_yticks(range(len(shown)), names)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("wrong in held-out images, %")
    return figure
