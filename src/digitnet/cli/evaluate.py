"""`digitnet evaluate`: how well a model does on the test images of a data set."""

import json
from typing import TYPE_CHECKING

import typer

from digitnet.cli.options import (
    AugmentInferenceOption,
    DataOption,
    JsonOption,
    ModelArgument,
    OnBadPictureOption,
    PrecisionOption,
)
from digitnet.cli.start_up import quick_imports

if TYPE_CHECKING:
    from digitnet.evaluation import Evaluation

__all__ = ["evaluate"]


def evaluate(
    model: ModelArgument = None,
    *,
    data: DataOption = None,
    precision: PrecisionOption = None,
    on_bad_picture: OnBadPictureOption = None,
    augment_inference: AugmentInferenceOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on the test images of a data set (on all images, where it has no test part).

    What is not one look of one network says so: a committee, and answers from distorted copies.
    """
    with quick_imports():
        from rich.console import Console

        from digitnet.classifier import load_classifier
        from digitnet.datasets import load_source
        from digitnet.evaluation import evaluate as measure
        from digitnet.report import evaluation_table

    classifier = load_classifier(model, precision=precision, augment_inference=augment_inference)
    train_set, test_set = load_source(data or "mnist", on_bad_picture=on_bad_picture or "fail")
    dataset = test_set or train_set
    evaluation = measure(classifier, dataset)
    members = len(classifier.metadata.committee)
    if as_json:
        typer.echo(json.dumps({"data": dataset.name, "committee": members, **evaluation.to_dict()}))
        return
    console = Console(highlight=False)
    for line in _more_than_one_look(members, evaluation):
        console.print(f" {line}", style="bold")
    console.print(evaluation_table(evaluation, classifier.class_names))


def _more_than_one_look(members: int, evaluation: "Evaluation") -> list[str]:
    """What a reader must know of figures that are not those of a single network that sees each image once."""
    lines = [f"Committee of {members} networks"] if members else []
    if evaluation.augment_inference:
        lines.append(
            f"Augmented inference: {evaluation.augmented_images:,} of {evaluation.n:,} images answered from "
            f"{evaluation.augment_inference:,} distorted copies"
        )
    return lines
