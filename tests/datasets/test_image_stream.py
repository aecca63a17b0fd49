"""stream_images against arrays that were saved by NumPy, gzip and zipfile themselves; and on damaged files."""

import gzip
import io
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray, Images
from digitnet.datasets import load_mnist, stream_images
from digitnet.datasets.idx import encode_idx
from digitnet.errors import ConfigurationError, DatasetError, DatasetFormatError, DatasetNotFoundError

SAVEZ: Callable[..., None] = np.savez  # its own annotation has no room for arrays by keyword
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)


def npy(array: AnyArray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(compression: int = zipfile.ZIP_STORED, **arrays: AnyArray) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", npy(array))
    return buffer.getvalue()


KINDS = {
    "idx": encode_idx(PIXELS),
    "idx.gz": gzip.compress(encode_idx(PIXELS)),
    "idx.gz in two members": gzip.compress(encode_idx(PIXELS)[:9000]) + gzip.compress(encode_idx(PIXELS)[9000:]),
    "npy": npy(PIXELS),
    "npz": npz(x_test=PIXELS),
    "deflated npz": npz(zipfile.ZIP_DEFLATED, x_test=PIXELS),
    "npz by LZMA": npz(zipfile.ZIP_LZMA, x_test=PIXELS),
}


def in_words(parameter: object) -> str:
    """The name of a test: bytes with a time stamp in them would give it another one in each process."""
    return parameter if isinstance(parameter, str) else "bytes"


def save(folder: Path, content: bytes, name: str = "images") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path, expected: type[DatasetError] = DatasetFormatError, **options: Any) -> tuple[str, Images]:
    """What the error says, and the images that came before it."""
    chunks = [np.zeros((0, 28, 28), np.uint8)]
    with pytest.raises(expected) as caught:
        chunks.extend(stream_images(path, **options))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value), np.concatenate(chunks)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk_size", [1, 7, 29, 30, 31])
def test_the_chunks_are_the_images_in_order(tmp_path: Path, kind: str, chunk_size: int) -> None:
    chunks = list(stream_images(save(tmp_path, KINDS[kind]), chunk_size=chunk_size))
    full, rest = divmod(30, chunk_size)
    assert [len(chunk) for chunk in chunks] == [chunk_size] * full + [rest] * (rest > 0)
    assert {(str(chunk.dtype), chunk.shape[1:]) for chunk in chunks} == {("uint8", (28, 28))}
    np.testing.assert_array_equal(np.concatenate(chunks), PIXELS)


@pytest.mark.parametrize("shape", [(30, 28, 28), (30, 784), (30, 28, 28, 1)])
@pytest.mark.parametrize("dtype", ["u1", "i1", "<i2", ">i4", "<u8"])
@pytest.mark.parametrize("encode", [npy, lambda array: npz(x=array)])
def test_integers_of_every_type_and_layout(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, encode: Callable[[AnyArray], bytes]
) -> None:
    pixels = PIXELS % 128  # what an int8 can hold
    path = save(tmp_path, encode(pixels.reshape(shape).astype(dtype)))
    np.testing.assert_array_equal(np.concatenate(list(stream_images(path, chunk_size=8))), pixels)


def test_what_numpy_itself_saves(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", PIXELS)
    SAVEZ(tmp_path / "b.npz", PIXELS)
    np.savez_compressed(tmp_path / "c.npz", PIXELS)
    for name in ("a.npy", "b.npz", "c.npz"):
        (chunk,) = stream_images(tmp_path / name)
        np.testing.assert_array_equal(chunk, PIXELS)


def test_the_bundled_test_images(tmp_path: Path) -> None:
    _, test_set = load_mnist()
    path = save(tmp_path, gzip.compress(encode_idx(test_set.images), 1))
    chunks = list(stream_images(str(path)))
    assert [len(chunk) for chunk in chunks] == [4096, 4096, 1808]
    np.testing.assert_array_equal(np.concatenate(chunks), test_set.images)


@pytest.mark.parametrize(
    ("arrays", "chosen", "expected"),
    [
        (["x_train", "y_train", "x_test", "y_test"], None, "x_test"),
        (["x_train", "y_train"], None, "x_train"),
        (["x_train", "y_train", "x_test", "y_test"], "x_train", "x_train"),
        (["y", "pictures"], None, "pictures"),
        (["x_test", "mine"], "mine", "mine"),
    ],
)
def test_the_array_of_an_npz(tmp_path: Path, arrays: list[str], chosen: str | None, expected: str) -> None:
    contents: dict[str, Any] = {
        name: np.arange(30) if name.startswith("y") else np.roll(PIXELS, place, axis=0)
        for place, name in enumerate(arrays)
    }
    (chunk,) = stream_images(save(tmp_path, npz(**contents)), array=chosen)
    np.testing.assert_array_equal(chunk, contents[expected])


def test_arrays_that_are_not_meant_may_be_anything(tmp_path: Path) -> None:
    content = npz(notes=np.array(["a", "b"]), x=PIXELS, heat=PIXELS / 255, far=np.zeros((3, 64, 64), np.uint8))
    (chunk,) = stream_images(save(tmp_path, content))
    np.testing.assert_array_equal(chunk, PIXELS)


@pytest.mark.parametrize("name", ["emnist-letters-test-images-idx3-ubyte", "t10k-images-idx3-ubyte"])
def test_emnist_is_turned_upright_by_its_name(tmp_path: Path, name: str) -> None:
    (chunk,) = stream_images(save(tmp_path, KINDS["idx"], name))
    np.testing.assert_array_equal(chunk, PIXELS.transpose(0, 2, 1) if "emnist" in name else PIXELS)


@pytest.mark.parametrize("encode", [encode_idx, npy, lambda array: npz(x=array)])
def test_a_file_without_images_has_no_chunks(tmp_path: Path, encode: Callable[[AnyArray], bytes]) -> None:
    assert list(stream_images(save(tmp_path, encode(PIXELS[:0])))) == []


@pytest.mark.parametrize("kind", ["idx", "npy"])
@pytest.mark.parametrize(("cut", "problem"), [(1, "cut short"), (784 * 30, "cut short"), (-1, "too long")])
def test_a_plain_file_of_another_size_gives_no_image_at_all(tmp_path: Path, kind: str, cut: int, problem: str) -> None:
    content = KINDS[kind]
    content = content[:-cut] if cut > 0 else content + b"\0" * -cut
    message, images = refusal(save(tmp_path, content), chunk_size=4)
    assert f"is {problem}: its header promises 30 images, 23,520 bytes, found {23_520 - cut:,}" in message
    assert len(images) == 0


def test_a_member_of_an_archive_that_promises_too_much(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", npy(PIXELS)[:-100])
    message, images = refusal(save(tmp_path, buffer.getvalue()))
    assert re.match(r"x of .*images is cut short: .* found 23,420\.", message)
    assert len(images) == 0


@pytest.mark.parametrize("chunk_size", [1, 4])
def test_packed_data_that_ends_early_stops_at_an_image(tmp_path: Path, chunk_size: int) -> None:
    packed = gzip.compress(encode_idx(PIXELS), 0)  # stored, so that half of the file is half of the images
    message, images = refusal(save(tmp_path, packed[: len(packed) // 2]), chunk_size=chunk_size)
    stop = re.search(r": stopped after (\d+) of 30 images: ", message)
    assert stop is not None
    assert 14 - chunk_size < int(stop[1]) == len(images) < 15
    np.testing.assert_array_equal(images, PIXELS[: len(images)])


def test_packed_data_that_is_whole_but_holds_too_little_or_too_much(tmp_path: Path) -> None:
    content = encode_idx(PIXELS)
    message, images = refusal(save(tmp_path, gzip.compress(content[: 16 + 784 * 9 + 5])), chunk_size=4)
    assert "stopped after 9 of 30 images: the file is cut short" in message
    np.testing.assert_array_equal(images, PIXELS[:9])
    message, images = refusal(save(tmp_path, gzip.compress(content + b"\0")), chunk_size=4)
    assert "stopped after 30 of 30 images: more bytes follow" in message
    np.testing.assert_array_equal(images, PIXELS)


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_wrong_checksum_throws_doubt_on_what_came_before(tmp_path: Path, kind: str) -> None:
    content = bytearray(gzip.compress(encode_idx(PIXELS), 0) if kind == "gzip" else npz(x=PIXELS))
    place = content.index(PIXELS[20].tobytes()[:64])
    content[place] ^= 1
    message, images = refusal(save(tmp_path, bytes(content)), chunk_size=4)
    assert re.search(r"stopped after (24|28|30) of 30 images: .*CRC.* What came before it may be damaged", message)
    assert len(images) >= 24


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (encode_idx(np.arange(30, dtype=np.uint8)), "That is an IDX label file"),
        (encode_idx(np.zeros((3, 32, 32), np.uint8)), "holds images of 32 x 32 pixels: expected 28 x 28"),
        (encode_idx(PIXELS.astype(">i4")), "expected magic number 0x00000803, found 0x00000c03"),
        (encode_idx(PIXELS)[:9], "cut short: expected a header of 16 bytes"),
        (gzip.compress(b"hello"), "is not an IDX image file"),
        (gzip.compress(encode_idx(PIXELS))[:12], "its first bytes promise images"),
        (b"\x1f\x8b", "its first bytes promise images"),
        (b"", "is not a file of images"),
        (b"\x89PNG\r\n\x1a\n", "is not a file of images"),
        (b"PK\x03\x04 and nothing of a zip", "its first bytes promise images"),
        (npz()[:22], "found no array"),
        (npz(a=PIXELS, b=PIXELS), "expected an array x_test or x_train, or a single one"),
        (npz(y=np.arange(9)), "found y"),
        (npz(x_test=PIXELS / 255), "x_test of .* holds pixels of type float64"),
        (npy(PIXELS > 9), "holds pixels of type bool"),
        (npy(PIXELS.reshape(-1, 28)), r"expected shape \(n, 28, 28\)"),
        (npy(np.array(5)), r"found \(\)|expected shape"),
        (npy(np.asfortranarray(PIXELS)), "expected C order"),
        (npy(np.where(np.arange(30)[:, None, None] == 17, 300, PIXELS.astype(int))), "found 300 in image 17"),
        (npy(-PIXELS.astype(int)), "found -"),
        (b"\x93NUMPY\x01\x00\x05\x00hello", "its first bytes promise images"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "its first bytes promise images"),
    ],
    ids=in_words,
)
def test_other_files_are_refused_in_words(tmp_path: Path, content: bytes, expected: str) -> None:
    message, _ = refusal(save(tmp_path, content), chunk_size=4)
    assert re.search(expected, message)


def header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        header("(-1, 28, 28)"),
        header("(4611686018427387904, 28, 28)"),
        header("(3, 4611686018427387904, 28)"),
        header("(30, 28)"),
        header("(30, 28, 28)", "('|u1', (28, 28))"),
        header("(30, 28, 28)", "[('a', '|u1')]"),
        header("(30, 28, 28)", "'|O'"),
        header("(30, 28, 28)", "'|V1'"),
        header("(30, 28, 28)", "'<U1'"),
        b"\0\0\x08\x03" + b"\xff" * 4 + b"\0\0\0\x1c" * 2,
        gzip.compress(b"\0\0\x08\x03" + b"\xff" * 4 + b"\0\0\0\x1c" * 2),
    ],
    ids=in_words,
)
def test_a_hostile_header_is_refused(tmp_path: Path, content: bytes) -> None:
    refusal(save(tmp_path, content))


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    message, _ = refusal(save(tmp_path, npy(np.array([{"a": 1}], dtype=object))))
    assert "pickled" in message


@pytest.mark.parametrize("kind", KINDS)
def test_damage_anywhere_is_an_error_of_ours_or_harmless(tmp_path: Path, kind: str) -> None:
    generator = np.random.default_rng(1)
    path = tmp_path / "images"
    for _ in range(150):
        content = bytearray(KINDS[kind])
        place = int(generator.integers(min(len(content), 400))) * int(generator.choice([1, -1]))
        content[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(content)
        total = 0
        with suppress(DatasetError):
            total = sum(len(images) for images in stream_images(path, chunk_size=8))
        assert total in (0, 30)  # refused, or nothing is missing


def test_a_file_that_is_not_there_or_not_a_file(tmp_path: Path) -> None:
    refusal(tmp_path / "nowhere.npz", DatasetNotFoundError)
    refusal(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in refusal(tmp_path / "pipe")[0]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = save(tmp_path, KINDS["idx"])
    path.chmod(0)
    assert "permissions" in refusal(path, DatasetError)[0]


def test_an_array_that_is_not_there(tmp_path: Path) -> None:
    message, _ = refusal(save(tmp_path, KINDS["npz"]), array="x_train")
    assert "lacks the array x_train: found x_test" in message


@pytest.mark.parametrize("options", [{"chunk_size": 0}, {"chunk_size": -5}, {"array": "x"}])
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        list(stream_images(save(tmp_path, KINDS["idx"]), **options))


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_two_hundred_thousand_images_take_the_memory_of_a_few_thousand(tmp_path: Path) -> None:
    """157 MB, and four times as much as int32; packed they are a few hundred kilobytes on the disk."""
    np.savez_compressed(tmp_path / "many.npz", np.zeros((200_000, 784), np.uint8))
    code = (
        "import resource, sys; from digitnet import stream_images\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != 'darwin' "
        "else 1024**2)\n"
        "next(stream_images(sys.argv[1], chunk_size=8)); before = peak()\n"
        "print(sum(len(images) for images in stream_images(sys.argv[1])), peak() - before)"
    )
    # Linux counts what the parent of a process held when it was started: a small one is put in between.
    between = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    command = [sys.executable, "-c", between, sys.executable, "-c", code, str(tmp_path / "many.npz")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    n, growth = run.stdout.split()
    assert int(n) == 200_000
    assert float(growth) < 25  # MB; a chunk is 3


def test_the_shape_that_is_named_is_that_of_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "small.npy", np.zeros((3, 5, 5), np.uint8))
    with pytest.raises(DatasetFormatError, match=r"found \(3, 5, 5\)"):
        next(stream_images(tmp_path / "small.npy"))
