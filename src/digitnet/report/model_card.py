"""The model card: what a model is for, how it was made, how well it does, and where it fails.

Everything in it is computed from `run.json` and `metrics.json`, so a card cannot say what was not measured.

Source of the form: M. Mitchell et al., Model cards for model reporting, FAT* 2019.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from digitnet.errors import RunFolderError
from digitnet.metrics import wilson_interval
from digitnet.report.style import names_of_classes

__all__ = ["model_card"]

_DIGITS = tuple(str(digit) for digit in range(10))

_MNIST_LIMITS = (
    "**The frame.** It knows digits as MNIST has them: 28 x 28 pixels, paper 0, ink 255, the digit scaled "
    "into 20 x 20 pixels and placed by its centre of mass. A picture that is merely resized to 28 x 28 is "
    "mostly misread. `digitnet predict` brings pictures into this frame first.",
    "**The hands.** MNIST was written by employees of the American Census Bureau and American high-school "
    "students around 1990, and collected by NIST. Other hands differ: a 1 with a long upstroke, a crossed 7, "
    "a 9 with a round tail. Expect more mistakes there.",
    "**The labels.** Some MNIST images are mislabelled or illegible. A few of the mistakes above are theirs.",
)
_COMMON_LIMITS = (
    "**Nothing else.** It always answers with one of its classes. Whatever else it is shown, a letter or a "
    "stain, gets one of them too, sometimes with high confidence.",
    "**Confidence.** Probabilities were compared with the truth on images like those it was trained on. On "
    "other images they tend to be too high.",
    "**One run.** The intervals cover the choice of the images, not the luck of the seed: training again "
    "with another seed gives a somewhat different model.",
    "**Consequences.** Where a wrong answer costs money or harms someone, let a person check it.",
)
_OTHER_DATA_LIMIT = (
    "**The data.** The figures hold for images made and framed as those of the data set named above; for "
    "any others, measure first."
)


def model_card(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the model card of a run.

    Args:
        run: The content of `run.json`: command, settings, seed, versions, data, started, class_names.
        metrics: The content of `metrics.json`: test and validation (each as `Evaluation.to_dict` gives it, or
            None), train_seconds, parameters; of runs that have a model in 8-bit integers too, bytes, and int8 with
            the same keys (or, as missing, the reason why there is none).

    Returns:
        Markdown, ending in a newline.

    Raises:
        RunFolderError: An entry is missing.
    """
    try:
        sections = (
            _purpose(run, metrics),
            _results(run, metrics),
            _classes(run, metrics),
            _training(run, metrics),
            _data(run["data"]),
            _limits(run),
            _licence(run),
        )
    except KeyError as error:
        raise RunFolderError(
            f"the model card cannot be written: expected an entry {error} in run.json or metrics.json, found none"
        ) from error
    return "\n\n".join(sections) + "\n"


def _purpose(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    names = run["class_names"]
    what = "handwritten digits, 0 to 9" if _knows_digits(run) else f"{len(names)} classes: {_listed(names)}"
    return (
        "# Model card\n\n"
        f"A multilayer perceptron with {metrics['parameters']:,} parameters that tells apart {what}. It was "
        f"trained on {run['data']['num_train']:,} images of `{_code(run['data']['source'])}`.\n\n"
        "## What it is for\n\n"
        "One gray image of 28 x 28 pixels goes in, one probability a class comes out. It is meant for "
        "learning how such a network works, as a baseline, and for reading such images where a wrong answer "
        "now and then does no harm."
    )


def _results(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    int8 = metrics.get("int8", {})
    measured = [(part, metrics.get(part)) for part in ("test", "validation")]
    measured += [(f"{part}, int8", int8.get(part)) for part in ("test", "validation")]
    rows = [_result_row(part, evaluation) for part, evaluation in measured if evaluation]
    if not rows:
        return "## How well it does\n\nNot measured: the data had neither test nor validation images."
    header = ("Images", "n", "Mistakes", "Accuracy", "Log loss", "Brier score", "Calibration error")
    notes = [
        "In brackets the 95 % interval: Wilson's for the accuracy, normal for the mean log loss (in nats) "
        "and the mean Brier score (0 best, 2 worst). The calibration error, over 15 bins, has none; it is "
        "biased upwards on few images."
    ]
    if metrics.get("validation"):
        temperature = metrics["validation"]["temperature"]
        notes.append(
            "The validation images were held out of the training data, and the temperature "
            f"{temperature:g} that calibrates the probabilities was fitted on them: their figures flatter."
        )
    if not metrics["test"]:
        notes.append(f"`{_code(run['data']['source'])}` has no test images.")
    if int8:
        notes.append(_int8_note(int8, metrics))
    return "\n\n".join(["## How well it does", _table(header, rows), *notes])


def _int8_note(int8: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    if "missing" in int8:
        return f"There is no model in 8-bit integers: {_code(int8['missing'])}."
    return (
        f"`model_int8.onnx` is the same network in 8-bit integers: {int8['bytes'] / 1e3:,.0f} kB instead of "
        f"{metrics['bytes'] / 1e3:,.0f} kB. Its scales were chosen on training images only."
    )


def _result_row(part: str, evaluation: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = evaluation["accuracy_interval"]
    return (
        part,
        f"{evaluation['n']:,}",
        f"{evaluation['errors']:,}",
        f"{100 * evaluation['accuracy']:.2f} % [{100 * low:.2f}, {100 * high:.2f}]",
        f"{evaluation['nll']:.4f}{_bracketed(evaluation['nll_interval'])}",
        f"{evaluation['brier']:.4f}{_bracketed(evaluation['brier_interval'])}",
        f"{100 * evaluation['ece']:.2f} %",
    )


def _classes(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    part = "test" if metrics["test"] else "validation"
    evaluation = metrics.get(part)
    if not evaluation:
        return "## Class by class\n\nNot measured."
    names = names_of_classes(run["class_names"], len(evaluation["per_class"]))
    header = ("Class", "n", "Mistakes", "Recall", "Precision", "F1")
    rows = [_class_row(scores, names[scores["label"]]) for scores in evaluation["per_class"]]
    sections = [f"## Class by class, {part} images", _table(header, rows)]
    if evaluation["most_confused"]:
        pairs = [(names[true], names[answer], f"{count:,}") for true, answer, count in evaluation["most_confused"]]
        sections += [
            f"The commonest of {evaluation['errors']:,} mistakes:",
            _table(("True class", "Answer", "Times"), pairs),
        ]
    return "\n\n".join(sections)


def _class_row(scores: Mapping[str, Any], name: str) -> tuple[str, ...]:
    support = scores["support"]
    if support == 0:
        return (name, "0", "", "not measured", "not measured", "not measured")
    errors = support - round(scores["recall"] * support)
    low, high = wilson_interval(errors, support)
    return (
        name,
        f"{support:,}",
        f"{errors:,}",
        f"{100 * scores['recall']:.2f} % [{100 * (1 - high):.2f}, {100 * (1 - low):.2f}]",
        f"{100 * scores['precision']:.2f} %",
        f"{100 * scores['f1']:.2f} %",
    )


def _training(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    settings = [(f"`{_code(name)}`", _setting(value)) for name, value in run["settings"].items()]
    versions = [(name, version) for name, version in run["versions"].items()]
    return "\n\n".join(
        (
            "## How it was trained",
            f"Started {run['started']}, seed {run['seed']}, took {_duration(metrics['train_seconds'])}:",
            f"```sh\n{shlex.join(run['command'])}\n```",
            _table(("Setting", "Value"), settings),
            _table(("Software", "Version"), versions),
        )
    )


def _data(data: Mapping[str, Any]) -> str:
    rows = []
    for part in ("train", "validation", "test"):
        digest = data[f"{part}_digest"]
        rows.append((part, f"{data[f'num_{part}']:,}", f"`{digest}`" if digest else "none"))
    return "\n\n".join(
        (
            "## Data",
            f"Source: `{_code(data['source'])}`. A digest is the SHA-256 of images and labels, in order.",
            _table(("Part", "Images", "Digest"), rows),
        )
    )


def _limits(run: Mapping[str, Any]) -> str:
    special = _MNIST_LIMITS if _is_mnist(run) else (_OTHER_DATA_LIMIT,)
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in (*special, *_COMMON_LIMITS))


def _licence(run: Mapping[str, Any]) -> str:
    data = (
        "MNIST is by Yann LeCun and Corinna Cortes, under CC BY-SA 3.0 "
        "(https://creativecommons.org/licenses/by-sa/3.0/)."
        if _is_mnist(run)
        else f"The data of `{_code(run['data']['source'])}` has a licence of its own: ask where it came from."
    )
    return f"## Licence\n\ndigitnet, which trained this model, is under the Apache License 2.0. {data}"


def _is_mnist(run: Mapping[str, Any]) -> bool:
    return bool(run["data"]["source"] == "mnist")


def _knows_digits(run: Mapping[str, Any]) -> bool:
    return _is_mnist(run) and tuple(run["class_names"]) == _DIGITS


def _bracketed(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" [{interval[0]:.4f}, {interval[1]:.4f}]"


def _setting(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_setting(entry) for entry in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_cell(name) for name in names)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    """One cell of a table: a class may be named `|`, or `<`."""
    text = " ".join(str(value).split())
    for character, written in (("&", "&amp;"), ("|", "&#124;"), ("<", "&lt;")):
        text = text.replace(character, written)
    return text


def _code(text: object) -> str:
    """Text between backticks, which must not end them."""
    return str(text).replace("`", "'").replace("\n", " ")
