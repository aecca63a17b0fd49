"""What was measured of serving: a comparison on each line of `benchmarks/measured/serving.json`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.results import Result
from benchmarks.rows import load_rows, save_rows
from benchmarks.settings import REPOSITORY

__all__ = ["MEASURED", "load_measured", "save_measured"]

MEASURED = REPOSITORY / "benchmarks" / "measured" / "serving.json"


def load_measured(path: Path = MEASURED) -> dict[str, Result]:
    """All results by the name of their comparison; none where there is no file yet.

    Raises:
        ValueError: The file is damaged.
    """
    return {result.comparison: result for result in load_rows(Result, path)}


def save_measured(results: Iterable[Result], path: Path = MEASURED) -> Mapping[str, Result]:
    """Write results in the place of those of the same comparisons; the others stay. Gives all that are there now."""
    merged = load_measured(path) | {result.comparison: result for result in results}
    save_rows([merged[name] for name in sorted(merged)], path)
    return merged
