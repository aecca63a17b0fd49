"""The writer of all pages: a template in Markdown, filled with the rows that were measured.

A template is Markdown with gaps:

    {experiment/subject/measure!format}   one value, anywhere; the format may be left out
    {experiment.setting}                  what was asked of a run, or what a contestant reported of itself
    @ experiment | {subject} | {measure!format} | ...   a table row for each subject of the experiment
    = what | wanted | {measured} | experiment/subject/measure <= number and ...   a target: met or missed
    ~ subject = label                     how the rows of `@` call a subject
    @skipped experiment                   who could not take part, and why
    @circumstances                        machine, dates and versions of all runs

A format is `n`, `range` or `interval` of the row; `rate` for errors as `0.39 % [0.29, 0.53]`; `%2` for a share in per
cent with two digits; `1/` for one part of so many; or a format of Python's. Left out, the unit decides. What was not
measured is a dash. Paragraphs are wrapped to 120 letters.
"""

import operator
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.results import MEASURED, Row, Run, load_runs
from benchmarks.settings import DOCS
from digitnet.evaluation.metrics import wilson_interval
from digitnet.files import write_atomically

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 120  # letters of a line
_QUICK = "**A quick run, only to see that everything works: the figures on this page mean nothing.**"
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


class Results:
    """Runs, looked up by experiment, subject and measure."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self._rows: dict[str, dict[str, dict[str, Row]]] = {}
        for run in runs:
            subjects = self._rows.setdefault(run.experiment, {})
            for row in run.rows:
                subjects.setdefault(row.subject, {})[row.measure] = row

    def subjects(self, experiment: str) -> list[str]:
        """All that have rows, in the order in which they were measured."""
        return list(self._rows.get(experiment, {}))

    def row(self, experiment: str, subject: str, measure: str) -> Row | None:
        """One row; None where it was not measured."""
        return self._rows.get(experiment, {}).get(subject, {}).get(measure)

    def at(self, path: str) -> Row | None:
        """The row of `experiment/subject/measure`."""
        experiment, subject, measure = path.split("/")
        return self.row(experiment, subject, measure)

    def setting(self, experiment: str, name: str) -> str:
        """What the run of an experiment was asked for; a dash where that is not known."""
        values = [run.settings[name] for run in self.runs if run.experiment == experiment and name in run.settings]
        return str(values[-1]) if values else "-"


def write_page(name: str, measured: Path | None = None, page: Path | None = None) -> Path:
    """Write one page.

    Returns the path of the page.
    """
    path = page or DOCS / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page_text(name, load_runs(measured or MEASURED / f"{name}.json")))
    return path


def page_text(name: str, runs: Sequence[Run]) -> str:
    """The page as Markdown, from its template and all runs."""
    results = Results(runs)
    blocks = (_TEMPLATES / f"{name}.md").read_text(encoding="utf-8").strip().split("\n\n")
    labels = dict(line[2:].split(" = ", 1) for block in blocks for line in block.splitlines() if line[:2] == "~ ")
    filled = [_filled(block, results, labels) for block in blocks if not block.startswith("~ ")]
    if any(run.settings.get("quick") for run in runs):
        filled.insert(2, _QUICK)
    return "\n\n".join(block for block in filled if block) + "\n"


def _filled(block: str, results: Results, labels: dict[str, str]) -> str:
    if block == "@circumstances":
        return _circumstances(results)
    if block.startswith("@skipped "):
        return _skipped(results, block.split()[1])
    if block.startswith("|"):
        return "\n".join(_table_lines(block, results, labels))
    text = _with_values(block, results)
    if block.startswith(("#", "    ", "- ", "![", "<!--")):
        return text
    joined = re.sub(r"(\d) (?=%|ms|µs|MB|s\b)", "\\1\0", " ".join(text.split()))  # a unit stays at its number
    return textwrap.fill(joined, _WIDTH, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def _table_lines(block: str, results: Results, labels: dict[str, str]) -> list[str]:
    lines = []
    for line in block.splitlines():
        if line.startswith("@ "):
            experiment, _, pattern = line[2:].partition(" | ")
            for subject in results.subjects(experiment):
                lines += _subject_line(pattern, experiment, subject, results, labels)
        elif line.startswith("= "):
            lines.append(_target_line(line[2:], results))
        else:
            lines.append(_with_values(line, results))
    return lines


def _subject_line(pattern: str, experiment: str, subject: str, results: Results, labels: dict[str, str]) -> list[str]:
    """The row of one subject; none where nothing of it was measured."""
    label = labels.get(subject) or re.sub(r"^digitnet\b", "**digitnet**", subject)
    found = False

    def value(match: re.Match[str]) -> str:
        nonlocal found
        if match[1] == "subject":
            return label
        row = results.row(experiment, subject, match[1])
        found = found or row is not None
        return text_of(row, match[2])

    text = re.sub(r"\{([^{}!/]+)(?:!([^{}]+))?\}", value, pattern)
    return [f"| {text}"] if found else []


def _with_values(text: str, results: Results) -> str:
    text = re.sub(
        r"\{([^{}/]+/[^{}/]+/[^{}/!]+)(?:!([^{}]+))?\}", lambda match: text_of(results.at(match[1]), match[2]), text
    )
    return re.sub(r"\{([\w ]+)\.(\w+)\}", lambda match: results.setting(match[1], match[2]), text)


def _target_line(line: str, results: Results) -> str:
    what, wanted, measured, condition = (cell.strip() for cell in line.split(" | "))
    verdicts = [_holds(part, results) for part in re.split(r"(?<=\d) and ", condition)]  # after a number
    if None in verdicts:
        return f"| {what} | {wanted} | - | not measured |"
    return f"| {what} | {wanted} | {_with_values(measured, results)} | {'met' if all(verdicts) else '**missed**'} |"


def _holds(condition: str, results: Results) -> bool | None:
    path, sign, bound = condition.rsplit(" ", 2)
    row = results.at(path)
    return None if row is None else _COMPARE[sign](row.number, float(bound))


def text_of(row: Row | None, how: str | None = None) -> str:
    """A value as a person reads it, in one of the formats of templates."""
    if row is None:
        return "-"
    if how in {"range", "interval"}:
        ends = row.range if how == "range" else row.interval
        return " to ".join(_by_unit(end, row.unit) for end in ends) if ends else "-"
    if how == "n":
        text = "-" if row.n is None else f"{row.n:,}"
    elif how == "rate":
        low, high = wilson_interval(int(row.value), row.n or 1)
        text = f"{100 * row.number:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"
    elif how == "1/":
        text = f"1/{_three_digits(row.value)}"
    elif how and how.startswith("%"):
        text = f"{100 * row.number:.{how[1:]}f} %"
    else:
        text = format(row.value, how) if how else _by_unit(row.value, row.unit)
    return text


def _by_unit(value: float, unit: str) -> str:
    if unit == "s":
        return duration(value)
    if unit == "ms":
        return f"{value:.2f} ms" if value < 9.995 else f"{value:.1f} ms"
    if unit == "times":
        return _three_digits(value)
    if unit == "share":
        return f"{100 * value:.2f} %"
    return f"{value:.0f} %" if unit == "%" else f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Three digits, in the unit that suits: `6.85 min`, `1.02 s`, `43.1 ms`, `-52.0 µs`."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds >= 300:
        return f"{_three_digits(seconds / 60)} min"
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if seconds * factor >= 1 - 5e-4:
            return f"{_three_digits(seconds * factor)} {unit}"
    return f"{_three_digits(seconds * 1e6)} µs"


def _three_digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _skipped(results: Results, experiment: str) -> str:
    lines = [
        f"- {name}: `{_without_folders(reason)}`"
        for run in results.runs
        if run.experiment == experiment
        for name, reason in run.skipped.items()
    ]
    return "\n".join(["Not measured:", "", *dict.fromkeys(lines)]) if lines else ""


def _without_folders(reason: str) -> str:
    """One line without the folders of this machine."""
    return re.sub(r"(?:/[^\s/:']+)+/([^\s/:']+)", r"\1", " ".join(reason.split())).replace("`", "'")


def _circumstances(results: Results) -> str:
    """Tables of the machines, of when each experiment ran, and of the versions."""
    machines: dict[str, set[str]] = {}
    versions: dict[str, set[str]] = {}
    for run in results.runs:
        for name, value in run.machine.items():
            if name != "load" and value:
                machines.setdefault(name, set()).add(", ".join(value) if isinstance(value, list) else str(value))
        for name, value in run.versions.items():
            versions.setdefault(name, set()).update(value.split(", "))
    dated = [run for run in results.runs if run.date and not run.name]
    runs = [
        f"| {run.experiment} | {run.date.replace('T', ' ')} | {run.settings.get('rounds', '-')} | "
        f"{run.machine.get('load') or '-'} | {f'`{run.command}`' if run.command else '-'} |"
        for run in sorted(dated, key=lambda run: run.date)
    ]
    head = ["| experiment | begun | rounds | load | command |", "| --- | --- | ---: | ---: | --- |"]
    tables = [
        [f"| {name.replace('_', ' ')} | {_joined(values)} |" for name, values in machines.items()],
        runs,
        [f"| {name} | {_joined(versions[name])} |" for name in sorted(versions, key=str.casefold)],
    ]
    heads = (["| machine | |", "| --- | --- |"], head, ["| package | version |", "| --- | --- |"])
    return "\n\n".join("\n".join([*head, *lines]) for head, lines in zip(heads, tables, strict=True) if lines)


def _joined(values: set[str]) -> str:
    """Sorted, and unable to break a table."""
    return "; ".join(re.sub(r"[|\s]+", " ", value) for value in sorted(values))
