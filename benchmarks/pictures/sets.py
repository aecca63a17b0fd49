"""Sets of pictures that someone else made: folders, tables of labels, and `.npz` files."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import DatasetFormatError, DatasetNotFoundError

Kind: TypeAlias = Literal["digits", "lines", "not digits"]

_NOT_DIGITS = "not_digits"  # how the names of sets without digits begin
_PICTURES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))


@dataclass(frozen=True)
class Example:
    """One picture."""

    picture: Path | NDArray[np.uint8]  # the file, or the pixels
    text: str  # the digits in it, lines separated by newlines; "" where there are none
    part: str = ""  # of the set; "" where it has no parts
    boxes: NDArray[np.float64] | None = None  # of rendered lines: where each digit is, float64 (n, 4)
    written: str = ""  # of rendered pages: the text with marks, and a space between numbers that no mark separates
    cells: tuple[tuple[str, ...], ...] | None = None  # of rendered grids: rows of cells, "" in one without a number


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one kind; those that are rendered come into being one by one."""

    name: str  # in tables; it names no place on a disk
    kind: Kind  # what counts: the one digit of each picture, lines of digits, or pictures that hold none
    size: int
    example: Callable[[int], Example]  # the picture at a place, always the same one

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: int) -> Example:
        return self.example(place)


def array_set(name: str, kind: Kind, images: NDArray[np.uint8], texts: Sequence[str]) -> PictureSet:
    """Pictures of one size in an array, uint8 (n, height, width), and the text of each."""
    return _set_of(name, kind, [Example(image, text) for image, text in zip(images, texts, strict=True)])


def _set_of(name: str, kind: Kind, examples: Sequence[Example]) -> PictureSet:
    return PictureSet(name, kind, len(examples), tuple(examples).__getitem__)


def subset(pictures: PictureSet, size: int, seed: int) -> PictureSet:
    """Some pictures of a set, drawn from a seed, in the order of that set."""
    drawn = np.sort(np.random.default_rng(seed).permutation(len(pictures))[:size]).tolist()
    return _set_of(pictures.name, pictures.kind, [pictures[place] for place in drawn])


def find_sets(path: Path) -> list[PictureSet]:
    """The sets of pictures at a place.

    Returns at least one set. Raises DatasetNotFoundError where there is nothing, or nothing of these;
    DatasetFormatError where a table or an array is not as it must be.

    Args:
        path: An `.npz` file with `images` uint8 (n, h, w) and `labels` (n,); a folder with `labels.csv` (columns file
            and label, and kind where it has parts); one with `pages.csv` (columns file and lines, which are separated
            by `|`); one with a sub-folder a digit; or a folder of such. What is named `not_digits...` holds none.
    """
    entries = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
    for places in (entries[:1], entries[1:]):
        found = [one for entry in places if (one := _set_at(entry)) is not None]
        if found:
            return found
    raise DatasetNotFoundError(
        f"{path} is no set of pictures: expected an .npz file, or a folder with labels.csv, with pages.csv, "
        "with one sub-folder a digit, or of such sets"
    )


def not_digits(path: Path) -> PictureSet:
    """All pictures at a place, none of which holds a digit.

    Raises DatasetNotFoundError where there are no pictures; DatasetFormatError where the array is not as it must be.

    Args:
        path: An `.npz` file with `images` uint8 (n, h, w), or a folder of picture files, at any depth.
    """
    if path.suffix == ".npz":
        images, _ = _arrays(path, with_labels=False)
        return array_set(path.stem, "not digits", images, [""] * len(images))
    files = _picture_files(path)
    if not files:
        raise DatasetNotFoundError(f"{path} holds no pictures: expected an .npz file or a folder of picture files")
    return _set_of(path.name, "not digits", [Example(file, "") for file in files])


def _picture_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _PICTURES)


def _set_at(path: Path) -> PictureSet | None:
    """The one set of a file or a folder; None where it is none."""
    is_npz = path.suffix == ".npz" and path.is_file()
    if path.name.startswith(_NOT_DIGITS) and (is_npz or path.is_dir()):
        return not_digits(path)
    if is_npz:
        images, labels = _arrays(path, with_labels=True)
        return array_set(path.stem, "digits", images, list(map(str, labels.tolist())))
    if not path.is_dir():
        return None
    kind: Kind = "digits"
    if (table := path / "labels.csv").is_file():
        rows = _rows(table, "file", "label")
        examples = [Example(path / row["file"], row["label"].strip(), row.get("kind") or "") for row in rows]
    elif (table := path / "pages.csv").is_file():
        rows, kind = _rows(table, "file", "lines"), "lines"
        texts = ["\n".join("".join(line.split()) for line in row["lines"].split("|")) for row in rows]
        examples = [Example(path / row["file"], text) for row, text in zip(rows, texts, strict=True)]
    else:
        folders = [path / digit for digit in "0123456789" if (path / digit).is_dir()]
        examples = [Example(file, folder.name) for folder in folders for file in _picture_files(folder)]
    return _set_of(path.resolve().name, kind, examples) if examples else None


def _rows(table: Path, *columns: str) -> Sequence[dict[str, str]]:
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [column for column in columns if not rows or rows[0].get(column) is None]
    if missing:
        raise DatasetFormatError(f"{table}: expected a table with the columns {', '.join(columns)}, and a row or more")
    for row in rows:
        if not (table.parent / row["file"]).is_file():
            raise DatasetFormatError(f"{table}: there is no file {row['file']!r} beside it")
    return rows


def _arrays(path: Path, *, with_labels: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    wanted = f"{path}: expected images as uint8 (n, height, width)" + (" and labels (n,)" if with_labels else "")
    try:
        with np.load(path, allow_pickle=False) as file:
            images = file["images"]
            labels = file["labels"] if with_labels else np.zeros(len(images), np.int64)
    except (OSError, KeyError, ValueError) as error:
        raise DatasetFormatError(f"{wanted}; {error}") from error
    if images.ndim != 3 or images.dtype != np.uint8 or len(images) == 0 or labels.shape != images.shape[:1]:
        raise DatasetFormatError(f"{wanted}; found {images.dtype} {images.shape} and labels {labels.shape}")
    return images, labels.astype(np.int64)
