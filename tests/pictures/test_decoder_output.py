"""A damaged file is one line on the terminal: neither libtiff, past Python, nor Pillow adds any of its own."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets.picture_file import load_small_picture
from digitnet.errors import DatasetFormatError, PictureError
from digitnet.pictures.loading import load_picture

NOISE = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)


def tiff(compression: str) -> bytearray:
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, "TIFF", compression=compression, description="x" * 50)
    return bytearray(buffer.getvalue())


def damaged_lzw() -> bytes:
    """Codes that are in no table: libtiff says so by itself."""
    data = tiff("tiff_lzw")
    data[200:240] = b"\xff" * 40
    return bytes(data)


def with_long_field() -> bytes:
    """A field that promises more than the file holds, of which Pillow warns."""
    data = bytearray(damaged_lzw())
    place = data.index((270).to_bytes(2, "little"), int.from_bytes(data[4:8], "little"))  # ImageDescription
    data[place + 4 : place + 8] = (1_000_000).to_bytes(4, "little")
    return bytes(data)


def with_too_many_samples() -> bytes:
    """More channels than Pillow decodes, which it logs."""
    data = tiff("raw")
    place = data.index((277).to_bytes(2, "little"), int.from_bytes(data[4:8], "little"))  # SamplesPerPixel
    data[place + 8 : place + 10] = (999).to_bytes(2, "little")
    return bytes(data)


PREDICT = "from digitnet.cli import main; main()"
LOAD = """
import sys
from collections.abc import Callable
from pathlib import Path
from digitnet.datasets.picture_file import load_small_picture
try:
    load_small_picture(Path(sys.argv[2]))
except ValueError as error:
    print(error, file=sys.stderr)
"""


@pytest.mark.parametrize("make", [damaged_lzw, with_long_field, with_too_many_samples])
@pytest.mark.parametrize("code", [PREDICT, LOAD], ids=["a picture", "a picture of a data set"])
def test_a_damaged_file_is_one_line(tmp_path: Path, make: Callable[[], bytes], code: str) -> None:
    path = tmp_path / "damaged.tif"
    path.write_bytes(make())
    command = [sys.executable, "-c", code, "predict", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    (line,) = run.stderr.splitlines()
    assert "damaged.tif" in line


def test_in_one_process_it_is_as_quiet(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "damaged.tif"
    for make in (damaged_lzw, with_long_field, with_too_many_samples):
        path.write_bytes(make())
        with pytest.raises(PictureError):
            load_picture(path)
        with pytest.raises(DatasetFormatError):
            load_small_picture(path)
    assert capfd.readouterr() == ("", "")
