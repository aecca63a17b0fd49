"""What the seeds of a preset have in common, as rows of their own; and the parts of the test set that differ."""

import statistics
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from benchmarks.accuracy.presets import ON_THE_PAGE, differences
from benchmarks.results import Row, Run

_TEST_IMAGES = 10_000
_SEEDS = 5  # that a mean is judged by
_AUGMENTED_MS = 20.0  # an image may take, for a number of altered copies to be judged
# Images whose label fewer than three of five people confirmed: Northcutt, Athalye and Mueller (2021), arXiv 2103.14749;
# counted in mturk/mnist_mturk.json of github.com/cleanlab/label-errors.
DISPUTED = frozenset((947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729))
# Positions 0 to 5,000 were written by 249 high-school students, the rest by 48 employees of the Census Bureau: Yadav
# and Bottou (2019), arXiv 1905.10498, who traced each image to its writer. The data set's page has it the other way.
PARTS: dict[str, AbstractSet[int]] = {
    "first half": frozenset(range(5_000)),
    "last half": frozenset(range(5_000, _TEST_IMAGES)),
    "undisputed": frozenset(range(_TEST_IMAGES)) - DISPUTED,
    "disputed": DISPUTED,
}


def errors_in(mistakes: Sequence[Sequence[int]], part: str) -> int:
    """How many mistakes, pairs of position and answer, are in one of `PARTS`."""
    return sum(position in PARTS[part] for position, _ in mistakes)


def current(runs: Sequence[Run], experiment: str = "networks") -> list[Run]:
    """Runs of networks that were trained as their preset says today, in the order of presets and seeds."""
    found = [run for run in runs if run.experiment == experiment and not differences(run.settings["recipe"])]
    return sorted(found, key=_place)


def _place(run: Run) -> tuple[int, int, str]:
    preset = run.settings["recipe"]["preset"]
    return ON_THE_PAGE.index(preset) if preset in ON_THE_PAGE else len(ON_THE_PAGE), run.seed or 0, run.name


def summarise(runs: Sequence[Run]) -> list[Run]:
    """The runs in order, and at the end what follows from them, in place of what followed before."""
    networks, augmented = current(runs), current(runs, "augmented")
    committees = sorted((run for run in runs if run.experiment == "committees"), key=_members)
    summary = Run("presets", command="python -m benchmarks.accuracy page")
    for preset in ON_THE_PAGE:
        of_preset = [run for run in networks if run.settings["recipe"]["preset"] == preset]
        if of_preset:
            summary.rows += _preset_rows(preset, of_preset)
    combined = Run("combinations", command=summary.command)
    combined.rows = _augmented_rows([run for run in augmented if run.settings["recipe"]["preset"] == "record"])
    if committees:  # the largest, so that none is chosen by what it does on the test images
        errors = _value(committees[-1], "errors")
        row = Row("committee", "errors", errors.value, "errors", errors.n)
        combined.rows += [row, Row("committee", "members", _members(committees[-1]), "networks")]
    others = [
        run for run in runs if run.experiment not in {"networks", "augmented", "committees", "presets", "combinations"}
    ]
    left_out = [run.name for run in runs if run.experiment == "networks" and run not in networks]
    summary.settings["left_out"] = "; ".join(left_out) or "none"
    old = [run for run in runs if run.experiment == "networks" and run not in networks]
    for run in old:
        run.experiment = "outdated"
    return [*networks, *augmented, *committees, *others, *old, summary, combined]


def _members(run: Run) -> int:
    return int(run.name.rpartition(" ")[2])


def _value(run: Run, measure: str) -> Row:
    return next(row for row in run.rows if row.measure == measure)


def _preset_rows(preset: str, runs: Sequence[Run]) -> list[Row]:
    """Means over the seeds, on the whole test set and on its parts; and the mistakes that seeds have in common."""
    count, errors = len(runs), [_value(run, "errors") for run in runs]
    rates, mistakes = [row.number for row in errors], [row.details for row in errors]
    wrong = [{position for position, _ in of_seed} for of_seed in mistakes]

    def row(measure: str, value: float, unit: str) -> Row:
        return Row(preset, measure, value, unit, count)

    rows = [
        row("mean error", statistics.fmean(rates), "share"),
        row("training", statistics.median(_value(run, "training").value for run in runs), "s"),
        row("parameters", _value(runs[0], "parameters").value, "numbers"),
        row("epochs", runs[0].settings["recipe"]["epochs"], "epochs"),
        row("wrong with every seed", len(set.intersection(*wrong)), "images"),
        row("wrong with any seed", len(set.union(*wrong)), "images"),
        row("of the disputed", statistics.fmean(errors_in(each, "disputed") for each in mistakes), "images"),
    ]
    if count > 1:
        rows.append(row("deviation", statistics.stdev(rates), "share"))
    if count >= _SEEDS:
        rows.append(row("mean of five", statistics.fmean(rates), "share"))
    means = {part: statistics.fmean(errors_in(each, part) for each in mistakes) for part in PARTS}
    return rows + [row(part, mean / len(PARTS[part]), "share") for part, mean in means.items() if part != "disputed"]


def _augmented_rows(runs: Sequence[Run]) -> list[Row]:
    """The mean over the seeds; of several numbers of copies the largest that is quick enough for all of them."""
    by_copies: dict[int, list[Run]] = {}
    for run in runs:
        by_copies.setdefault(run.settings["copies"], []).append(run)
    slowest = {copies: max(_value(run, "altered").value for run in found) for copies, found in by_copies.items()}
    if not by_copies:
        return []
    copies = max((copies for copies, ms in slowest.items() if ms <= _AUGMENTED_MS), default=min(by_copies))
    found = by_copies[copies]
    rate = statistics.fmean(_value(run, "errors").number for run in found)
    subject = "augmented record"
    return [
        Row(subject, "mean error", rate, "share", len(found)),
        Row(subject, "slowest", slowest[copies], "ms", len(found)),
        Row(subject, "copies", copies, "copies"),
    ]
