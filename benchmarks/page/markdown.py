"""Pieces of Markdown: tables, and numbers as a person reads them."""

import statistics
import textwrap
from collections.abc import Sequence

from benchmarks.ratios import Ratio

__all__ = ["duration", "interval", "median_and_range", "percent", "prose", "section", "table", "times"]


def section(title: str, *parts: str) -> str:
    """A heading and what stands below it, with empty lines between; parts that are empty are left out."""
    return "\n\n".join([f"## {title}", *(part for part in parts if part)])


def prose(text: str) -> str:
    """One paragraph in lines of 120 letters, wherever its own lines end."""
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers, to the right."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def duration(seconds: float) -> str:
    """Three digits, in the unit that suits: `1.02 s`, `43.1 ms`, `-52.0 µs`."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1 - 5e-4:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e6)} µs"


def _three_digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def median_and_range(seconds: Sequence[float]) -> tuple[str, str]:
    """The median, and `lowest to highest`; a dash where nothing was measured."""
    if not seconds:
        return "-", "-"
    return duration(statistics.median(seconds)), f"{duration(min(seconds))} to {duration(max(seconds))}"


def percent(part: float, digits: int = 2) -> str:
    """`98.40 %` for 0.984."""
    return f"{100 * part:.{digits}f} %"


def times(ratio: Ratio | None) -> str:
    """`3.52`, or a dash."""
    return "-" if ratio is None else _three_digits(ratio.median)


def interval(ratio: Ratio | None) -> str:
    """`3.4 to 3.7`, or a dash where there was one round only."""
    if ratio is None or ratio.low is None or ratio.high is None:
        return "-"
    return f"{_three_digits(ratio.low)} to {_three_digits(ratio.high)}"
