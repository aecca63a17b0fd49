"""A trained network as model files: checked, measured, and each written whole with its figures inside."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.arrays import Images
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.evaluation.calibration import fit_temperature
from digitnet.evaluation.evaluation import Evaluation, evaluate
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.model_file.graph import with_metadata
from digitnet.model_file.quantization import quantize
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import KerasPredictor
from digitnet.runs.digit_score import with_digit_score_from
from digitnet.runs.folder import RunFolder
from digitnet.training.export import encode_model

__all__ = ["Publication", "Published", "fitted_temperature", "publish", "publish_int8"]

_FIGURES_IN_MODEL_FILE = ("n", "errors", "accuracy", "nll", "ece")
# Training images on which the exported file must answer as the model does; chosen by hand.
_IMAGES_TO_COMPARE = 512


@dataclass(frozen=True)
class Publication:
    """What the model files of a trained network are made with.

    Attributes:
        metadata: What the files say about themselves, without figures; its temperature goes into the graph.
        train_images: uint8 (n, 28, 28): each file is compared with the model on the first of them, and the one in 8-bit
            integers is calibrated on all.
        parts: What to measure on, by name.
        score_of: The model file whose digit score they get; None for none.
        held_out: Images that the network has not learned from; the quantiles in the metadata are computed from them.
            None leaves the metadata unchanged.
    """

    metadata: ModelMetadata
    train_images: Images
    parts: Mapping[str, Dataset]
    score_of: bytes | None
    held_out: Dataset | None = None


@dataclass(frozen=True)
class Published:
    """A published network: its file and its figures.

    Attributes:
        content: The network alone as a model file in float32, without figures and score.
        measured: By the name of each part.
        figures: The same JSON-ready, and the size of the file that was written as `bytes`.
    """

    content: bytes
    measured: dict[str, Evaluation]
    figures: dict[str, Any]


def fitted_temperature(model: KerasModel, validation_set: Dataset) -> float:
    """The temperature of a trained model, above 0, fitted on held-out images."""
    return fit_temperature(KerasPredictor(model).predict_logits(validation_set.images), validation_set.labels)


def publish(folder: RunFolder, model: KerasModel, publication: Publication) -> Published:
    """Write `model.onnx`.

    Args:
        folder: Where.
        model: The trained network.
        publication: What the file is made with.

    Returns:
        What was written and measured.

    Raises:
        ModelFileError: The file does not answer as the network does.
        RunFolderError: It cannot be written.
    """
    content = encode_model(model, publication.metadata, publication.train_images[:_IMAGES_TO_COMPARE])
    return Published(content, *_measure_and_write(folder, folder.model_file, content, publication))


def publish_int8(folder: RunFolder, published: Published, publication: Publication) -> dict[str, Any]:
    """Write the same network in 8-bit integers, unless it would answer otherwise then.

    Args:
        folder: Where.
        published: What `publish` gave.
        publication: The same as there.

    Returns:
        Figures as from `publish`; or, as `missing`, why there is no such file.

    Raises:
        RunFolderError: It cannot be written.
    """
    try:
        quantized = quantize(published.content, publication.train_images)
    except ModelFileError as error:
        return {"missing": str(error)}
    return _measure_and_write(folder, folder.int8_model_file, quantized, publication)[1]


def _measure_and_write(
    folder: RunFolder, path: Path, content: bytes, publication: Publication
) -> tuple[dict[str, Evaluation], dict[str, Any]]:
    session, metadata = open_model(content)
    classifier = Classifier(session, metadata)
    if publication.held_out is not None:
        known = {"probability": _true_label_probabilities(classifier, publication.held_out).to_dict()}
        metadata = dataclasses.replace(metadata, thresholds={**metadata.thresholds, **known})
    measured = {name: evaluate(classifier, part) for name, part in publication.parts.items()}
    figures = {name: evaluation.to_dict() for name, evaluation in measured.items()}
    summary = {name: {key: part[key] for key in _FIGURES_IN_MODEL_FILE} for name, part in figures.items()}
    described = with_metadata(content, dataclasses.replace(metadata, metrics=summary))
    written = with_digit_score_from(described, publication.score_of)
    folder.write(path, written)
    return measured, {**figures, "bytes": len(written)}


def _true_label_probabilities(classifier: Classifier, dataset: Dataset) -> Quantiles:
    """Quantiles of the probability of the true label on held-out images; candidates are chosen by them.

    The temperature was fitted on the same images; one number, fitted on thousands, moves the quantiles by less than
    they differ from one choice of images to the next.
    """
    probabilities = classifier.predict_proba(dataset.images)
    return Quantiles.of(probabilities[np.arange(len(dataset)), dataset.labels])
