"""The models inside the package: how many of the 10,000 test images they get wrong, exactly."""

import math

import numpy as np
import pytest

from digitnet.classifier import Classifier
from digitnet.datasets import Dataset, train_validation_split
from digitnet.evaluation import evaluate
from digitnet.model_file import bundled_model_path, open_model
from digitnet.model_metadata import PRECISIONS, Precision

# The sums inside the int8 model are whole numbers, so its answers are the same on every processor.
ERRORS: dict[Precision, int] = {"float32": 140, "int8": 140}
MOST_LOST = 3  # test images that int8 may get wrong beyond those of float32: 0.03 points


@pytest.fixture(params=PRECISIONS)
def precision(request: pytest.FixtureRequest) -> Precision:
    asked: Precision = request.param
    return asked


@pytest.fixture
def classifier(precision: Precision) -> Classifier:
    return Classifier(*open_model(bundled_model_path(precision), precision=precision))


def test_the_number_of_mistakes_on_the_test_images(
    classifier: Classifier, precision: Precision, mnist: tuple[Dataset, Dataset]
) -> None:
    _, test_set = mnist
    evaluation = evaluate(classifier, test_set)
    assert (evaluation.n, evaluation.errors) == (10_000, ERRORS[precision])
    assert int((classifier.predict(test_set.images) != test_set.labels).sum()) == ERRORS[precision]
    assert classifier.metadata.metrics["test"]["errors"] == ERRORS[precision]


def test_int8_costs_next_to_nothing() -> None:
    assert ERRORS["int8"] - ERRORS["float32"] <= MOST_LOST
    stated = {name: open_model(bundled_model_path(name))[1].metrics["test"] for name in PRECISIONS}
    assert stated["int8"]["nll"] - stated["float32"]["nll"] < 1e-3


def test_its_probabilities_are_honest(classifier: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    """Of ten bins of confidence, each is right about as often as it says."""
    evaluation = evaluate(classifier, mnist[1])
    assert evaluation.ece < 0.005
    assert evaluation.nll < 0.06


def test_a_set_of_one_label_only_is_measured_too(classifier: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    sevens = mnist[1].subset(np.flatnonzero(mnist[1].labels == 7))
    evaluation = evaluate(classifier, sevens)
    assert evaluation.per_class[7].recall == pytest.approx(evaluation.accuracy)
    assert math.isfinite(evaluation.nll)


def test_the_int8_model_is_made_of_the_float32_one(mnist: tuple[Dataset, Dataset]) -> None:
    """Every weight is the same integer; the layers' ranges come from float32 sums, whose last bits differ."""
    onnx = pytest.importorskip("onnx", reason="making a model file needs the training extra")
    quantization = pytest.importorskip("digitnet.quantization")
    content = bundled_model_path("float32").read_bytes()
    recipe = open_model(content)[1].recipe
    train_set, _ = train_validation_split(mnist[0], recipe["validation_fraction"], recipe["seed"])
    made = onnx.load_from_string(quantization.quantize(content, train_set.images)).graph.initializer
    bundled = onnx.load(bundled_model_path("int8")).graph.initializer
    for mine, theirs in zip(made, bundled, strict=True):
        assert mine.name == theirs.name
        one, other = (onnx.numpy_helper.to_array(tensor) for tensor in (mine, theirs))
        if mine.name.startswith("kernel"):
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(
                one.astype(np.float64), other, rtol=1e-5, atol=1 if mine.name[:4] == "bias" else 0
            )
