"""The sections about answering: in process, and from the shell."""

import statistics

from benchmarks.comparisons.answers import MANY, OURS_FLOAT32, OURS_INT8
from benchmarks.comparisons.start_up import BARE, HELP, IMPORT, PREDICT
from benchmarks.page.markdown import duration, interval, median_and_range, percent, prose, section, table, times
from benchmarks.page.targets import default_precision
from benchmarks.ratios import paired_ratio
from benchmarks.results import Result

__all__ = ["ANSWERERS", "answers_section", "start_up_section"]

ANSWERERS = {
    OURS_FLOAT32: "**digitnet**, float32",
    OURS_INT8: "**digitnet**, int8",
    "ONNX Runtime, defaults": "ONNX Runtime, at its defaults",
    "ONNX Runtime, one thread": "ONNX Runtime, one thread",
    "Keras predict, TensorFlow": "Keras `predict`, TensorFlow",
    "Keras model(x), TensorFlow": "Keras `model(x)`, TensorFlow",
    "Keras predict, JAX": "Keras `predict`, JAX",
    "Keras model(x), JAX": "Keras `model(x)`, JAX",
    "PyTorch": "PyTorch, `eval`, `no_grad`",
    "scikit-learn": "scikit-learn",
}


def answers_section(result: Result) -> str:
    """One image, and 10,000, by everyone with the same weights."""
    ours = default_precision(result)
    default = ours.rpartition(" ")[2]
    rows = [_answer_row(result, name, label, ours) for name, label in ANSWERERS.items()]
    header = ["", "one image", "times ours", "10,000 images", "range", "times ours", "95 % interval", "accuracy"]
    return section(
        "Answers",
        prose(f"""
            One network, 784-512-512-10, is trained by digitnet and its weights are given to everyone, so that all give
            the same answers; the accuracy is that on the 10,000 test images. Each contestant has a process of its own
            and is called again and again, with other images each time; what counts is the median duration of a call in
            each round, and then the median over the rounds. digitnet is `classifier.predict`, at its defaults but for
            the precision ({default} is what a user gets who does not ask for one, and "ours" in the table); it takes
            the images as bytes, checks them, and gives labels. All peers compute in float32. All but ONNX Runtime get
            pixels that were divided by 255 and flattened beforehand, and all give scores: both are in their favour.
            `model(x)` is the call that Keras recommends for small inputs."""),
        "![Duration of a call, one image and 10,000](figures/performance_answers.png)",
        table(header, [row for row in rows if row]),
        prose("""
            What this does not show: several clients at once, and pictures that are not yet in MNIST's frame: finding
            the digit in a photo takes longer than classifying it."""),
    )


def _answer_row(result: Result, name: str, label: str, ours: str) -> list[str]:
    """Empty where the contestant did not take part."""
    one, many = (result.column(f"{size:,} x {name}", "seconds") for size in (1, MANY))
    if not one or not many:
        return []
    one_ratio, many_ratio = (
        paired_ratio(result.by_round(f"{size:,} x {name}", "seconds"), result.by_round(f"{size:,} x {ours}", "seconds"))
        for size in (1, MANY)
    )
    return [
        label,
        duration(statistics.median(one)),
        "1" if name == ours else times(one_ratio),
        *median_and_range(many),
        "1" if name == ours else times(many_ratio),
        "-" if name == ours else interval(many_ratio),
        percent(result.said[name]["accuracy"]),
    ]


def start_up_section(result: Result) -> str:
    """Whole processes."""
    rows = [
        [f"`{name}`", f"{statistics.median(seconds):.3f} s", f"{min(seconds):.3f} to {max(seconds):.3f}", f"{peak:.0f}"]
        for name in (BARE, IMPORT, HELP, PREDICT)
        if (seconds := result.column(name, "seconds")) and (peak := max(result.column(name, "peak_mb")))
    ]
    return section(
        "Start-up",
        prose("""
            Whole processes, from their start to their end, as a shell would see them; each once a round, with the
            files in the disk cache. `one.png` is a drawn 7 of 300 x 400 pixels."""),
        table(["", "seconds", "range", "peak MB"], rows),
        prose("""
            What this does not show: the very first start after a boot, which reads the packages from the disk."""),
    )
