import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets.dataset import Dataset
from digitnet.datasets.idx import write_idx
from digitnet.datasets.sources import load_source
from digitnet.errors import ConfigurationError, DatasetError, DatasetFormatError, DatasetNotFoundError


def save(kind: str, folder: Path, dataset: Dataset) -> Path:
    """Write the first twenty images for training and, where the kind can, the rest for testing."""
    images, labels = dataset.images, dataset.labels
    if kind == "idx":
        for part, rows in {"train": slice(20), "t10k": slice(20, None)}.items():
            write_idx(folder / f"{part}-images-idx3-ubyte.gz", images[rows])
            write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels[rows])
        return folder
    if kind == "npz":
        np.savez(
            folder / "data.npz",
            x_train=images[:20],
            y_train=labels[:20],
            x_test=images[20:],
            y_test=labels[20:],
        )
        return folder / "data.npz"
    if kind.startswith("csv"):
        rows = np.column_stack([labels[:20], images[:20].reshape(20, 784)]).tolist()
        text = "\n".join(",".join(map(str, row)) for row in rows).encode()
        path = folder / ("data.csv.gz" if kind == "csv.gz" else "DATA.CSV")
        path.write_bytes(gzip.compress(text, mtime=0) if kind == "csv.gz" else text)
        return path
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        picture = folder / ("train" if index < 20 else "test") / str(label) / f"{index:02}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(picture)
    return folder


def by_label(dataset: Dataset) -> Dataset:
    return dataset.subset(np.argsort(dataset.labels, kind="stable"))


@pytest.mark.parametrize("given_as", [str, Path])
@pytest.mark.parametrize("kind", ["idx", "npz", "csv", "csv.gz", "pictures"])
def test_every_kind_gives_the_same_data(tmp_path: Path, thirty_digits: Dataset, kind: str, given_as: type) -> None:
    train, test = load_source(given_as(save(kind, tmp_path, thirty_digits)))
    expected = thirty_digits.subset(np.arange(20))
    assert by_label(train).digest == by_label(expected).digest
    assert train.num_classes == 10
    if kind.startswith("csv"):
        assert test is None
    else:
        assert test is not None
        assert by_label(test).digest == by_label(thirty_digits.subset(np.arange(20, 30))).digest


def test_the_word_mnist_is_the_bundled_data(mnist: tuple[Dataset, Dataset]) -> None:
    train, test = load_source("mnist")
    assert test is not None
    assert (train.digest, test.digest) == (mnist[0].digest, mnist[1].digest)


def test_a_folder_called_mnist_can_be_reached(
    tmp_path: Path, thirty_digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist").mkdir()
    save("idx", tmp_path / "mnist", thirty_digits)
    monkeypatch.chdir(tmp_path)
    for source in ("./mnist", Path("mnist"), "mnist/"):
        assert len(load_source(source)[0]) == 20
    monkeypatch.chdir(tmp_path / "mnist")
    assert load_source(".")[0].name == "mnist/train"


def test_one_file_of_a_folder_chooses_its_collection(tmp_path: Path, thirty_digits: Dataset) -> None:
    save("idx", tmp_path, thirty_digits)
    write_idx(tmp_path / "emnist-letters-train-images-idx3-ubyte", thirty_digits.images[:2])
    write_idx(tmp_path / "emnist-letters-train-labels-idx1-ubyte", np.array([1, 26], np.uint8))
    with pytest.raises(DatasetFormatError, match="holds 2 data sets"):
        load_source(tmp_path)
    letters, _ = load_source(tmp_path / "emnist-letters-train-images-idx3-ubyte")
    assert letters.labels.tolist() == [0, 25]
    digits, test = load_source(tmp_path / "t10k-labels-idx1-ubyte.gz")
    assert test is not None
    assert (len(digits), len(test)) == (20, 10)


@pytest.mark.parametrize("below", ["raw", "MNIST/raw"])
def test_idx_files_further_down_are_pointed_out(tmp_path: Path, thirty_digits: Dataset, below: str) -> None:
    (tmp_path / below).mkdir(parents=True)
    save("idx", tmp_path / below, thirty_digits)
    with pytest.raises(DatasetFormatError, match=f"IDX files further down: .* Name {tmp_path / below} instead"):
        load_source(tmp_path)


@pytest.mark.parametrize("source", ["nowhere", "", "MNIST", "mnist.npz", "a\0b", Path("nowhere")])
def test_a_missing_source_is_told_what_there_could_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetNotFoundError) as caught:
        load_source(source)
    assert "does not exist: expected the word mnist, a folder of IDX files, a Keras-style .npz" in str(caught.value)


@pytest.mark.parametrize("name", ["data.zip", "data", "images.png", "train.csv.zip", "data.npy"])
def test_another_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(DatasetFormatError, match=f"{name} is no data set that digitnet knows: expected the word"):
        load_source(tmp_path / name)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetNotFoundError, match="holds 0 folders: expected one for each class"):
        load_source(tmp_path)


def test_bad_pictures_are_handled_as_asked(tmp_path: Path, thirty_digits: Dataset) -> None:
    save("pictures", tmp_path, thirty_digits)
    (tmp_path / "test" / "3" / "bad.png").write_bytes(b"noise")
    with pytest.raises(DatasetFormatError, match=r"test/3/bad\.png cannot be read"):
        load_source(tmp_path)
    train, test = load_source(tmp_path, on_bad_picture="skip")
    assert test is not None
    assert (len(train), len(test)) == (20, 10)
    assert (train.skipped, test.skipped) == ((), ("test/3/bad.png",))


def test_an_unknown_way_to_handle_bad_pictures_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="on_bad_picture: expected 'fail' or 'skip', found 'ignore'"):
        load_source("mnist", on_bad_picture="ignore")  # type: ignore[arg-type]


def test_what_the_system_refuses_becomes_one_line(tmp_path: Path) -> None:
    name_too_long = tmp_path / ("x" * 5000)
    with pytest.raises(DatasetError, match=r"cannot be read: File name too long\. Check|does not exist"):
        load_source(name_too_long)


def test_a_forbidden_folder_becomes_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train-images-idx3-ubyte").touch()

    def forbidden(_self: Path) -> bool:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(DatasetError, match=f"{tmp_path} cannot be read: Permission denied"):
        load_source(tmp_path)


@pytest.mark.parametrize("kind", ["idx", "npz", "pictures"])
def test_a_test_part_alone_can_be_measured_on_and_not_learned_from(
    tmp_path: Path, thirty_digits: Dataset, kind: str
) -> None:
    source = save(kind, tmp_path, thirty_digits)
    _, whole = load_source(source)
    if kind == "npz":
        np.savez(source, x_test=thirty_digits.images[20:], y_test=thirty_digits.labels[20:])
    for path in source.glob("train*") if source.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DatasetError):
        load_source(source)
    alone, nothing = load_source(source, for_evaluation=True)
    assert nothing is None
    assert whole is not None
    assert sorted(zip(alone.labels.tolist(), map(bytes, alone.images), strict=True)) == sorted(
        zip(whole.labels.tolist(), map(bytes, whole.images), strict=True)
    )


@pytest.mark.parametrize("kind", ["idx", "npz", "csv", "pictures"])
@pytest.mark.parametrize("label", [0, 7])
def test_images_of_a_single_class_can_be_measured_on_and_not_learned_from(
    tmp_path: Path, thirty_digits: Dataset, kind: str, label: int
) -> None:
    labels = np.full(30, label, np.uint8)
    source = save(kind, tmp_path, Dataset(thirty_digits.images, labels, num_classes=10))
    if kind == "pictures" and label == 0:
        pytest.skip("the name of a single folder is the name of the only class")
    with pytest.raises(DatasetFormatError, match="at least two classes"):
        load_source(source)
    images, _ = load_source(source, for_evaluation=True)
    assert set(images.labels.tolist()) == {label}
    assert images.class_names == tuple(str(number) for number in range(max(2, label + 1)))


def test_letters_keep_their_names_where_the_first_and_the_last_are_missing(
    tmp_path: Path, thirty_digits: Dataset
) -> None:
    labels = (2 + thirty_digits.labels).astype(np.uint8)  # as EMNIST stores B to K
    write_idx(tmp_path / "emnist-letters-test-images-idx3-ubyte", thirty_digits.images)
    write_idx(tmp_path / "emnist-letters-test-labels-idx1-ubyte", labels)
    letters, _ = load_source(tmp_path, for_evaluation=True)
    assert "".join(letters.class_names[label] for label in letters.labels[:10]) == "BCDEFGHIJK"
    assert len(letters.class_names) == 26
