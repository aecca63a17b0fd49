"""DigitClassifier does what scikit-learn expects of a classifier, and what digitnet expects of pixels."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.inference.classifier import load_classifier
from extras import HAS_TRAINING

pytest.importorskip("sklearn", reason="needs the sklearn extra")
if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

import joblib
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from digitnet.sklearn import DigitClassifier
from quick_compilation import quick_compilation

pytestmark = pytest.mark.usefixtures("compiled_quickly")

TINY: dict[str, Any] = {"hidden_sizes": (16,), "batch_size": 100, "epochs": 8, "random_state": 0}
# Blobs in a plane, as most checks have them, in steps of a batch: a remainder would be compiled once more.
FOR_CHECKS: dict[str, Any] = {
    "hidden_sizes": (8,),
    "batch_size": 1000,
    "epochs": 60,
    "learning_rate": 0.05,
    "pixel_max": 160,
}
EXPECTED_TO_FAIL = {
    # A step is a batch of images in random order: a repeated image changes the batches, and so every number after it.
    "check_sample_weight_equivalence_on_dense_data": "images are learned from in random batches",
    "check_class_weight_classifiers": "its pixels are below 0, although this estimator says that it takes none such",
}
# Cheap ones that differ; `test_every_check_of_scikit_learn_passes` runs all.
CHECKS_OF_EACH_RUN = {
    "check_classifiers_one_label",
    "check_complex_data",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_sparse_tag",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_positive_only_tag_during_fit",
}


@pytest.fixture(scope="module")
def pixels(mnist: tuple[Dataset, Dataset]) -> np.ndarray[Any, Any]:
    return mnist[0].images[:1200].reshape(-1, 784)


@pytest.fixture(scope="module")
def labels(mnist: tuple[Dataset, Dataset]) -> np.ndarray[Any, Any]:
    return mnist[0].labels[:1200]


@pytest.fixture(scope="module")
def fitted(pixels: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> DigitClassifier:
    with quick_compilation():
        return DigitClassifier(**TINY).fit(pixels[:1000], labels[:1000])


def test_it_learns_to_read_digits(
    fitted: DigitClassifier, pixels: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]
) -> None:
    predicted = fitted.predict(pixels[1000:])
    score = fitted.score(pixels[1000:], labels[1000:])
    assert score == np.mean(predicted == labels[1000:])
    assert score > 0.75
    assert predicted.dtype == labels.dtype
    assert fitted.n_features_in_ == 784
    assert fitted.n_iter_ == len(fitted.history_["loss"]) == 8
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]


def test_its_answers_are_those_of_its_model_file(
    fitted: DigitClassifier, pixels: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    (tmp_path / "digits.onnx").write_bytes(fitted.model_file_)
    classifier = load_classifier(tmp_path / "digits.onnx")
    images = pixels[1000:].reshape(-1, 28, 28)
    assert classifier.class_names == tuple("0123456789")
    np.testing.assert_array_equal(fitted.predict_proba(pixels[1000:]), classifier.predict_proba(images))
    np.testing.assert_array_equal(fitted.predict(pixels[1000:]), classifier.predict(images))


def test_shares_of_ink_and_names_of_classes_give_the_same_network(
    fitted: DigitClassifier, pixels: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]
) -> None:
    shares = pixels.astype(np.float32) * 0.4  # many of which, in 255ths of 102, are a little less than a whole number
    same = DigitClassifier(**TINY, pixel_max=102).fit(shares[:1000], labels[:1000])
    np.testing.assert_array_equal(same.predict_proba(shares), fitted.predict_proba(pixels))
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
    order = np.argsort(names)  # "eight" is the first class now
    text = DigitClassifier(**TINY).fit(pixels[:1000], names[labels[:1000]])
    numbered = DigitClassifier(**TINY).fit(pixels[:1000].tolist(), np.argsort(order)[labels[:1000]])
    assert text.classes_.tolist() == sorted(names)
    np.testing.assert_array_equal(text.predict_proba(pixels), numbered.predict_proba(pixels))
    np.testing.assert_array_equal(text.predict(pixels), names[order][numbered.predict(pixels)])


def test_smaller_images_with_other_ink_are_learned() -> None:
    images, digits = load_digits(return_X_y=True)  # 8 x 8, 0 to 16
    model = DigitClassifier(**TINY, pixel_max=16).fit(images[:1000], digits[:1000])
    assert model.score(images[1000:], digits[1000:]) > 0.85


def test_pickle_and_joblib_keep_every_answer(
    fitted: DigitClassifier, pixels: np.ndarray[Any, Any], tmp_path: Path
) -> None:
    joblib.dump(fitted, tmp_path / "model.joblib")
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "model.joblib")):  # noqa: S301 - our own
        np.testing.assert_array_equal(copy.predict_proba(pixels), fitted.predict_proba(pixels))
    code = (
        "import joblib, numpy, sys\n"
        f"model = joblib.load({str(tmp_path / 'model.joblib')!r})\n"
        "print(model.predict(numpy.zeros((2, 784), numpy.uint8)).shape, 'keras' in sys.modules, 'jax' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "(2,) False False\n"


def test_a_clone_has_the_parameters_and_nothing_that_was_learned(fitted: DigitClassifier) -> None:
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        copy.predict(np.zeros((1, 784)))


def test_a_search_over_a_pipeline_finds_the_setting_that_learns(
    pixels: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]
) -> None:
    pipeline = make_pipeline(MinMaxScaler(clip=True), DigitClassifier(**{**TINY, "epochs": 5}, pixel_max=1.0))
    examples, learning_rates = pixels[:1000].astype(np.float64), np.array([1e-7, 1e-2])
    search = GridSearchCV(pipeline, {"digitclassifier__learning_rate": learning_rates}, cv=2, refit=False)
    search.fit(examples, labels[:1000])
    assert search.best_params_ == {"digitclassifier__learning_rate": 1e-2}
    scores = cross_val_score(pipeline.set_params(**search.best_params_), examples, labels[:1000], cv=2)
    assert scores.mean() == search.best_score_ > 0.6


GOOD = np.full((4, 784), 7.0)
CLASSES = np.array([0, 1, 0, 1])


def changed(value: float) -> np.ndarray[Any, Any]:
    pixels = GOOD.copy()
    pixels[2, 3] = value
    return pixels


@pytest.mark.parametrize(
    ("given", "classes", "settings", "message"),
    [
        (changed(np.nan), CLASSES, {}, "contains NaN"),
        (changed(np.inf), CLASSES, {}, "contains infinity"),
        (changed(-1.0), CLASSES, {}, "Negative values in data: X has pixels from -1 to 7, expected 0 = paper"),
        (changed(256.0), CLASSES, {}, "Pixels beyond ink: X has pixels from 7 to 256, expected"),
        (GOOD, CLASSES, {"pixel_max": 1.0}, "pixel_max = 1"),
        (GOOD.reshape(4, 28, 28), CLASSES, {}, r"got 3D array instead.*X.reshape\(len\(X\), -1\)"),
        (GOOD[0], CLASSES, {}, "Expected 2D array, got 1D array instead.*Reshape your data"),
        (np.zeros((4, 785)), CLASSES, {}, "785 features: expected at most 784"),
        (GOOD, CLASSES[:3], {}, "inconsistent numbers of samples"),
        (GOOD, np.zeros(4), {}, "one class only"),
        (np.zeros((600, 4)), np.arange(600) % 300, {}, "300 classes: expected 2 to 256"),
        (GOOD, np.array([0.5, 1.25, 2, 3]), {}, "Unknown label type"),
        (GOOD, np.array(["a", "b", None, "a"], object), {}, "labels of several types, NoneType and str"),
        (GOOD, CLASSES, {"pixel_max": 0}, "pixel_max is 0: expected"),
        (GOOD, CLASSES, {"pixel_max": "255"}, "pixel_max is '255': expected"),
        (GOOD, CLASSES, {"hidden_sizes": ()}, r"hidden_sizes is \[\]: expected"),
        (GOOD, CLASSES, {"epochs": 0}, "epochs is 0: expected at least 1"),
        (GOOD, CLASSES, {"batch_size": "all"}, "batch_size is 'all': expected int"),
        (GOOD, CLASSES, {"learning_rate": -1.0}, "learning_rate is -1.0: expected"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(given: Any, classes: Any, settings: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        DigitClassifier(**{**TINY, **settings}).fit(given, classes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((2, 783)), "X has 783 features, but DigitClassifier is expecting 784"),
        (changed(np.nan), "contains NaN"),
        (changed(300), "Pixels beyond ink"),
        (np.zeros((2, 28, 28)), "3D array"),
    ],
)
def test_what_cannot_be_predicted_is_one_line(fitted: DigitClassifier, given: Any, message: str) -> None:
    for method in (fitted.predict, fitted.predict_proba):
        with pytest.raises(ValueError, match=message) as caught:
            method(given)
        assert "\n" not in str(caught.value)


def test_shares_of_ink_that_are_taken_for_bytes_are_warned_of(
    pixels: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]
) -> None:
    with pytest.warns(UserWarning, match=r"give DigitClassifier\(pixel_max=1.0\) if 1 is ink"):
        DigitClassifier(**TINY).fit(pixels[:1000] > 127, labels[:1000])


def test_without_scikit_learn_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from digitnet.errors import MissingExtraError\n"
        "try:\n    import digitnet.sklearn\nexcept MissingExtraError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("pip install 'digitnet[sklearn,train]'\n")


def some_checks() -> list[Any]:
    checks = estimator_checks_generator(DigitClassifier(**FOR_CHECKS))
    return [pair for pair in checks if pair[1].func.__name__ in CHECKS_OF_EACH_RUN]


@pytest.mark.parametrize(
    ("estimator", "check"), some_checks(), ids=lambda value: getattr(getattr(value, "func", None), "__name__", "")
)
def test_a_check_of_scikit_learn_passes(estimator: DigitClassifier, check: Any) -> None:
    check(estimator)


def test_weights_of_samples_and_of_classes_lead_what_is_learned(pixels: np.ndarray[Any, Any], mnist: Any) -> None:
    labels = mnist[0].labels[:1200]
    told = np.where(np.arange(1200) % 3 == 0, (labels + 1) % 10, labels)  # a third of the labels are wrong
    weights = (told == labels).astype(float)
    settings = {**TINY, "epochs": 4}
    kept = DigitClassifier(**settings).fit(pixels, told, sample_weight=weights)
    believed = DigitClassifier(**settings).fit(pixels, told)
    wrong = weights == 0
    # What counts for nothing is not learned: there the network gives the true label instead of the one it was told.
    assert (kept.predict(pixels[wrong]) == labels[wrong]).mean() > 0.7
    assert (kept.predict(pixels) == told)[wrong].mean() < (believed.predict(pixels) == told)[wrong].mean()


def test_weights_of_classes_are_those_of_their_samples(pixels: np.ndarray[Any, Any], mnist: Any) -> None:
    names = np.array([f"digit {label}" for label in mnist[0].labels[:1200]])
    settings = {**TINY, "epochs": 1}
    by_class = DigitClassifier(**settings, class_weight={"digit 3": 4.0}).fit(pixels, names)
    by_sample = DigitClassifier(**settings).fit(pixels, names, sample_weight=np.where(names == "digit 3", 4.0, 1.0))
    assert by_class.predict_proba(pixels[:50]).tobytes() == by_sample.predict_proba(pixels[:50]).tobytes()
    counts = {name: int((names == name).sum()) for name in set(names.tolist())}
    balanced = DigitClassifier(**settings, class_weight="balanced").fit(pixels, names)
    worked_out = [1200 / (10 * counts[name]) for name in names.tolist()]
    alike = DigitClassifier(**settings).fit(pixels, names, sample_weight=worked_out)
    assert balanced.predict_proba(pixels[:50]) == pytest.approx(alike.predict_proba(pixels[:50]), abs=1e-6)


@pytest.mark.parametrize(
    ("class_weight", "sample_weight", "message"),
    [
        ({10: 2.0}, None, "class_weight names 10, which is no label in y"),
        ({3: -1.0}, None, "class_weight holds -1"),
        ("even", None, "class_weight"),
        (None, np.ones(1199), r"shape \(1199,\): expected \(1200,\)"),
        (None, np.ones((1200, 1)), r"shape \(1200, 1\): expected \(1200,\)"),
        (None, np.full(1200, np.nan), "sample_weight holds nan"),
        (None, np.zeros(1200), "the weight of every image is zero"),
    ],
)
def test_weights_that_cannot_be_used_are_one_line(
    pixels: np.ndarray[Any, Any], mnist: Any, class_weight: Any, sample_weight: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        DigitClassifier(class_weight=class_weight).fit(pixels, mnist[0].labels[:1200], sample_weight)


def test_every_check_of_scikit_learn_passes() -> None:
    reason = "scikit-learn's checks take half a minute and want pandas: scripts/test-sklearn or make test-all runs them"
    pytest.importorskip("pandas", reason=reason)
    outcomes = check_estimator(
        DigitClassifier(**FOR_CHECKS), expected_failed_checks=EXPECTED_TO_FAIL, on_fail=None, on_skip=None
    )
    others = {(row["check_name"], row["status"]) for row in outcomes if row["status"] != "passed"}
    # Those that newer versions do not have are not among the outcomes; the skipped one wants SCIPY_ARRAY_API.
    assert others - {("check_array_api_input", "skipped")} <= {(name, "xfail") for name in EXPECTED_TO_FAIL}
    assert len(outcomes) > 50
