import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets.idx import write_idx
from digitnet.datasets.idx_folder import IdxRole, idx_role, list_idx_collections, load_idx_folder
from digitnet.errors import DatasetFormatError, DatasetNotFoundError

PLAIN = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
FASHION = Path("/usr/share/datasets/fashion-mnist")


def images(count: int, seed: int = 0) -> AnyArray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def write(folder: Path, names: Sequence[str], labels: list[int], seed: int = 0) -> AnyArray:
    """Write images of noise with these labels, and return them."""
    pixels = images(len(labels), seed)
    write_idx(folder / names[0], pixels)
    write_idx(folder / names[1], np.array(labels, np.uint8))
    return pixels


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train-images-idx3-ubyte.gz", IdxRole("", "train", "images")),
        ("t10k-labels-idx1-ubyte", IdxRole("", "test", "labels")),
        ("t10k-images.idx3-ubyte", IdxRole("", "test", "images")),
        ("emnist-letters-test-labels-idx1-ubyte.gz", IdxRole("emnist-letters", "test", "labels")),
        ("emnist-byclass-train-images-idx3-ubyte", IdxRole("emnist-byclass", "train", "images")),
        ("qmnist-train-labels-idx2-int.gz", IdxRole("qmnist", "train", "labels")),
        ("qmnist-test-images-idx3-ubyte", IdxRole("qmnist", "test", "images")),
        ("train-images-idx3-ubyte.zip", None),
        ("train-images-idx3-ubyte.gz.part", None),
        ("train-images", None),
        ("emnist-letters-mapping.txt", None),
        ("images-idx3-ubyte", None),
    ],
)
def test_a_name_tells_the_role(name: str, expected: IdxRole | None) -> None:
    assert idx_role(name) == expected


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("separator", ["-", "."])
def test_reads_the_names_of_mnist(tmp_path: Path, ending: str, separator: str) -> None:
    names = {
        part: tuple(name.replace("-idx", f"{separator}idx") + ending for name in pair) for part, pair in PLAIN.items()
    }
    train_images = write(tmp_path, names["train"], labels=[3, 0, 9], seed=1)
    test_images = write(tmp_path, names["test"], labels=[1, 4], seed=2)
    (tmp_path / "README.md").write_text("about")
    train, test = load_idx_folder(tmp_path)
    assert test is not None
    np.testing.assert_array_equal(train.images, train_images)
    np.testing.assert_array_equal(test.images, test_images)
    assert (train.labels.tolist(), test.labels.tolist()) == ([3, 0, 9], [1, 4])
    assert (train.num_classes, test.num_classes) == (10, 10)
    assert train.name == f"{tmp_path.name}/train"


def test_a_folder_may_lack_a_test_part(tmp_path: Path) -> None:
    write(tmp_path, PLAIN["train"], labels=[0, 1])
    train, test = load_idx_folder(tmp_path)
    assert test is None
    assert train.name == tmp_path.name


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("train-images-idx3-ubyte", "the train images, named like train-images-idx3-ubyte.gz"),
        ("train-labels-idx1-ubyte", "the train labels, named like train-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte", "the test images, named like t10k-images-idx3-ubyte.gz"),
        ("t10k-labels-idx1-ubyte", "the test labels, named like t10k-labels-idx1-ubyte.gz"),
    ],
)
def test_names_a_missing_file(tmp_path: Path, missing: str, expected: str) -> None:
    write(tmp_path, PLAIN["train"], labels=[0, 1])
    write(tmp_path, PLAIN["test"], labels=[0, 1])
    (tmp_path / missing).unlink()
    with pytest.raises(DatasetNotFoundError, match=f"{tmp_path.name} lacks a file: expected {expected}"):
        load_idx_folder(tmp_path)


def test_swapped_files_are_noticed(tmp_path: Path) -> None:
    write(tmp_path, PLAIN["train"][::-1], labels=[0, 1])
    with pytest.raises(DatasetFormatError, match="were the image and label paths swapped"):
        load_idx_folder(tmp_path)


def test_labels_of_another_part_are_noticed(tmp_path: Path) -> None:
    write(tmp_path, (PLAIN["train"][0], "elsewhere"), labels=[0, 1])
    write_idx(tmp_path / PLAIN["train"][1], np.array([0, 1, 2], np.uint8))
    with pytest.raises(DatasetFormatError, match="found 3 labels for 2 images"):
        load_idx_folder(tmp_path)


def test_of_a_file_and_its_gzipped_twin_the_plain_one_is_read(tmp_path: Path) -> None:
    plain = write(tmp_path, PLAIN["train"], labels=[0, 1], seed=1)
    for name in PLAIN["train"]:
        (tmp_path / f"{name}.gz").write_bytes(b"not read")
    np.testing.assert_array_equal(load_idx_folder(tmp_path)[0].images, plain)


def test_two_files_of_one_role_are_refused(tmp_path: Path) -> None:
    write(tmp_path, PLAIN["train"], labels=[0, 1])
    write(tmp_path, ("train-images.idx3-ubyte", "elsewhere"), labels=[0, 1])
    with pytest.raises(DatasetFormatError, match=r"2 files of train images: .* found train-images-idx3.*, train-i"):
        load_idx_folder(tmp_path)


def test_folders_named_like_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"), labels=[0, 1])
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    assert len(load_idx_folder(tmp_path)[0]) == 2


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert list_idx_collections(tmp_path) == []
    with pytest.raises(DatasetNotFoundError, match="holds no IDX files: expected names such as train-images"):
        load_idx_folder(tmp_path)


class TestQmnist:
    IMAGES, LABELS = "qmnist-train-images-idx3-ubyte.gz", "qmnist-train-labels-idx2-int"

    def test_the_class_is_the_first_column(self, tmp_path: Path) -> None:
        write_idx(tmp_path / self.IMAGES, images(3))
        table = np.array(
            [
                [5, 4, 2433, 3, 53, 71_410, 0, 0],
                [0, 4, 2164, 33, 48, 4_598, 0, 0],
                [4, 0, 154, 12, 52, 1, 0, 0],
            ],
            np.int32,
        )
        write_idx(tmp_path / self.LABELS, table)
        train, _ = load_idx_folder(tmp_path)
        assert train.labels.tolist() == [5, 0, 4]
        assert train.name == "qmnist"

    @pytest.mark.parametrize("table", [np.zeros((3, 8), np.uint8), np.zeros(3, np.int32), np.zeros((3, 0), np.int32)])
    def test_other_tables_are_refused(self, tmp_path: Path, table: AnyArray) -> None:
        write_idx(tmp_path / self.IMAGES, images(3))
        write_idx(tmp_path / self.LABELS, table)
        with pytest.raises(DatasetFormatError, match="not a QMNIST label file: expected int32"):
            load_idx_folder(tmp_path)

    def test_a_negative_class_is_refused(self, tmp_path: Path) -> None:
        write_idx(tmp_path / self.IMAGES, images(2))
        write_idx(tmp_path / self.LABELS, np.array([[3, 0], [-7, 0]], np.int32))
        with pytest.raises(DatasetFormatError, match="found -7 at position 1"):
            load_idx_folder(tmp_path)


class TestSeveralCollections:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for split, labels in {"letters": [1, 26, 2], "digits": [0, 1]}.items():
            start = f"emnist-{split}-train"
            write(tmp_path, (f"{start}-images-idx3-ubyte.gz", f"{start}-labels-idx1-ubyte.gz"), labels)
        return tmp_path

    def test_are_listed_and_the_choice_is_explained(self, folder: Path) -> None:
        assert list_idx_collections(folder) == ["emnist-digits", "emnist-letters"]
        with pytest.raises(DatasetFormatError) as caught:
            load_idx_folder(folder)
        assert str(caught.value) == (
            f"{folder} holds 2 data sets: expected one, found emnist-digits, emnist-letters. "
            f"Choose one by naming a file of it, such as {folder}/emnist-letters-train-labels-idx1-ubyte.gz."
        )

    def test_one_can_be_chosen(self, folder: Path) -> None:
        train, _ = load_idx_folder(folder, "emnist-letters")
        assert train.labels.tolist() == [0, 25, 1]
        assert train.name == "emnist-letters"
        # EMNIST's images lie on their side.
        np.testing.assert_array_equal(train.images, images(3).transpose(0, 2, 1))

    def test_mnists_own_names_are_one_of_them(self, folder: Path) -> None:
        upright = write(folder, PLAIN["train"], labels=[0, 1])
        with pytest.raises(DatasetFormatError, match="found MNIST's own names, emnist-digits, emnist-letters"):
            load_idx_folder(folder)
        np.testing.assert_array_equal(load_idx_folder(folder, "")[0].images, upright)

    def test_a_folder_named_emnist_turns_nothing(self, tmp_path: Path) -> None:
        folder = tmp_path / "emnist-mine"
        folder.mkdir()
        upright = write(folder, PLAIN["train"], labels=[1, 2])
        train, _ = load_idx_folder(folder)
        np.testing.assert_array_equal(train.images, upright)
        assert train.labels.tolist() == [1, 2]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, PLAIN["train"], labels=[0, 1])
    packed = gzip.compress((tmp_path / PLAIN["train"][0]).read_bytes())
    (tmp_path / PLAIN["train"][0]).write_bytes(packed[:-20])
    with pytest.raises(DatasetFormatError, match="train-images-idx3-ubyte is cut short"):
        load_idx_folder(tmp_path)


@pytest.mark.skipif(not FASHION.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_reads_fashion_mnist() -> None:
    train, test = load_idx_folder(FASHION)
    assert test is not None
    # Fashion-MNIST has exactly 6,000 and 1,000 images of each class.
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
