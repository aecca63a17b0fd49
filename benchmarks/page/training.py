"""The sections about training: an epoch, what it consists of, and the cold start."""

import statistics

from benchmarks.comparisons.augmentation import PLAIN, PRESET, WITH
from benchmarks.comparisons.cold_start import EMPTY_CACHE, FILLED_CACHE, KERAS_EXAMPLE
from benchmarks.comparisons.engines import ENGINES, best_rates
from benchmarks.comparisons.profile import EVERYTHING, GATHER, NO_DROPOUT, NO_METRICS, PRODUCTS, SGD
from benchmarks.contestants.contest import HIDDEN_SIZES
from benchmarks.page.markdown import duration, interval, median_and_range, percent, prose, section, table, times
from benchmarks.page.targets import cold_start_ratio, shares_of_floor
from benchmarks.ratios import paired_ratio
from benchmarks.results import Result
from benchmarks.workload import floor_seconds

__all__ = [
    "TRAINERS",
    "augmentation_section",
    "cold_start_section",
    "epoch_floor",
    "epoch_section",
    "parts_of_an_epoch",
    "profile_section",
]

TRAINERS = {
    "digitnet": "**digitnet**",
    "Keras fit, TensorFlow": "Keras `fit`, TensorFlow",
    "Keras fit, JAX": "Keras `fit`, JAX",
    "Keras fit, PyTorch": "Keras `fit`, PyTorch",
    "PyTorch loop": "PyTorch loop by hand",
    "PyTorch loop, compiled": "PyTorch loop, `torch.compile`",
    "scikit-learn": "scikit-learn, no dropout",
}


def epoch_section(result: Result) -> str:
    """Everyone's seconds an epoch, beside the machine's floor."""
    ours = result.by_round("digitnet", "seconds")
    rows = []
    for name, label in TRAINERS.items():
        seconds = result.column(name, "seconds")
        if not seconds:
            continue
        ratio = paired_ratio(result.by_round(name, "seconds"), ours)
        accuracy = statistics.mean(result.column(name, "accuracy"))
        peak = max(result.column(name, "peak_mb"))
        beside = ["1", "-"] if name == "digitnet" else [times(ratio), interval(ratio)]
        rows.append([label, *median_and_range(seconds), *beside, percent(accuracy), f"{peak:,.0f}"])
    header = ["", "an epoch", "range", "times ours", "95 % interval", "accuracy", "peak MB"]
    epochs, images = result.settings["epochs"], result.settings["images"]
    return section(
        "Training: one epoch",
        prose(f"""
            784-512-512-10, ReLU, dropout 0.2, Adam, batches of 128, float32, {images:,} images. In each round everyone
            trains a new network for {epochs} epochs, in a process that stays alive between the rounds; the first
            epoch, which compiles, does not count. The accuracy is that on the 10,000 test images after those {epochs}
            epochs, the mean over the rounds, each round with a seed of its own. Keras's `fit` runs at its defaults.
            The PyTorch loop is what a good engineer would write: all data in memory as float32, batches selected by
            index from one permutation an epoch, the fused Adam, nothing computed beside the loss, and the fastest
            number of threads of those tried{_threads(result)}. scikit-learn's `MLPClassifier` has no dropout, so it
            has less to do."""),
        "![Seconds an epoch of every contestant](figures/performance_epoch.png)",
        table(header, rows),
        prose(_floor_text(result)),
        prose(f"""
            What this does not show: graphics cards, more than {result.machine["cores"]} cores, and other networks (see
            [how cost grows](#how-cost-grows)). The peak includes the data: as float32 it takes 188 MB, as the bytes
            that digitnet keeps 47 MB."""),
    )


def _threads(result: Result) -> str:
    note = result.said.get("PyTorch loop", {}).get("note", "")
    return f" ({note})" if note else ""


def epoch_floor(result: Result) -> float | None:
    """Seconds an epoch at the machine's rate, None where that was not measured."""
    rates = list(best_rates(result).values())
    if not rates:
        return None
    return floor_seconds(result.settings["images"], HIDDEN_SIZES, statistics.median(rates))


def _floor_text(result: Result) -> str:
    floor, shares = epoch_floor(result), shares_of_floor(result)
    if floor is None or not shares:
        return "The machine's rate in matrix products was not measured."
    operations = floor_seconds(result.settings["images"], HIDDEN_SIZES, 1e9)
    engines = [
        f"{statistics.median(rates) / 1e9:,.0f} in {engine}"
        for engine in ENGINES
        if (rates := result.column(f"rate, {engine}", "value"))
    ]
    ours = duration(statistics.median(result.column("digitnet", "seconds")))
    text = f"""
        **The floor.** The products of an epoch are {operations:,.1f} GFLOP. The best large square product reaches, in
        the same rounds and in GFLOP/s, {", ".join(engines)}: at the best of these rates the products alone would take
        {duration(floor)}. digitnet's epoch takes {ours}; the floor is {percent(statistics.median(shares), 0)} of it.
        """
    shaped = [
        f"{duration(statistics.median(seconds))} in {engine}"
        for engine in ENGINES
        if (seconds := result.column(f"eight products, {engine}", "value"))
    ]
    if shaped:
        text += f"""
            At the shapes that they have at batches of 128, the eight products of all steps, with nothing between them,
            take {" and ".join(shaped)}."""
    return text


def cold_start_section(result: Result) -> str:
    """Whole processes, from the shell to a trained and evaluated network."""
    names = {
        EMPTY_CACHE: "**digitnet**, nothing compiled before",
        FILLED_CACHE: "**digitnet**, compiled before",
        KERAS_EXAMPLE: f"Keras's example on TensorFlow, {result.settings['peer_epochs']} epochs",
    }
    rows = []
    for name, label in names.items():
        seconds, accuracies = result.column(name, "seconds"), result.column(name, "accuracy")
        if not seconds:
            continue
        share = "1" if name == KERAS_EXAMPLE else f"1/{times(cold_start_ratio(result, name))}"
        rows.append(
            [
                label,
                *median_and_range(seconds),
                share if result.measured.get(KERAS_EXAMPLE) else "-",
                percent(statistics.median(accuracies)),
                percent(min(accuracies)),
                str(len(seconds)),
                f"{max(result.column(name, 'peak_mb')):,.0f}",
            ]
        )
    header = ["", "seconds", "range", "of the example's time", "median accuracy", "lowest", "runs", "peak MB"]
    return section(
        "From a cold start to a trained network",
        prose("""
            Whole processes, timed from outside: the interpreter starts, imports, loads MNIST, builds, compiles,
            trains, evaluates on the 10,000 test images and ends. Ours is `digitnet train --preset quick` with another
            seed in each round, once with an empty folder for compiled programs and once with what the first run left
            there; it also calibrates, exports, draws its figures and writes its run folder. The peer is Keras's MNIST
            example, 784-512-512-10 trained by RMSprop, on TensorFlow. The example looks at the test images after every
            epoch; that was left out, which is in its favour."""),
        "![Test accuracy against time from the shell](figures/performance_cold_start.png)",
        table(header, rows),
        prose("""
            What this does not show: how far each could get with more time. `quick` is made to be quick; `standard` and
            `record` go further."""),
    )


def profile_section(result: Result) -> str:
    """What an epoch consists of."""
    whole = statistics.median(result.column(EVERYTHING, "seconds"))
    rows = [
        [name, duration(seconds), percent(seconds / whole, 0)] for name, seconds in parts_of_an_epoch(result).items()
    ]
    return section(
        "What an epoch consists of",
        prose("""
            The same network is trained with everything and then with one part left out or made cheap, in turn and in
            one process. A part is the median over the rounds of what leaving it out saves. The matrix products, and
            the shuffling and gathering, are programs of their own. The rest is what is left: activations, the loss,
            the update that even plain SGD makes, and all that comes between the programs."""),
        "![The parts of an epoch, one after the other](figures/performance_profile.png)",
        table(["", "an epoch", "part"], [*rows, ["**everything**", f"**{duration(whole)}**", "**100 %**"]]),
        prose("""
            What this does not show: the parts overlap in time and in memory traffic, so leaving out two saves less or
            more than the sum. A part within a few per cent of zero, also below it, is noise."""),
    )


def augmentation_section(result: Result) -> str:
    """What part of an epoch augmentation takes."""
    ratio = paired_ratio(result.by_round(PLAIN, "seconds"), result.by_round(WITH, "seconds"))
    rows = [
        [name, *median_and_range(result.column(name, "seconds")), str(len(result.column(name, "seconds")))]
        for name in (WITH, PLAIN)
        if result.column(name, "seconds")
    ]
    share = "not known" if ratio is None else percent(1 - ratio.median, 0)
    return section(
        "What augmentation costs",
        prose(f"""
            An epoch of `{PRESET}` with its images distorted anew, and the same epoch with the images as they are, in
            turn and in one process. Augmentation takes {share} of an epoch (the median over the rounds)."""),
        table(["", "seconds an epoch", "range", "rounds"], rows),
    )


def parts_of_an_epoch(result: Result) -> dict[str, float]:
    """Seconds of each part; they sum to an epoch."""
    whole = result.by_round(EVERYTHING, "seconds")

    def saved(name: str) -> float:
        less = result.by_round(name, "seconds")
        return statistics.median(whole[number] - less[number] for number in whole.keys() & less.keys()) if less else 0.0

    def alone(name: str) -> float:
        seconds = result.column(name, "seconds")
        return statistics.median(seconds) if seconds else 0.0

    parts = {
        "matrix products": alone(PRODUCTS),
        "dropout": saved(NO_DROPOUT),
        "Adam, beyond SGD": saved(SGD),
        "accuracy while training": saved(NO_METRICS),
        "shuffling, gathering": alone(GATHER),
    }
    return {**parts, "the rest": statistics.median(whole.values()) - sum(parts.values())}
