"""`digitnet predict`: one digit in each picture, or in each image of a file of many."""

from typing import Annotated

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
from digitnet.cli.read import CsvOption, ExplainOption

__all__ = ["predict"]


def predict(  # noqa: PLR0913 - the options of a command line
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE",
            help="Files with one digit each, folders of them, patterns such as '*.png', or - for standard input; or "
            "files with many images of 28 x 28: IDX, plain or gzipped, .npz, .npy.",
        ),
    ],
    *,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    array: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What to read of an .npz. Default x_test, or else x_train, or the only one."),
    ] = None,
    augment_inference: AugmentInferenceOption = 0,
    as_json: JsonOption = False,
    csv: CsvOption = None,
    explain: ExplainOption = None,
    coverage: CoverageOption = None,
    always_answer: AlwaysAnswerOption = False,
) -> None:
    """Name the digit in each picture, with how sure the model is.

    A picture may have any size, mode and polarity. The images of a file of many are taken as they are, in MNIST's
    frame, and answered while the file is read, one in a line. A file that cannot be read is named on stderr, the
    others are answered all the same, and the exit code is 1.
    """
    request = Request(
        tuple(files), model, precision, array, as_json, augment_inference, csv, explain, coverage, always_answer
    )
    raise typer.Exit(answer(request))
