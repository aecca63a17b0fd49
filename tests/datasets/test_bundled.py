import gzip
import hashlib
from importlib.resources import files
from pathlib import Path

import idx2numpy
import numpy as np
import pytest

from digitnet.datasets.bundled import load_mnist, read_verified
from digitnet.datasets.dataset import Dataset
from digitnet.errors import DatasetIntegrityError

BUNDLED = Path(str(files("digitnet") / "bundled" / "mnist"))
NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]
WHERE_FILES_ARE_LOOKED_UP = "digitnet.datasets.bundled.files"


def test_has_the_published_sizes_and_classes(mnist: tuple[Dataset, Dataset]) -> None:
    train, test = mnist
    assert (len(train), len(test)) == (60_000, 10_000)
    assert (train.num_classes, test.num_classes) == (10, 10)
    assert (train.name, test.name) == ("mnist/train", "mnist/test")
    # Counts of the digits 0 to 9 as published with the data.
    assert np.bincount(train.labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_ink_is_bright_on_dark_paper(mnist: tuple[Dataset, Dataset]) -> None:
    train, _ = mnist
    # The mean, 0.1307 of the full range, is the number that MNIST tutorials subtract.
    assert train.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert not train.images[:, 0, 0].any()


def test_an_independent_reader_agrees(mnist: tuple[Dataset, Dataset]) -> None:
    _, test = mnist
    with gzip.open(BUNDLED / "t10k-images-idx3-ubyte.gz") as images:
        np.testing.assert_array_equal(idx2numpy.convert_from_file(images), test.images)
    with gzip.open(BUNDLED / "t10k-labels-idx1-ubyte.gz") as labels:
        np.testing.assert_array_equal(idx2numpy.convert_from_file(labels), test.labels)


def test_digests_are_those_of_the_published_files(mnist: tuple[Dataset, Dataset]) -> None:
    # zcat train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz | sha256sum; the same for t10k.
    assert [dataset.digest for dataset in mnist] == [
        "c5097fdd51cfdbe7695fd9df3612695696864b5c424f58d843ffdc5d335e9914",
        "18489308deedfe2f7bd3a11e599a597126f161d991b1ffcffb71642aa76f7f62",
    ]


def test_verified_bytes_come_back(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"exactly this", mtime=0))
    assert read_verified(tmp_path / "a.gz", hashlib.sha256(b"exactly this").hexdigest()) == b"exactly this"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b"exactly thus", mtime=0), "a.gz was altered: expected SHA-256 .*, found "),
        (gzip.compress(b"exactly this", mtime=0)[:-3], "a.gz is cut short"),
        (b"exactly this", "a.gz is damaged"),
        (None, "a.gz cannot be read: .* No such file or directory"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DatasetIntegrityError, match=rf"{expected}.* Install digitnet again\.$"):
        read_verified(tmp_path / "a.gz", hashlib.sha256(b"exactly this").hexdigest())


@pytest.mark.parametrize("altered", NAMES)
def test_every_file_is_verified_at_every_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, altered: str) -> None:
    folder = tmp_path / "bundled" / "mnist"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / f"{name}.gz").symlink_to(BUNDLED / f"{name}.gz")
    content = bytearray(gzip.decompress((folder / f"{altered}.gz").read_bytes()))
    content[-1] ^= 1  # still a well-formed IDX file
    (folder / f"{altered}.gz").unlink()
    (folder / f"{altered}.gz").write_bytes(gzip.compress(bytes(content), compresslevel=1, mtime=0))
    monkeypatch.setattr(WHERE_FILES_ARE_LOOKED_UP, lambda _package: tmp_path)
    with pytest.raises(DatasetIntegrityError, match=f"{altered}.gz was altered"):
        load_mnist()
