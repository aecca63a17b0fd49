"""docs/accuracy.md, from the rows that were recorded and the model inside the package."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy.bundled import Bundled, measure_bundled
from benchmarks.accuracy.figures import figures_for
from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.sections import (
    bundled_section,
    combined_section,
    learning_section,
    seeds_section,
    single_section,
    where_section,
)
from benchmarks.accuracy.summary import committees, current, outdated
from benchmarks.accuracy.targets import targets
from benchmarks.page.markdown import prose, section
from digitnet.files import write_atomically

__all__ = ["page_text", "write_page"]


def write_page(rows: Sequence[Measurement], path: Path) -> None:
    """Write the page, and its figures into the folder `figures` beside it.

    Args:
        rows: All that was recorded.
        path: The page.
    """
    bundled = measure_bundled()
    folder = path.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    text = page_text(rows, bundled)
    for name, draw in figures_for(rows, bundled).items():
        write_atomically(folder / name, draw())
    write_atomically(path, text)


def page_text(rows: Sequence[Measurement], bundled: Bundled) -> str:
    """The page as Markdown, the same for the same rows and the same bundled model."""
    parts = [
        "<!-- Written by `make accuracy`; changes by hand are lost. -->",
        "# Accuracy",
        _introduction(),
        _targets(rows, bundled),
        single_section(rows),
        seeds_section(rows),
        where_section(rows),
        combined_section(rows),
        bundled_section(bundled),
        learning_section(rows),
        _repetition(rows),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction() -> str:
    return prose("""
        How many of MNIST's 10,000 test images the networks get wrong: each preset with several seeds, the model inside
        the package, and what others have published for networks of dense layers. Recipes and strengths were chosen on
        training images of writers that were held out for it (docs/log.md tells the story); the seed of the bundled
        model was fixed beforehand, and the test set was opened once for each finished network. One pass means one
        network and one look at each image; what looks at altered copies or asks several networks stands in a table of
        its own. Brackets hold Wilson's 95 % interval, which covers the choice of the images; the standard deviation
        covers the luck of the seed.""")


def _targets(rows: Sequence[Measurement], bundled: Bundled) -> str:
    lines = ["| what | target | measured | |", "| --- | --- | --- | --- |"]
    for target in targets(rows, bundled):
        verdict = {True: "met", False: "**missed**", None: "not measured yet"}[target.met]
        lines.append(f"| {target.what} | {target.wanted} | {target.measured or '-'} | {verdict} |")
    note = prose("""
        A mean counts from five seeds on. Durations are medians over the seeds, and the slowest seed's for augmented
        inference; of several committees the largest counts, not the best. The sections below name the command of each
        figure.""")
    overview = "![Every seed beside the targets and beside published results](figures/accuracy_overview.png)"
    return section("The targets", "\n".join(lines), note, overview)


def _repetition(rows: Sequence[Measurement]) -> str:
    """Commands, machines and versions."""
    return section(
        "How to repeat it",
        "    make accuracy",
        prose("""
            trains every preset with seeds 0 to 4, which takes some hours, measures each network, adds its row to
            benchmarks/measured/accuracy.json and writes this page. What is trained and recorded already is left alone,
            so it may be interrupted. Step by step:"""),
        "    .venv/bin/python -m benchmarks.accuracy train --preset record --seeds 0-4 --runs runs/accuracy\n"
        "    .venv/bin/python -m benchmarks.accuracy record runs/accuracy/record-0 --augment-inference 32\n"
        "    .venv/bin/python -m benchmarks.accuracy record committee.onnx\n"
        "    .venv/bin/python -m benchmarks.accuracy page",
        prose("""
            `record` measures the float32 and the int8 model of a run folder through `digitnet.load_classifier` and
            `digitnet.evaluate`; [benchmarks](../benchmarks/README.md) says more. The same seed gives the same weights
            on the same machine; another processor or other versions may change the last bits, and so a mistake or
            two."""),
        _circumstances(rows),
        _left_out(rows),
    )


def _circumstances(rows: Sequence[Measurement]) -> str:
    """A table of the machines and versions, where anything was recorded."""
    shown = [*current(rows), *committees(rows)]
    if not shown:
        return ""
    found = {
        "processor": {f"{_plain(row.machine['processor'])}, {row.machine['cores']} cores" for row in shown},
        **{
            package: {row.versions[package] for row in shown if package in row.versions}
            for package in sorted({package for row in shown for package in row.versions})
        },
    }
    lines = [f"| {name} | {', '.join(sorted(values))} |" for name, values in found.items()]
    return "\n".join(["| trained and measured with | |", "| --- | --- |", *lines])


def _left_out(rows: Sequence[Measurement]) -> str:
    """A word on rows of recipes that have changed since."""
    old = outdated(rows)
    if not old:
        return ""
    names = "; ".join(row.name for row in old)
    return prose(f"Recorded, but left out here, since their preset has changed since: {names}.")


def _plain(text: str) -> str:
    """Text that cannot break a table."""
    return re.sub(r"[|\s]+", " ", text)
