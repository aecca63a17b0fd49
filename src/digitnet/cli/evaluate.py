"""`digitnet evaluate`: how well a model does on the test images of a data set."""

import json
from typing import TYPE_CHECKING

import typer

from digitnet.cli.options import (
    AugmentInferenceOption,
    CoverageOption,
    DataOption,
    JsonOption,
    ModelArgument,
    OnBadPictureOption,
    PrecisionOption,
)
from digitnet.cli.start_up import quick_imports

if TYPE_CHECKING:
    from digitnet.datasets import Dataset
    from digitnet.evaluation.evaluation import Evaluation
    from digitnet.inference.classifier import Classifier

__all__ = ["evaluate"]

_AT_ONCE = 5_000  # images; each answer takes a kilobyte


def evaluate(
    model: ModelArgument = None,
    *,
    data: DataOption = None,
    precision: PrecisionOption = None,
    on_bad_picture: OnBadPictureOption = None,
    augment_inference: AugmentInferenceOption = 0,
    coverage: CoverageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on the test images of a data set (on all images, where it has no test part).

    What is not one look of one network says so: a committee, and answers from distorted copies. With --coverage it also
    tells how often the candidates hold the right label, how many there are, and what is taken for no digit: the figures
    above count the best guess of all images, whatever they look like.
    """
    with quick_imports():
        from rich.console import Console

        from digitnet.datasets import load_source
        from digitnet.evaluation.evaluation import evaluate as measure
        from digitnet.inference.classifier import DEFAULT_COVERAGE, load_classifier
        from digitnet.report import evaluation_table

    wanted = DEFAULT_COVERAGE if coverage is None else coverage
    classifier = load_classifier(model, precision=precision, augment_inference=augment_inference, coverage=wanted)
    train_set, test_set = load_source(data or "mnist", on_bad_picture=on_bad_picture or "fail")
    dataset = test_set or train_set
    evaluation = measure(classifier, dataset)
    outcomes = None if coverage is None else _outcomes(classifier, dataset)
    members = len(classifier.metadata.committee)
    if as_json:
        found = {"data": dataset.name, "committee": members, **evaluation.to_dict()}
        typer.echo(json.dumps(found if outcomes is None else {**found, "coverage": wanted, **outcomes}))
        return
    console = Console(highlight=False)
    for line in _more_than_one_look(members, evaluation):
        console.print(f" {line}", style="bold")
    console.print(evaluation_table(evaluation, classifier.class_names))
    if outcomes is not None:
        console.print(
            f" Candidates for {100 * wanted:g} %: they hold the right label of {100 * outcomes['covered']:.2f} %, "
            f"{outcomes['mean_candidates']:.3f} for each; {100 * outcomes['refused']:.2f} % called not a digit"
        )


def _outcomes(classifier: "Classifier", dataset: "Dataset") -> dict[str, float]:
    """Of all images, the share whose candidates hold the label, how many those are, and the share of no digits."""
    covered = candidates = refused = 0
    for first in range(0, len(dataset), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        for digit, label in zip(
            classifier.read_images(dataset.images[part]), dataset.labels[part].tolist(), strict=True
        ):
            covered += label in digit.candidates
            candidates += len(digit.candidates)
            refused += digit.status == "not_a_digit"
    n = len(dataset)
    return {"covered": covered / n, "mean_candidates": candidates / n, "refused": refused / n}


def _more_than_one_look(members: int, evaluation: "Evaluation") -> list[str]:
    """What a reader must know of figures that are not those of a single network that sees each image once."""
    lines = [f"Committee of {members} networks"] if members else []
    if evaluation.augment_inference:
        lines.append(
            f"Augmented inference: {evaluation.augmented_images:,} of {evaluation.n:,} images answered from "
            f"{evaluation.augment_inference:,} distorted copies"
        )
    return lines
