"""Whether a model file is what was written, and still answers as it did then."""

from pathlib import Path
from typing import NamedTuple

from digitnet.errors import ModelFileError
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.model_file.reference_answers import TOLERANCE, ReferenceAnswers

__all__ = ["VerifiedModel", "verify_model"]


class VerifiedModel(NamedTuple):
    """What was found about a model file that is as it should be.

    Attributes:
        metadata: What it says about itself.
        answers: Reference answers that it was compared with; 0 where the file has none.
        largest_difference: Between two probabilities, at most `TOLERANCE`.
    """

    metadata: ModelMetadata
    answers: int
    largest_difference: float


def verify_model(path: Path) -> VerifiedModel:
    """Check that the bytes of a model file are those that were written, and its answers too.

    Args:
        path: The file.

    Returns:
        What was found.

    Raises:
        ModelFileError: The file is missing, damaged, or without a digest, or a probability differs by more than
            `TOLERANCE` from the one that was kept when the file was written.
    """
    session, metadata = open_model(path)
    if session.digest is None:
        raise ModelFileError(
            f"{path}: it cannot be verified, since it has no SHA-256 of its bytes: it is older than that, or was made "
            "by another program"
        )
    try:
        references = ReferenceAnswers.of(session)
        difference = 0.0 if references is None else references.largest_difference(session)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    if not difference <= TOLERANCE:
        raise ModelFileError(
            f"{path}: it answers otherwise than when it was written: a probability differs by {difference:.1e}, "
            f"expected at most {TOLERANCE:.0e}. Its bytes are right: look for another ONNX Runtime, or "
            "damaged memory"
        )
    return VerifiedModel(metadata, 0 if references is None else len(references.images), difference)
