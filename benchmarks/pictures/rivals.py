"""Other programs that read numbers, on the same rendered pictures as digitnet, each in an environment of its own."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.environments import DDDDOCR, DIGIT_RECOGNIZER, RAPIDOCR, TESSERACT
from benchmarks.pictures.page_sets import KINDS, page_sets
from benchmarks.pictures.rendered_sets import rendered_digits, rendered_lines
from benchmarks.pictures.scoring import exact_lines, outcome_of
from benchmarks.pictures.sets import Example, Kind, PictureSet
from benchmarks.processes import BenchmarkError, Contestant, RunningContestant, running
from benchmarks.results import Row, Run, new_run
from benchmarks.settings import Settings
from digitnet import load_classifier

ENVIRONMENTS = (RAPIDOCR, TESSERACT, DDDDOCR, DIGIT_RECOGNIZER)
RIVAL_KINDS = ("digits", "lines", *KINDS)
OURS = "digitnet"

_SINGLE_DIGITS = "digit-recognizer-py"  # takes part where each picture holds one digit, and nowhere else
_RIVALS = tuple(
    Contestant(name, "answer_reader.py", environment, arguments=(environment.name,))
    for name, environment in zip(("RapidOCR", "Tesseract", "ddddocr", _SINGLE_DIGITS), ENVIRONMENTS, strict=True)
)


@dataclass
class _Tally:
    """What one program made of a set."""

    errors: int = 0
    seconds: list[float] = field(default_factory=list)


def rival_sets(kinds: Sequence[str], levels: Sequence[str], size: int, seed: int) -> Iterator[PictureSet]:
    """The sets to compare on: those of page_sets, and plain digits and lines.

    Args:
        kinds: Of RIVAL_KINDS.
        levels: `plain`, `mild` or `hard`.
        size: How many pictures in each set.
        seed: Where they come from.
    """
    plain = {"digits": rendered_digits, "lines": rendered_lines}
    for kind in dict.fromkeys(kinds):
        for level in levels:
            if kind in plain:
                yield plain[kind](level, size, seed)
            else:
                yield from page_sets(kind, level, size, seed)


def compare_readers(
    pictures: PictureSet, settings: Settings, problems: Mapping[str, str], *, model: Path | None = None
) -> Run:
    """Read all pictures of a set with every program that can be started.

    Args:
        pictures: What to read; `digits` or `lines`.
        settings: Where the environments are, and where messages go.
        problems: By the name of an environment, why it could not be made.
        model: Of digitnet; the bundled one unless another is given.

    Returns:
        The run `rivals` of the set: of each program its errors among the lines or digits, and of digitnet also how
        many it was sure of. Skipped are those that could not be started, or ended.
    """
    run = new_run("rivals", "python -m benchmarks.pictures rivals")
    run.name = f"{pictures.name}, {pictures.kind}"
    classifier = load_classifier(model, threads=1)
    tallies: dict[str, _Tally] = {}
    n = sure_and_wrong = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        rivals = _started(pictures, settings, problems, run, stack)
        for place in range(len(pictures)):
            example = pictures[place]
            outcome = outcome_of(example, pictures.kind, classifier)
            n, sure_and_wrong = n + outcome.n, sure_and_wrong + outcome.sure_and_wrong
            _add(tallies, OURS, outcome.errors, outcome.seconds)
            for name, (lines, seconds) in _answers(rivals, example, folder / "picture.png", run).items():
                _add(tallies, name, outcome.n - _right(example, pictures.kind, lines), seconds)
    rows = [Row(run.name, f"{OURS}, sure and wrong", min(sure_and_wrong, n), "errors", n)]
    rows += [
        Row(run.name, name, tally.errors, "errors", n) for name, tally in tallies.items() if name not in run.skipped
    ]
    run.rows = rows
    run.settings["median_seconds"] = {name: statistics.median(tally.seconds) for name, tally in tallies.items()}
    return run


def _started(
    pictures: PictureSet, settings: Settings, problems: Mapping[str, str], run: Run, stack: ExitStack
) -> dict[str, RunningContestant]:
    """All rivals that can read such pictures and run here."""
    started = {}
    for rival in _RIVALS:
        if rival.name == _SINGLE_DIGITS and pictures.kind != "digits":
            continue
        if rival.environment.name in problems:
            run.skip(rival.name, problems[rival.environment.name])
            continue
        try:
            started[rival.name] = stack.enter_context(running(rival, settings))
        except BenchmarkError as error:
            run.skip(rival.name, str(error))
            continue
        run.add_versions(started[rival.name].ready["versions"])
    return started


def _answers(
    rivals: dict[str, RunningContestant], example: Example, file: Path, run: Run
) -> dict[str, tuple[list[str], float]]:
    """What every rival reads in a picture, and in which time; one that ends takes part no longer."""
    answers = {}
    Image.fromarray(np.asarray(example.picture)).save(file)
    for name, rival in list(rivals.items()):
        try:
            answer = rival.ask({"picture": str(file), "is_one_line": "\n" not in example.text})
        except BenchmarkError as error:
            run.skip(name, str(error))
            del rivals[name]
            continue
        answers[name] = answer["lines"], answer["seconds"]
    return answers


def _right(example: Example, kind: Kind, lines: Sequence[str]) -> int:
    """How many lines are exactly right; a single digit is, if there is nothing else."""
    return exact_lines(example.text.split("\n"), lines) if kind == "lines" else int(list(lines) == [example.text])


def _add(tallies: dict[str, _Tally], name: str, errors: int, seconds: float) -> None:
    tally = tallies.setdefault(name, _Tally())
    tally.errors += errors
    tally.seconds.append(seconds)
