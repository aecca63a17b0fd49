"""What tests of reading share: the bundled classifier, and a clear digit of each kind to write pages with."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.datasets import Dataset
from digitnet.inference.classifier import Classifier, load_classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """With the bundled model."""
    return load_classifier()


@pytest.fixture(scope="session")
def clearest_digits(mnist: tuple[Dataset, Dataset], classifier: Classifier) -> list[GrayPicture]:
    """For each digit the test image, cut out, that the network is surest of among a hundred."""
    images, labels = mnist[1].images[:1500], mnist[1].labels[:1500]
    logits = classifier.predict_logits(images)
    found = []
    for digit in range(10):
        of_digit = np.flatnonzero(labels == digit)[:100]
        image = images[of_digit[logits[of_digit, digit].argmax()]]
        left, top, width, height = cv2.boundingRect((image > 63).astype(np.uint8))
        found.append(image[top : top + height, left : left + width])
    return found
