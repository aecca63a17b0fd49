"""Pictures become rows, in this process: pages of a PDF, members of a tar file, images of a file of many."""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, TypeAlias

from digitnet.arrays import Images
from digitnet.datasets import stream_images
from digitnet.errors import (
    BatchError,
    DatasetError,
    DatasetFormatError,
    DigitnetError,
    MissingExtraError,
    PictureError,
    reason_of,
)
from digitnet.inference.classifier import DEFAULT_COVERAGE, DEFAULT_REFUSAL, Classifier, load_classifier
from digitnet.model_file.metadata import Precision
from digitnet.notes import Note, NoteKind, in_words
from digitnet.pictures.documents import count_pages, is_pdf, read_pages
from digitnet.pictures.size_limits import MAX_PIXELS
from digitnet.scale.archives import open_packed
from digitnet.scale.parts import IMAGES_A_PART, Item
from digitnet.scale.remote import is_remote, local_copy, open_file
from digitnet.scale.rows import Row, error_row, row_of, table_row

__all__ = ["TASKS", "PictureReader", "Settings", "Task"]

Task: TypeAlias = Literal["read", "predict", "table"]
TASKS: tuple[Task, ...] = ("read", "predict", "table")

# Bytes of a picture from elsewhere, as of one from standard input: 64 megapixels, the limit of a picture, are 183 MiB
# in RGB without compression; chosen by hand.
_MAX_BYTES = 256 << 20


class Settings(NamedTuple):
    """What decides about answers.

    Attributes:
        task: "read" for all numbers of a picture, "predict" for its one digit, "table" for its table.
        model: A `.onnx` file or a run folder; None for the bundled model.
        precision: Of the model; None for the default.
        augment_inference: As `load_classifier` takes it.
        coverage: As `load_classifier` takes it; None for the default.
        always_answer: Whether nothing that is written is refused.
        known: What is known about each number, as `Classifier.read_number` takes it.
    """

    task: Task = "read"
    model: str | None = None
    precision: Precision | None = None
    augment_inference: int = 0
    coverage: float | None = None
    always_answer: bool = False
    known: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def classifier(self) -> Classifier:
        """The classifier of these settings, on one core.

        Raises:
            ModelFileError: The model cannot be used.
            ConfigurationError: A setting is out of range.
        """
        return load_classifier(
            self.model,
            threads=1,
            precision=self.precision,
            augment_inference=self.augment_inference,
            coverage=DEFAULT_COVERAGE if self.coverage is None else self.coverage,
            refusal=0.0 if self.always_answer else DEFAULT_REFUSAL,
        )


class PictureReader:
    """Reads items.

    Args:
        settings: How.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._classifier = settings.classifier()
        self._images = _ImagesInOrder()
        self._archive: tuple[str, IO[bytes]] | None = None

    def rows(self, item: Item, first_page: int = 0, before_page: Callable[[], object] = lambda: None) -> Iterator[Row]:
        """The rows of an item, with a model of None.

        Args:
            item: What to read; not an error.
            first_page: Of a PDF, from 0.
            before_page: Called before each picture.

        Yields:
            One row a picture or page; what cannot be read is a row with an error.
        """
        if item.kind == "images":
            yield from self._rows_of_images(item)
            return
        before_page()
        began = time.perf_counter()
        page: int | None = None  # that is being read; None for what is no document
        n = 1
        try:
            for page, n, picture in self._pages(item, first_page):
                if picture is None:  # the next one is about to be rendered
                    before_page()
                    began = time.perf_counter()
                    continue
                yield self._row(item, page, n, picture, began)
        except (DigitnetError, OSError, MemoryError, ValueError) as error:
            yield error_row(item.name, _message(item, error), page, time.perf_counter() - began)
            if page is not None and page + 1 < n:
                yield from self.rows(item, page + 1, before_page)

    def close(self) -> None:
        """Close the files that are open for the next item."""
        if self._archive is not None:
            self._archive[1].close()
            self._archive = None

    def _row(self, item: Item, page: int | None, n: int, picture: Any, began: float) -> Row:
        try:
            row = self._answer(item.name, page, picture, began)
        except PictureError as error:
            return error_row(item.name, _message(item, error), page, time.perf_counter() - began)
        if page:  # the first is read as `digitnet read` does, which says so itself
            row["notes"] = [*in_words([Note(NoteKind.PAGE, (page + 1, n))]), *row["notes"]]
        return row

    def _answer(self, name: str, page: int | None, picture: Any, began: float) -> Row:
        if self._settings.task == "table":
            table = self._classifier.read_table(picture)
            return table_row(name, table, page, time.perf_counter() - began)
        if self._settings.task == "read":
            answer: Any = self._classifier.read_number(picture, **self._settings.known)
        else:
            answer = self._classifier.read_digit(picture)
        return row_of(name, answer, page, time.perf_counter() - began)

    def _pages(self, item: Item, first_page: int) -> Iterator[tuple[int | None, int, Any]]:
        """Number of each page, of all pages, and what `Classifier` reads; None and 1 for what is no document.

        Before each page but the first its number comes with nothing to read.
        """
        source = item.path if item.kind == "picture" and not is_remote(item.path) else self._content(item)
        with io.BytesIO(source) if isinstance(source, bytes) else _opened_picture(source) as file:
            is_document = file is not None and is_pdf(file)
            n = count_pages(file, item.name) if file is not None and is_document else 1
            if first_page == 0:
                yield 0 if is_document else None, n, source
            if file is None or max(first_page, 1) >= n:
                return
            pages = read_pages(file, item.name, MAX_PIXELS, first=max(first_page, 1))
            for page in range(max(first_page, 1), n):
                yield page, n, None
                yield page, n, next(pages)[0]

    def _content(self, item: Item) -> bytes:
        """The bytes of a picture from elsewhere, or of a member of a tar file."""
        if item.kind == "picture":
            with open_file(item.path) as file:
                data = file.read(_MAX_BYTES + 1)
        else:
            if item.size > _MAX_BYTES:
                raise BatchError(f"it has {item.size:,} bytes: the limit is {_MAX_BYTES:,}")
            stream = self._archive_of(item)
            stream.seek(item.start)
            data = stream.read(item.size)
        if len(data) > _MAX_BYTES:
            raise BatchError(f"it has more than {_MAX_BYTES:,} bytes")
        return data

    def _archive_of(self, item: Item) -> IO[bytes]:
        """The tar file of a member, which stays open for the next one."""
        key = f"{item.path} {item.version}"
        if self._archive is None or self._archive[0] != key:
            self.close()
            self._archive = (key, open_packed(item.path) if item.is_packed else open_file(item.path))
        return self._archive[1]

    def _rows_of_images(self, item: Item) -> Iterator[Row]:
        began = time.perf_counter()
        try:
            images = self._images.get(item)
        except (DatasetError, BatchError, MissingExtraError) as error:
            yield error_row(item.name, error, item.start)
            return
        digits = self._classifier.read_images(images)
        seconds = (time.perf_counter() - began) / max(1, len(digits))
        for index, digit in enumerate(digits, start=item.start):
            yield row_of(item.name, digit, index, seconds)
        if len(digits) < item.size:  # the next chunk says why
            try:
                self._images.get(item._replace(start=item.start + len(digits), size=item.size - len(digits)))
            except (DatasetError, BatchError, MissingExtraError) as error:
                yield error_row(item.name, error, item.start + len(digits))


@contextmanager
def _opened_picture(path: str) -> Iterator[IO[bytes] | None]:
    """A file of this machine; None for what is none, of which its reader says what is wrong."""
    if not Path(path).is_file():
        yield None
        return
    with Path(path).open("rb") as file:
        yield file


class _ImagesInOrder:
    """Images of a file of many, which stays open: read in order, nothing of a packed file is unpacked twice."""

    _MAX_PASSED_OVER = 64  # chunks that other workers have meanwhile; further ahead the file is opened anew. By hand.

    def __init__(self) -> None:
        self._key = ""
        self._next = 0
        self._chunks: Iterator[Images] = iter(())

    def get(self, item: Item) -> Images:
        """Images from `item.start` on, as many as can be read of `item.size`.

        Raises:
            DatasetError: Not even one can be read.
            BatchError: The file cannot be reached.
        """
        key = f"{item.path} {item.version}"
        gap, rest = divmod(item.start - self._next, IMAGES_A_PART)
        if key != self._key or rest or not 0 <= gap <= self._MAX_PASSED_OVER:
            self._key, self._next, self._chunks = key, item.start, _open_images(item.path, item.start)
        self._key = ""  # until it has gone well
        while self._next < item.start:
            next(self._chunks, None)
            self._next += IMAGES_A_PART
        images = next(self._chunks, None)
        if images is None:
            raise DatasetFormatError(f"{item.path} has fewer images than when it was looked into. Begin once more.")
        self._key, self._next = key, item.start + IMAGES_A_PART
        return images


def _open_images(path: str, first: int) -> Iterator[Images]:
    with local_copy(path) as copy:
        yield from stream_images(copy, chunk_size=IMAGES_A_PART, first=first)


def _message(item: Item, error: BaseException) -> str:
    """What is wrong with a picture, with its name: for bytes without a file the error has none."""
    if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):  # else it would be called damaged
        return f"{item.name} takes more memory than a picture may: see --picture-memory"
    text = (
        str(error)
        if isinstance(error, DigitnetError)
        else reason_of(error if isinstance(error, Exception) else OSError())
    )
    is_named = item.kind == "picture" and not is_remote(item.path)
    return text if is_named else f"{item.name}: {text}"
