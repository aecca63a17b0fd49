"""The outlier detector: a network that separates digits from all other images, and its place in a model file.

The network that classifies digits cannot do that: it has ten classes and is as confident about a shoe as about a 2
(docs/log.md, 2026-11-28, "what is no digit"). So a second network learns the ten digits and, as an eleventh class, the
images of `digitnet.augmentation.outliers`; with the ten classes it separates better than with one class for all digits.
Its score and its logits of the digits are additional outputs of the same ONNX graph. It does not depend on the network
beside it, so that it can be added to any model file of the ten digits. The threshold comes from digits that it was not
trained on.
"""

import dataclasses

import numpy as np

from digitnet.arrays import Images
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.distortion import Distortion
from digitnet.augmentation.outliers import make_non_digits
from digitnet.augmentation.rare_digits import rarest_digits
from digitnet.augmentation.writing_variants import make_writing_variants
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.model_file.contract import open_model, start_session
from digitnet.model_file.digit_score import with_digit_score, without_digit_score
from digitnet.model_file.metadata import ModelMetadata
from digitnet.model_file.quantization import quantize
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp, layer_table
from digitnet.training.export import encode_model
from digitnet.training.loop import train
from digitnet.training.optimizers import make_optimizer
from digitnet.training.schedules import make_schedule

__all__ = ["EPOCHS", "HELD_OUT", "OutlierDetector", "train_outlier_detector"]

EPOCHS = 10  # chosen by hand, like all settings here without a reference
HELD_OUT = 5_000  # the last training images, from which the threshold is computed

_DIGITS = tuple("0123456789")
_MIN_TRAINING_DIGITS = 1_000
_HIDDEN_SIZES = (1024, 512)
_RECEPTIVE_FIELDS = (6, 10)  # pixels; docs/log.md, 2026-11-28, "what is no digit, with discs"
_DROPOUT = 0.2
_BATCH_SIZE = 500
_LEARNING_RATE = 3e-3
_WARMUP_FRACTION = 0.05
_WEIGHT_DECAY = 0.05
_NON_DIGITS_PER_DIGIT = 2.0
_VARIANTS_PER_DIGIT = 1.0  # from `make_writing_variants`
# Part of the digits, the rarest, that is repeated: a threshold that refuses one digit in a thousand depends on them.
_RARE_SHARE = 0.06
_RARE_COPIES = 5  # each is distorted in its own way in every epoch
# Milder than the augmentation of the presets: a digit that is distorted further may be none.
_MILD_DISTORTION = Distortion(rotation=12, scaling=0.15, shear=12, shift=1, elastic_alpha=25, thickness=0.7)
_CLASSES = (*_DIGITS, "not a digit")


@dataclasses.dataclass(frozen=True)
class OutlierDetector:
    """A trained outlier detector, and the distribution of its scores.

    Attributes:
        content: A model file in int8 of eleven classes, the last one for images that show no digit. It is added to
            model files of either precision, so that both refuse the same images; it takes a megabyte.
        scores: Quantiles of the scores of held-out digits.
    """

    content: bytes
    scores: Quantiles

    def add_to(self, content: bytes) -> bytes:
        """Add the detector to a model file.

        Args:
            content: The bytes of a model file of the ten digits, in either precision; a score it has is replaced.

        Returns:
            The bytes of a model file with the same answers, the outputs `digit_score` and `second_logits`, and the
            thresholds of the former.

        Raises:
            ModelFileError: The file is damaged.
            ConfigurationError: It is of other classes.
        """
        _, metadata = open_model(content)
        _check_classes(metadata.class_names)
        return with_digit_score(without_digit_score(content), self.content, self.scores)


def train_outlier_detector(digits: Dataset, *, epochs: int = EPOCHS, seed: int = 0) -> OutlierDetector:
    """Train the network on digits, and on images that are generated from them.

    Args:
        digits: More than 6,000 images of the ten digits in MNIST's frame; the last 5,000 are kept aside.
        epochs: Passes over all images.
        seed: Decides everything random.

    Returns:
        The detector with its quantiles.

    Raises:
        ConfigurationError: Too few images, or other classes.
        TrainingError: A loss that is not finite.
        ModelFileError: In 8-bit integers the network would answer otherwise.
    """
    _check_classes(digits.class_names)
    if len(digits) < HELD_OUT + _MIN_TRAINING_DIGITS:
        raise ConfigurationError(
            f"{len(digits):,} images: expected {HELD_OUT + _MIN_TRAINING_DIGITS:,} or more to learn from"
        )
    known = digits.subset(np.arange(len(digits) - HELD_OUT))
    held_out = digits.images[-HELD_OUT:]
    dataset = _digits_and_others(known, np.random.default_rng(seed))
    model = build_mlp(
        _HIDDEN_SIZES,
        receptive_fields=_RECEPTIVE_FIELDS,
        num_classes=len(_CLASSES),
        dropout=_DROPOUT,
        batch_normalization=True,
        seed=seed,
    )
    steps = epochs * (len(dataset) // _BATCH_SIZE)
    schedule = make_schedule("cosine", _LEARNING_RATE, steps, _WARMUP_FRACTION)
    model.compile(
        optimizer=make_optimizer("adamw", schedule, _WEIGHT_DECAY),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    train(
        model,
        dataset,
        epochs=epochs,
        batch_size=_BATCH_SIZE,
        seed=seed,
        augmentation=make_augmentation(_MILD_DISTORTION),
        keep_zeros=True,
    )
    content = encode_model(model, ModelMetadata(_CLASSES, layers=tuple(layer_table(model))), dataset.images[:512])
    quantized = quantize(content, dataset.images)
    return OutlierDetector(quantized, _quantiles(quantized, held_out))


def _check_classes(class_names: tuple[str, ...]) -> None:
    if class_names != _DIGITS:
        listed = ", ".join(class_names)
        raise ConfigurationError(
            f"the classes are {listed:.80}: expected the ten digits, which the detector was trained on"
        )


def _digits_and_others(digits: Dataset, rng: np.random.Generator) -> Dataset:
    """The training set in a random order, in whole batches: digits, variants, and images that are no digits."""
    rare = np.tile(rarest_digits(digits.images, round(_RARE_SHARE * len(digits))), _RARE_COPIES)
    chosen = np.resize(rng.permutation(len(digits)), round(_VARIANTS_PER_DIGIT * len(digits)))
    variants = make_writing_variants(digits.images[chosen], digits.labels[chosen], rng)
    others = make_non_digits(digits.images, round(_NON_DIGITS_PER_DIGIT * len(digits)), rng)
    images = np.concatenate([digits.images, digits.images[rare], variants, others])
    outlier_labels = np.full(len(others), len(_DIGITS), np.uint8)
    labels = np.concatenate([digits.labels, digits.labels[rare], digits.labels[chosen], outlier_labels])
    order = rng.permutation(len(images))[: len(images) // _BATCH_SIZE * _BATCH_SIZE]
    return Dataset(images[order], labels[order], num_classes=len(_CLASSES))


def _quantiles(content: bytes, images: Images) -> Quantiles:
    """Quantiles of the scores of images: the log odds of all ten digits together, as in `model_file.digit_score`."""
    (logits,) = start_session(content).run(["logits"], {"images": images})
    return Quantiles.of(np.logaddexp.reduce(logits[:, :-1], axis=1) - logits[:, -1])
