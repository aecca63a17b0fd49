"""A folder of IDX files with the names of MNIST, Fashion-MNIST, KMNIST, EMNIST or QMNIST."""

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.datasets.emnist import is_emnist, pair_emnist
from digitnet.datasets.folder import list_folder
from digitnet.datasets.idx import read_idx, read_idx_images, read_idx_labels
from digitnet.datasets.pairing import DatasetPair, Part, pair
from digitnet.errors import DatasetFormatError, DatasetNotFoundError

__all__ = ["IdxRole", "idx_role", "list_idx_collections", "load_idx_folder"]

# train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte,
# qmnist-train-labels-idx2-int.gz: some archives write a dot before "idx".
_NAME = re.compile(
    r"(?:(?P<collection>.+)-)?(?P<part>train|t10k|test)-(?P<kind>images|labels)"
    r"[-.]idx[123]-(?:ubyte|int)(?:\.gz)?"
)


class IdxRole(NamedTuple):
    """What a file name says about the file.

    Attributes:
        collection: "" for MNIST's own names, else what stands before: "qmnist", "emnist-letters".
        part: "train" or "test"; MNIST's t10k is "test".
        kind: "images" or "labels".
    """

    collection: str
    part: str
    kind: str


def idx_role(name: str) -> IdxRole | None:
    """The role of a file by its name, or None if the name is not one of the known data sets'."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    part = "train" if match["part"] == "train" else "test"
    return IdxRole(match["collection"] or "", part, match["kind"])


def list_idx_collections(folder: Path) -> list[str]:
    """The collections that a folder holds files of, sorted; "" stands for MNIST's own names."""
    return sorted({role.collection for role in _files_by_role(folder)})


def load_idx_folder(folder: Path, collection: str | None = None, *, for_evaluation: bool = False) -> DatasetPair:
    """Load the training and test set of a folder of IDX files, plain or gzipped.

    Of a file and its gzipped twin the plain one is read. QMNIST's class is the first of its label columns.
    EMNIST is turned upright and its letters counted from 0, see `emnist`.

    Args:
        folder: The folder.
        collection: Which to load where the folder holds several, such as "emnist-letters".
        for_evaluation: Whether a test part alone will do, and images of a single class.

    Returns:
        The training set, or all there is, and the test set or None if the folder has none.

    Raises:
        DatasetNotFoundError: A file is missing.
        DatasetFormatError: A file is malformed, two could play the same role, or several collections
            are there and none was chosen.
        DatasetError: As `pair`.
    """
    files = _files_by_role(folder)
    if collection is None:
        collection = _only_collection(folder, files)
    name = collection or folder.resolve().name
    joined = pair_emnist if is_emnist(collection) else pair
    parts = {role.part for role in files if role.collection == collection}
    if for_evaluation and parts == {"test"}:
        return joined(f"{name}/test", _read_part(folder, files, collection, "test"), None, for_evaluation=True)
    train = _read_part(folder, files, collection, "train")
    test = _read_part(folder, files, collection, "test") if "test" in parts else None
    return joined(name, train, test, for_evaluation=for_evaluation)


def _files_by_role(folder: Path) -> dict[IdxRole, list[Path]]:
    files = defaultdict(list)
    for path in list_folder(folder):
        role = idx_role(path.name)
        # A folder may bear a file's name: some archives unpack each file into one.
        if role is not None and path.is_file():
            files[role].append(path)
    return files


def _only_collection(folder: Path, files: dict[IdxRole, list[Path]]) -> str:
    collections = sorted({role.collection for role in files})
    if not collections:
        raise DatasetNotFoundError(
            f"{folder} holds no IDX files: expected names such as train-images-idx3-ubyte.gz. Check the folder."
        )
    if len(collections) > 1:
        names = ", ".join(collection or "MNIST's own names" for collection in collections)
        example = max(files.items())[1][0]
        raise DatasetFormatError(
            f"{folder} holds {len(collections)} data sets: expected one, found {names}. "
            f"Choose one by naming a file of it, such as {example}."
        )
    return collections[0]


def _read_part(folder: Path, files: dict[IdxRole, list[Path]], collection: str, part: str) -> Part:
    images = read_idx_images(_file(folder, files, IdxRole(collection, part, "images")))
    labels = _read_labels(_file(folder, files, IdxRole(collection, part, "labels")))
    return Part(images, labels)


def _file(folder: Path, files: dict[IdxRole, list[Path]], role: IdxRole) -> Path:
    paths = files.get(role, [])
    names = {path.name for path in paths}
    distinct = [path for path in paths if path.name.removesuffix(".gz") not in names - {path.name}]
    if not distinct:
        start = f"{role.collection}-{role.part}" if role.collection else role.part.replace("test", "t10k")
        raise DatasetNotFoundError(
            f"{folder} lacks a file: expected the {role.part} {role.kind}, named like "
            f"{start}-{role.kind}-idx{3 if role.kind == 'images' else 1}-ubyte.gz. Add the file."
        )
    if len(distinct) > 1:
        raise DatasetFormatError(
            f"{folder} holds {len(distinct)} files of {role.part} {role.kind}: expected one, found "
            f"{', '.join(path.name for path in distinct)}. Move the others away."
        )
    return distinct[0]


def _read_labels(path: Path) -> AnyArray:
    if "idx2-int" not in path.name:
        return read_idx_labels(path)
    table = read_idx(path)
    if table.ndim != 2 or table.dtype != np.int32 or not table.shape[1]:
        raise DatasetFormatError(
            f"{path} is not a QMNIST label file: expected int32 (n, 8), found {table.dtype} {table.shape}. "
            f"Were the image and label paths swapped?"
        )
    return table[:, 0]  # the others tell writer, form and place on the form
