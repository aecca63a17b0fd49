"""What `digitnet predict` and `digitnet read` do, once their command line is understood: read, answer, print."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from digitnet.cli.inputs import DEFAULT_MAX_INPUT, Input, expand
from digitnet.cli.lines import print_note
from digitnet.cli.model_notes import note_missing_digest
from digitnet.cli.start_up import quick_imports
from digitnet.errors import ConfigurationError, DatasetError, PictureError

if TYPE_CHECKING:
    from rich.progress import Progress

    from digitnet.cli.printing import Printer
    from digitnet.inference.answers import Digit, Reading
    from digitnet.inference.classifier import Classifier
    from digitnet.inference.trace import Trace
    from digitnet.model_file.metadata import Precision

__all__ = ["Request", "answer", "classifier_for", "request_from"]

_MAX_WITHOUT_BAR = 5  # files; for more there is a progress bar. Chosen by hand.


class Request(NamedTuple):
    """What the user asks for.

    Attributes:
        files: Pictures, folders of them, patterns, `-`, and files of many images; at least one.
        model: A `.onnx` file or a run folder; None for the bundled model.
        precision: Of the model; None for the default.
        array: What to read of an `.npz`; None for the usual one.
        as_json: Whether to print JSON.
        augment_inference: From how many distorted copies to answer what the model is unsure of, 0 to 1000.
        csv: A file for a table of all answers.
        raw_csv: Whether the cells of a table stay as they are, even where a spreadsheet takes them for formulas.
        explain: A PNG file for a figure of how the one picture was read.
        coverage: How often the candidates are to hold the right digit, in (0, 1); None for the default.
        always_answer: Whether nothing that is written is refused.
        quiet: Whether stderr gets errors alone.
        verbose: Whether stderr gets what was done to each picture.
        max_input: MiB that standard input may hold.
        known: What is known about each number, as `Classifier.read_number` takes it; nothing where it is empty.
    """

    files: tuple[str, ...]
    model: str | None = None
    precision: "Precision | None" = None
    array: str | None = None
    as_json: bool = False
    augment_inference: int = 0
    csv: str | None = None
    raw_csv: bool = False
    explain: str | None = None
    coverage: float | None = None
    always_answer: bool = False
    quiet: bool = False
    verbose: bool = False
    max_input: int = DEFAULT_MAX_INPUT
    known: Mapping[str, Any] = MappingProxyType({})


def request_from(arguments: Namespace) -> Request:
    """What the options of `predict` and `read` ask for.

    Args:
        arguments: With an attribute for each field of `Request`; `array` may be missing.
    """
    given = {name: value for name, value in vars(arguments).items() if name in Request._fields}
    return Request(**{**given, "files": tuple(arguments.files)})


def answer(request: Request, *, numbers: bool = False) -> int:
    """Print a line for each picture, and for each image of a file of many.

    Args:
        request: What to answer.
        numbers: Whether each picture holds any count of digits, in lines; otherwise it holds one.

    Returns:
        The exit code: 0, or 1 where a file could not be read.

    Raises:
        ConfigurationError: An array is named, but not every file is one of many images; a figure is asked for of more
            than one picture; or the coverage is out of range.
        ModelFileError: The model cannot be used.
        MissingExtraError: A figure is asked for, but what draws figures is not installed.
        OSError: The answer cannot be written.
    """
    inputs = expand(request.files)
    many = [not numbers and _holds_many(each.name) for each in inputs]
    _check(request, inputs, many)
    with quick_imports():
        from digitnet.cli.printing import Printer
    classifier = classifier_for(request, reads_pictures=not all(many))
    read = _Reader(classifier, request, numbers)
    failures = 0
    with ExitStack() as stack:
        table = None
        if request.csv is not None:
            from digitnet.cli.table_file import TableFile

            table = stack.enter_context(TableFile(Path(request.csv), is_raw=request.raw_csv))
        show = Printer(
            classifier.class_names,
            as_json=request.as_json,
            is_named=len(inputs) > 1,
            table=table,
            with_notes=request.verbose,
        )
        bar = None if request.quiet else stack.enter_context(_progress_bar(len(inputs)))
        task = bar.add_task("reading", total=len(inputs)) if bar else None
        for each, holds_many in zip(inputs, many, strict=True):
            failures += not _print_answers(each, read, show, holds_many=holds_many)
            if bar and task is not None:
                bar.advance(task)
    if failures and len(inputs) > 1 and not request.quiet:
        print_note(f"{failures} of {len(inputs)} files could not be read")
    return 1 if failures else 0


def classifier_for(request: Request, *, reads_pictures: bool) -> "Classifier":
    """The classifier that is asked for.

    Args:
        request: Which model, and how it is to answer.
        reads_pictures: Whether it will read any, so that what that takes is imported now.

    Raises:
        ModelFileError: The model cannot be used.
        ConfigurationError: The coverage is out of range.
    """
    with quick_imports():
        from digitnet.inference.classifier import DEFAULT_COVERAGE, DEFAULT_REFUSAL, load_classifier

        if reads_pictures:
            import digitnet.inference.reader  # noqa: F401 - the classifier imports it when it reads its first picture
    classifier = load_classifier(
        request.model,
        precision=request.precision,
        augment_inference=request.augment_inference,
        coverage=DEFAULT_COVERAGE if request.coverage is None else request.coverage,
        refusal=0.0 if request.always_answer else DEFAULT_REFUSAL,
    )
    note_missing_digest(classifier, request.model, quiet=request.quiet)
    return classifier


def _check(request: Request, inputs: Sequence[Input], many: Sequence[bool]) -> None:
    if request.array is not None and not all(many):
        picture = inputs[many.index(False)].name
        raise ConfigurationError(f"--array is {request.array!r}, but {picture} is no .npz: leave one of them out")
    if request.explain is None:
        return
    if len(inputs) > 1 or any(many):
        raise ConfigurationError("--explain draws how one picture was read: name one picture, and no file of many")
    if not request.explain.lower().endswith(".png"):
        raise ConfigurationError(f"--explain is {request.explain}: expected a name that ends in .png")


def _print_answers(each: Input, read: "_Reader", show: "Printer", *, holds_many: bool) -> bool:
    """Print all answers of a file, or why there is none, or no more; True where it could be read to its end."""
    place = 0 if holds_many else None  # of the next image in the file
    try:
        if each.error is not None:
            raise each.error
        if place is None:
            show.answers(each.name, [read.picture(each)], None)
            return True
        for digits in read.images(each):
            show.answers(each.name, digits, place)
            place += len(digits)
    except (PictureError, DatasetError) as error:
        show.error(each.name, error, place)
        return False
    return True


def _holds_many(file: str) -> bool:
    """Whether a file holds many images: its first bytes are those of a zip, `.npy`, gzip or IDX file."""
    path = Path(file)
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            start = stream.read(3)
    except (OSError, ValueError):  # whoever reads the picture says what is wrong
        return False
    return start[:2] in (b"PK", b"\x93N", b"\x1f\x8b") or (start[:2] == b"\0\0" and start[2:] >= b"\x08")


class _Reader(NamedTuple):
    """Reads pictures, and files of many images, as was asked for."""

    classifier: "Classifier"
    request: Request
    numbers: bool

    def picture(self, each: Input) -> "Digit | Reading":
        source, explain = each.source(self.request.max_input), self.request.explain
        if self.numbers:
            trace = self.classifier.trace_number(source, with_steps=explain is not None, **self.request.known)
        else:
            trace = self.classifier.trace_digit(source, with_steps=explain is not None)
        self._note_what_is_not_read(each.name, trace)
        if explain is not None:
            from digitnet.report import explanation_figure, save_figure

            save_figure(explanation_figure(trace, self.classifier.class_names), explain)
        return trace.reading if self.numbers else trace.digits[0]

    def _note_what_is_not_read(self, file: str, trace: "Trace") -> None:
        """Say that the file holds more than was read, which nobody should have to ask for."""
        if self.request.quiet or self.request.verbose:  # among all notes it is named anyway
            return
        for words in trace.unread:
            print_note(f"{file}: {words}")

    def images(self, each: Input) -> "Iterator[Sequence[Digit]]":
        from digitnet.datasets import stream_images

        for images in stream_images(each.name, array=self.request.array):
            yield self.classifier.read_images(images)


def _progress_bar(files: int) -> "AbstractContextManager[Progress | None]":
    """A bar below what is printed, for more than a few files, where there is a terminal to move on."""
    if files <= _MAX_WITHOUT_BAR or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.progress import Progress

    # Lines on the same terminal have to go around the bar; lines into a file must not be taken from it.
    return Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty())
