"""Rows as a person reads them in a terminal."""

from benchmarks.pictures.measured import Measurement
from digitnet.evaluation.metrics import wilson_interval

__all__ = ["HEADER", "line_of"]

_WIDTHS = (24, 10, 6, 6, 8, 16, 6, 7, 6, 9)


def _aligned(cells: tuple[str, ...]) -> str:
    first = [cell.ljust(width) for cell, width in zip(cells[:2], _WIDTHS[:2], strict=True)]
    return " ".join([*first, *(cell.rjust(width) for cell, width in zip(cells[2:], _WIDTHS[2:], strict=True))])


HEADER = _aligned(
    ("set", "counted", "n", "errors", "rate", "95 % interval", "unsure", "refused", "failed", "median ms")
)


def line_of(row: Measurement) -> str:
    """One line below HEADER; of non-digits, the errors are those called digits."""
    low, high = wilson_interval(row.errors, row.n)
    return _aligned(
        (
            row.name,
            row.kind,
            str(row.n),
            str(row.errors),
            f"{100 * row.rate:.2f} %",
            f"{100 * low:.2f} to {100 * high:.2f}",
            str(row.unsure),
            str(row.refused),
            str(row.failed),
            f"{row.median_ms:.2f}",
        )
    )
