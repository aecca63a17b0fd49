"""`digitnet train`: from a recipe to a finished run folder."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digitnet.cli.options import DataOption, JsonOption, OnBadPictureOption
from digitnet.errors import ConfigurationError
from digitnet.training.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from digitnet.training.recipes import PRESETS, Recipe, make_recipe

if TYPE_CHECKING:
    from digitnet.runs import Outcome

__all__ = ["train"]

_COPIES = 8  # of each image in the figure of --show-augmentation

_listed = ", ".join
PresetOption = Annotated[
    str | None,
    typer.Option(metavar="|".join(PRESETS), help="The recipe to start from; the dials change it. Default standard."),
]


def train(  # noqa: PLR0913 - one parameter for each option that a user can give
    *,
    preset: PresetOption = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to make, default runs/PRESET-TIME.")] = None,
    data: DataOption = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Go on with an interrupted run.")] = None,
    hidden_sizes: Annotated[str | None, typer.Option(metavar="N,N,...", help="Units of each hidden layer.")] = None,
    activation: Annotated[str | None, typer.Option(help=f"Of the hidden layers: {_listed(ACTIVATIONS)}.")] = None,
    dropout: Annotated[float | None, typer.Option(help="Part of the hidden outputs dropped, 0 to 1.")] = None,
    batch_normalization: Annotated[bool | None, typer.Option(help="Normalise hidden layers over the batch.")] = None,
    receptive_fields: Annotated[
        str | None,
        typer.Option(metavar="R,R,...", help="Radius in pixels that the units of each layer see, 0 for everything."),
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help=f"One of {_listed(OPTIMIZERS)}.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    schedule: Annotated[str | None, typer.Option(help=f"One of {_listed(SCHEDULES)}.")] = None,
    warmup_fraction: Annotated[float | None, typer.Option(help="Part of all steps in which the rate rises.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="Decoupled decay of the kernels.")] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Part of the target spread over all classes.")] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=X,...", help="Change training images at random: rotation=15,scaling=0.2,... or none."
        ),
    ] = None,
    show_augmentation: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Only draw what --augment does to some images.")
    ] = None,
    regional_hands: Annotated[
        float | None, typer.Option(help="Digits as written elsewhere, added to MNIST's, as a part of them, 0 to 1.")
    ] = None,
    hard_examples: Annotated[
        float | None, typer.Option(help="Part of each epoch given to hard images, 0 to 1.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    validation_fraction: Annotated[float | None, typer.Option(help="Part held out to watch and calibrate.")] = None,
    seed: Annotated[int | None, typer.Option(help="Starting point of everything random.")] = None,
    on_bad_picture: OnBadPictureOption = None,
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
        "receptive_fields": None if receptive_fields is None else _parse_radii(receptive_fields),
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "warmup_fraction": warmup_fraction,
        "weight_decay": weight_decay,
        "label_smoothing": label_smoothing,
        "augmentation": augment,
        "regional_hands": regional_hands,
        "hard_examples": hard_examples,
        "epochs": epochs,
        "batch_size": batch_size,
        "validation_fraction": validation_fraction,
        "seed": seed,
    }
    others = (preset, out, data, on_bad_picture, show_augmentation, *dials.values())
    if resume is not None and any(value is not None for value in others):
        raise ConfigurationError("--resume goes on with the run's own settings: leave all others away")
    recipe = make_recipe(preset or "standard", **dials)
    if show_augmentation is None:
        _run(recipe, data or "mnist", out, resume, on_bad_picture or "fail", as_json=as_json)
    elif out is not None:
        raise ConfigurationError("--show-augmentation draws a figure and trains nothing: leave --out away")
    else:
        _show_augmentation(recipe, data or "mnist", show_augmentation, on_bad_picture or "fail", as_json=as_json)


def _parse_sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"--hidden-sizes is {text!r}: expected whole numbers with commas between them, for example 512,512"
        ) from None


def _parse_radii(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"--receptive-fields is {text!r}: expected numbers with commas between them, for example 6,11"
        ) from None


def _show_augmentation(
    recipe: Recipe, source: str, path: Path, on_bad_picture: Literal["fail", "skip"], *, as_json: bool
) -> None:
    if recipe.augmentation.is_none:
        raise ConfigurationError(
            "this recipe leaves training images as they are: say how to change them, "
            "for example --augment rotation=15,scaling=0.2"
        )
    import numpy as np

    from digitnet.augmentation.augmenter import augmented_copies
    from digitnet.report import augmentation_figure, save_figure
    from digitnet.runs import load_data

    train_set = load_data(source, recipe, on_bad_picture).train
    labels, first = np.unique(train_set.labels, return_index=True)
    originals = train_set.images[first]
    copies = augmented_copies(originals, labels, recipe.augmentation, copies=_COPIES, seed=recipe.seed)
    names = [train_set.class_names[label] for label in labels]
    save_figure(augmentation_figure(originals, copies, names, recipe.augmentation), path)
    typer.echo(json.dumps({"figure": str(path)}) if as_json else path)


def _run(
    recipe: Recipe,
    source: str,
    out: Path | None,
    resume: Path | None,
    on_bad_picture: Literal["fail", "skip"],
    *,
    as_json: bool,
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from rich.console import Console

    from digitnet.cli.interrupts import stop_after_epoch
    from digitnet.cli.start_up import collected_never
    from digitnet.datasets import load_source

    console = Console(stderr=True, highlight=False)
    with stop_after_epoch(console) as stop, ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_source, source, on_bad_picture=on_bad_picture) if resume is None else None
        # Keras and JAX take seconds to import: only here, after the options have been found good, and meanwhile the
        # data is being unpacked.
        with collected_never():
            from digitnet.cli.progress import ProgressDisplay
            from digitnet.runs import load_data, resume_run, start_run
            from digitnet.training.compilation_cache import compilation_cache

        with compilation_cache(_warn), ProgressDisplay(console) as display:
            if resume is not None:
                outcome = resume_run(resume, listener=display, stop=stop)
            else:
                data = load_data(source, recipe, on_bad_picture, loading.result() if loading else None)
                command = ["digitnet", *sys.argv[1:]]
                outcome = start_run(recipe, data, out, command=command, listener=display, stop=stop)
    _report(outcome, as_json=as_json)


def _warn(line: str) -> None:
    typer.echo(f"digitnet: {line}", err=True)


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
