"""What a person should know about the model file that answers."""

from typing import TYPE_CHECKING

from digitnet.cli.lines import print_note

if TYPE_CHECKING:
    from digitnet.inference.classifier import Classifier

__all__ = ["note_missing_digest"]


def note_missing_digest(classifier: "Classifier", model: object, *, quiet: bool) -> None:
    """Say on stderr that a model file has no digest.

    Args:
        classifier: That was loaded from it.
        model: The file or run folder as the user named it; None for the bundled one.
        quiet: Whether nobody wants to know.
    """
    if not (classifier.has_digest or quiet):
        name = "the bundled model" if model is None else model
        print_note(
            f"{name} has no SHA-256 of its bytes: it is older than that, or was made by another program, and damage to "
            "it may go unnoticed"
        )
