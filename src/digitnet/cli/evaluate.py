"""`digitnet evaluate`: how well a model does on the test images of a data set."""

import json

import typer

from digitnet.cli.options import DataOption, JsonOption, ModelArgument, OnBadPictureOption, PrecisionOption
from digitnet.cli.start_up import quick_imports

__all__ = ["evaluate"]


def evaluate(
    model: ModelArgument = None,
    *,
    data: DataOption = None,
    precision: PrecisionOption = None,
    on_bad_picture: OnBadPictureOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a model on the test images of a data set (on all images, where it has no test part)."""
    with quick_imports():
        from rich.console import Console

        from digitnet.classifier import load_classifier
        from digitnet.datasets import load_source
        from digitnet.evaluation import evaluate as measure
        from digitnet.report import evaluation_table

    classifier = load_classifier(model, precision=precision)
    train_set, test_set = load_source(data or "mnist", on_bad_picture=on_bad_picture or "fail")
    dataset = test_set or train_set
    evaluation = measure(classifier, dataset)
    if as_json:
        typer.echo(json.dumps({"data": dataset.name, **evaluation.to_dict()}))
    else:
        Console(highlight=False).print(evaluation_table(evaluation, classifier.class_names))
