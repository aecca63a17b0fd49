"""Pictures that are too long or too narrow are refused before anything is allocated, from whatever source they come."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from digitnet.errors import PictureDecodeError, PictureTooLargeError
from digitnet.pictures import size_limits
from digitnet.pictures.loading import load_picture
from digitnet.pictures.size_limits import MAX_PIXELS, check_size
from traced_memory import traced_peak

# Width, height, and what the message names.
TOO_LONG = [
    ((1, 64_000_000), "1 x 64,000,000 pixels; the limit of a side is 32,766"),
    ((64_000_000, 1), "64,000,000 x 1 pixels; the limit of a side is 32,766"),
    ((100, 32_767), "100 x 32,767 pixels; the limit of a side is 32,766"),
    ((10, 10_001), "10 x 10,001 pixels; the longer side may be 1,000 times the shorter at most"),
    ((10_001, 10), "10,001 x 10 pixels; the longer side may be 1,000 times the shorter at most"),
]


@pytest.fixture
def no_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("its pixels were decoded")

    for name in ("load", "load_prepare"):
        monkeypatch.setattr(ImageFile.ImageFile, name, decode)


@pytest.mark.parametrize(("size", "message"), TOO_LONG)
def test_the_message_names_the_size_and_the_limit(size: tuple[int, int], message: str) -> None:
    with pytest.raises(PictureTooLargeError, match=message):
        check_size("strip.png", *size, MAX_PIXELS)


@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (1000, 1), (33, 32_766), (32_766, 1953), (8000, 8000)])
def test_the_limits_are_inclusive(size: tuple[int, int]) -> None:
    check_size("the file", *size, MAX_PIXELS)


def test_no_pixels_at_all_is_no_picture() -> None:
    with pytest.raises(PictureDecodeError, match="has no pixels: it is 0 x 7"):
        check_size("the file", 0, 7, MAX_PIXELS)


@pytest.mark.usefixtures("no_decoding")
@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "WEBP", "BMP", "JPEG", "PPM", "AVIF"])
def test_a_strip_is_refused_by_its_header(kind: str, tmp_path: Path) -> None:
    strip, buffer = Image.new("L", (16_100, 16), 255), io.BytesIO()
    strip.save(buffer, kind)
    path = tmp_path / "strip"
    path.write_bytes(buffer.getvalue())
    for source in (buffer.getvalue(), path):
        with pytest.raises(PictureTooLargeError, match="16,100 x 16 pixels; the longer side may be 1,000 times"):
            load_picture(source)


@pytest.mark.usefixtures("no_decoding")
def test_a_strip_from_a_phone_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    buffer = io.BytesIO()
    Image.new("L", (1280, 64), 255).save(buffer, "HEIF")  # its encoder takes no strip that is narrower or longer
    monkeypatch.setattr(size_limits, "MAX_RATIO", 10)
    with pytest.raises(PictureTooLargeError, match="1,280 x 64 pixels; the longer side may be 10 times"):
        load_picture(buffer.getvalue())


def test_arrays_and_images_are_refused_before_they_are_copied() -> None:
    column = np.broadcast_to(np.float32(0.5), (64_000_000, 1))
    image = Image.new("1", (1, 100_000))

    def refuse() -> None:
        for source in (column, image):
            with pytest.raises(PictureTooLargeError, match="the limit of a side is 32,766"):
                load_picture(source)

    assert traced_peak(refuse) < 1_000_000
