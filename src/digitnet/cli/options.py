"""Options that several sub-commands share."""

from typing import Annotated, Literal, TypeAlias

import typer

from digitnet.model_file.metadata import Precision

__all__ = [
    "AlwaysAnswerOption",
    "AugmentInferenceOption",
    "CoverageOption",
    "DataOption",
    "JsonOption",
    "ModelArgument",
    "ModelOption",
    "OnBadPictureOption",
    "PrecisionOption",
]

_MODEL_HELP = "A .onnx file or a run folder; left out, the model that ships with digitnet."

AlwaysAnswerOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--always-answer", help="Name a digit wherever anything is written, even if it looks like something else."
    ),
]
AugmentInferenceOption: TypeAlias = Annotated[
    int,
    typer.Option(
        min=0,
        max=1000,
        metavar="N",
        help="Answer images that the model is unsure of from N distorted copies too, at most 1000; slower. Default 0.",
        show_default=False,
    ),
]
CoverageOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="How often the candidates are to hold the right digit, between 0 and 1. The higher, the more candidates a "
        "digit has, and the more are unsure. Default 0.99.",
    ),
]
DataOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="mnist, a folder of IDX files, an .npz, a .csv, or a folder with one sub-folder a class. Default mnist.",
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelArgument: TypeAlias = Annotated[str | None, typer.Argument(metavar="MODEL", help=_MODEL_HELP)]
ModelOption: TypeAlias = Annotated[str | None, typer.Option("--model", metavar="MODEL", help=_MODEL_HELP)]
OnBadPictureOption: TypeAlias = Annotated[
    Literal["fail", "skip"] | None,
    typer.Option(help="What an unreadable picture in a folder of pictures does. Default fail."),
]
PrecisionOption: TypeAlias = Annotated[
    Precision | None,
    typer.Option(help="Which of a model's two files: int8 is faster, float32 what was trained. Default: see info."),
]
