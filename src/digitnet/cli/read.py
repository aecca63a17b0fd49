"""`digitnet read`: numbers, any count of digits in any count of lines."""

from typing import Annotated, TypeAlias

import typer

from digitnet.cli.answering import Request, answer
from digitnet.cli.options import (
    AlwaysAnswerOption,
    AugmentInferenceOption,
    CoverageOption,
    JsonOption,
    ModelOption,
    PrecisionOption,
)

__all__ = ["CsvOption", "ExplainOption", "read"]

CsvOption: TypeAlias = Annotated[
    str | None, typer.Option("--csv", metavar="FILE", help="Write a table of all answers, too.")
]
ExplainOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--explain",
        metavar="OUT.png",
        help="Draw how the picture was read, down to the 28 x 28 that the network saw; one picture only.",
    ),
]


def read(  # noqa: PLR0913 - the options of a command line
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE", help="Files, folders of pictures, patterns such as '*.png', or - for standard input."
        ),
    ],
    *,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    augment_inference: AugmentInferenceOption = 0,
    as_json: JsonOption = False,
    csv: CsvOption = None,
    explain: ExplainOption = None,
    coverage: CoverageOption = None,
    always_answer: AlwaysAnswerOption = False,
) -> None:
    """Read the numbers in each picture, one line of digits in a line, with how sure the model is of the least certain.

    Touching digits are taken apart, broken ones put together, sloping lines followed, and specks and punctuation left
    out. A file that cannot be read is named on stderr, the others are answered all the same, and the exit code is 1.
    """
    request = Request(
        tuple(files), model, precision, None, as_json, augment_inference, csv, explain, coverage, always_answer
    )
    raise typer.Exit(answer(request, numbers=True))
