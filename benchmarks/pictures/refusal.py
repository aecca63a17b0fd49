"""How well other things are told from digits, whatever the threshold.

    python -m benchmarks.pictures.refusal OTHERS.npz

MNIST's test digits and the pictures of OTHERS.npz (`images`) are brought into the frame by the picture path and scored.
Counted are the others that would be called digits if one test digit in a hundred were refused, and the area under the
ROC curve of the score. Pictures without ink are no digits for certain. The result goes to
benchmarks/measured/refusal.json.
"""

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.settings import REPOSITORY
from digitnet import load_classifier, load_mnist
from digitnet.arrays import AnyArray
from digitnet.errors import DigitnetError, ModelFileError
from digitnet.files import write_atomically
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import bundled_model_path

__all__ = ["MEASURED", "Refusal", "area_under_curve", "load_refusal", "refusal_of"]

MEASURED = REPOSITORY / "benchmarks" / "measured" / "refusal.json"
_REFUSED = 0.01  # of MNIST's test digits


@dataclass(frozen=True)
class Refusal:
    """What the score can tell apart.

    Attributes:
        digits: How many digits were scored.
        others: How many other pictures.
        refused: Digits below the threshold, 1 % of them.
        called: Others that are not below it.
        auroc: Probability that a digit's score is above another picture's.
        model_sha256: Digest of the model file.
    """

    digits: int
    others: int
    refused: int
    called: int
    auroc: float
    model_sha256: str


def area_under_curve(digits: AnyArray, others: AnyArray) -> float:
    """The probability that a digit scores higher than another picture; equal scores count half.

    Args:
        digits: Scores (n,).
        others: Scores (m,).
    """
    ordered = np.sort(others)
    below = np.searchsorted(ordered, digits, side="left") + np.searchsorted(ordered, digits, side="right")
    return float(below.mean() / (2 * len(others)))


def refusal_of(digits: AnyArray, others: AnyArray, digest: str) -> Refusal:
    """Count both sides of the threshold that refuses one digit in a hundred."""
    threshold = np.sort(digits)[int(_REFUSED * len(digits))]
    return Refusal(
        len(digits),
        len(others),
        int((digits < threshold).sum()),
        int((others >= threshold).sum()),
        round(area_under_curve(digits, others), 5),
        digest,
    )


def load_refusal(path: Path = MEASURED) -> Refusal | None:
    """What was measured; None where nothing was."""
    return Refusal(**json.loads(path.read_bytes())) if path.exists() else None


def _scores(classifier: Classifier, pictures: AnyArray) -> AnyArray:
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
    try:
        classifier = load_classifier()
        with np.load(sys.argv[1]) as file:
            others = file["images"]
        digits, others = (_scores(classifier, pictures) for pictures in (load_mnist()[1].images, others))
        digest = hashlib.sha256(bundled_model_path().read_bytes()).hexdigest()
        found = refusal_of(digits, others, digest)
    except (DigitnetError, OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"{sys.argv[1]}: {error}\n")
        return 1
    text = json.dumps(asdict(found), indent=2) + "\n"
    write_atomically(MEASURED, text)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
