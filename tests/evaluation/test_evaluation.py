import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Images, Logits
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, DatasetFormatError, ModelOutputError
from digitnet.evaluation.evaluation import MAX_WORST_MISTAKES, Evaluation, evaluate


class LookupModel:
    """Answers each image of a data set with logits known beforehand, in whatever order it is asked."""

    def __init__(self, dataset: Dataset, logits: AnyArray, temperature: float = 1.0) -> None:
        self._logits = {image.tobytes(): row for image, row in zip(dataset.images, logits, strict=True)}
        self.temperature = temperature
        self.batch_sizes: list[int] = []

    def predict_logits(self, images: Images, /) -> Logits:
        self.batch_sizes.append(len(images))
        return np.asarray(np.stack([self._logits[image.tobytes()] for image in images]), np.float32)


class FixedModel:
    """Answers every batch with what a function makes of its size."""

    temperature = 1.0

    def __init__(self, answer: Callable[[int], AnyArray]) -> None:
        self._answer = answer

    def predict_logits(self, images: Images, /) -> Logits:
        return self._answer(len(images))


def one_hot_logits(labels: AnyArray, num_classes: int = 10, height: float = 2.0) -> AnyArray:
    return height * np.eye(num_classes)[labels]


def wrong_on_the_last_five(dataset: Dataset) -> LookupModel:
    answers = dataset.labels.astype(int)
    answers[-5:] = (answers[-5:] + 1) % 10
    return LookupModel(dataset, one_hot_logits(answers))


def noisy(dataset: Dataset, temperature: float = 1.0) -> LookupModel:
    noise = np.random.default_rng(1).normal(scale=2, size=(len(dataset), 10))
    return LookupModel(dataset, noise + one_hot_logits(dataset.labels), temperature)


@pytest.mark.parametrize("batch_size", [1, 7, 29, 30, 1000])
def test_accuracy_does_not_depend_on_batch_size(thirty_digits: Dataset, batch_size: int) -> None:
    result = evaluate(wrong_on_the_last_five(thirty_digits), thirty_digits, batch_size=batch_size)
    assert (result.n, result.errors) == (
        30,
        5,
    )  # fails for a mean of batch means, and for a dropped remainder
    assert result.accuracy == 25 / 30


@pytest.mark.parametrize("batch_size", [1, 7, 29, 30, 1000])
def test_no_figure_depends_on_batch_size(thirty_digits: Dataset, batch_size: int) -> None:
    whole = evaluate(noisy(thirty_digits), thirty_digits)
    assert evaluate(noisy(thirty_digits), thirty_digits, batch_size=batch_size).to_dict() == whole.to_dict()


def test_the_batch_size_bounds_what_the_model_is_given(thirty_digits: Dataset) -> None:
    model = wrong_on_the_last_five(thirty_digits)
    evaluate(model, thirty_digits, batch_size=7)
    assert model.batch_sizes == [7, 7, 7, 7, 2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20)
@given(order=st.permutations(range(30)))
def test_no_figure_depends_on_the_order_of_the_images(thirty_digits: Dataset, order: list[int]) -> None:
    model = noisy(thirty_digits)
    straight, shuffled = (
        evaluate(model, thirty_digits),
        evaluate(model, thirty_digits.subset(np.array(order)), batch_size=7),
    )
    in_first_order = [order[index] for index in shuffled.worst_mistakes]
    assert shuffled.to_dict() | {"worst_mistakes": in_first_order} == straight.to_dict()


def test_figures_by_hand() -> None:
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
    dataset = Dataset(images, np.array([0, 0, 1, 1], np.uint8), num_classes=2)
    # At temperature 2 the probabilities of class 1 are 1/4, 3/4, 3/4, 1/2; of equal logits class 0 is taken.
    logits = 2 * np.log([[3, 1], [1, 3], [1, 3], [1, 1]])
    result = evaluate(LookupModel(dataset, logits, temperature=2), dataset)
    assert (result.n, result.errors, result.accuracy) == (4, 2, 0.5)
    assert result.predicted_labels.tolist() == [0, 1, 1, 0]
    assert result.confidence == pytest.approx([0.75, 0.75, 0.75, 0.5])
    assert result.nll == pytest.approx((2 * math.log(4 / 3) + math.log(4) + math.log(2)) / 4)
    assert result.brier == pytest.approx((2 * 0.125 + 1.125 + 0.5) / 4)
    assert result.ece == pytest.approx((abs(2.25 - 2) + abs(0.5 - 0)) / 4)
    assert result.confusion_matrix.tolist() == [[1, 1], [1, 1]]
    assert result.most_confused == ((0, 1, 1), (1, 0, 1))
    assert result.worst_mistakes.tolist() == [1, 3]
    assert [scores.recall for scores in result.per_class] == [0.5, 0.5]
    # Wilson at 2 of 4: z^2 = 3.8415, centre 1/2, half width z sqrt(1/16 + z^2/64) / (1 + z^2/4) = 0.34996
    assert result.accuracy_interval == pytest.approx((0.150038, 0.849962), abs=1e-5)


def test_the_accuracy_interval_is_that_of_the_accuracy(thirty_digits: Dataset) -> None:
    low, high = evaluate(wrong_on_the_last_five(thirty_digits), thirty_digits).accuracy_interval
    assert 0.6 < low < 25 / 30 < high < 0.95


def test_temperature_changes_confidence_and_no_answer(thirty_digits: Dataset) -> None:
    cold = evaluate(noisy(thirty_digits, 0.5), thirty_digits)
    hot = evaluate(noisy(thirty_digits, 5.0), thirty_digits)
    assert cold.predicted_labels.tolist() == hot.predicted_labels.tolist()
    assert (cold.confidence > hot.confidence).all()
    assert (cold.temperature, hot.temperature) == (0.5, 5.0)


def test_worst_mistakes_are_the_surest_and_at_most_64() -> None:
    images = np.random.default_rng(0).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    dataset = Dataset(images, np.zeros(200, np.uint8), num_classes=2)
    # Odd images are wrong, and the later the surer.
    margins = np.where(np.arange(200) % 2, 1 + np.arange(200) / 50, -5)
    result = evaluate(LookupModel(dataset, np.stack([0 * margins, margins], axis=1)), dataset)
    assert result.errors == 100
    assert result.worst_mistakes.tolist() == list(range(199, 199 - 2 * MAX_WORST_MISTAKES, -2))


def test_a_model_may_know_more_classes_than_the_data_set(thirty_digits: Dataset) -> None:
    result = evaluate(LookupModel(thirty_digits, one_hot_logits(thirty_digits.labels, 47)), thirty_digits)
    assert result.errors == 0
    assert len(result.per_class) == 47
    assert (result.per_class[46].support, result.per_class[46].recall) == (0, 0.0)
    assert result.confusion_matrix.shape == (47, 47)


def test_a_single_image_has_no_interval_of_a_mean(thirty_digits: Dataset) -> None:
    one = thirty_digits.subset(np.array([0]))
    result = evaluate(wrong_on_the_last_five(thirty_digits), one)
    assert (result.n, result.nll_interval, result.brier_interval) == (1, None, None)
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["nll_interval"] is None


def test_to_dict_is_json_and_says_what_the_attributes_say(thirty_digits: Dataset) -> None:
    result = evaluate(noisy(thirty_digits), thirty_digits)
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert content == result.to_dict()
    assert (content["n"], content["errors"], content["accuracy"]) == (30, result.errors, result.accuracy)
    assert (content["nll"], content["brier"], content["ece"]) == (result.nll, result.brier, result.ece)
    assert content["nll_interval"][0] < content["nll"] < content["nll_interval"][1]
    assert content["confusion_matrix"] == result.confusion_matrix.tolist()
    assert content["per_class"][3]["label"] == 3
    assert sum(scores["support"] for scores in content["per_class"]) == 30
    assert "confidence" not in content


def test_an_evaluation_cannot_be_changed(thirty_digits: Dataset) -> None:
    result = evaluate(noisy(thirty_digits), thirty_digits)
    with pytest.raises(AttributeError):
        result.errors = 0  # type: ignore[misc]
    for array in (
        result.confusion_matrix,
        result.confidence,
        result.predicted_labels,
        result.worst_mistakes,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: np.zeros((n - 1, 10)), r"must be \(30, classes\).* found shape \(29, 10\)"),
        (lambda n: np.zeros((n, 10, 1)), r"found shape \(30, 10, 1\)"),
        (np.zeros, r"found shape \(30,\)"),
        (lambda n: np.zeros((n, 257)), r"with 1 to 256 classes, found shape \(30, 257\)"),
        (lambda n: np.full((n, 10), "7"), "real numbers"),
        (lambda n: np.full((n, 10), np.nan), "must be finite, found nan or infinity"),
        (lambda n: np.full((n, 10), -np.inf), "must be finite, found nan or infinity"),
    ],
)
def test_an_answer_that_is_no_logits_is_refused(
    thirty_digits: Dataset, answer: Callable[[int], AnyArray], message: str
) -> None:
    with pytest.raises(ModelOutputError, match=message):
        evaluate(FixedModel(answer), thirty_digits)


def test_a_model_that_changes_its_number_of_classes_is_refused(thirty_digits: Dataset) -> None:
    with pytest.raises(ModelOutputError, match="gave 11 logits an image in its first batch and 12 in a later"):
        evaluate(FixedModel(lambda n: np.zeros((n, 11 + (n < 20)))), thirty_digits, batch_size=20)


def test_labels_that_the_model_does_not_know_are_refused(thirty_digits: Dataset) -> None:
    message = "thirty digits has label 9, but the model knows 9 classes, 0 to 8"
    with pytest.raises(DatasetFormatError, match=message):
        evaluate(FixedModel(lambda n: np.zeros((n, 9))), thirty_digits)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, None, "8"])
def test_batch_sizes_that_are_none_are_refused(thirty_digits: Dataset, batch_size: int) -> None:
    with pytest.raises(ConfigurationError, match="batch_size must be a whole number of images, at least 1"):
        evaluate(noisy(thirty_digits), thirty_digits, batch_size=batch_size)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf])
def test_temperatures_out_of_range_are_refused(thirty_digits: Dataset, temperature: float) -> None:
    with pytest.raises(ConfigurationError, match="temperature must be a finite number above 0"):
        evaluate(noisy(thirty_digits, temperature), thirty_digits)


def test_a_temperature_that_makes_logits_overflow_is_refused(thirty_digits: Dataset) -> None:
    with pytest.raises(ModelOutputError, match="finite"):
        evaluate(noisy(thirty_digits, 1e-308), thirty_digits)


def test_real_digits(mnist: tuple[Dataset, Dataset]) -> None:
    """The nearest mean image of 1,000 training digits, counted by hand and by `evaluate`."""
    train_set, test_set = mnist
    training_images = train_set.images[:1000].reshape(1000, -1) / 255.0
    means = np.stack([training_images[train_set.labels[:1000] == digit].mean(axis=0) for digit in range(10)])
    test_part = test_set.subset(np.arange(500))

    class NearestMean:
        temperature = 4.0

        def predict_logits(self, images: Images, /) -> Logits:
            flat = images.reshape(len(images), -1) / 255.0
            distances = np.linalg.norm(flat[:, None] - means[None], axis=2)
            return np.asarray(-(distances**2), dtype=np.float32)

    result: Evaluation = evaluate(NearestMean(), test_part, batch_size=64)
    flat = test_part.images.reshape(500, -1) / 255.0
    nearest = [int(np.argmin([np.linalg.norm(image - mean) for mean in means])) for image in flat]
    assert result.errors == sum(answer != label for answer, label in zip(nearest, test_part.labels, strict=True))
    assert 0.7 < result.accuracy < 0.9


class NamedPredictor:
    """Answers with the row that is brightest, and knows its classes by name."""

    temperature = 1.0

    def __init__(self, *class_names: str) -> None:
        self.class_names = class_names

    def predict_logits(self, images: Images) -> Logits:
        return images[:, : len(self.class_names), 0].astype(np.float32)


def fruit(*class_names: str) -> Dataset:
    """One image of each class, marked at the row that apple 0, banana 1, cherry 2 stand for."""
    images = np.zeros((len(class_names), 28, 28), np.uint8)
    for position, name in enumerate(class_names):
        images[position, ("apple", "banana", "cherry").index(name)] = 255
    return Dataset(images, np.arange(len(class_names), dtype=np.uint8), class_names=class_names)


@pytest.mark.parametrize("names", [("apple", "banana", "cherry"), ("banana", "cherry"), ("cherry", "apple")])
def test_classes_are_compared_by_name(names: tuple[str, ...]) -> None:
    assert evaluate(NamedPredictor("apple", "banana", "cherry"), fruit(*names)).errors == 0


def test_a_class_that_the_model_does_not_know_is_named() -> None:
    with pytest.raises(DatasetFormatError, match="does not know: cherry; expected some of apple"):
        evaluate(NamedPredictor("apple", "banana"), fruit("banana", "cherry"))


class HalfAugmented(LookupModel):
    """Says that it answered every second image of the data set from seven copies."""

    augment_inference = 7

    def is_augmented(self, images: Images, /) -> NDArray[np.bool_]:
        places = [list(self._logits).index(image.tobytes()) for image in images]
        return np.array([place % 2 == 1 for place in places])


@pytest.mark.parametrize("batch_size", [1, 7, 30, 1000])
def test_augmented_images_are_counted(thirty_digits: Dataset, batch_size: int) -> None:
    logits = one_hot_logits(thirty_digits.labels)
    result = evaluate(HalfAugmented(thirty_digits, logits), thirty_digits, batch_size=batch_size)
    assert (result.augment_inference, result.augmented_images) == (7, 15)
    assert (
        result.to_dict() | {"augment_inference": 0, "augmented_images": 0}
        == evaluate(LookupModel(thirty_digits, logits), thirty_digits).to_dict()
    )


def test_a_single_look_is_said_to_be_one(thirty_digits: Dataset) -> None:
    class Switched(HalfAugmented):
        augment_inference = 0

    for kind in (LookupModel, Switched):
        figures = evaluate(kind(thirty_digits, one_hot_logits(thirty_digits.labels)), thirty_digits).to_dict()
        assert (figures["augment_inference"], figures["augmented_images"]) == (0, 0)
