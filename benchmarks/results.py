"""What a comparison has measured, on disk as JSON."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from digitnet.files import write_atomically

__all__ = ["Measured", "Result", "load_result", "load_results", "save_result"]

Measured: TypeAlias = dict[str, list[dict[str, Any]]]  # for each name what each round gave, in the order of rounds


@dataclass
class Result:
    """One run of one comparison.

    Attributes:
        comparison: Its name.
        when: Date and time of its start, ISO 8601.
        quick: It was only to see that everything runs.
        machine: What it ran on, and how busy that was at the start.
        settings: What was asked of the contestants.
        measured: What they gave, each with the number of its `round`, from 0. One that failed has fewer rounds.
        versions: Of each contestant, the versions of what it is made of.
        skipped: Each contestant that could not take part, or not to the end, and why.
        said: What contestants said of themselves beside their versions.
    """

    comparison: str
    when: str
    quick: bool
    machine: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    measured: Measured = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)

    def by_round(self, name: str, key: str) -> dict[int, float]:
        """One number for each round in which the contestant took part."""
        return {int(values["round"]): float(values[key]) for values in self.measured.get(name, []) if key in values}

    def column(self, name: str, key: str) -> list[float]:
        """One number of each round; empty where the contestant did not take part."""
        return [float(values[key]) for values in self.measured.get(name, []) if key in values]


def save_result(result: Result, folder: Path) -> Path:
    """Write a result, in place of the one before; gives its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.comparison}.json"
    write_atomically(path, (json.dumps(dataclasses.asdict(result), indent=1) + "\n").encode())
    return path


def load_result(path: Path) -> Result:
    """Read a result that `save_result` wrote."""
    return Result(**json.loads(path.read_text(encoding="utf-8")))


def load_results(folder: Path) -> dict[str, Result]:
    """All results of a folder by the name of their comparison; empty where there is no folder."""
    results = [load_result(path) for path in sorted(folder.glob("*.json"))]
    return {result.comparison: result for result in results}
