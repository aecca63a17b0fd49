"""The one form of every measured result: runs of a command, each with rows of values, kept in `benchmarks/measured`."""

import dataclasses
import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.arithmetic import paired_ratio
from benchmarks.machine import describe_machine
from digitnet.files import write_atomically

MEASURED = Path(__file__).parent / "measured"


@dataclass(frozen=True)
class Row:
    """One value."""

    subject: str  # whom or what it belongs to: a contestant, a network, a set of pictures
    measure: str  # what was measured of it
    value: float  # the median over the rounds unless the measure says otherwise; of `errors`, how many of n
    unit: str  # `s`, `ms`, `MB`, `times`, `share` (in [0, 1]), `errors`, or the name of what was counted
    n: int | None = None  # rounds, images, requests or seeds behind the value; None where it was not kept
    range: tuple[float, float] | None = None  # lowest and highest of the rounds, likewise
    # 95 % interval, likewise; that of `errors` is Wilson's and follows from value and n
    interval: tuple[float, float] | None = None
    details: Any = None  # what a figure or a later comparison needs besides, JSON-ready

    @property
    def number(self) -> float:
        """The value as it is compared: of errors their share."""
        return self.value / self.n if self.unit == "errors" and self.n else self.value


@dataclass
class Run:
    """One command that measured something, once, on one machine."""

    experiment: str  # what the tables of a page are made from
    name: str = ""  # tells runs of one experiment apart; a run replaces the one of the same experiment and name
    command: str = ""  # what repeats it
    date: str = ""  # of its start, ISO 8601; empty where it was not kept
    machine: dict[str, Any] = field(default_factory=dict)  # what `describe_machine` found at its start
    seed: int | None = None  # that everything random started from, where it is one
    versions: dict[str, str] = field(default_factory=dict)  # of each package; several where environments differ
    settings: dict[str, Any] = field(
        default_factory=dict
    )  # what was asked, and what contestants reported of themselves
    # by contestant that could not take part, or not to the end, the reason
    skipped: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)  # the values

    @property
    def key(self) -> tuple[str, str]:
        """What it has in common with the run that it replaces."""
        return self.experiment, self.name

    def add_versions(self, versions: Mapping[str, str]) -> None:
        """Note the versions of one contestant beside those of the others."""
        for package, version in versions.items():
            known = set(filter(None, self.versions.get(package, "").split(", ")))
            self.versions[package] = ", ".join(sorted(known | {version}))

    def skip(self, contestant: str, reason: str) -> str:
        """Leave a contestant out from here on; gives the sentence to show."""
        self.skipped[contestant] = reason
        return f"skipped: {reason}"


def new_run(experiment: str, command: str, *, quick: bool = False, **settings: Any) -> Run:
    """An empty run that starts now; a quick one only shows that everything works."""
    date = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    marked = {"quick": True} if quick else {}
    return Run(experiment, command=command, date=date, machine=describe_machine(), settings={**settings, **marked})


class Rounds:
    """Numbers of each round, by subject and measure, until they become rows."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], dict[int, float]] = {}

    def add(self, subject: str, number: int, answer: Mapping[str, Any]) -> None:
        """Keep what one subject gave in one round; only numbers count."""
        for measure, value in answer.items():
            if isinstance(value, int | float):
                self._numbers.setdefault((subject, measure), {})[number] = float(value)

    def of(self, subject: str, measure: str) -> dict[int, float]:
        """One number for each round in which the subject took part."""
        return self._numbers.get((subject, measure), {})

    def row(
        self,
        subject: str,
        measure: str,
        unit: str,
        name: str = "",
        summary: Callable[[Iterable[float]], float] = statistics.median,
    ) -> list[Row]:
        """The row of one measure, under another name if one is given; empty where nothing was measured."""
        values = list(self.of(subject, measure).values())
        if not values:
            return []
        return [Row(subject, name or measure, summary(values), unit, len(values), (min(values), max(values)))]

    def times(self, subject: str, other: str, measure: str, name: str = "times") -> list[Row]:
        """How many times the other's number the subject's is; empty without a round that both finished."""
        shared = self.of(subject, measure).keys() & self.of(other, measure).keys()
        ratio = paired_ratio(self.of(subject, measure), self.of(other, measure))
        if ratio is None:
            return []
        return [Row(subject, name, ratio.median, "times", len(shared), interval=ratio.interval)]


def load_runs(path: Path) -> list[Run]:
    """All runs of a file; none where there is no file yet."""
    if not path.exists():
        return []
    runs = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        rows = [Row(**{name: _tupled(name, value) for name, value in row.items()}) for row in entry.pop("rows")]
        runs.append(Run(**entry, rows=rows))
    return runs


def _tupled(name: str, value: Any) -> Any:
    return tuple(value) if name in {"range", "interval"} else value


def save_runs(runs: Sequence[Run], path: Path) -> None:
    """Write all runs with one row on a line, so that changes can be read; fields at their default are left out."""
    parts = []
    for run in runs:
        head = _plain(dataclasses.replace(run, rows=[]))
        rows = ",\n  ".join(json.dumps(_plain(row), ensure_ascii=False, allow_nan=False) for row in run.rows)
        text = json.dumps(head, ensure_ascii=False, allow_nan=False)
        parts.append(f'{text[:-1]}, "rows": [\n  {rows}]}}')
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "[\n" + ",\n".join(parts) + "\n]\n")


def _plain(entry: Row | Run) -> dict[str, Any]:
    return {name: value for name, value in vars(entry).items() if value not in (None, "", {}, [])}


def record(run: Run, path: Path) -> None:
    """Put a run into a file, in the place of the one with the same key."""
    runs = load_runs(path)
    places = [place for place, other in enumerate(runs) if other.key == run.key]
    if places:
        runs[places[0]] = run
    else:
        runs.append(run)
    save_runs(runs, path)
