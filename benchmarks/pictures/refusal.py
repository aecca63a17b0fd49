"""How well the digit score separates other things from digits, whatever the threshold.

    python -m benchmarks.pictures.refusal OTHERS.npz

MNIST's test digits and the pictures of OTHERS.npz (`images`) are brought into the frame by the picture path and scored.
Counted are the others that would be called digits if one test digit in a hundred were refused, and the area under the
ROC curve of the score. Pictures without ink are no digits for certain. The result is recorded.
"""

import sys

import numpy as np

from benchmarks.results import MEASURED, Row, new_run, record
from digitnet import Classifier, load_classifier, load_mnist
from digitnet.arrays import AnyArray
from digitnet.errors import DigitnetError, ModelFileError

_REFUSED = 0.01  # of MNIST's test digits


def area_under_curve(digits: AnyArray, others: AnyArray) -> float:
    """The probability that a digit's score (n,) is above another picture's (m,); equal scores count half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, digits, side="left") + np.searchsorted(ordered, digits, side="right")
    return float(below.mean() / (2 * len(others)))


def refusal_rows(digits: AnyArray, others: AnyArray) -> list[Row]:
    """Count both sides of the threshold that refuses one digit in a hundred."""
    threshold = np.sort(digits)[int(_REFUSED * len(digits))]
    return [
        Row("clothes", "digits refused", int((digits < threshold).sum()), "errors", len(digits)),
        Row("clothes", "called digits", int((others >= threshold).sum()), "errors", len(others)),
        Row("clothes", "AUROC", round(area_under_curve(digits, others), 5), "probability", len(others)),
    ]


def scores_of(classifier: Classifier, pictures: AnyArray) -> AnyArray:
    """The digit score of each picture; minus infinity without ink.

    Raises ModelFileError where the model has no digit score.
    """
    traces = [classifier.trace_digit(picture) for picture in pictures]
    scores = np.full(len(traces), -np.inf)
    written = [index for index, trace in enumerate(traces) if len(trace.images)]
    found = classifier.score_digits(np.concatenate([traces[index].images for index in written]))
    if found is None:
        raise ModelFileError("the model has no digit_score: bundle one with scripts/bundle_model.py")
    scores[written] = found
    return scores


def main() -> int:
    """Measure, record and print."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m benchmarks.pictures.refusal OTHERS.npz\n")
        return 2
    run = new_run("refusal", "python -m benchmarks.pictures.refusal OTHERS.npz")
    try:
        with np.load(sys.argv[1]) as file:
            others = file["images"]
        classifier = load_classifier()
        run.rows = refusal_rows(scores_of(classifier, load_mnist()[1].images), scores_of(classifier, others))
    except (DigitnetError, OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"{sys.argv[1]}: {error}\n")
        return 1
    record(run, MEASURED / "pictures.json")
    sys.stdout.writelines(f"{row.measure}: {row.value} of {row.n}\n" for row in run.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
