import gzip
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import idx2numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from digitnet.arrays import AnyArray
from digitnet.datasets.idx import (
    decode_idx,
    encode_idx,
    gunzip,
    read_idx,
    read_idx_images,
    read_idx_labels,
    write_idx,
)
from digitnet.errors import DatasetError, DatasetFormatError, DatasetNotFoundError
from traced_memory import traced_peak

Reader = Callable[[Path], AnyArray]

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]

# Written out by hand from the format's description: 2 x 3 elements of int16.
SIX_SHORTS = bytes.fromhex("00000b02 00000002 00000003 0001 0002 0003 fffe 7fff 8000")
TWO_IMAGES = bytes.fromhex("00000803 00000002 0000001c 0000001c") + bytes(range(256)) * 6 + bytes(32)
TWO_LABELS = bytes.fromhex("00000801 00000002 0709")


def message(reader: Reader, path: Path, content: bytes) -> str:
    """Write the file, read it, and give the one line that comes out."""
    path.write_bytes(content)
    with pytest.raises(DatasetFormatError) as caught:
        reader(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def any_array() -> st.SearchStrategy[AnyArray]:
    shapes = npst.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
    return st.sampled_from(DTYPES).flatmap(lambda dtype: npst.arrays(dtype, shapes))


def test_decodes_bytes_written_by_hand() -> None:
    array = decode_idx(SIX_SHORTS, where="six")
    assert array.tolist() == [[1, 2, 3], [-2, 32767, -32768]]
    assert array.dtype == np.int16
    assert array.dtype.isnative


def test_encodes_to_bytes_written_by_hand() -> None:
    assert encode_idx(np.array([[1, 2, 3], [-2, 32767, -32768]], dtype=np.int16)) == SIX_SHORTS


@given(any_array())
def test_what_is_encoded_decodes_to_the_same(array: AnyArray) -> None:
    decoded = decode_idx(encode_idx(array), where="array")
    assert decoded.dtype == array.dtype
    np.testing.assert_array_equal(decoded, array)  # also equates NaN with NaN


@given(any_array())
def test_byte_order_and_memory_layout_do_not_matter(array: AnyArray) -> None:
    swapped = array.astype(array.dtype.newbyteorder())
    assert encode_idx(np.array(swapped, order="F")) == encode_idx(array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(7,), (2, 3), (2, 28, 28), (1, 2, 3, 4)])
def test_an_independent_reader_agrees(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).uniform(-100, 100, shape).astype(dtype)
    write_idx(tmp_path / "array", array)
    np.testing.assert_array_equal(idx2numpy.convert_from_file(str(tmp_path / "array")), array)


@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_an_independent_writer(tmp_path: Path, dtype: str) -> None:
    array = np.random.default_rng(1).uniform(-100, 100, (3, 4)).astype(dtype)
    idx2numpy.convert_to_file(str(tmp_path / "array"), array)
    np.testing.assert_array_equal(read_idx(tmp_path / "array"), array)
    assert (tmp_path / "array").read_bytes() == encode_idx(array)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.bool_, np.float16, np.complex64, np.object_])
def test_refuses_to_encode_what_idx_has_no_type_for(dtype: type) -> None:
    with pytest.raises(DatasetFormatError, match="cannot be stored as IDX: expected uint8"):
        encode_idx(np.zeros(3, dtype=dtype))


def test_refuses_to_encode_a_dimension_over_32_bits() -> None:
    endless = np.broadcast_to(np.uint8(0), (2**32,))  # takes no memory
    with pytest.raises(DatasetFormatError, match="at most 2\\*\\*32 - 1"):
        encode_idx(endless)


def test_decoded_arrays_are_read_only() -> None:
    for array in (decode_idx(SIX_SHORTS, where="six"), decode_idx(TWO_LABELS, where="labels")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@given(st.binary(max_size=60))
def test_random_bytes_never_give_another_error(data: bytes) -> None:
    for start in (b"", b"\0\0", b"\0\0\x08", b"\0\0\x0e\x02"):
        with suppress(DatasetFormatError):
            decode_idx(start + data, where="noise")


@pytest.mark.parametrize("cut", range(len(SIX_SHORTS)))
def test_names_every_cut(cut: int) -> None:
    with pytest.raises(DatasetFormatError, match=r"cut short|expected a magic number of 4 bytes"):
        decode_idx(SIX_SHORTS[:cut], where="six")


def test_names_bytes_too_many() -> None:
    with pytest.raises(DatasetFormatError, match=r"six is too long: .* 2 x 3 elements of int16, 24 bytes in all"):
        decode_idx(SIX_SHORTS + b"\0", where="six")


@pytest.mark.parametrize(
    ("header", "elements"),
    [
        ("00000803 ffffffff 0000ffff 0000ffff", 0xFFFFFFFF * 0xFFFF * 0xFFFF),
        ("00000e04 ffffffff ffffffff ffffffff ffffffff", 0xFFFFFFFF**4),  # the product overflows 64 bits
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_promises_terabytes_costs_nothing(
    tmp_path: Path, header: str, elements: int, packed: bool
) -> None:
    data = bytes.fromhex(header) + bytes(1000)
    text = message(read_idx, tmp_path / "big", gzip.compress(data, mtime=0) if packed else data)
    assert "cut short" in text
    assert str(elements)[:6] in text or "x 65535" in text or "x 4294967295" in text


def test_a_small_gzip_file_cannot_fill_the_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes.fromhex("00000801 00000002") + bytes(50_000_000))
    assert len(bomb) < 60_000
    said: list[str] = []
    assert traced_peak(lambda: said.append(message(read_idx, tmp_path / "bomb", bomb))) < 1_000_000
    assert "too long" in said[0]
    assert gunzip(bomb, where="bomb", limit=10) == bytes.fromhex("00000801 00000002 0000")


@pytest.mark.parametrize("rank", [33, 64, 255])
def test_more_dimensions_than_numpy_can_hold_are_refused(rank: int) -> None:
    data = bytes([0, 0, 8, rank]) + struct.pack(f">{rank}I", *[1] * rank) + b"\x07"
    with pytest.raises(DatasetFormatError, match=f"deep is not an IDX file: .* found 0x000008{rank:02x}"):
        decode_idx(data, where="deep")


def test_an_empty_axis_beside_impossible_ones_is_refused() -> None:
    data = struct.pack(">BBBB5I", 0, 0, 8, 5, 0, *[2**32 - 1] * 4)
    with pytest.raises(DatasetFormatError, match="cannot be held in memory"):
        decode_idx(data, where="hollow")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["images", "images.gz", "images.idx"])
def test_the_bytes_decide_whether_a_file_is_gzipped(tmp_path: Path, packed: bool, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(TWO_IMAGES, mtime=0) if packed else TWO_IMAGES)
    images = read_idx_images(path)
    assert images.shape == (2, 28, 28)
    assert images.tobytes() == TWO_IMAGES[16:]


def test_reads_labels(tmp_path: Path) -> None:
    (tmp_path / "labels").write_bytes(TWO_LABELS)
    assert read_idx_labels(tmp_path / "labels").tolist() == [7, 9]


def test_reads_gzip_of_several_members_and_zero_padding(tmp_path: Path) -> None:
    parts = gzip.compress(TWO_IMAGES[:100], mtime=0) + gzip.compress(TWO_IMAGES[100:])
    (tmp_path / "images.gz").write_bytes(parts + bytes(512))
    assert read_idx(tmp_path / "images.gz").tobytes() == TWO_IMAGES[16:]


def test_images_where_labels_were_expected(tmp_path: Path) -> None:
    assert message(read_idx_labels, tmp_path / "x.gz", gzip.compress(TWO_IMAGES, mtime=0)).endswith(
        "x.gz is not an IDX label file: expected magic number 0x00000801, found 0x00000803. "
        "That is an IDX image file: were the image and label paths swapped?"
    )


def test_labels_where_images_were_expected(tmp_path: Path) -> None:
    assert message(read_idx_images, tmp_path / "y", TWO_LABELS).endswith(
        "y is not an IDX image file: expected magic number 0x00000803, found 0x00000801. "
        "That is an IDX label file: were the image and label paths swapped?"
    )


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"<!DOCTYPE html><title>404</title>", "That looks like a web page"),
        (gzip.compress(gzip.compress(TWO_IMAGES, mtime=0), mtime=0), "gzip inside gzip"),
        (SIX_SHORTS, "an IDX file of int16 in 2 dimensions"),
        (b"\x89PNG\r\n\x1a\n....", "Is it the right file?"),
        (bytes.fromhex("00000821") + bytes(200), "found 0x00000821"),  # 33 dimensions
    ],
)
def test_says_what_a_wrong_file_probably_is(tmp_path: Path, content: bytes, hint: str) -> None:
    text = message(read_idx_images, tmp_path / "wrong", content)
    assert "expected magic number 0x00000803" in text
    assert hint in text


@pytest.mark.parametrize("reader", [read_idx, read_idx_images, read_idx_labels])
class TestEveryReader:
    def test_missing_file(self, tmp_path: Path, reader: Reader) -> None:
        with pytest.raises(DatasetNotFoundError, match="nowhere does not exist"):
            reader(tmp_path / "nowhere")

    def test_file_below_a_file(self, tmp_path: Path, reader: Reader) -> None:
        (tmp_path / "file").write_bytes(TWO_LABELS)
        with pytest.raises(DatasetNotFoundError, match="does not exist"):
            reader(tmp_path / "file" / "labels")

    def test_folder(self, tmp_path: Path, reader: Reader) -> None:
        with pytest.raises(DatasetFormatError, match="is a folder: expected a file"):
            reader(tmp_path)

    def test_forbidden_file(self, tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(_self: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", forbidden)
        with pytest.raises(DatasetError, match="secret cannot be read: Permission denied"):
            reader(tmp_path / "secret")

    @pytest.mark.parametrize(
        ("content", "expected"),
        [(b"", "is empty"), (b"\0\0\x08", "found 3 bytes"), (gzip.compress(b"", mtime=0), "found 0 bytes")],
    )
    def test_too_little_to_be_anything(self, tmp_path: Path, reader: Reader, content: bytes, expected: str) -> None:
        assert expected in message(reader, tmp_path / "short", content)


@pytest.mark.parametrize("keep", [2, 10, 15, -9, -8, -1])
def test_gzip_cut_short(tmp_path: Path, keep: int) -> None:
    text = message(read_idx_images, tmp_path / "cut.gz", gzip.compress(TWO_IMAGES, mtime=0)[:keep])
    assert "is cut short: its gzip data ends too early" in text


@pytest.mark.parametrize("position", [-8, -4], ids=["CRC", "length"])
def test_gzip_whose_checksum_is_wrong(tmp_path: Path, position: int) -> None:
    packed = bytearray(gzip.compress(TWO_IMAGES, mtime=0))
    packed[position] ^= 1
    assert "is damaged: its gzip data does not unpack" in message(read_idx_images, tmp_path / "bad.gz", bytes(packed))


def test_gzip_followed_by_something_else(tmp_path: Path) -> None:
    assert "is damaged" in message(read_idx, tmp_path / "tail.gz", gzip.compress(TWO_LABELS, mtime=0) + b"tail")


@pytest.mark.parametrize("side", [(27, 28), (28, 32), (1, 784)])
def test_images_of_another_size(tmp_path: Path, side: tuple[int, int]) -> None:
    text = message(read_idx_images, tmp_path / "size", encode_idx(np.zeros((3, *side), np.uint8)))
    assert f"holds images of {side[0]} x {side[1]} pixels: expected 28 x 28" in text


class TestWriting:
    def test_gzips_by_the_name(self, tmp_path: Path) -> None:
        labels = np.array([7, 9], dtype=np.uint8)
        write_idx(tmp_path / "labels", labels)
        write_idx(tmp_path / "labels.gz", labels)
        assert (tmp_path / "labels").read_bytes() == TWO_LABELS
        assert gzip.decompress((tmp_path / "labels.gz").read_bytes()) == TWO_LABELS

    def test_the_same_array_gives_the_same_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        labels = np.array([7, 9], dtype=np.uint8)
        write_idx(tmp_path / "one.gz", labels)
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
        write_idx(tmp_path / "two.gz", labels)
        assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
        assert (tmp_path / "one.gz").read_bytes()[4:8] == bytes(4)  # RFC 1952: MTIME, 0 = none

    def test_replaces_an_older_file_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        write_idx(tmp_path / "a", np.zeros(5, np.uint8))
        write_idx(tmp_path / "a", np.ones(3, np.uint8))
        assert read_idx(tmp_path / "a").tolist() == [1, 1, 1]
        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    def test_a_failure_leaves_the_older_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_idx(tmp_path / "a", np.zeros(5, np.uint8))

        def full_disk(_self: Path, _data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", full_disk)
        with pytest.raises(DatasetError, match="a cannot be written: No space left on device"):
            write_idx(tmp_path / "a", np.ones(3, np.uint8))
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
        assert read_idx(tmp_path / "a").tolist() == [0, 0, 0, 0, 0]

    def test_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="cannot be written: No such file or directory"):
            write_idx(tmp_path / "none" / "a", np.zeros(5, np.uint8))
