"""`digitnet predict`: one digit in each picture."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitnet.cli.options import JsonOption, ModelOption
from digitnet.errors import PictureError

if TYPE_CHECKING:
    from digitnet.classifier import Classifier

__all__ = ["predict"]

_MOST_NAMED = 3  # candidates that a person wants to see


def predict(
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE", help="Files with one digit each.")],
    *,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name the digit in each picture, with how sure the model is.

    A picture may have any size, mode and polarity. One that cannot be read is named on stderr, the others are
    answered all the same, and the exit code is 1.
    """
    from digitnet.classifier import load_classifier

    classifier = load_classifier(model)
    failures = 0
    for picture in pictures:
        answer = _answer(classifier, picture)
        if answer["status"] == "error":
            failures += 1
            sys.stderr.write(f"digitnet: {_one_line(answer['error'])}\n")
        if as_json:
            typer.echo(json.dumps(answer))
        elif answer["status"] != "error":
            typer.echo(_in_words(answer, classifier.class_names, name=picture if len(pictures) > 1 else ""))
    if failures and len(pictures) > 1:
        sys.stderr.write(f"digitnet: {failures} of {len(pictures)} pictures could not be read\n")
    if failures:
        raise typer.Exit(1)


def _answer(classifier: "Classifier", picture: str) -> dict[str, Any]:
    from digitnet.answers import error_outcome, outcome

    try:
        return outcome(picture, classifier.read_digit(picture))
    except PictureError as error:
        return error_outcome(picture, error)


def _in_words(answer: dict[str, Any], class_names: tuple[str, ...], name: str) -> str:
    """`7  99.98 %`, or `7  54.02 %  unsure: 7 or 1`, or `not a digit`."""
    (digit,) = answer["digits"]
    if digit["status"] == "not_a_digit":
        text = "not a digit"
    else:
        text = f"{answer['text']}  {100 * digit['confidence']:.2f} %"
        if digit["status"] == "unsure":
            text += "  unsure: " + " or ".join(class_names[label] for label in digit["candidates"][:_MOST_NAMED])
    return f"{_one_line(name)}: {text}" if name else text


def _one_line(text: str) -> str:
    return " ".join(text.split())
