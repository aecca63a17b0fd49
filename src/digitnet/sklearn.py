"""scikit-learn: a classifier of digits that fits into pipelines, searches and cross-validation.

Training goes through the same recipe and the same loop as a run; what is left after `fit` are the bytes of a model
file, which answer through the same predictor as every other model. So a fitted classifier is pickled as a model file
and a few names, and whoever only predicts loads neither Keras nor JAX.
"""

import numbers
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.errors import ConfigurationError, DatasetFormatError, MissingExtraError
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.metadata import ModelMetadata

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data
except ImportError as error:
    raise MissingExtraError(
        f"{error.name or 'scikit-learn'} is not installed: pip install 'digitnet[sklearn,train]'"
    ) from error

if TYPE_CHECKING:
    from digitnet.training.recipes import Recipe

__all__ = ["DigitClassifier"]

Pixels: TypeAlias = Any  # whatever scikit-learn takes as X: an array, a list of rows, a data frame

_MAX_FEATURES = IMAGE_SIDE * IMAGE_SIDE
_MAX_CLASSES = 256  # a label of ours is one byte
_CHECKED_IMAGES = 256  # on which the model file is compared with the model that it comes from; chosen by hand
_ROWS = 64  # converted at once: 400 KB of float64, which stay in a core's cache; measured, docs/log.md 2026-12-01


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """A multilayer perceptron on the pixels of digits, as a scikit-learn classifier.

    `X` has a row for each image: 784 pixels, or fewer, which fill the first places of the frame of 28 x 28 and leave
    the others paper; to a network of dense layers the place of a pixel means nothing. A pixel is a number from 0 for
    paper to `pixel_max` for ink, which is never guessed from `X`; the network sees it in 256 levels.

    Args:
        hidden_sizes: Units of each hidden layer, one or more.
        dropout: Part of the hidden outputs dropped in training, in [0, 1).
        learning_rate: Peak of a cosine schedule, above 0.
        epochs: Passes over the images, 1 or more.
        batch_size: Images a step; all images at once where there are fewer.
        pixel_max: The value of a pixel that is all ink, above 0: 255 for bytes, 1.0 for shares, 16 for
            scikit-learn's `load_digits`.
        class_weight: How much the images of each class count in the loss: a mapping from labels of `y`, 1 where one is
            not named; "balanced", by which every class counts alike; or None.
        random_state: An int, a RandomState or None, as everywhere in scikit-learn. An int gives the same network again
            on the same machine with the same versions and the same number of usable cores.

    Attributes:
        classes_: (classes,) the labels in rising order, of the type they had in `y`.
        n_features_in_: Pixels of an image, 1 to 784.
        feature_names_in_: Names of the columns, where `X` was a data frame with names.
        history_: Loss and accuracy after each epoch, by name.
        n_iter_: Epochs that were trained.
        model_file_: The bytes of the model file, in float32; written to a file they are a model for every command.
        classifier_: The `digitnet.Classifier` that answers.
    """

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (512, 512),
        *,
        dropout: float = 0.0,
        learning_rate: float = 0.01,
        epochs: int = 5,
        batch_size: int = 250,
        pixel_max: float = 255,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.pixel_max = pixel_max
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Pixels, y: Any, sample_weight: Any = None) -> "DigitClassifier":
        """Train a new network.

        Args:
            X: Pixels in [0, pixel_max], (n, 1 to 784).
            y: The class of each image, (n,): numbers or texts, 2 to 256 different ones.
            sample_weight: How much each image counts in the loss, (n,), 0 or more; None lets all count alike. It is
                multiplied by what `class_weight` says.

        Returns:
            The classifier itself.

        Raises:
            ValueError: Pixels or labels that cannot be learned from, or a parameter out of its range.
            MissingExtraError: Keras or JAX is not installed.
        """
        from digitnet.datasets import Dataset  # noqa: PLC0415 - whoever only predicts does not pay for training
        from digitnet.runs.training import compiled_model, plan_of  # noqa: PLC0415
        from digitnet.training.export import encode_model  # noqa: PLC0415
        from digitnet.training.loop import train_by_plan  # noqa: PLC0415

        _check_dimensions(X)
        X, y = validate_data(self, X, y, ensure_all_finite=False)
        images = self._images(X)
        self._warn_of_faint_ink(images)
        labels = self._learn_classes(y)
        weights = self._weights(y, sample_weight)
        train_set = Dataset(images, labels, "X", num_classes=len(self.classes_))
        recipe = self._recipe(len(images))
        model = compiled_model(recipe, train_set)
        plan = replace(plan_of(recipe), weights=weights)
        self.history_ = train_by_plan(model, train_set, plan).history
        self.n_iter_ = recipe.epochs
        metadata = ModelMetadata(tuple(str(label) for label in self.classes_), recipe=recipe.to_dict())
        self.model_file_ = encode_model(model, metadata, images[:_CHECKED_IMAGES])
        self._classifier = load_classifier(self.model_file_)
        return self

    def predict(self, X: Pixels) -> AnyArray:
        """The most probable class of each image.

        Args:
            X: Pixels as for `fit`, as many in a row.

        Returns:
            Labels (n,), of the type of `classes_`.

        Raises:
            ValueError: Other pixels than those.
            sklearn.exceptions.NotFittedError: `fit` was not called.
        """
        images = self._checked(X)
        return np.asarray(self.classes_[self._classifier.predict(images)])

    def predict_proba(self, X: Pixels) -> AnyArray:
        """The probability of each class.

        Args:
            X: As for `predict`.

        Returns:
            float32 (n, classes) in the order of `classes_`; each row sums to 1.

        Raises:
            ValueError: As `predict`.
            sklearn.exceptions.NotFittedError: As `predict`.
        """
        images = self._checked(X)
        return self._classifier.predict_proba(images)

    @property
    def classifier_(self) -> Classifier:
        """The `digitnet.Classifier` that answers; its labels are positions in `classes_`."""
        check_is_fitted(self, "model_file_")
        return self._classifier

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True  # no pixel is lighter than paper
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_classifier", None)  # made again from `model_file_`
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "model_file_" in state:
            self._classifier = load_classifier(self.model_file_)

    def _checked(self, X: Pixels) -> Images:
        """The images of an X to predict for."""
        check_is_fitted(self, "model_file_")
        _check_dimensions(X)
        return self._images(validate_data(self, X, reset=False, ensure_all_finite=False))

    def _images(self, X: AnyArray) -> Images:
        """The rows as images in the frame of 28 x 28, uint8; without a copy where they are that already."""
        scale = self._scale()
        count, features = X.shape
        if features > _MAX_FEATURES:
            raise DatasetFormatError(
                f"X has {features} features: expected at most {_MAX_FEATURES}, the pixels of "
                f"{IMAGE_SIDE} x {IMAGE_SIDE}. Shrink the images first"
            )
        if X.dtype == np.uint8 and scale == 1 and features == _MAX_FEATURES:
            return np.ascontiguousarray(X).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
        pixels = np.zeros((count, _MAX_FEATURES), np.uint8)
        is_exact = scale == 1 and X.dtype.kind == "f"  # floats that are levels already need no wider ones
        rounded = np.empty((min(count, _ROWS), features), X.dtype if is_exact else np.float64)
        for start in range(0, count, _ROWS):
            part = X[start : start + _ROWS]
            levels = rounded[: len(part)]
            np.rint(part if is_exact else np.multiply(part, scale, out=levels, dtype=np.float64), out=levels)
            if not (levels.min() >= 0 and levels.max() <= 255):  # written so that NaN is caught too
                raise DatasetFormatError(self._range_message(X))
            pixels[start : start + _ROWS, :features] = levels
        return pixels.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)

    def _scale(self) -> float:
        ink = self.pixel_max
        if not isinstance(ink, numbers.Real) or isinstance(ink, bool) or not 0 < ink < float("inf"):
            raise ConfigurationError(f"pixel_max is {ink!r}: expected the value of a pixel that is all ink, above 0")
        return 255 / float(ink)

    def _range_message(self, X: AnyArray) -> str:
        if np.isnan(X).any():
            return "Input X contains NaN: a pixel that is not known must be given a value, such as 0 for paper"
        if np.isinf(X).any():
            return "Input X contains infinity: expected finite pixels"
        lowest, highest = X.min(), X.max()
        what = "Negative values in data" if lowest < 0 else "Pixels beyond ink"
        return (
            f"{what}: X has pixels from {lowest:g} to {highest:g}, expected 0 = paper to pixel_max = "
            f"{self.pixel_max:g}. Give the pixel_max that X has, or scale X with clipping, as "
            "MinMaxScaler(clip=True) does to 1.0"
        )

    def _warn_of_faint_ink(self, images: Images) -> None:
        """Say that all of X is as good as blank, where `pixel_max` was left at its default."""
        if self.pixel_max == 255 and images.max() == 1:
            warnings.warn(
                "the largest pixel of X is 1, which is nearly blank where 255 is ink: give "
                "DigitClassifier(pixel_max=1.0) if 1 is ink",
                stacklevel=3,
            )

    def _learn_classes(self, y: AnyArray) -> AnyArray:
        """Set `classes_`, and return the position of each label in it."""
        try:
            check_classification_targets(y)
            self.classes_, labels = np.unique(y, return_inverse=True)
        except TypeError as error:  # no order between them
            kinds = " and ".join(sorted({type(label).__name__ for label in y}))
            raise DatasetFormatError(f"y holds labels of several types, {kinds}: expected numbers or texts") from error
        count = len(self.classes_)
        if count < 2:
            raise DatasetFormatError(
                f"y holds one class only, {self.classes_[0]!r}: a classifier learns to tell at least 2 classes apart"
            )
        if count > _MAX_CLASSES:
            raise DatasetFormatError(f"y holds {count} classes: expected 2 to {_MAX_CLASSES}")
        return labels.astype(np.int64)

    def _weights(self, y: AnyArray, sample_weight: Any) -> NDArray[np.float32] | None:
        """What each image counts in the loss, (n,); None where all count alike."""
        from digitnet.training.weights import checked_weights  # noqa: PLC0415

        if self.class_weight is None and sample_weight is None:
            return None
        weights = np.ones(len(y), np.float32)
        if sample_weight is not None:
            weights = checked_weights(sample_weight, "sample_weight", len(y))
        if isinstance(self.class_weight, Mapping):
            checked_weights(list(self.class_weight.values()), "class_weight", len(self.class_weight))
            unknown = [label for label in self.class_weight if label not in self.classes_]
            if unknown:
                raise ConfigurationError(f"class_weight names {unknown[0]!r}, which is no label in y")
        if self.class_weight is not None:
            weights = np.asarray(weights * compute_sample_weight(self.class_weight, y), np.float32)
        if not weights.any():
            raise DatasetFormatError("the weight of every image is zero: there is nothing to learn from")
        return weights

    def _recipe(self, count: int) -> "Recipe":
        """All settings of the training; those that are no parameters are chosen so that any pixels can be learned."""
        from digitnet.training.recipes import make_recipe  # noqa: PLC0415

        sizes = self.hidden_sizes if isinstance(self.hidden_sizes, Sequence | np.ndarray) else (self.hidden_sizes,)
        batch_size = _plain(self.batch_size)
        return make_recipe(
            "quick",
            hidden_sizes=tuple(_plain(size) for size in sizes),
            dropout=_plain(self.dropout),
            learning_rate=_plain(self.learning_rate),
            epochs=_plain(self.epochs),
            batch_size=min(batch_size, count) if isinstance(batch_size, int) else batch_size,
            augmentation="none",  # what may be done to images without another class depends on what they show
            label_smoothing=0.0,  # it makes probabilities too low where nothing calibrates them
            validation_fraction=0.0,
            seed=int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)),
        )


def _plain(value: Any) -> Any:
    """A NumPy scalar, as a grid of parameters may hold it, as Python's own number; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def _check_dimensions(X: Pixels) -> None:
    """Refuse what has no row for each image, with what makes it so."""
    shape = getattr(X, "shape", None)
    if shape is None or len(shape) == 2:
        return  # lists are for scikit-learn to look at
    if len(shape) == 1:
        raise DatasetFormatError(
            f"Expected 2D array, got 1D array instead, of shape {shape}. Reshape your data: X.reshape(1, -1) is a "
            "single image"
        )
    hint = ". Pass X.reshape(len(X), -1)" if len(shape) > 2 else ""
    raise DatasetFormatError(
        f"Expected 2D array (images, pixels), got {len(shape)}D array instead, of shape {shape}{hint}"
    )
