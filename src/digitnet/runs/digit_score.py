"""The digit score for new models of digits: a copy of the one in the bundled model.

Whether an image shows a digit does not depend on the network that classifies the digits. So no outlier detector is
trained with each model: the digit score of the bundled model, a branch of its graph in 8-bit integers, is copied into
the new file. The logits of the second network are not, since a new model answers with its own network alone.
"""

import numpy as np

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.inference.classifier import DEFAULT_REFUSAL
from digitnet.model_file.contract import DIGIT_SCORE, bundled_model_path, open_model
from digitnet.model_file.digit_score import with_digit_score_of

__all__ = ["find_digit_score", "with_digit_score_from"]

_DIGITS = tuple("0123456789")
# Images that are scored, evenly spaced in the data; takes 0.1 s. Chosen by hand.
_SAMPLE = 500
# Part of the sample that must pass as digits. Of MNIST 100.0 % do, of digits in Hershey's fonts 100 %, of letters in
# the same fonts 52 % and of made-up marks 10 % (docs/log.md, 2026-11-30, "Which data are digits").
_MIN_ACCEPTED = 0.95


def find_digit_score(train_set: Dataset) -> bytes | None:
    """The model file whose digit score fits models that are trained on these images.

    Data are digits if their classes are named 0 to 9 and at least 95 % of their images pass the score. The names alone
    are not enough: Fashion-MNIST, KMNIST and others number their ten classes from 0 to 9 as well.
    A score that refuses more of what a model is for would do it harm, whatever the images show.

    Args:
        train_set: What a model learns from.

    Returns:
        The bytes of a model file for `with_digit_score_from`. None where the data are not digits, or where the
        package has come without its model.
    """
    if train_set.class_names != _DIGITS:
        return None
    try:
        content = bundled_model_path().read_bytes()
        session, metadata = open_model(content)
    except (ModelFileError, OSError):
        return None
    if DIGIT_SCORE not in metadata.thresholds:
        return None
    chosen = np.linspace(0, len(train_set) - 1, min(_SAMPLE, len(train_set))).astype(int)
    (scores,) = session.run([DIGIT_SCORE], {"images": train_set.images[chosen]})
    accepted = (scores >= metadata.quantiles(DIGIT_SCORE).at(DEFAULT_REFUSAL)).mean()
    return content if accepted >= _MIN_ACCEPTED else None


def with_digit_score_from(content: bytes, score_of: bytes | None) -> bytes:
    """A model file with the digit score of another one.

    Args:
        content: The bytes of a model file, in either precision.
        score_of: What `find_digit_score` gave, or the bytes of any other model file. None, or a file without a score,
            leaves the content without one.

    Returns:
        The bytes of a model file with the same answers.

    Raises:
        ModelFileError: The two are written in different operators.
    """
    return content if score_of is None else with_digit_score_of(content, score_of, second_network=False)
