"""The model inside the package: how many of the 10,000 test images it gets wrong, exactly, and what came with it."""

import hashlib
import json
import math
from typing import Any

import numpy as np
import pytest

from digitnet.augmentation import regional_forms as regional_hands
from digitnet.datasets import Dataset, train_validation_split
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES, bundled_model_path, open_model
from digitnet.model_file.metadata import Precision

# Of each file that is inside. The sums of the int8 model are whole numbers: the same answers on every processor.
ERRORS: dict[Precision, int] = {"float32": 39, "int8": 39}
MOST_LOST = 3  # test images that int8 may get wrong beyond those of float32: 0.03 points
BYTES_MAX = 20_000_000  # of the files together

FOLDER = bundled_model_path().parent


@pytest.fixture(params=ERRORS)
def precision(request: pytest.FixtureRequest) -> Precision:
    asked: Precision = request.param
    return asked


@pytest.fixture
def classifier(precision: Precision) -> Classifier:
    return Classifier(*open_model(bundled_model_path(precision), precision=precision))


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    path = FOLDER / "run.json"
    if not path.exists():
        pytest.skip("the bundled model is older than scripts/bundle_model.py: it came without its run.json")
    content: dict[str, Any] = json.loads(path.read_bytes())
    return content


def test_which_files_are_inside() -> None:
    there = {name for name, file in MODEL_FILE_NAMES.items() if (FOLDER / file).exists()}
    assert there == set(ERRORS)
    assert "int8" in there  # what load_classifier() takes
    assert sum((FOLDER / MODEL_FILE_NAMES[name]).stat().st_size for name in there) <= BYTES_MAX


def test_the_number_of_mistakes_on_the_test_images(
    classifier: Classifier, precision: Precision, mnist: tuple[Dataset, Dataset]
) -> None:
    _, test_set = mnist
    evaluation = evaluate(classifier, test_set)
    assert (evaluation.n, evaluation.errors) == (10_000, ERRORS[precision])
    assert int((classifier.predict(test_set.images) != test_set.labels).sum()) == ERRORS[precision]
    assert classifier.metadata.metrics["test"]["errors"] == ERRORS[precision]


@pytest.mark.skipif(len(ERRORS) < 2, reason="only one precision is inside")
def test_int8_costs_next_to_nothing() -> None:
    assert ERRORS["int8"] - ERRORS["float32"] <= MOST_LOST
    stated = {name: open_model(bundled_model_path(name))[1].metrics["test"] for name in ERRORS}
    assert stated["int8"]["nll"] - stated["float32"]["nll"] < 1e-3


def test_its_probabilities_are_honest(classifier: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    """Of ten bins of confidence, each is right about as often as it says."""
    evaluation = evaluate(classifier, mnist[1])
    assert evaluation.ece < 0.005
    assert evaluation.nll < 0.02


def test_a_set_of_one_label_only_is_measured_too(classifier: Classifier, mnist: tuple[Dataset, Dataset]) -> None:
    sevens = mnist[1].subset(np.flatnonzero(mnist[1].labels == 7))
    evaluation = evaluate(classifier, sevens)
    assert evaluation.per_class[7].recall == pytest.approx(evaluation.accuracy)
    assert math.isfinite(evaluation.nll)


@pytest.mark.skipif(len(ERRORS) < 2, reason="only one precision is inside")
def test_the_int8_model_is_made_of_the_float32_one(mnist: tuple[Dataset, Dataset]) -> None:
    """Every weight is the same integer; the layers' ranges come from float32 sums, whose last bits differ."""
    onnx = pytest.importorskip("onnx", reason="making a model file needs the training extra")
    quantization = pytest.importorskip("digitnet.model_file.quantization")
    digit_score = pytest.importorskip("digitnet.model_file.digit_score")
    content = digit_score.without_digit_score(bundled_model_path("float32").read_bytes())
    recipe = open_model(content)[1].recipe
    train_set = mnist[0]
    if recipe["validation_fraction"]:
        train_set, _ = train_validation_split(train_set, recipe["validation_fraction"], recipe["seed"])
    made = onnx.load_from_string(quantization.quantize(content, train_set.images)).graph.initializer
    int8 = digit_score.without_digit_score(bundled_model_path("int8").read_bytes())
    bundled = onnx.load_from_string(int8).graph.initializer
    for mine, theirs in zip(made, bundled, strict=True):
        assert mine.name == theirs.name
        one, other = (onnx.numpy_helper.to_array(tensor) for tensor in (mine, theirs))
        if mine.name.startswith("kernel"):
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(
                one.astype(np.float64), other, rtol=1e-5, atol=1 if mine.name[:4] == "bias" else 0
            )


def test_pictures_are_read_as_hands_elsewhere_write_them(mnist: tuple[Dataset, Dataset]) -> None:
    """Made from test digits with another seed than training's."""
    test_set = mnist[1].subset(np.arange(2000))
    written = regional_hands.with_regional_forms(test_set, 0.2, seed=99).subset(np.arange(2000, 2200))
    classifier = load_classifier()
    pictures = [255 - np.kron(image, np.ones((4, 4), np.uint8)) for image in written.images]
    read = np.array([classifier.read_digit(picture).label for picture in pictures], dtype=object)
    assert (read != written.labels).mean() < 0.03


# What came with it


def test_the_run_is_that_of_the_model(run: dict[str, Any], classifier: Classifier) -> None:
    assert classifier.metadata.recipe == run["settings"]
    assert classifier.metadata.data == run["data"]


def test_the_files_are_those_that_were_bundled_together(run: dict[str, Any]) -> None:
    assert set(run["files"]) == {"MODEL_CARD.md", *(MODEL_FILE_NAMES[name] for name in ERRORS)}
    for name, digest in run["files"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest


def test_the_card_tells_the_same_figures(run: dict[str, Any]) -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"| test | 10,000 | {run['metrics']['test']['errors']} |" in card
    for part, precision in (("test", "float32"), ("int8", "int8")):
        if precision in ERRORS:
            assert run["metrics"][part]["errors"] == ERRORS[precision]


def test_nothing_tells_of_the_machine_it_was_made_on(run: dict[str, Any]) -> None:
    assert not any("/" in argument or "\\" in argument for argument in run["command"])
    assert run["source_path"] == "mnist"
