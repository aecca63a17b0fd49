"""The file of a checkpoint: what goes in comes out, and every kind of damage is one clear line."""

import struct
from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import RunFolderError
from digitnet.training.checkpoint_file import CheckpointContent, encode_checkpoint, read_checkpoint

CONTENT = CheckpointContent(
    [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.float32)], [{"loss": 0.5}], np.ones(4, np.float32)
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(encode_checkpoint(CONTENT))
    found = read_checkpoint(path)
    assert [variable.tolist() for variable in found.variables] == [[[0, 1, 2], [3, 4, 5]], 7]
    assert (found.history, found.format_version) == (CONTENT.history, 1)
    assert found.difficulties is not None
    assert found.difficulties.tolist() == [1, 1, 1, 1]
    path.write_bytes(encode_checkpoint(CheckpointContent([], [])))
    assert read_checkpoint(path).difficulties is None


def with_compression(content: bytes, method: int) -> bytes:
    """The zip file with another method of compression in each of its entries."""
    changed = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = changed.find(signature)
        while start >= 0:
            struct.pack_into("<H", changed, start + place, method)
            start = changed.find(signature, start + 1)
    return bytes(changed)


def with_flipped_weight(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[content.index(np.arange(6, dtype=np.float32).tobytes()) + 3] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (with_compression(encode_checkpoint(CONTENT), 99), "compression"),
        (with_compression(encode_checkpoint(CONTENT), 14), "damaged"),
        (with_compression(encode_checkpoint(CONTENT), 12), "data stream"),
        (with_flipped_weight(encode_checkpoint(CONTENT)), "Bad CRC-32"),
        (encode_checkpoint(CONTENT).replace(b"(2, 3), }", b"(2, 4), }"), "CRC-32|reshape"),
        (encode_checkpoint(CheckpointContent([], "text")), "the history is 'text'"),  # type: ignore[arg-type]
        (b"", "damaged"),
        (encode_checkpoint(CONTENT)[:300], "damaged"),
    ],
)
def test_damage_is_one_clear_line(tmp_path: Path, damaged: bytes, reason: str) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(damaged)
    with pytest.raises(RunFolderError, match=reason) as error:
        read_checkpoint(path)
    assert str(error.value).startswith(f"{path} is damaged (")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_checkpoint(tmp_path / "state.npz")
