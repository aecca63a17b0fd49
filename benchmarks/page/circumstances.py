"""On every page of figures: the machine, the versions, and who could not take part."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.page.markdown import table
from benchmarks.results import Result

__all__ = ["machine_table", "skipped_list", "version_table"]


def machine_table(machine: Mapping[str, Any]) -> str:
    """What `describe_machine` found, but for the load."""
    memory = f"{machine['memory_gb']:g} GB" if machine["memory_gb"] else "unknown"
    rows = [
        ("processor", machine["processor"]),
        ("cores", str(machine["cores"])),
        ("vector instructions", ", ".join(machine["instructions"]) or "unknown"),
        ("memory", memory),
        ("system", machine["system"]),
        ("Python", machine["python"]),
    ]
    return "\n".join(["| machine | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def version_table(results: Iterable[Result]) -> str:
    """Each package with its version; with all of them, where environments differ."""
    found: dict[str, set[str]] = {}
    for result in results:
        for versions in result.versions.values():
            for package, version in versions.items():
                found.setdefault(package, set()).add(version)
    rows = [[package, ", ".join(sorted(found[package]))] for package in sorted(found, key=str.casefold)]
    return table(["package", "version"], rows)


def skipped_list(result: Result) -> str:
    """Everyone who was skipped, and why; empty where nobody was."""
    lines = [f"- {name}: `{_without_paths(reason)}`" for name, reason in result.skipped.items()]
    return "\n".join(["Not measured:", "", *lines]) if lines else ""


def _without_paths(reason: str) -> str:
    """One line without the folders of this machine."""
    return re.sub(r"(?:/[^\s/:']+)+/([^\s/:']+)", r"\1", " ".join(reason.split())).replace("`", "'")
