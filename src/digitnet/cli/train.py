"""`digitnet train`: from a recipe to a finished run folder."""

import json
import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.dials import add_dials, given_dials
from digitnet.cli.lines import print_line, print_note
from digitnet.cli.options import add_data, add_json
from digitnet.cli.values import one_of
from digitnet.errors import ConfigurationError
from digitnet.training.recipes import PRESETS, Recipe, make_recipe

if TYPE_CHECKING:
    from digitnet.datasets import OnBadPicture
    from digitnet.runs import Outcome

__all__ = ["COMMAND"]

_COPIES = 8  # of each image in the figure of --show-augmentation; chosen by hand, as many as fit beside each other


def _describe(line: CommandLine) -> None:
    line.explain(
        "Progress goes to stderr, the result to stdout. Ctrl-C stops after the epoch that is running and says how to "
        "go on. Each dial below changes one setting of the preset.",
        examples=(
            "digitnet train --preset quick",
            "digitnet train --data fashion-mnist/ --epochs 30",
            "digitnet train --hidden-sizes 300,100 --optimizer sgd",
            "digitnet train --resume runs/standard-20260101-120000",
        ),
    )
    section = line.section("Run")
    section.option(
        "--preset",
        metavar="NAME",
        choices=tuple(PRESETS),
        type=one_of(PRESETS),
        help=f"The recipe to start from: {', '.join(PRESETS)}. [default: standard]",
    )
    add_data(section)
    section.option("--out", metavar="DIR", type=Path, help="Folder to make. [default: runs/PRESET-TIME]")
    section.option("--resume", metavar="DIR", type=Path, help="Go on with an interrupted run, with its own settings.")
    section.flag(
        "--distributed",
        help="Train on all devices of several processes, each of which is started like this one; process 0 writes.",
    )
    section.option(
        "--show-augmentation", metavar="PNG", type=Path, help="Only draw what --augment does to some images."
    )
    add_json(section)
    add_dials(line)


def _run(arguments: Namespace) -> int:
    dials = given_dials(arguments)
    others = (arguments.preset, arguments.out, arguments.data, arguments.on_bad_picture, arguments.show_augmentation)
    if arguments.resume is not None and (dials or any(value is not None for value in others)):
        raise ConfigurationError("--resume goes on with the run's own settings: leave all others away")
    recipe = make_recipe(arguments.preset or "standard", **dials)
    if arguments.show_augmentation is None:
        outcome = _trained_together(recipe, arguments) if arguments.distributed else _trained(recipe, arguments)
        if outcome is not None:
            _report(outcome, as_json=arguments.as_json)
    elif arguments.distributed:
        raise ConfigurationError("--show-augmentation draws a figure and trains nothing: leave --distributed away")
    elif arguments.out is not None:
        raise ConfigurationError("--show-augmentation draws a figure and trains nothing: leave --out away")
    else:
        _show_augmentation(recipe, arguments)
    return 0


COMMAND = Command(_describe, _run)


def _trained(recipe: Recipe, arguments: Namespace) -> "Outcome":
    """Start a run, or go on with one, and show its progress on stderr."""
    from concurrent.futures import ThreadPoolExecutor

    from rich.console import Console

    from digitnet.cli.interrupts import stop_after_epoch
    from digitnet.cli.start_up import without_garbage_collection
    from digitnet.datasets import load_source

    source, resume = arguments.data or "mnist", arguments.resume
    on_bad_picture: OnBadPicture = arguments.on_bad_picture or "fail"
    console = Console(stderr=True, highlight=False, quiet=arguments.quiet)
    with stop_after_epoch(console) as stop, ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_source, source, on_bad_picture=on_bad_picture) if resume is None else None
        # Keras and JAX take seconds to import: only here, after the options have been found good, and meanwhile the
        # data is being unpacked.
        with without_garbage_collection():
            from digitnet.cli.progress import ProgressDisplay
            from digitnet.runs import load_data, resume_run, start_run
            from digitnet.training.compilation_cache import compilation_cache

        with compilation_cache(print_note), ProgressDisplay(console) as display:
            if resume is not None:
                return resume_run(resume, listener=display, stop=stop)
            data = load_data(source, recipe, on_bad_picture, loading.result() if loading else None)
            command = ["digitnet", *sys.argv[1:]]
            return start_run(recipe, data, arguments.out, command=command, listener=display, stop=stop)


def _trained_together(recipe: Recipe, arguments: Namespace) -> "Outcome | None":
    """The same with other processes. The outcome is known to process 0, which alone shows progress."""
    from rich.console import Console

    from digitnet.cli.distributed import joined_processes
    from digitnet.cli.interrupts import stop_after_epoch

    with joined_processes(is_verbose=arguments.verbose):
        from digitnet.cli.progress import ProgressDisplay
        from digitnet.runs import load_data
        from digitnet.runs.distributed import resume_distributed_run, start_distributed_run
        from digitnet.training.compilation_cache import compilation_cache
        from digitnet.training.processes import is_leader

        console = Console(stderr=True, highlight=False, quiet=arguments.quiet or not is_leader())
        with stop_after_epoch(console) as stop, compilation_cache(print_note), ProgressDisplay(console) as display:
            if arguments.resume is not None:
                return resume_distributed_run(arguments.resume, listener=display, stop=stop)
            data = load_data(arguments.data or "mnist", recipe, arguments.on_bad_picture or "fail")
            command = ["digitnet", *sys.argv[1:]]
            return start_distributed_run(recipe, data, arguments.out, command=command, listener=display, stop=stop)


def _show_augmentation(recipe: Recipe, arguments: Namespace) -> None:
    if recipe.augmentation.is_none:
        raise ConfigurationError(
            "this recipe leaves training images as they are: say how to change them, "
            "for example --augment rotation=15,scaling=0.2"
        )
    import numpy as np

    from digitnet.augmentation.augmenter import augmented_copies
    from digitnet.report import augmentation_figure, save_figure
    from digitnet.runs import load_data

    path = arguments.show_augmentation
    train_set = load_data(arguments.data or "mnist", recipe, arguments.on_bad_picture or "fail").train
    labels, first = np.unique(train_set.labels, return_index=True)
    originals = train_set.images[first]
    copies = augmented_copies(originals, labels, recipe.augmentation, copies=_COPIES, seed=recipe.seed)
    names = [train_set.class_names[label] for label in labels]
    save_figure(augmentation_figure(originals, copies, names, recipe.augmentation), path)
    print_line(json.dumps({"figure": str(path)}) if arguments.as_json else str(path))


def _report(outcome: "Outcome", *, as_json: bool) -> None:
    if as_json:
        print_line(json.dumps({"run": str(outcome.folder.path), **outcome.metrics}))
        return
    evaluation = outcome.evaluation
    if evaluation is not None:
        low, high = evaluation.accuracy_interval
        part = "Test" if outcome.metrics["test"] else "Validation"
        print_line(
            f"{part} accuracy {100 * evaluation.accuracy:.2f} % ({evaluation.errors:,} mistakes in "
            f"{evaluation.n:,} images; 95 % interval {100 * low:.2f} to {100 * high:.2f} %)"
        )
    print_line(f"Everything about this run: {outcome.folder.path}")
    print_line(f"Read a digit with it: digitnet predict PICTURE --model {shlex.quote(str(outcome.folder.path))}")
