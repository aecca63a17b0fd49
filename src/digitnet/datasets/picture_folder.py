"""A folder with one sub-folder a class, each full of pictures of 28 x 28 pixels."""

import logging
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.datasets.dataset import MAX_CLASSES
from digitnet.datasets.folder import list_folder
from digitnet.datasets.pairing import DatasetPair, Part, pair
from digitnet.datasets.picture_file import load_small_picture
from digitnet.errors import DatasetFormatError, DatasetNotFoundError
from digitnet.errors.escaping import escape_controls

__all__ = ["OnBadPicture", "load_picture_folder"]

OnBadPicture: TypeAlias = Literal["fail", "skip"]

_LOGGER = logging.getLogger(__name__)
_NAMES_IN_WARNING = 5  # of skipped files; chosen by hand
_SYSTEM_FILES = {"__MACOSX", "Thumbs.db", "desktop.ini"}  # by macOS and Windows, in passing


def load_picture_folder(
    folder: Path, on_bad_picture: OnBadPicture = "fail", *, for_evaluation: bool = False
) -> DatasetPair:
    """Load pictures that are sorted into one folder a class, or into `train/<class>` and `test/<class>`.

    Folders that are all named by whole numbers below 256 give those labels, so that folder 7 is class 7 also
    when folder 0 is missing. Otherwise the classes are numbered in order: by value if all names are whole
    numbers, by name if not.

    Pixels are kept as they are. To a network trained on MNIST 0 is paper and 255 is ink, so black ink on
    white paper has to be inverted beforehand if the two are to mix. Hidden files, and files directly beside
    the class folders, are passed over.

    Args:
        folder: The folder.
        on_bad_picture: "fail" stops at the first file that is not a usable picture; "skip" leaves such files
            out, warns through `logging`, and names them in `Dataset.skipped`, relative to the folder.
        for_evaluation: Whether a folder `test` alone will do, and pictures of a single class.

    Returns:
        The training set, or all there is, and the test set or None if there is no folder `test`.

    Raises:
        DatasetNotFoundError: No such folder, or no class folder in it.
        DatasetFormatError: A bad picture, a class without pictures, or a folder where none belongs.
        DatasetError: As `pair`.
    """
    parts = _part_folders(folder, for_evaluation)
    label_of, class_names = _number_classes(_subfolders(parts["train"]), parts["train"])
    train = _load_part(folder, parts["train"], label_of, on_bad_picture)
    test = _load_part(folder, parts["test"], label_of, on_bad_picture) if "test" in parts else None
    return pair(folder.resolve().name, train, test, class_names, for_evaluation=for_evaluation)


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in list_folder(folder) if path.is_dir() and not _is_ignored(path)]


def _is_ignored(path: Path) -> bool:
    return path.name.startswith(".") or path.name in _SYSTEM_FILES


def _part_folders(folder: Path, for_evaluation: bool) -> dict[str, Path]:
    """Where the training part is and, if the layout has two levels, the test part."""
    children = {path.name: path for path in _subfolders(folder)}
    if for_evaluation and set(children) == {"test"} and _subfolders(children["test"]):
        return {"train": children["test"]}
    if "train" not in children or not _subfolders(children["train"]):
        return {"train": folder}
    unknown = sorted(set(children) - {"train", "test"})
    if unknown:
        raise DatasetFormatError(
            f"{folder} holds the folder {unknown[0]} beside train: expected train and test only. Move it away."
        )
    return children


def _number_classes(folders: list[Path], where: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """Choose the label of each class folder, and the name of each label."""
    names = [folder.name for folder in folders]
    if not 1 <= len(names) <= MAX_CLASSES:
        raise (DatasetFormatError if names else DatasetNotFoundError)(
            f"{where} holds {len(names)} folders: expected one for each class, 2 to {MAX_CLASSES}. "
            f"Put the pictures of each class into a folder with the name of the class."
        )
    if not all(name.isascii() and name.isdigit() for name in names):
        return {name: label for label, name in enumerate(names)}, tuple(names)
    names.sort(key=int)
    values = [int(name) for name in names]
    if len(set(values)) < len(values):
        raise DatasetFormatError(
            f"{where} holds folders of the same number, such as 7 and 07: expected each number once. Merge them."
        )
    if values[-1] >= MAX_CLASSES:
        return {name: label for label, name in enumerate(names)}, tuple(names)
    return dict(zip(names, values, strict=True)), tuple(str(label) for label in range(values[-1] + 1))


def _load_part(root: Path, folder: Path, label_of: dict[str, int], on_bad_picture: OnBadPicture) -> Part:
    pictures: list[GrayPicture] = []
    labels: list[int] = []
    skipped: list[Path] = []
    for class_folder in _subfolders(folder):
        if class_folder.name not in label_of:
            raise DatasetFormatError(
                f"{class_folder} is a class that the folder train lacks: expected {', '.join(label_of)}. "
                f"Add it there, or remove it here."
            )
        found, bad = _load_class(class_folder, on_bad_picture)
        pictures += found
        labels += [label_of[class_folder.name]] * len(found)
        skipped += bad
    if not pictures:
        raise DatasetFormatError(f"{folder} holds no class folder: expected some of {', '.join(label_of)}.")
    names = tuple(path.relative_to(root).as_posix() for path in skipped)
    if names:
        shown = ", ".join(names[:_NAMES_IN_WARNING]) + (", ..." if len(names) > _NAMES_IN_WARNING else "")
        _LOGGER.warning(
            "%s: left out %d of %d files that are not usable pictures: %s",
            escape_controls(str(folder)),
            len(names),
            len(names) + len(pictures),
            escape_controls(shown),
        )
    return Part(np.stack(pictures), np.array(labels, dtype=np.uint8), names)


def _load_class(folder: Path, on_bad_picture: OnBadPicture) -> tuple[list[GrayPicture], list[Path]]:
    """Read every picture of one class, and list the files that are none."""
    pictures: list[GrayPicture] = []
    bad: list[Path] = []
    for path in list_folder(folder):
        if _is_ignored(path):
            continue
        if path.is_dir():
            raise DatasetFormatError(
                f"{path} is a folder inside the class {folder.name}: expected pictures only. Move it away."
            )
        try:
            pictures.append(load_small_picture(path))
        except DatasetFormatError as error:
            if on_bad_picture == "fail":
                raise DatasetFormatError(f"{error} Or leave such files out: on_bad_picture='skip'.") from error
            bad.append(path)
    if not pictures:
        raise DatasetFormatError(
            f"{folder} holds no usable picture: expected at least one for the class, found {len(bad)} other "
            f"files. Add pictures or remove the folder."
        )
    return pictures, bad
