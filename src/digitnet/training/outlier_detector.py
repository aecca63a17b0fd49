"""Not a digit: a network that tells digits from everything else, and its place in a model file.

The network that names digits cannot tell: it knows ten answers and nothing else, and is as sure of a shoe as of a 2
(docs/log.md has the figures). So a second chain of dense layers learns the ten digits and the images of `non_digits`
as an eleventh class: knowing which digit it is, it knows better that it is one. Its score and its logits of the digits
are more outputs of the same ONNX graph, beside the probabilities. It knows nothing of the network beside it, so that
one may be added to any model file of the ten digits, whatever that was trained on; and the threshold comes from digits
that it was not shown itself.
"""

import dataclasses

import numpy as np

from digitnet.arrays import Images
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.distortion import Distortion
from digitnet.augmentation.outliers import make_non_digits
from digitnet.augmentation.rare_digits import oddest
from digitnet.augmentation.writing_variants import in_other_pens
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

__all__ = ["EPOCHS", "HELD_OUT", "Rejection", "train_rejection"]

EPOCHS = 10
HELD_OUT = 5_000  # of the training images, the last ones: kept aside to set the threshold with

_DIGITS = tuple("0123456789")
_FEWEST = 1_000  # digits to learn from
_HIDDEN_SIZES = (1024, 512)
_RECEPTIVE_FIELDS = (6, 10)  # pixels: what lies between digits and everything else is told by strokes, which are local
_DROPOUT = 0.2
_BATCH_SIZE = 500
_LEARNING_RATE = 3e-3
_WARMUP = 0.05
_WEIGHT_DECAY = 0.05
_NON_DIGITS = 2.0  # for each digit
_OTHER_PENS = 1.0  # of the digits once more
_ODD = 0.06  # of the digits, the oddest ones: at a refusal of one in a thousand it is they who decide ...
_ODD_COPIES = 5  # ... and each distortion of one stands for a digit that nobody wrote
# Milder than what the digit network learns with: a digit bent further may be taken for none.
_MILD = Distortion(rotation=12, scaling=0.15, shear=12, shift=1, elastic_alpha=25, thickness=0.7)
_CLASSES = (*_DIGITS, "not a digit")


@dataclasses.dataclass(frozen=True)
class Rejection:
    """A trained network, and what its scores mean.

    Attributes:
        content: A model file in int8 of eleven classes, the last one no digit. Model files in either precision get it:
            what is refused is the same in both, and a megabyte is enough.
        scores: Of the digits that were kept aside.
    """

    content: bytes
    scores: Quantiles

    def added_to(self, content: bytes) -> bytes:
        """A model file that also tells how much an image looks like a digit at all.

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


def train_rejection(digits: Dataset, *, epochs: int = EPOCHS, seed: int = 0) -> Rejection:
    """Train the network on digits, and on what is made from them.

    Args:
        digits: More than 6,000 images of the ten digits in MNIST's frame; the last 5,000 are kept aside.
        epochs: Passes over all images.
        seed: What everything follows from.

    Returns:
        The network with its quantiles.

    Raises:
        ConfigurationError: Too few images, or other classes.
        TrainingError: A loss that is not finite.
        ModelFileError: In 8-bit integers the network would answer otherwise.
    """
    _check_classes(digits.class_names)
    if len(digits) < HELD_OUT + _FEWEST:
        raise ConfigurationError(f"{len(digits):,} images: expected {HELD_OUT + _FEWEST:,} or more to learn from")
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
    schedule = make_schedule("cosine", _LEARNING_RATE, steps, _WARMUP)
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
        augmentation=make_augmentation(_MILD),
        keep_zeros=True,
    )
    content = encode_model(model, ModelMetadata(_CLASSES, layers=tuple(layer_table(model))), dataset.images[:512])
    quantized = quantize(content, dataset.images)
    return Rejection(quantized, _quantiles(quantized, held_out))


def _check_classes(class_names: tuple[str, ...]) -> None:
    if class_names != _DIGITS:
        listed = ", ".join(class_names)
        raise ConfigurationError(f"the classes are {listed:.80}: expected the ten digits, since others look otherwise")


def _digits_and_others(digits: Dataset, rng: np.random.Generator) -> Dataset:
    """All of them in a random order, in whole batches; the class of the others comes last."""
    odd = np.tile(oddest(digits.images, round(_ODD * len(digits))), _ODD_COPIES)
    again = np.resize(rng.permutation(len(digits)), round(_OTHER_PENS * len(digits)))
    rewritten = in_other_pens(digits.images[again], digits.labels[again], rng)
    others = make_non_digits(digits.images, round(_NON_DIGITS * len(digits)), rng)
    images = np.concatenate([digits.images, digits.images[odd], rewritten, others])
    none = np.full(len(others), len(_DIGITS), np.uint8)
    labels = np.concatenate([digits.labels, digits.labels[odd], digits.labels[again], none])
    order = rng.permutation(len(images))[: len(images) // _BATCH_SIZE * _BATCH_SIZE]
    return Dataset(images[order], labels[order], num_classes=len(_CLASSES))


def _quantiles(content: bytes, images: Images) -> Quantiles:
    """Of the log odds that it is any of the digits, as `digit_score` computes them."""
    (logits,) = start_session(content).run(["logits"], {"images": images})
    return Quantiles.of(np.logaddexp.reduce(logits[:, :-1], axis=1) - logits[:, -1])
