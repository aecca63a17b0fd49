"""docs/serving.md, from what was recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.page.circumstances import machine_table, skipped_list, version_table
from benchmarks.page.markdown import prose, section, table
from benchmarks.results import Result
from benchmarks.serving.sections import idle_section, load_section, page_section, soak_section, start_section
from benchmarks.serving.targets import targets
from digitnet.files import write_atomically

__all__ = ["page_text", "write_page"]

_SECTIONS: dict[str, tuple[str, Callable[[Result], str], str]] = {
    "idle": ("One request on an idle server", idle_section, "turns"),
    "load": ("Many connections, and batches", load_section, "turns"),
    "soak": ("Five minutes of good and bad requests", soak_section, "soak"),
    "start": ("From the start to the first answer, and memory", start_section, "start_up"),
    "page": ("The page in a browser", page_section, "page"),
}


def write_page(results: Mapping[str, Result], path: Path) -> None:
    """Write the page.

    Args:
        results: Of the comparisons, by name; those that are missing are said to be.
        path: The page.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page_text(results).encode())


def page_text(results: Mapping[str, Result]) -> str:
    """The page as Markdown."""
    parts = ["<!-- Written by `make serving`; changes by hand are lost. -->", "# Serving", _warning(results), _head()]
    parts.append(_target_table(results))
    for title, text_of, comparison in _SECTIONS.values():
        result = results.get(comparison)
        body = text_of(result) if result and result.measured else "Not measured."
        parts.append(section(title, body, skipped_list(result) if result else ""))
    return "\n\n".join(part for part in [*parts, _circumstances(results)] if part) + "\n"


def _warning(results: Mapping[str, Result]) -> str:
    if any(result.quick for result in results.values()):
        return "**A quick run, only to see that everything works: the figures on this page mean nothing.**"
    return ""


def _head() -> str:
    return prose("""
        How fast `digitnet serve` answers, beside other servers of models; what it does with bad requests; what it
        needs to start. Server and client share the machine, and all servers run at the same time and have their turns
        one after the other, round after round: a machine is never equally fast for long, so only what was measured
        side by side is compared. Each server is one worker with the same model file, the one that digitnet ships in
        int8, in a session of one thread; its probabilities were compared with digitnet's before anything was timed.
        Figures are medians over the rounds; "times" is the median of the ratios of each round, with its 95 % interval
        by bootstrap over the rounds.""")


def _target_table(results: Mapping[str, Result]) -> str:
    words = {True: "met", False: "**missed**", None: "not measured"}
    rows = [[target.what, target.wanted, target.measured or "-", words[target.met]] for target in targets(results)]
    lines = ["| what | target | measured | |", "| --- | --- | --- | --- |"]
    return section("The targets", "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]))


def _circumstances(results: Mapping[str, Result]) -> str:
    if not results:
        return section("How to repeat it", "    make serving")
    shown = [results[name] for name in sorted(results, key=lambda name: (results[name].when, name))]
    runs = [
        [
            result.comparison.replace("_", "-"),
            result.when.replace("T", " "),
            str(result.settings.get("rounds", "-")),
            "-" if result.machine["load"] is None else f"{result.machine['load']:.2f}",
        ]
        for result in shown
    ]
    return section(
        "How to repeat it",
        "    make serving",
        prose("""
            makes the environments of the peers, measures everything in about eleven minutes and writes this page.
            [benchmarks](../benchmarks/README.md) says what each comparison does. The load is the mean number of
            running processes over the minute before a comparison began; after the first it is mostly that of the
            comparison before."""),
        machine_table(shown[-1].machine),
        table(["comparison", "begun", "rounds", "load"], runs),
        version_table(shown),
    )
