"""A trained network as a model file: checked, measured, and written whole with its figures inside."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import Evaluation, evaluate
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.model_file.digit_score import with_digit_score_of
from digitnet.model_file.graph import with_metadata
from digitnet.network.backend import KerasModel
from digitnet.runs import RunFolder
from digitnet.training.export import encode_model

__all__ = ["measure_of", "publish"]

_IN_THE_MODEL_FILE = ("n", "errors", "accuracy", "nll", "ece")
_IMAGES_TO_COMPARE = 512  # on which the file must answer as the model does


def publish(
    run: RunFolder, model: KerasModel, metadata: ModelMetadata, parts: Mapping[str, Dataset], score_of: bytes
) -> dict[str, Evaluation]:
    """Write `model.onnx`.

    Args:
        run: The folder.
        model: The trained network.
        metadata: What the file says about itself, without the figures.
        parts: What to measure on, by name; one is `validation`.
        score_of: A model file that may tell digits from everything else: the new one gets the same score.

    Returns:
        What was measured, by the same names.

    Raises:
        ModelFileError: The file does not answer as the network does.
        RunFolderError: It cannot be written.
    """
    content = encode_model(model, metadata, parts["validation"].images[:_IMAGES_TO_COMPARE])
    content = with_digit_score_of(content, score_of, second_opinion=False)  # this network is what is looked at
    session, described = open_model(content)
    classifier = Classifier(session, described)
    measured = {name: evaluate(classifier, part) for name, part in parts.items()}
    figures = {name: _figures(evaluation) for name, evaluation in measured.items()}
    run.write(run.model_file, with_metadata(content, dataclasses.replace(described, metrics=figures)))
    return measured


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    everything = evaluation.to_dict()
    return {name: everything[name] for name in _IN_THE_MODEL_FILE}


def measure_of(evaluation: Evaluation) -> dict[str, Any]:
    """What the page is told of a measurement: n, errors and accuracy."""
    return {"n": evaluation.n, "errors": evaluation.errors, "accuracy": evaluation.accuracy}
