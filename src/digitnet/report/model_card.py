"""The model card: what a model is for, how it was made, how well it does, and where it fails.

Everything in it is computed from `run.json` and `metrics.json`, so a card cannot say what was not measured; and each
figure stands with the command that gives it.

Source of the form: M. Mitchell et al., Model cards for model reporting, FAT* 2019.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from digitnet.arrays import IMAGE_SIDE
from digitnet.augmentation.distortion import Distortion
from digitnet.errors import RunFolderError
from digitnet.evaluation.metrics import wilson_interval
from digitnet.report.style import names_of_classes

__all__ = ["model_card"]

_DIGITS = tuple(str(digit) for digit in range(10))

# Settings that the card describes in sentences; its table has all settings.
_SETTINGS_IN_SENTENCES = {
    "hidden_sizes",
    "activation",
    "dropout",
    "batch_normalization",
    "optimizer",
    "learning_rate",
    "schedule",
    "weight_decay",
    "label_smoothing",
    "epochs",
    "batch_size",
}

_MNIST_LIMITS = (
    "**The frame.** It knows single digits as MNIST has them: 28 x 28 pixels, paper 0, ink 255, the digit scaled "
    "into 20 x 20 pixels and placed by its centre of mass. Two digits in one image get one answer.",
    "**Photos.** A picture that is merely resized to 28 x 28 is mostly misread. `digitnet predict` finds the ink, cuts "
    "it out and brings it into this frame first. Shadows, squared paper, faint or very thick pens and whatever else "
    "it takes for ink still lead to mistakes that the figures above do not count: they are of MNIST, not of photos.",
    "**The hands.** MNIST was written by employees of the American Census Bureau and American high-school "
    "students around 1990, and collected by NIST. Other hands differ: a 1 with a long upstroke, a crossed 7, "
    "a 9 with a round tail. Expect more mistakes there.",
    "**The labels.** Some MNIST images are mislabelled or illegible. A few of the mistakes above are theirs.",
)
_REFUSES = (
    "**What is no digit.** The output `digit_score` of the file, copied from the model inside the package, tells "
    "digits from everything else: a picture of something else is answered with `not a digit`. Some letters and marks "
    "that resemble digits are read as digits all the same."
)
_REFUSES_NOTHING = (
    "**Nothing else.** It has no digit score, so it always answers with one of its classes. Whatever else it is shown, "
    "a letter or a stain, gets one of them too, sometimes with high confidence."
)
_COMMON_LIMITS = (
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
            the same keys (or, as missing, the reason why there is none); and refuses_non_digits, whether the model
            files have a digit score, where that is known.

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
            _limits(run, metrics),
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
    elif metrics["test"]:
        notes.append(
            f"No images were held out; the temperature {metrics['test']['temperature']:g} that calibrates the "
            "probabilities was given."
        )
    if not metrics["test"]:
        notes.append(f"`{_code(run['data']['source'])}` has no test images.")
    if int8:
        notes.append(_int8_note(int8, metrics))
    return "\n\n".join(["## How well it does", _table(header, rows), *notes, *_commands(run, metrics)])


def _commands(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[str]:
    """What gives the figures."""
    texts = []
    if metrics["test"]:
        precisions = ["float32", *(["int8"] if metrics.get("int8", {}).get("test") else [])]
        data = "" if _is_mnist(run) else f" --data {shlex.quote(str(run['data']['source']))}"
        lines = "\n".join(f"digitnet evaluate MODEL{data} --precision {precision}" for precision in precisions)
        texts += [
            "The figures of the test images, those of the classes below among them, are printed by",
            f"```sh\n{lines}\n```",
            "MODEL is the folder that this card is in; it is left out for the model inside the package.",
        ]
    if metrics.get("validation"):
        texts.append("Those of the validation images are in the run's `metrics.json`, which the training below writes.")
    return texts


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
    settings = [(f"`{_code(name)}`", _setting(value)) for name, value in _flat(run["settings"])]
    versions = [(name, version) for name, version in run["versions"].items()]
    return "\n\n".join(
        (
            "## How it was trained",
            *_in_words(run),
            f"Started {run['started']}, seed {run['seed']}, took {_duration(metrics['train_seconds'])}:",
            f"```sh\n{shlex.join(run['command'])}\n```",
            _table(("Setting", "Value"), settings),
            _table(("Software", "Version"), versions),
        )
    )


def _in_words(run: Mapping[str, Any]) -> list[str]:
    """The recipe and the strengths of its augmentation as sentences; nothing of a run that names no such settings."""
    settings, texts = run["settings"], []
    if settings.keys() >= _SETTINGS_IN_SENTENCES:
        sizes = [IMAGE_SIDE * IMAGE_SIDE, *settings["hidden_sizes"], len(run["class_names"])]
        normalized = " with batch normalisation" if settings["batch_normalization"] else ""
        texts.append(
            f"A network {'-'.join(map(str, sizes))}, {settings['activation']}{normalized}, dropout "
            f"{settings['dropout']:g}, learned for {settings['epochs']:,} epochs in batches of "
            f"{settings['batch_size']:,}, by {settings['optimizer']} at a learning rate of at most "
            f"{settings['learning_rate']:g} ({settings['schedule']}), with a weight decay of "
            f"{settings['weight_decay']:g} and a label smoothing of {settings['label_smoothing']:g}."
        )
    if any(settings.get("receptive_fields", ())):
        seen = [f"{radius:g} pixels" if radius else "all" for radius in settings["receptive_fields"]]
        texts.append(
            "A unit of the hidden layers sees a disc around its place on the paper, from the first layer on of a "
            f"radius of {_enumerated(seen)}: its other weights are 0."
        )
    if settings.get("hard_examples"):
        texts.append(
            f"{100 * settings['hard_examples']:g} % of the images of an epoch were drawn in proportion to how badly "
            "each was read when it was last seen."
        )
    if "augmentation" in settings:
        texts.append(_augmentation_in_words(Distortion.from_dict(settings["augmentation"])))
    return texts


def _augmentation_in_words(strengths: Distortion) -> str:
    """How the training images were changed."""
    either = "to either side"
    changes = {
        f"turned by up to {strengths.rotation:g} degrees {either}": strengths.rotation,
        f"made up to {100 * strengths.scaling:g} % larger or smaller, width and height apart": strengths.scaling,
        f"slanted by up to {strengths.shear:g} degrees {either}": strengths.shear,
        f"moved by up to {strengths.shift} {_plural('pixel', strengths.shift)} along each axis": strengths.shift,
        f"bent elastically (alpha {strengths.elastic_alpha:g}, sigma {strengths.elastic_sigma:g}: "
        f"{strengths.elastic_pixels:.1f} pixels along each axis, root mean square)": strengths.elastic_alpha,
        f"drawn thicker or thinner by up to {strengths.thickness:g} pixels": strengths.thickness,
        f"broken in up to {strengths.gaps} {_plural('place', strengths.gaps)} of at most {strengths.gap_radius:g} "
        "pixels' radius": strengths.gaps,
        f"made up to {100 * strengths.contrast:g} % paler": strengths.contrast,
        f"blurred (sigma up to {strengths.blur:g} pixels)": strengths.blur,
    }
    made = [words for words, strength in changes.items() if strength]
    if not made:
        return "The training images were left as they are."
    text = f"In every epoch each training image was changed anew at random: {_enumerated(made)}."
    if strengths.slender_factor != 1 and (strengths.rotation or strengths.shear):
        text += (
            f" A 1 and a 7 were turned and slanted {strengths.slender_factor:g} times as far, since they become one "
            "another when they are turned far."
        )
    return text


def _enumerated(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _flat(settings: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Settings one by one; those of a group as `group.name`."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", strength) for inner, strength in value.items())
        else:
            yield name, value


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


def _limits(run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    special = _MNIST_LIMITS if _is_mnist(run) else (_OTHER_DATA_LIMIT,)
    special = (*special, _REFUSES if metrics.get("refuses_non_digits") else _REFUSES_NOTHING)
    return "## Limits\n\n" + "\n".join(f"- {limit}" for limit in (*special, *_COMMON_LIMITS))


def _licence(run: Mapping[str, Any]) -> str:
    data = (
        "It learned from MNIST, by Yann LeCun and Corinna Cortes, derived from NIST Special Databases 1 and 3, under "
        "CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/). Source: Y. LeCun, L. Bottou, Y. Bengio and "
        "P. Haffner, Gradient-based learning applied to document recognition, Proceedings of the IEEE 86 (1998)."
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
