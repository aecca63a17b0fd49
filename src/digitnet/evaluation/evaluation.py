"""Evaluate: one pass over a data set, every image counted once.

The answers of all batches are put together first and measured afterwards, so that no figure depends on the
batch size, on a last batch that is not full, or on the order of the images.
"""

import dataclasses
import math
import operator
import sys
from dataclasses import dataclass
from typing import Any, Protocol, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, ConfusionMatrix, Images, Indices, Labels, Logits
from digitnet.datasets.dataset import MAX_CLASSES, Dataset
from digitnet.errors import ConfigurationError, DatasetFormatError, ModelOutputError
from digitnet.errors.markup import percent
from digitnet.evaluation.metrics import (
    ClassScores,
    Interval,
    brier_scores,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
    log_softmax,
    mean_interval,
    most_confused_pairs,
    negative_log_likelihoods,
    wilson_interval,
)
from digitnet.evaluation.notebook import evaluation_html

__all__ = ["MAX_WORST_MISTAKES", "Evaluation", "LogitsPredictor", "evaluate"]

MAX_WORST_MISTAKES = 64  # an 8 x 8 gallery


class LogitsPredictor(Protocol):
    """What can be evaluated: a model in training, or a finished classifier.

    Its probabilities are softmax(logits / temperature).
    """

    @property
    def temperature(self) -> float:
        """Divisor of the logits, above 0; 1 where nothing was calibrated."""
        ...

    def predict_logits(self, images: Images, /) -> Logits:
        """Logits (n, classes) of images (n, 28, 28) uint8, in the same order."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """How a model did on a data set. Rates are in [0, 1]; intervals cover 95 %.

    Attributes:
        n: Images scored: all of the data set.
        errors: Images whose most probable class is not the true one; of equal logits the lowest class.
        accuracy: (n - errors) / n.
        accuracy_interval: Wilson's interval of the true accuracy.
        nll: Mean negative log-likelihood of the true class, in nats.
        nll_interval: Normal interval of its true mean, or None for a single image.
        brier: Mean Brier score, in [0, 2].
        brier_interval: Normal interval of its true mean, or None for a single image.
        ece: Expected calibration error over 15 bins of confidence.
        temperature: What the logits were divided by before the softmax.
        per_class: One ClassScores a class of the model, in the order of the labels.
        confusion_matrix: (classes, classes) counts, `[true, predicted]`.
        most_confused: (true, predicted, count) of the ten commonest mistakes, commonest first.
        worst_mistakes: (k,) positions in the data set of up to 64 mistakes, the most confident first.
        predicted_labels: (n,) the most probable class of each image.
        confidence: (n,) float64, its probability.
        augment_inference: From how many distorted copies unsure images were answered; 0 is the network's own figure.
        augmented_images: How many images these were.
    """

    n: int
    errors: int
    accuracy: float
    accuracy_interval: Interval
    nll: float
    nll_interval: Interval | None
    brier: float
    brier_interval: Interval | None
    ece: float
    temperature: float
    per_class: tuple[ClassScores, ...]
    confusion_matrix: ConfusionMatrix
    most_confused: tuple[tuple[int, int, int], ...]
    worst_mistakes: Indices
    predicted_labels: Labels
    confidence: NDArray[np.float64]
    augment_inference: int = 0
    augmented_images: int = 0

    def __repr__(self) -> str:
        low, high = self.accuracy_interval
        return (
            f"Evaluation(accuracy={self.accuracy:.4f} from {low:.4f} to {high:.4f}, {self.errors:,} errors in "
            f"{self.n:,} images)"
        )

    def _repr_html_(self) -> str:
        figures: dict[str, object] = {
            "mistakes": f"{self.errors:,} in {self.n:,} images",
            "log-likelihood": f"{self.nll:.4f} nats lost an image",
            "Brier score": f"{self.brier:.4f}",
            "calibration error": percent(self.ece),
        }
        if self.augmented_images:
            figures["from copies too"] = f"{self.augmented_images:,} images"
        return evaluation_html(
            self.accuracy, self.accuracy_interval, figures, self.confusion_matrix, self.most_confused
        )

    def to_dict(self) -> dict[str, Any]:
        """All figures as JSON-ready values; what has one entry an image is left out.

        Returns:
            Numbers, None, lists and dicts, under the names of the attributes; every float is finite.
        """
        return {
            "n": self.n,
            "errors": self.errors,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "nll": self.nll,
            "nll_interval": None if self.nll_interval is None else list(self.nll_interval),
            "brier": self.brier,
            "brier_interval": None if self.brier_interval is None else list(self.brier_interval),
            "ece": self.ece,
            "temperature": self.temperature,
            "per_class": [dataclasses.asdict(scores) for scores in self.per_class],
            "confusion_matrix": self.confusion_matrix.tolist(),
            "most_confused": [list(pair) for pair in self.most_confused],
            "worst_mistakes": self.worst_mistakes.tolist(),
            "augment_inference": self.augment_inference,
            "augmented_images": self.augmented_images,
        }


def evaluate(model: Any, dataset: Dataset, *, batch_size: int = 1024) -> Evaluation:
    """Measure a model on a data set.

    Args:
        model: A Classifier, or anything else with `predict_logits` and `temperature`; or a keras.Model that ends
            in a softmax, on any backend of Keras. With `augment_inference` a Classifier is measured as it then answers.
        dataset: Images and labels. It may lack classes that the model knows.
        batch_size: Images handed to the model at once, at least 1. It bounds memory and changes no figure.

    Returns:
        An Evaluation over all images of the data set.

    Raises:
        ConfigurationError: batch_size or the model's temperature is out of range.
        DatasetFormatError: The data set has labels the model does not know.
        ModelOutputError: The model's answer is not one row of finite logits an image.
    """
    batch_size = _checked_batch_size(batch_size)
    if not hasattr(model, "predict_logits"):
        if "keras" not in sys.modules:  # then it cannot be a Keras model
            raise ConfigurationError(f"expected a Classifier or a keras.Model, found {type(model).__name__}")
        model = _keras_predictor(model)
    if hasattr(model, "class_names"):
        dataset = _with_labels_of(model.class_names, dataset)
    temperature = _checked_temperature(model.temperature)
    logits = _predict_in_batches(model, dataset, batch_size)
    with np.errstate(over="ignore"):  # log_softmax reports an overflow in words
        scaled_logits = logits / temperature
    evaluation = _measure(scaled_logits, dataset.labels, temperature)
    if hasattr(model, "augment_inference") and model.augment_inference:
        evaluation = dataclasses.replace(
            evaluation,
            augment_inference=model.augment_inference,
            augmented_images=_count_augmented(model, dataset.images, batch_size),
        )
    return evaluation


def _keras_predictor(model: Any) -> LogitsPredictor:
    """A Keras model as a predictor: compiled where Keras runs on JAX, layer by layer on any other backend."""
    if sys.modules["keras"].backend.backend() == "jax":
        from digitnet.network.mlp import KerasPredictor  # noqa: PLC0415 - Keras takes seconds to import

        return KerasPredictor(model)
    from digitnet.network.logits import UncompiledPredictor  # noqa: PLC0415

    return UncompiledPredictor(model)


def _count_augmented(model: Any, images: Images, batch_size: int) -> int:
    parts = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
    return sum(int(model.is_augmented(part).sum()) for part in parts)


def _with_labels_of(class_names: tuple[str, ...], dataset: Dataset) -> Dataset:
    """The data set with the model's number for each class: the names say which class is meant."""
    if dataset.class_names == class_names[: dataset.num_classes]:
        return dataset
    unknown = [name for name in dataset.class_names if name not in class_names]
    if unknown:
        raise DatasetFormatError(
            f"{dataset.name or 'the data set'} has classes that the model does not know: {', '.join(unknown[:5])}; "
            f"expected some of {', '.join(class_names[:20])}"
        )
    label_of = np.array([class_names.index(name) for name in dataset.class_names], np.uint8)
    return Dataset(dataset.images, label_of[dataset.labels], dataset.name, class_names=class_names)


def _measure(scaled_logits: NDArray[np.float64], labels: Labels, temperature: float) -> Evaluation:
    probabilities = np.exp(log_softmax(scaled_logits))
    predicted_labels = scaled_logits.argmax(axis=1).astype(np.uint8)
    confidence = probabilities[np.arange(len(labels)), predicted_labels]
    log_losses = negative_log_likelihoods(scaled_logits, labels)
    squared_distances = brier_scores(probabilities, labels)
    counts = confusion_matrix(labels, predicted_labels, scaled_logits.shape[1])
    worst_mistakes = _most_confident(np.flatnonzero(predicted_labels != labels), confidence)
    n = len(labels)
    errors = n - int(np.trace(counts))
    lowest_error_rate, highest_error_rate = wilson_interval(errors, n)
    for array in (counts, worst_mistakes, predicted_labels, confidence):
        array.setflags(write=False)
    return Evaluation(
        n=n,
        errors=errors,
        accuracy=(n - errors) / n,
        accuracy_interval=(1 - highest_error_rate, 1 - lowest_error_rate),
        nll=math.fsum(log_losses) / n,
        nll_interval=mean_interval(log_losses, bounds=(0.0, math.inf)),
        brier=math.fsum(squared_distances) / n,
        brier_interval=mean_interval(squared_distances, bounds=(0.0, 2.0)),
        ece=expected_calibration_error(probabilities, labels),
        temperature=temperature,
        per_class=class_scores(counts),
        confusion_matrix=counts,
        most_confused=most_confused_pairs(counts),
        worst_mistakes=worst_mistakes,
        predicted_labels=predicted_labels,
        confidence=confidence,
    )


def _most_confident(mistakes: Indices, confidence: NDArray[np.float64]) -> Indices:
    by_confidence = np.argsort(-confidence[mistakes], kind="stable")
    return np.asarray(mistakes[by_confidence[:MAX_WORST_MISTAKES]])


def _predict_in_batches(model: LogitsPredictor, dataset: Dataset, batch_size: int) -> NDArray[np.float64]:
    batches: list[NDArray[np.float64]] = []
    highest_label = int(dataset.labels.max())
    for start in range(0, len(dataset.labels), batch_size):
        images = dataset.images[start : start + batch_size]
        logits = _checked_logits(np.asarray(model.predict_logits(images)), len(images))
        num_classes = logits.shape[1]
        if highest_label >= num_classes:
            raise DatasetFormatError(
                f"{dataset.name or 'the data set'} has label {highest_label}, but the model knows "
                f"{num_classes} classes, 0 to {num_classes - 1}: use data with the classes it was trained on"
            )
        if batches and num_classes != batches[0].shape[1]:
            raise ModelOutputError(
                f"the model gave {batches[0].shape[1]} logits an image in its first batch and "
                f"{num_classes} in a later one: expected one number of classes"
            )
        batches.append(logits)
    return np.concatenate(batches)


def _checked_logits(logits: AnyArray, num_images: int) -> NDArray[np.float64]:
    is_real = np.issubdtype(logits.dtype, np.floating) or np.issubdtype(logits.dtype, np.integer)
    if logits.ndim != 2 or len(logits) != num_images or not 1 <= logits.shape[1] <= MAX_CLASSES or not is_real:
        raise ModelOutputError(
            f"the model's logits must be ({num_images}, classes) real numbers with 1 to {MAX_CLASSES} "
            f"classes, found shape {logits.shape} of {logits.dtype}"
        )
    if not np.isfinite(logits).all():
        raise ModelOutputError("the model's logits must be finite, found nan or infinity: did training diverge?")
    return logits.astype(np.float64)


def _checked_batch_size(batch_size: SupportsIndex) -> int:
    try:
        size = operator.index(batch_size)
    except TypeError:
        size = 0
    if size < 1:
        raise ConfigurationError(f"batch_size must be a whole number of images, at least 1, found {batch_size!r}")
    return size


def _checked_temperature(temperature: float) -> float:
    value = float(temperature)
    if not (math.isfinite(value) and value > 0):
        raise ConfigurationError(f"the model's temperature must be a finite number above 0, found {temperature!r}")
    return value
