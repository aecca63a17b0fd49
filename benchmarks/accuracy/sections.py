"""The sections of the page, one function each."""

import itertools
import statistics
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from benchmarks.accuracy.bundled import Bundled
from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.accuracy.published import COMBINED, SINGLE_PASS, Published
from benchmarks.accuracy.subsets import FIRST, LAST, REJECTED_LABELS, UNDISPUTED, errors_in
from benchmarks.accuracy.summary import Summary, committees, current, summaries
from benchmarks.accuracy.targets import duration
from benchmarks.page.markdown import percent, prose, section, table
from digitnet.arrays import IMAGE_SIDE
from digitnet.evaluation.metrics import wilson_interval
from digitnet.training.recipes import PRESETS

__all__ = [
    "bundled_section",
    "combined_section",
    "learning_section",
    "seeds_section",
    "single_section",
    "where_section",
]

_NOT_YET = "not measured yet"
_CONFIDENCES = (0.0, 0.8, 0.9, 0.99, 0.999, 2.0)  # edges; nothing is surer than 1


def single_section(rows: Sequence[Measurement]) -> str:
    """The presets beside published results: one network, one pass."""
    found = summaries(rows)
    lines = [_summary_row(found[preset]) if preset in found else _missing_row(preset) for preset in ON_THE_PAGE]
    published = [[result.what, percent(result.error), _cited(result)] for result in SINGLE_PASS]
    ours = [
        [f"**digitnet `{name}`**, {_network(found[name])}", f"**{percent(found[name].mean, 3)}**", _seeds(found[name])]
        for name in ON_THE_PAGE
        if name in found
    ]
    by_error = sorted([*published, *ours], key=lambda cells: -float(cells[1].strip("*% ")))
    return section(
        "Single networks, one pass",
        prose("""
            Each preset as `digitnet train --preset NAME --seed S` trains it, measured in float32. The deviation is that
            between seeds; the duration is the median of what the runs say in `train_seconds`."""),
        table(
            ["preset", "network", "parameters", "epochs", "seeds", "mean error", "deviation", "training", "machine"],
            lines,
        ),
        _command("train --preset NAME --seeds 0-4"),
        "Beside what others have published for one network and one pass:",
        _text_table(["network", "test error", "source"], by_error),
        prose("""
            The published figures are as their authors state them; on which images each of them chose its network was
            not checked here. Ours are means over seeds, theirs mostly single networks."""),
    )


def _summary_row(summary: Summary) -> list[str]:
    row = summary.rows[0]
    machines = sorted({f"{row.machine['processor']}, {row.machine['cores']} cores" for row in summary.rows})
    return [
        f"`{summary.preset}`",
        _network(summary),
        f"{row.parameters:,}",
        f"{row.settings['epochs']:,}",
        str(len(summary.rows)),
        percent(summary.mean, 3),
        "-" if summary.deviation is None else percent(summary.deviation, 3),
        duration(summary.seconds),
        ", ".join(machines),
    ]


def _missing_row(preset: str) -> list[str]:
    recipe = PRESETS[preset]
    network = _layers(recipe.hidden_sizes)
    return [f"`{preset}`", network, "-", f"{recipe.epochs:,}", "0", _NOT_YET, "-", "-", "-"]


def _network(summary: Summary) -> str:
    return _layers(summary.rows[0].settings["hidden_sizes"])


def _layers(hidden_sizes: Sequence[int]) -> str:
    return "-".join(map(str, [IMAGE_SIDE * IMAGE_SIDE, *hidden_sizes, 10]))


def _seeds(summary: Summary) -> str:
    return f"this page, {_counted(len(summary.rows), 'seed')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cited(result: Published) -> str:
    return f"[{result.source}]({result.link})"


def seeds_section(rows: Sequence[Measurement]) -> str:
    """Every network that was opened on the test images."""
    header = ["preset", "seed", "mistakes", "error", "int8", "log loss", "ECE", "validation", "training"]
    lines = [_seed_row(row) for summary in summaries(rows).values() for row in summary.rows]
    if not lines:
        return section("Every seed", f"{_NOT_YET.capitalize()}.")
    return section(
        "Every seed",
        prose("""
            Mistakes among the 10,000 test images in float32 and in int8; log loss (nats) and expected calibration error
            (15 bins) of the float32 model; the error on the held-out training images, where some were held out."""),
        table(header, lines),
        _command("record RUN") + " The same from a run folder: `digitnet evaluate RUN --precision float32`.",
    )


def _seed_row(row: Measurement) -> list[str]:
    validation = row.validation
    return [
        f"`{row.preset}`",
        str(row.seed),
        str(row.errors),
        _rate(row.errors, row.n),
        "-" if row.int8 is None else str(row.int8["errors"]),
        f"{row.nll:.4f}",
        percent(row.ece),
        "-" if validation is None else percent(validation["errors"] / validation["n"]),
        duration(row.train_seconds or 0.0),
    ]


def _rate(errors: int, n: int) -> str:
    low, high = wilson_interval(errors, n)
    return f"{percent(errors / n)} [{100 * low:.2f}, {100 * high:.2f}]"


def where_section(rows: Sequence[Measurement]) -> str:
    """The two halves of the test set, the rejected labels, and what all seeds have in common."""
    found = summaries(rows)
    if not found:
        return section("Where the mistakes are", f"{_NOT_YET.capitalize()}.")
    lines = [
        [
            f"`{preset}`",
            *(percent(_mean_rate(summary, part), 3) for part in (FIRST, LAST, UNDISPUTED)),
            f"{_mean_count(summary, REJECTED_LABELS):.1f}",
            f"{len(summary.shared):,}",
            f"{len(summary.any_wrong):,}",
        ]
        for preset, summary in found.items()
    ]
    header = ["preset", "first 5,000", "last 5,000", "without the 15", "of the 15", "with every seed", "with any seed"]
    return section(
        "Where the mistakes are",
        prose("""
            Mean error over the seeds on parts of the test set; how many of the 15 images with a disputed label are
            counted as mistakes; how many images are misread with every seed, and how many with at least one."""),
        table(header, lines),
        prose("""
            **The two halves are not alike.** The first 5,001 images were written by 249 high-school students (NIST's
            Special Database 1), the other 4,999 by 48 employees of the Census Bureau (Special Database 3), who write
            more cleanly. The page of the data set says it the other way round; Yadav and Bottou
            ([2019](https://arxiv.org/abs/1905.10498)) traced each image to its writer, and the errors agree with them.
            A test on a part of these images therefore says little about the rest."""),
        prose(f"""
            **15 labels are disputed.** Northcutt, Athalye and Mueller ([2021](https://arxiv.org/abs/2103.14749)) showed
            suspicious test images to five people each; for 15 of them fewer than three confirmed the label: images
            {", ".join(map(str, sorted(REJECTED_LABELS)))}, counted from 0. They stay in all other figures, as in those
            of others."""),
        _command("page"),
    )


def _mean_rate(summary: Summary, part: AbstractSet[int] | range) -> float:
    return _mean_count(summary, part) / len(part)


def _mean_count(summary: Summary, part: AbstractSet[int] | range) -> float:
    return statistics.fmean(errors_in(row.wrong, part) for row in summary.rows)


def combined_section(rows: Sequence[Measurement]) -> str:
    """Several looks at an image, or several networks."""
    lines = [*_augmented_rows(rows), *_committee_rows(rows)]
    parts = []
    if lines:
        header = ["network", "copies", "mistakes", "error", "altered", "mean ms", "ms if altered"]
        parts.append(table(header, lines))
    else:
        parts.append(f"{_NOT_YET.capitalize()}.")
    return section(
        "Augmented inference and committees",
        prose("""
            These are never compared with the networks above. Augmented inference asks one network about altered copies
            of those images of which it is not sure, and averages; a committee averages several networks. Milliseconds
            are those an image takes, on average over all images in one call, and alone where it is altered."""),
        *parts,
        _command("record RUN_OR_COMMITTEE --augment-inference N"),
        "Published:",
        _text_table(
            ["networks", "test error", "source"],
            [[result.what, percent(result.error), _cited(result)] for result in COMBINED],
        ),
    )


def _augmented_rows(rows: Sequence[Measurement]) -> list[list[str]]:
    shown = [*current(rows), *committees(rows)]
    return [
        [
            row.name,
            str(entry["copies"]),
            str(entry["errors"]),
            _rate(entry["errors"], row.n),
            percent(entry["share"], 1),
            f"{entry['ms_mean']:.2f}",
            "-" if entry["ms_altered"] is None else f"{entry['ms_altered']:.1f}",
        ]
        for row in shown
        for entry in row.augmented
    ]


def _committee_rows(rows: Sequence[Measurement]) -> list[list[str]]:
    return [[row.name, "-", str(row.errors), _rate(row.errors, row.n), "-", "-", "-"] for row in committees(rows)]


def bundled_section(bundled: Bundled) -> str:
    """The model that a user gets, with all its mistakes."""
    recipe, evaluation = bundled.metadata.recipe, bundled.evaluation
    wrong = frozenset((evaluation.predicted_labels != bundled.test_set.labels).nonzero()[0].tolist())
    lines = [
        [
            f"{precision}{', the default' if precision == bundled.default else ''}",
            str(measured.errors),
            _rate(measured.errors, measured.n),
            f"{measured.nll:.4f}",
            percent(measured.ece),
            f"{bundled.bytes[precision] / 1e6:.1f}",
        ]
        for precision, measured in bundled.evaluations.items()
    ]
    return section(
        "The bundled model",
        prose(f"""
            Preset `{recipe["preset"]}`, seed {recipe["seed"]}, {_layers(recipe["hidden_sizes"])}, measured as this page
            was written{_trained(bundled)}."""),
        table(["precision", "mistakes", "error", "log loss", "ECE", "MB"], lines),
        _evaluations(bundled),
        prose(f"""
            Of its {evaluation.errors} mistakes {errors_in(wrong, FIRST)} are among the first 5,000 test images and
            {errors_in(wrong, LAST)} among the last; {errors_in(wrong, REJECTED_LABELS)} are of the 15 images with a
            disputed label, so without those it makes {_rate(errors_in(wrong, UNDISPUTED), len(UNDISPUTED))}.
            {_temperature(bundled)} How sure it is, and how often it is wrong then:"""),
        _confidence_table(bundled),
        "All of its mistakes:",
        "![All mistakes of the bundled model](figures/accuracy_mistakes.png)",
    )


def _evaluations(bundled: Bundled) -> str:
    commands = [f"`digitnet evaluate --precision {precision}`" for precision in bundled.evaluations]
    return f"Command: {', '.join(commands)}."


def _temperature(bundled: Bundled) -> str:
    is_fitted_here = bool(bundled.metadata.metrics.get("validation"))
    held_out = ", fitted on held-out training images" + ("" if is_fitted_here else " by another run of the recipe")
    return f"Its logits are divided by the temperature {bundled.evaluation.temperature:g}{held_out}."


def _trained(bundled: Bundled) -> str:
    if bundled.run is None:
        return ""
    return f"; trained by `{' '.join(bundled.run['command'])}`"


def _confidence_table(bundled: Bundled) -> str:
    """Answers by how sure they are; the probabilities are honest where the last two columns agree."""
    evaluation = bundled.evaluation
    is_wrong = evaluation.predicted_labels != bundled.test_set.labels
    lines = []
    for low, high in itertools.pairwise(_CONFIDENCES):
        chosen = (evaluation.confidence >= low) & (evaluation.confidence < high)
        if n := int(chosen.sum()):
            expected = n - float(evaluation.confidence[chosen].sum())
            lines.append([_between(low, high), f"{n:,}", str(int(is_wrong[chosen].sum())), f"{expected:.1f}"])
    return table(["probability of the answer", "answers", "wrong", "wrong if it is honest"], lines)


def _between(low: float, high: float) -> str:
    if low == 0:
        return f"below {100 * high:g} %"
    return f"{100 * low:g} % or more" if high > 1 else f"{100 * low:g} to {100 * high:g} %"


def learning_section(rows: Sequence[Measurement]) -> str:
    """Error against time, where anything was recorded."""
    if not any(row.history for row in current(rows)):
        return section("How they learn", f"{_NOT_YET.capitalize()}.")
    return section(
        "How they learn",
        prose("""
            Error on the held-out training images against the time since training began, one line each seed; for a
            preset that holds no images out, the error on the distorted training images, dashed."""),
        "![Error against time](figures/accuracy_learning.png)",
        _command("train --preset NAME --seeds 0-4") + " Each run has the same in its `history.csv`.",
    )


def _command(arguments: str) -> str:
    return f"Command: `python -m benchmarks.accuracy {arguments}`."


def _text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of text, to the left."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
