"""The whole page, from whatever results there are."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.page.answering import answers_section, start_up_section
from benchmarks.page.circumstances import machine_table, skipped_list, version_table
from benchmarks.page.markdown import prose, section, table
from benchmarks.page.plots import answers_figure, cold_start_figure, epoch_figure, profile_figure
from benchmarks.page.plots_of_growth import answering_figure, growth_figure
from benchmarks.page.png import png
from benchmarks.page.scaling import growth_section
from benchmarks.page.targets import targets
from benchmarks.page.training import augmentation_section, cold_start_section, epoch_section, profile_section
from benchmarks.results import Result
from digitnet.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["page_text", "section_text", "write_page"]

_SECTIONS: dict[str, tuple[str, Callable[[Result], str]]] = {
    "epoch": ("Training: one epoch", epoch_section),
    "profile": ("What an epoch consists of", profile_section),
    "augmentation": ("What augmentation costs", augmentation_section),
    "cold_start": ("From a cold start to a trained network", cold_start_section),
    "answers": ("Answers", answers_section),
    "start_up": ("Start-up", start_up_section),
    "growth": ("How cost grows", growth_section),
}
_FIGURES: dict[str, tuple[str, Callable[[Result], "Figure"]]] = {
    "performance_epoch.png": ("epoch", epoch_figure),
    "performance_profile.png": ("profile", profile_figure),
    "performance_cold_start.png": ("cold_start", cold_start_figure),
    "performance_answers.png": ("answers", answers_figure),
    "performance_growth.png": ("growth", growth_figure),
    "performance_answering.png": ("growth", answering_figure),
}


def write_page(results: Mapping[str, Result], path: Path) -> None:
    """Write the page, and its figures into the folder `figures` beside it.

    Args:
        results: Of the comparisons, by name; those that are missing are said to be.
        path: The page.
    """
    figures = path.parent / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for name, (comparison, draw) in _FIGURES.items():
        if comparison in results and results[comparison].measured:
            write_atomically(figures / name, png(draw(results[comparison])))
    write_atomically(path, page_text(results).encode())


def page_text(results: Mapping[str, Result]) -> str:
    """The page as Markdown."""
    parts = [_head(results), _target_table(results)]
    for name, (title, _) in _SECTIONS.items():
        parts.append(section_text(results[name]) if name in results else f"## {title}\n\nNot measured.")
    parts.append(_circumstances(results))
    return "\n\n".join(parts) + "\n"


def section_text(result: Result) -> str:
    """The section of one comparison, with a word on everyone who was skipped."""
    title, section = _SECTIONS[result.comparison]
    text = section(result) if result.measured else f"## {title}\n\nNot measured."
    return "\n\n".join(part for part in (text, skipped_list(result)) if part)


def _head(results: Mapping[str, Result]) -> str:
    warning = ""
    if any(result.quick for result in results.values()):
        warning = "**A quick run, only to see that everything works: the figures on this page mean nothing.**"
    text = prose(f"""
        How fast digitnet trains, starts and answers, beside its peers and beside what the machine can do at most.
        Everything is measured in turn, round after round in one run, on {_machine_in_short(results)}: a machine is
        never equally fast for long, so only what was measured side by side is compared. Times are medians over the
        rounds; "times ours" is the median of the ratios of each round, with its 95 % interval by bootstrap over the
        rounds. Accuracy stands beside each time, so that nobody wins by computing less.""")
    parts = ["<!-- Written by `make bench`; changes by hand are lost. -->", "# Performance", warning, text]
    return "\n\n".join(part for part in parts if part)


def _machine_in_short(results: Mapping[str, Result]) -> str:
    machines = [result.machine for result in results.values()]
    if not machines:
        return "some machine"
    return f"a machine with {machines[-1]['cores']} cores ({machines[-1]['processor']})"


def _target_table(results: Mapping[str, Result]) -> str:
    words = {True: "met", False: "**missed**", None: "not measured"}
    rows = [[target.what, target.wanted, target.measured or "-", words[target.met]] for target in targets(results)]
    lines = ["| what | target | measured | |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return section("The targets", "\n".join(lines))


def _circumstances(results: Mapping[str, Result]) -> str:
    """Machine, versions, dates, rounds and load, and the commands."""
    commands = "\n".join(
        f"    .venv/bin/python -m benchmarks {name.replace('_', '-'):<11} # {title[0].lower()}{title[1:]}"
        for name, (title, _) in _SECTIONS.items()
    )
    return section(
        "How to repeat it",
        "    make bench",
        "makes the environments of the peers, measures everything and writes this page. One comparison alone:",
        commands,
        "[benchmarks](../benchmarks/README.md) says what each does.",
        _machine_table(results),
        _run_table(results),
        prose("""
            The load is the mean number of running processes over the minute before the comparison began; after the
            first it is mostly that of the comparison before."""),
        version_table(results.values()),
    )


def _machine_table(results: Mapping[str, Result]) -> str:
    machines = [result.machine for result in results.values()]
    if not machines:
        return "No machine has been described yet."
    return machine_table(machines[-1])


def _run_table(results: Mapping[str, Result]) -> str:
    rows = [
        [
            _SECTIONS[name][0],
            result.when.replace("T", " "),
            str(result.settings.get("rounds", "-")),
            "-" if result.machine["load"] is None else f"{result.machine['load']:.2f}",
        ]
        for name in _SECTIONS
        if (result := results.get(name))
    ]
    return table(["comparison", "begun", "rounds", "load"], rows)
