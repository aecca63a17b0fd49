"""`digitnet train`: from a recipe to a finished run folder."""

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitnet.cli.options import DataOption, JsonOption, OnBadPictureOption
from digitnet.errors import ConfigurationError
from digitnet.recipes import PRESETS, Recipe, make_recipe

if TYPE_CHECKING:
    from digitnet.runs import Outcome

__all__ = ["train"]

PresetOption = Annotated[
    str, typer.Option(metavar="|".join(PRESETS), help="The recipe to start from; the dials change it.")
]


def train(  # noqa: PLR0913 - one parameter for each option that a user can give
    *,
    preset: PresetOption = "standard",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to make, default runs/PRESET-TIME.")] = None,
    data: DataOption = "mnist",
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Go on with an interrupted run.")] = None,
    hidden_sizes: Annotated[str | None, typer.Option(metavar="N,N,...", help="Units of each hidden layer.")] = None,
    activation: Annotated[str | None, typer.Option(help="Of the hidden layers: relu, gelu, tanh, ...")] = None,
    dropout: Annotated[float | None, typer.Option(help="Part of the hidden outputs dropped, 0 to 1.")] = None,
    batch_normalization: Annotated[bool | None, typer.Option(help="Normalise hidden layers over the batch.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, adamw, sgd, nesterov, rmsprop, muon, ...")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    schedule: Annotated[str | None, typer.Option(help="constant, cosine or one-cycle.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Decoupled decay of the kernels.")] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Part of the target spread over all classes.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    validation_fraction: Annotated[float | None, typer.Option(help="Part held out to watch and calibrate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Starting point of everything random.")] = None,
    on_bad_picture: OnBadPictureOption = "fail",
    as_json: JsonOption = False,
) -> None:
    """Train a network and leave everything about it in a run folder.

    Progress goes to stderr, the result to stdout. Ctrl-C stops after the epoch that is running and says how to go on.
    """
    dials = {
        "hidden_sizes": None if hidden_sizes is None else _parse_sizes(hidden_sizes),
        "activation": activation,
        "dropout": dropout,
        "batch_normalization": batch_normalization,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "label_smoothing": label_smoothing,
        "epochs": epochs,
        "batch_size": batch_size,
        "validation_fraction": validation_fraction,
        "seed": seed,
    }
    recipe = make_recipe(preset, **dials)
    if resume is not None and (out is not None or any(value is not None for value in dials.values())):
        raise ConfigurationError("--resume goes on with the run's own settings: leave --out and the dials away")
    _run(recipe, data, out, resume, on_bad_picture, as_json=as_json)


def _parse_sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"--hidden-sizes is {text!r}: expected whole numbers with commas between them, for example 512,512"
        ) from None


def _run(
    recipe: Recipe,
    source: str,
    out: Path | None,
    resume: Path | None,
    on_bad_picture: OnBadPictureOption,
    *,
    as_json: bool,
) -> None:
    # Keras and JAX take seconds to import: only here, after the options have been read and found good.
    from rich.console import Console

    from digitnet.cli.interrupts import stop_after_epoch
    from digitnet.runs import load_data, resume_run, start_run

    console = Console(stderr=True, highlight=False)
    with stop_after_epoch(console) as should_stop:
        if resume is not None:
            outcome = resume_run(resume, console=console, on_bad_picture=on_bad_picture, should_stop=should_stop)
        else:
            data = load_data(source, recipe, on_bad_picture)
            path = out if out is not None else _default_folder(recipe)
            outcome = start_run(
                recipe,
                data,
                path,
                command=["digitnet", *sys.argv[1:]],
                console=console,
                should_stop=should_stop,
            )
    _report(outcome, as_json=as_json)


def _default_folder(recipe: Recipe) -> Path:
    """A name of its own for every run: two starts in one second get two folders."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = (f"{recipe.preset}-{stamp}{suffix}" for suffix in ("", *(f"-{count}" for count in range(2, 100))))
    return next(path for name in names if not (path := Path("runs") / name).exists())


def _report(outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"run": str(outcome.folder.path), **outcome.metrics}))
        return
    evaluation = outcome.evaluation
    if evaluation is not None:
        low, high = evaluation.accuracy_interval
        part = "Test" if outcome.metrics["test"] else "Validation"
        typer.echo(
            f"{part} accuracy {100 * evaluation.accuracy:.2f} % ({evaluation.errors:,} mistakes in "
            f"{evaluation.n:,} images; 95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
        )
    typer.echo(f"Everything about this run: {outcome.folder.path}")
    typer.echo(f"Read a digit with it: digitnet predict PICTURE --model {shlex.quote(str(outcome.folder.path))}")
