"""The model inside the package: how many of the 10,000 test images it gets wrong, exactly."""

import math

import numpy as np
import pytest

from digitnet.classifier import load_classifier
from digitnet.datasets import Dataset
from digitnet.evaluation import evaluate

ERRORS = 140


def test_the_number_of_mistakes_on_the_test_images(mnist: tuple[Dataset, Dataset]) -> None:
    _, test_set = mnist
    classifier = load_classifier()
    evaluation = evaluate(classifier, test_set)
    assert (evaluation.n, evaluation.errors) == (10_000, ERRORS)
    assert int((classifier.predict(test_set.images) != test_set.labels).sum()) == ERRORS


def test_its_probabilities_are_honest(mnist: tuple[Dataset, Dataset]) -> None:
    """Of ten bins of confidence, each is right about as often as it says."""
    evaluation = evaluate(load_classifier(), mnist[1])
    assert evaluation.ece < 0.005
    assert evaluation.nll < 0.06


def test_a_set_of_one_label_only_is_measured_too(mnist: tuple[Dataset, Dataset]) -> None:
    sevens = mnist[1].subset(np.flatnonzero(mnist[1].labels == 7))
    evaluation = evaluate(load_classifier(), sevens)
    assert evaluation.per_class[7].recall == pytest.approx(evaluation.accuracy)
    assert math.isfinite(evaluation.nll)
