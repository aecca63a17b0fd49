"""docs/pictures.md, from the rows that were recorded."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page.markdown import duration, percent, prose, section, table
from benchmarks.pictures.figures import figures_for
from benchmarks.pictures.hardships import HARDSHIPS, LEVELS
from benchmarks.pictures.measured import Measurement
from benchmarks.pictures.refusal import Refusal, load_refusal
from benchmarks.pictures.samples import NOTHINGS, PLAIN, SEVERITIES
from benchmarks.pictures.speed import Speed, load_speed
from benchmarks.pictures.targets import GIVEN, MNIST_NAME, targets
from digitnet.evaluation.metrics import wilson_interval
from digitnet.files import write_atomically

__all__ = ["page_text", "write_page"]

_NOT_MEASURED = "Not measured yet."


def write_page(rows: Sequence[Measurement], path: Path) -> None:
    """Write the page, and its figures into the folder `figures` beside it.

    Args:
        rows: All that was recorded.
        path: The page.
    """
    folder = path.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in figures_for(rows).items():
        write_atomically(folder / name, draw())
    write_atomically(path, page_text(rows, load_refusal(), load_speed()))


def page_text(rows: Sequence[Measurement], refusal: Refusal | None = None, speed: Speed | None = None) -> str:
    """The page as Markdown, the same for the same rows in any order."""
    ordered = sorted(rows, key=lambda row: row.key)
    parts = [
        "<!-- Written by `python -m benchmarks.pictures page`; changes by hand are lost. -->",
        "# Pictures",
        _introduction(),
        _example(),
        _targets(ordered, refusal),
        _levels(ordered),
        _stress(ordered),
        _given(ordered),
        _nothing(ordered),
        _speed(speed) if speed else "",
        _repetition(ordered),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction() -> str:
    return prose("""
        How well digits are read in pictures of any kind, through the public interface: `read_digit` and `read_number`
        of `digitnet.load_classifier()`, which are told neither the size of a picture nor whether ink is dark or light.
        An answer that is `unsure` counts by its best guess; a digit that is called `not_a_digit`, or that ends in an
        error, counts as an error. Brackets hold Wilson's 95 % interval.""")


def _example() -> str:
    text = prose("""
        What happens to a picture on the way, as `digitnet read PICTURE --explain OUT.png` draws it. The digits are
        test images of MNIST on paper that was made up for them.""")
    return f"{text}\n\n![A number on squared paper, and how it is read](figures/pictures_explained.png)"


def _targets(rows: Sequence[Measurement], refusal: Refusal | None) -> str:
    lines = ["| what | n | textbook | target | measured | |", "| --- | ---: | ---: | --- | --- | --- |"]
    for line in targets(rows, refusal):
        target = line.target
        verdict = {True: "met", False: "**missed**", None: "not measured yet"}[target.met]
        if target.measured and target.met is None:
            verdict = "measured on a part"
        what = target.what if line.is_shipped else f"{target.what} *"
        cells = (what, f"{line.n:,}", line.textbook or "-", target.wanted, target.measured or "-", verdict)
        lines.append(f"| {' | '.join(cells)} |")
    note = prose("""
        \\* Measured on pictures that are not shipped with the project, since some of their sources state no licence;
        every other row can be repeated by the commands below. *Textbook* is the error of the same kind of network
        after the textbook's normalisation (crop, longer side to 20 pixels, centre of mass to the middle), measured
        with polarity known, or of the program that is named.""")
    return section("The targets", "\n".join(lines), note)


def _cells(row: Measurement) -> list[str]:
    """What the tables of sets show behind the name."""
    low, high = wilson_interval(row.errors, row.n)
    return [
        f"{row.n:,}",
        f"{row.errors:,}",
        f"{percent(row.rate)} [{100 * low:.2f}, {100 * high:.2f}]",
        f"{row.unsure:,}",
        f"{row.refused:,}",
        f"{row.failed:,}",
        duration(row.median_ms / 1e3),
    ]


_COLUMNS = ["n", "errors", "error", "unsure", "refused", "failed", "median time"]


def _levels(rows: Sequence[Measurement]) -> str:
    names = (PLAIN, *LEVELS)
    shown = [row for name in names for row in rows if row.is_rendered and row.name == name]
    lines = [
        [f"{row.name}, {row.kind}", *_cells(row)] for kind in ("digits", "lines") for row in shown if row.kind == kind
    ]
    return section(
        "Rendered pictures: two levels",
        prose("""
            MNIST's test digits, given a smooth outline, written on paper that does not exist and photographed by a
            camera that does not either. *Plain* is black on white, 200 pixels high; at the other levels each picture
            has a random combination of the hardships of the next section: *mild* has 2 to 4 of them with severities
            of 0.10 to 0.35, *hard* 4 to 7 with 0.30 to 0.80. Two that hide the same thing, such as faint ink and
            noise, share one severity, so that a person can still read almost everything. Lines hold two to eight
            digits; a quarter of those pictures have two or three lines. A line counts as right if every digit is."""),
        "![Samples of digits and lines, mild and hard](figures/pictures_levels.png)",
        table(["", *_COLUMNS], lines) if lines else _NOT_MEASURED,
        "    python -m benchmarks.pictures render levels lines",
    )


def _stress(rows: Sequence[Measurement]) -> str:
    found = {row.name: row for row in rows if row.is_rendered and row.severity is not None}
    plain = {row.kind: row for row in rows if row.is_rendered and row.name == PLAIN}
    lines = []
    for hardship in HARDSHIPS:
        measured = [found.get(f"{hardship} {severity:.2f}") for severity in SEVERITIES]
        if any(measured):
            start = plain.get("lines" if hardship == "touching" else "digits")
            numbers = ["-" if row is None else percent(row.rate, 1) for row in (start, *measured)]
            lines.append([f"`{hardship}`", *numbers])
    header = ["error at severity", "0", *(f"{severity:g}" for severity in SEVERITIES)]
    counts = sorted({row.pictures for row in found.values()})
    count = f" {' or '.join(f'{count:,}' for count in counts)} pictures for each number." if counts else ""
    meanings = "\n".join(f"- `{name}`: {meaning}." for name, meaning in HARDSHIPS.items())
    return section(
        "Rendered pictures: one hardship at a time",
        prose(f"""
            Each hardship alone, from none of it (0) to as much as the renderer has (1). The same digits and the same
            directions, places and colours at every severity.{count} `touching` counts lines, all others
            single digits."""),
        "![Each hardship at severities 0.25, 0.5 and 1](figures/pictures_hardships.png)",
        meanings,
        "![Error against severity of each hardship](figures/pictures_stress.png)" if lines else "",
        table(header, lines) if lines else _NOT_MEASURED,
        "    python -m benchmarks.pictures render stress",
    )


def _given(rows: Sequence[Measurement]) -> str:
    shown = [row for row in rows if row.kind != "not digits" and (not row.is_rendered or row.name == MNIST_NAME)]
    lines = [[_title(row), *_cells(row)] for row in shown]
    return section(
        "Other people's pictures",
        prose("""
            Real digits of hands and cameras that MNIST has not seen. All but MNIST's own test images are pictures
            that are **not shipped** with the project; nothing was trained on them. Your own are measured by
            the same command: a folder with one sub-folder a digit, a folder with a table `labels.csv` (columns file
            and label) or `pages.csv` (columns file and lines, which are separated by `|`), or an `.npz` file with
            `images` and `labels`."""),
        table(["", *_COLUMNS], lines) if lines else _NOT_MEASURED,
        "    python -m benchmarks.pictures measure mnist\n    python -m benchmarks.pictures --folder DIR",
    )


def _title(row: Measurement) -> str:
    """What a set is, and its name; of a part, which one."""
    name, _, part = row.name.partition(": ")
    if row.is_rendered or name not in GIVEN:
        return _plain(row.name)
    return f"`{name}`, {part}" if part else f"`{name}`: {GIVEN[name].what.partition(': ')[2] or GIVEN[name].what}"


def _nothing(rows: Sequence[Measurement]) -> str:
    order: dict[str, int] = {name: place for place, name in enumerate(NOTHINGS)}
    shown = [row for row in rows if row.kind == "not digits"]
    shown.sort(key=lambda row: (order.get(row.name, len(order)), row.name))
    lines = [
        [_plain(row.name) if row.is_rendered else f"`{_plain(row.name)}`, not shipped", *_cells(row)] for row in shown
    ]
    return section(
        "Pictures without a digit",
        prose("""
            Blank sheets and scribble, rendered with mild hardships; noise of any strength and grain; and pictures of
            other things. An error is one that is called a digit, surely or not."""),
        "![Samples of pictures without a digit](figures/pictures_nothing.png)",
        table(["", *_COLUMNS], lines) if lines else _NOT_MEASURED,
        "    python -m benchmarks.pictures render nothing\n    python -m benchmarks.pictures measure --not-digits DIR\n"
        "    python -m benchmarks.pictures.refusal OTHERS.npz",
    )


def _speed(found: Speed) -> str:
    page = f"a photo of a page, {found.page_pixels / 1e6:g} megapixels, {found.page_digits} digits"
    lines = [
        [page, "at most 1 s", duration(found.page_seconds)],
        ["the most memory of the process that reads it", "less than 400 MB", f"{found.page_megabytes:,.0f} MB"],
        ["a 28 x 28 image", "at most 1 ms", duration(found.image_ms / 1e3)],
    ]
    return section(
        "Speed",
        prose(f"""
            On one core of {found.machine["cores"]} ({_plain(found.machine["processor"])}), decoding included. The page
            is JPEG and read by a process of its own, whose memory holds the interpreter and the network too;
            {found.page_right} of its lines are exactly right. The image comes to a process that has read others
            before."""),
        table(["", "target", "median"], lines),
        "    python -m benchmarks.pictures.speed",
    )


def _repetition(rows: Sequence[Measurement]) -> str:
    """Commands, machines and models."""
    return section(
        "How to repeat it",
        "    python -m benchmarks.pictures render --record --jobs 2\n"
        "    python -m benchmarks.pictures measure mnist --record\n"
        "    python -m benchmarks.pictures page",
        prose("""
            The first two add their rows to benchmarks/measured/pictures.json, the last writes this page from them.
            `--n` takes fewer pictures, `--seed` others, `--model` another network. A picture follows from the seed
            and its number alone, so the same command gives the same pictures, however many there are and on however
            many cores; JPEG is the one of the installed Pillow."""),
        _circumstances(rows),
    )


def _circumstances(rows: Sequence[Measurement]) -> str:
    """A table of the models, seeds and machines, where anything was recorded."""
    if not rows:
        return ""
    found = {
        "model": {f"{row.preset or 'unnamed'}, SHA-256 {row.model_sha256[:12]}" for row in rows},
        "seed": {str(row.seed) for row in rows},
        "processor": {f"{_plain(row.machine['processor'])}, {row.machine['cores']} cores" for row in rows},
    }
    lines = [f"| {name} | {'; '.join(sorted(values))} |" for name, values in found.items()]
    return "\n".join(["| measured with | |", "| --- | --- |", *lines])


def _plain(text: str) -> str:
    """Text that cannot break a table."""
    return re.sub(r"[|\s]+", " ", text)
