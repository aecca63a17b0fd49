"""`digitnet evaluate`: how well a model does on the test images of a data set."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import print_line
from digitnet.cli.model_notes import note_missing_digest
from digitnet.cli.options import (
    add_augment_inference,
    add_coverage,
    add_data,
    add_json,
    add_model_argument,
    add_precision,
)
from digitnet.cli.start_up import quick_imports

if TYPE_CHECKING:
    from digitnet.datasets import Dataset
    from digitnet.evaluation.evaluation import Evaluation
    from digitnet.inference.classifier import Classifier

__all__ = ["COMMAND"]

_CHUNK_IMAGES = 5_000  # answered at once; each answer takes a kilobyte. Chosen by hand.


def _describe(line: CommandLine) -> None:
    line.explain(
        "Where the data set has no test part, all of its images count; a test part alone will do, and classes may be "
        "missing. The figures of a committee, and of answers from distorted copies, are marked as such.",
        "With --coverage there are three more figures: how often the candidates hold the right label, how many "
        "candidates there are, and how many images are called not a digit. All other figures count the best guess for "
        "every image.",
        examples=(
            "digitnet evaluate",
            "digitnet evaluate runs/standard-20260101-120000",
            "digitnet evaluate --data fashion-mnist/ --json",
        ),
    )
    add_model_argument(line)
    section = line.section("Data")
    add_data(section)
    section = line.section("Answers")
    add_precision(section)
    add_augment_inference(section)
    add_coverage(section)
    add_json(line.section("Output"))


def _run(arguments: Namespace) -> int:
    with quick_imports():
        from rich.console import Console

        from digitnet.datasets import load_source
        from digitnet.evaluation.evaluation import evaluate as measure
        from digitnet.inference.classifier import DEFAULT_COVERAGE, load_classifier
        from digitnet.report import evaluation_table

    wanted = DEFAULT_COVERAGE if arguments.coverage is None else arguments.coverage
    classifier = load_classifier(
        arguments.model,
        precision=arguments.precision,
        augment_inference=arguments.augment_inference,
        coverage=wanted,
    )
    note_missing_digest(classifier, arguments.model, quiet=arguments.quiet)
    train_set, test_set = load_source(
        arguments.data or "mnist", on_bad_picture=arguments.on_bad_picture or "fail", for_evaluation=True
    )
    dataset = test_set or train_set
    evaluation = measure(classifier, dataset)
    outcomes = None if arguments.coverage is None else _coverage_figures(classifier, dataset)
    members = len(classifier.metadata.committee)
    if arguments.as_json:
        found = {"data": dataset.name, "committee": members, **evaluation.to_dict()}
        print_line(json.dumps(found if outcomes is None else {**found, "coverage": wanted, **outcomes}))
        return 0
    console = Console(highlight=False)
    for line in _caveats(members, evaluation):
        console.print(f" {line}", style="bold")
    console.print(evaluation_table(evaluation, classifier.class_names))
    if outcomes is not None:
        console.print(
            f" Candidates for {100 * wanted:g} %: they hold the right label of {100 * outcomes['covered']:.2f} %, "
            f"{outcomes['mean_candidates']:.3f} for each; {100 * outcomes['refused']:.2f} % called not a digit"
        )
    return 0


COMMAND = Command(_describe, _run)


def _coverage_figures(classifier: "Classifier", dataset: "Dataset") -> dict[str, float]:
    """Share of images whose candidates hold the label, mean number of candidates, share refused as not a digit."""
    covered = candidates = refused = 0
    for first in range(0, len(dataset), _CHUNK_IMAGES):
        part = slice(first, first + _CHUNK_IMAGES)
        for digit, label in zip(
            classifier.read_images(dataset.images[part]), dataset.labels[part].tolist(), strict=True
        ):
            covered += label in digit.candidates
            candidates += len(digit.candidates)
            refused += digit.status == "not_a_digit"
    n = len(dataset)
    return {"covered": covered / n, "mean_candidates": candidates / n, "refused": refused / n}


def _caveats(members: int, evaluation: "Evaluation") -> list[str]:
    """Notes on figures that are not those of a single network that sees each image once."""
    lines = [f"Committee of {members} networks"] if members else []
    if evaluation.augment_inference:
        lines.append(
            f"Augmented inference: {evaluation.augmented_images:,} of {evaluation.n:,} images answered from "
            f"{evaluation.augment_inference:,} distorted copies"
        )
    return lines
