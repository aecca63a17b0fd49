"""What `digitnet predict` does, once its command line is understood: read, answer, print."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digitnet.cli.start_up import quick_imports
from digitnet.errors import ConfigurationError, DatasetError, DigitnetError, PictureError

if TYPE_CHECKING:
    from digitnet.answers import Digit
    from digitnet.classifier import Classifier
    from digitnet.model_metadata import Precision

__all__ = ["Request", "answer"]

_MOST_NAMED = 3  # candidates that a person wants to see


class Request(NamedTuple):
    """What the user asks for.

    Attributes:
        files: Pictures, and files of many images; at least one.
        model: A `.onnx` file or a run folder; None for the bundled model.
        precision: Of the model; None for the default.
        array: What to read of an `.npz`; None for the usual one.
        as_json: Whether to print JSON.
        augment_inference: From how many distorted copies to answer what the model is unsure of, 0 to 1000.
    """

    files: tuple[str, ...]
    model: str | None = None
    precision: "Precision | None" = None
    array: str | None = None
    as_json: bool = False
    augment_inference: int = 0


def answer(request: Request) -> int:
    """Print a line for each picture, and for each image of a file of many.

    Args:
        request: What to answer.

    Returns:
        The exit code: 0, or 1 where a file could not be read.

    Raises:
        ConfigurationError: An array is named, but not every file is one of many images.
        ModelFileError: The model cannot be used.
        OSError: The answer cannot be written.
    """
    files = request.files
    many = [_holds_many(file) for file in files]
    if request.array is not None and not all(many):
        picture = files[many.index(False)]
        raise ConfigurationError(f"--array is {request.array!r}, but {picture} is no .npz: leave one of them out")
    with quick_imports():
        from digitnet.classifier import load_classifier

        if not all(many):
            import digitnet.normalization
            import digitnet.pictures  # noqa: F401 - the classifier imports them when it reads its first picture
    classifier = load_classifier(
        request.model, precision=request.precision, augment_inference=request.augment_inference
    )
    show = _Printer(classifier.class_names, as_json=request.as_json, is_named=len(files) > 1)
    failures = 0
    for file, holds_many in zip(files, many, strict=True):
        place = 0 if holds_many else None  # of the next image in the file
        try:
            for digits in _stream(classifier, file, request.array) if holds_many else _read(classifier, file):
                show.digits(file, digits, place)
                place = None if place is None else place + len(digits)
        except (PictureError, DatasetError) as error:
            failures += 1
            show.error(file, error, place)
    if failures and len(files) > 1:
        sys.stderr.write(f"digitnet: {failures} of {len(files)} files could not be read\n")
    return 1 if failures else 0


def _holds_many(file: str) -> bool:
    """Whether a file holds many images: its first bytes are those of a zip, `.npy`, gzip or IDX file."""
    path = Path(file)
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            start = stream.read(3)
    except (OSError, ValueError):  # to be told by whoever reads the picture
        return False
    return start[:2] in (b"PK", b"\x93N", b"\x1f\x8b") or (start[:2] == b"\0\0" and start[2:] >= b"\x08")


def _read(classifier: "Classifier", file: str) -> Iterator[Sequence["Digit"]]:
    yield [classifier.read_digit(file)]


def _stream(classifier: "Classifier", file: str, array: str | None) -> Iterator[Sequence["Digit"]]:
    from digitnet.datasets import stream_images

    for images in stream_images(file, array=array):
        yield classifier.read_images(images)


class _Printer:
    """Puts answers on stdout, a line each, as soon as it gets them."""

    def __init__(self, class_names: tuple[str, ...], *, as_json: bool, is_named: bool) -> None:
        self._class_names = class_names
        self._as_json = as_json
        self._is_named = is_named

    def digits(self, file: str, digits: Sequence["Digit"], first: int | None) -> None:
        """Print what was read: `first` is the number of the first image, or None in a file with a single digit."""
        indices = [None] * len(digits) if first is None else range(first, first + len(digits))
        self._write(self._line(file, digit, index) for digit, index in zip(digits, indices, strict=True))

    def error(self, file: str, error: DigitnetError, index: int | None) -> None:
        """Say on stderr, and in JSON on stdout too, why a file cannot be read from the image `index` on."""
        from digitnet.answers import error_outcome

        sys.stderr.write(f"digitnet: {_one_line(str(error))}\n")
        if self._as_json:
            self._write([json.dumps(error_outcome(file, error, index))])

    def _line(self, file: str, digit: "Digit", index: int | None) -> str:
        if self._as_json:
            from digitnet.answers import outcome

            return json.dumps(outcome(file, digit, index))
        words = _in_words(digit, self._class_names)
        if index is not None:
            return f"{_one_line(file)}[{index}]  {words}"
        return f"{_one_line(file)}: {words}" if self._is_named else words

    def _write(self, lines: Iterable[str]) -> None:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def _in_words(digit: "Digit", class_names: tuple[str, ...]) -> str:
    """`7  99.98 %`, or `7  54.02 %  unsure: 7 or 1`, or `not a digit`."""
    if digit.status == "not_a_digit":
        return "not a digit"
    text = f"{digit.text}  {100 * digit.confidence:.2f} %"
    if digit.status == "unsure":
        text += "  unsure: " + " or ".join(class_names[label] for label in digit.candidates[:_MOST_NAMED])
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())
