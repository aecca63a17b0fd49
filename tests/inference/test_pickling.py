"""Classifiers in other processes and as copies: by their file and their settings."""

import copy
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import ModelFileError
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import bundled_model_path, open_model

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "digits.onnx"
    path.write_bytes(bundled_model_path("int8").read_bytes())
    return path


def check_the_same(one: Classifier, other: Classifier) -> None:
    np.testing.assert_array_equal(one.predict_logits(IMAGES), other.predict_logits(IMAGES))
    assert one.read_images(IMAGES) == other.read_images(IMAGES)
    assert one.metadata == other.metadata
    assert one.decision == other.decision
    assert (one.augment_inference, one.predictor.threads) == (other.augment_inference, other.predictor.threads)


def test_a_pickled_classifier_answers_with_the_same_settings(file: Path) -> None:
    classifier = load_classifier(file, threads=1, augment_inference=3, coverage=0.9, refusal=0.2)
    content = pickle.dumps(classifier)
    assert len(content) < 20_000  # by its file
    check_the_same(pickle.loads(content), classifier)  # noqa: S301 - our own
    assert classifier.decision != load_classifier(file).decision  # or the settings could be lost unnoticed


def test_a_relative_path_is_found_from_another_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    content = pickle.dumps(load_classifier(file.name))
    monkeypatch.chdir("/")
    check_the_same(pickle.loads(content), load_classifier(file))  # noqa: S301 - our own


def test_the_bundled_model_is_the_one_of_the_package_that_unpickles() -> None:
    content = pickle.dumps(load_classifier())
    assert b"bundled" not in content
    check_the_same(pickle.loads(content), load_classifier())  # noqa: S301 - our own


def test_changed_metadata_go_along(file: Path) -> None:
    session, metadata = open_model(file)
    metadata.thresholds["unsure_below"] = 0.25
    classifier = pickle.loads(pickle.dumps(Classifier(session, metadata)))  # noqa: S301 - our own
    assert classifier.metadata.thresholds["unsure_below"] == 0.25


def test_another_file_in_its_place_is_found_out(file: Path) -> None:
    content = pickle.dumps(load_classifier(file))
    other = bundled_model_path("float32").read_bytes()
    file.write_bytes(other)
    with pytest.raises(ModelFileError, match="a model in float32, but int8 was asked for"):
        pickle.loads(content)  # noqa: S301 - our own
    content = pickle.dumps(load_classifier(file))
    onnx_graph = pytest.importorskip("digitnet.model_file.graph")
    _, metadata = open_model(file)
    metadata.metrics["added"] = 1
    file.write_bytes(onnx_graph.with_metadata(other, metadata))
    with pytest.raises(ModelFileError, match=f"{file} is another file than when this classifier was pickled"):
        pickle.loads(content)  # noqa: S301 - our own
    file.unlink()
    with pytest.raises(ModelFileError, match="does not exist"):
        pickle.loads(content)  # noqa: S301 - our own


def test_a_classifier_of_bytes_says_why_it_cannot_be_pickled(file: Path) -> None:
    classifier = Classifier(*open_model(file.read_bytes()))
    with pytest.raises(ModelFileError, match=r"was made from the bytes of a model file.*load_classifier\(path\)"):
        pickle.dumps(classifier)


def test_copies_share_the_network_and_nothing_else(file: Path) -> None:
    for classifier in (load_classifier(file, coverage=0.9, threads=1), Classifier(*open_model(file.read_bytes()))):
        for twin in (copy.copy(classifier), copy.deepcopy(classifier)):
            check_the_same(twin, classifier)
            assert twin.predictor is not classifier.predictor
            assert twin.predictor.session is classifier.predictor.session
        twin = copy.deepcopy(classifier)
        twin.metadata.thresholds["unsure_below"] = 0.125
        assert classifier.metadata.thresholds["unsure_below"] != 0.125


def test_processes_that_start_anew_get_it(file: Path) -> None:
    classifier = load_classifier(file, threads=1)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (labels,) = pool.map(classifier.predict, [IMAGES])
    np.testing.assert_array_equal(labels, classifier.predict(IMAGES))


def test_joblib_gives_it_to_its_workers(file: Path) -> None:
    joblib = pytest.importorskip("joblib")
    classifier = load_classifier(file, threads=1)
    (labels,) = joblib.Parallel(n_jobs=2)([joblib.delayed(classifier.predict)(IMAGES)])
    np.testing.assert_array_equal(labels, classifier.predict(IMAGES))
