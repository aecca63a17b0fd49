import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets.npz import load_npz
from digitnet.errors import DatasetFormatError, DatasetNotFoundError

SAVEZ: Callable[..., None] = np.savez_compressed  # its own annotation has no room for arrays by keyword
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype=np.uint8)
LABELS = np.array([1, 0, 7, 1], np.uint8)


def save(folder: Path, **arrays: AnyArray) -> Path:
    path = folder / "data.npz"
    SAVEZ(path, **arrays)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DatasetFormatError) as caught:
        load_npz(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("writer", [np.savez, np.savez_compressed])
def test_reads_what_keras_saves(tmp_path: Path, writer: Callable[..., None]) -> None:
    writer(
        tmp_path / "mnist.npz",
        x_train=PIXELS,
        y_train=LABELS,
        x_test=PIXELS[::-1],
        y_test=np.array([0, 0, 1, 0]),
    )
    train, test = load_npz(tmp_path / "mnist.npz")
    assert test is not None
    np.testing.assert_array_equal(train.images, PIXELS)
    np.testing.assert_array_equal(test.images, PIXELS[::-1])
    assert (train.labels.tolist(), test.labels.tolist()) == ([1, 0, 7, 1], [0, 0, 1, 0])
    assert (train.name, test.name, test.num_classes) == ("mnist/train", "mnist/test", 8)


@pytest.mark.parametrize("shape", [(4, 28, 28), (4, 784), (4, 28, 28, 1)])
@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i4", "<u4", "<i8", ">u8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_reads_every_integer_type_and_layout(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, order: Literal["C", "F"]
) -> None:
    pixels = PIXELS.reshape(shape).astype(dtype, order=order)
    labels = LABELS.astype(dtype).reshape(-1, 1)
    train, test = load_npz(save(tmp_path, x_train=pixels, y_train=labels))
    assert test is None
    np.testing.assert_array_equal(train.images, PIXELS)
    assert train.labels.tolist() == LABELS.tolist()


def test_other_arrays_are_not_even_opened(tmp_path: Path) -> None:
    path = save(tmp_path, x_train=PIXELS, y_train=LABELS, notes=np.array([{"by": "me"}], dtype=object))
    assert len(load_npz(path)[0]) == 4


@pytest.mark.parametrize(
    ("names", "missing", "found"),
    [
        (["y_train"], "x_train", "y_train"),
        (["x_train"], "y_train", "x_train"),
        (["x_train", "y_train", "x_test"], "y_test", "x_train, y_train, x_test"),
        (["x_train", "y_train", "y_test"], "x_test", "x_train, y_train, y_test"),
        (["images", "labels"], "x_train", "none of them"),
    ],
)
def test_names_a_missing_array(tmp_path: Path, names: list[str], missing: str, found: str) -> None:
    arrays = {name: PIXELS if name.startswith(("x", "i")) else LABELS for name in names}
    text = refusal(save(tmp_path, **arrays))
    assert f"lacks the array {missing}: " in text
    assert f"found {found}. " in text


class TestRefusesImages:
    def test_of_another_shape(self, tmp_path: Path) -> None:
        for shape in [(4, 28, 27), (4, 32, 32), (4, 28, 28, 3), (4, 783), (4,), ()]:
            text = refusal(save(tmp_path, x_train=np.zeros(shape, np.uint8), y_train=LABELS))
            assert f"x_train of {tmp_path / 'data.npz'} is not an array of images" in text
            assert f"found {shape}. " in text

    @pytest.mark.parametrize(
        ("pixels", "advice"),
        [
            (PIXELS / 255, "numpy.rint(255 * x).astype(numpy.uint8)"),
            ((PIXELS / 255).astype(np.float32), "numpy.rint(255 * x).astype(numpy.uint8)"),
            (PIXELS.astype(np.float64), "numpy.rint(x).astype(numpy.uint8)"),
            (PIXELS > 128, "numpy.rint(255 * x).astype(numpy.uint8)"),
            (PIXELS.astype("S3"), "numpy.rint(x).astype(numpy.uint8)"),
        ],
        ids=["0 to 1", "float32", "0 to 255", "bool", "text"],
    )
    def test_that_are_not_whole_numbers(self, tmp_path: Path, pixels: AnyArray, advice: str) -> None:
        text = refusal(save(tmp_path, x_train=pixels, y_train=LABELS))
        assert f"pixels of type {pixels.dtype}: expected whole numbers from 0 to 255" in text
        assert text.endswith(f"Save {advice} instead.")

    @pytest.mark.parametrize("value", [-1, 256, 70_000])
    def test_with_pixels_out_of_range(self, tmp_path: Path, value: int) -> None:
        pixels = PIXELS.astype(np.int64)
        pixels[2, 3, 4] = value
        assert f"found {value} in image 2 (counted from 0)" in refusal(save(tmp_path, x_train=pixels, y_train=LABELS))


@pytest.mark.parametrize(
    "labels", [LABELS.astype(float), np.eye(10, dtype=np.uint8)[LABELS], LABELS.astype(str), np.array(3)]
)
def test_refuses_labels_of_another_kind(tmp_path: Path, labels: AnyArray) -> None:
    text = refusal(save(tmp_path, x_train=PIXELS, y_train=labels))
    assert "y_train of " in text
    assert f"expected integers (n,), found {labels.dtype} {labels.shape}" in text
    assert "numpy.argmax(y, axis=1)" in text


@pytest.mark.parametrize(("value", "position"), [(-1, 3), (256, 0)])
def test_refuses_labels_out_of_range(tmp_path: Path, value: int, position: int) -> None:
    labels = LABELS.astype(np.int32)
    labels[position] = value
    with pytest.raises(DatasetFormatError, match=f"data: .* found {value} at position {position}"):
        load_npz(save(tmp_path, x_train=PIXELS, y_train=labels))


class Exploit:
    """What a pickle may hold: a call that leaves a mark when the pickle is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("name", ["x_train", "y_train", "x_test", "y_test"])
def test_pickled_objects_are_never_run(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "was here"
    objects = np.empty(4, dtype=object)
    objects[:] = [Exploit(mark)] * 4
    arrays = {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS, "y_test": LABELS, name: objects}
    assert f"{name} of {tmp_path / 'data.npz'} holds pickled Python objects" in refusal(save(tmp_path, **arrays))
    assert not mark.exists()


def with_header(path: Path, header: str, data: bytes) -> Path:
    """An .npz whose x_train has a header of one's own making."""
    text = header.encode() + b"\n"
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", member)
    return path


@pytest.mark.parametrize(
    "shape",
    ["(1000000000, 28, 28)", "(3, 28, 28)", "(1, 28, 28)", "(-2, 28, 28)", "(-2, -28, 28)", "(2, 784, 2)"],
)
def test_a_header_that_promises_other_data_is_refused(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    assert "cut short or too long" in refusal(with_header(tmp_path / "a.npz", header, bytes(2 * 784)))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{",
        "[1, 2]",
        "{[]: 1}",
        "{'descr': ('|u1',), 'fortran_order': False, 'shape': (2, 28, 28), }",
        "{'descr': '|Q9', 'fortran_order': False, 'shape': (2, 28, 28), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 28, 28)",
        "(" * 9000,
        "{'descr': '|u1'}" + " " * 20_000,  # of which NumPy complains in several lines
    ],
)
def test_a_nonsensical_header_is_refused_in_one_line(tmp_path: Path, header: str) -> None:
    message = refusal(with_header(tmp_path / "a.npz", header, bytes(2 * 784)))
    assert "cannot be read: expected a NumPy .npz file" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(("dtype", "shape"), [("|u1", "(0, 99999999999, 99999999999)"), ("|S0", "(4, 28, 28)")])
def test_a_header_of_no_bytes_but_an_impossible_array_is_refused(tmp_path: Path, dtype: str, shape: str) -> None:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    assert "cannot be read: expected a NumPy .npz file" in refusal(with_header(tmp_path / "a.npz", header, b""))


def test_a_header_written_by_python_2_is_read(tmp_path: Path) -> None:
    path = with_header(
        tmp_path / "old.npz",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 28L, 28L), }",
        bytes(2 * 784),
    )
    labels = io.BytesIO()
    np.save(labels, LABELS[:2])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("y_train.npy", labels.getvalue())
    assert load_npz(path)[0].labels.tolist() == [1, 0]


@pytest.mark.parametrize("cut", [1, 10, 100, 1000, -200, -1])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = save(tmp_path, x_train=PIXELS, y_train=LABELS)
    path.write_bytes(path.read_bytes()[:cut])
    assert "cannot be read: expected a NumPy .npz file" in refusal(path)


def test_a_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path, x_train=PIXELS, y_train=LABELS)
    data = path.read_bytes()
    for position in range(70, 2200, 71):  # inside the packed pixels
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1 :])
        refusal(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.save(tmp_path / "single.npy", PIXELS)
    path.write_bytes((tmp_path / "single.npy").read_bytes())
    assert "File is not a zip file" in refusal(path)
    path.write_bytes(b"")
    assert "is empty" in refusal(path)
    with pytest.raises(DatasetNotFoundError, match="does not exist"):
        load_npz(tmp_path / "none.npz")
