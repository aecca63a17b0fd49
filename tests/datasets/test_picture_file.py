import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.arrays import GrayPicture
from digitnet.datasets.picture_file import load_small_picture
from digitnet.errors import DatasetFormatError

PIXELS: GrayPicture = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)


def save(folder: Path, picture: Image.Image, kind: str = "PNG") -> Path:
    path = folder / f"picture.{kind.lower()}"
    picture.save(path, kind)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(DatasetFormatError) as caught:
        load_small_picture(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "PPM", "TIFF"])
def test_lossless_formats_give_the_pixels_as_stored(tmp_path: Path, kind: str) -> None:
    np.testing.assert_array_equal(load_small_picture(save(tmp_path, Image.fromarray(PIXELS), kind)), PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_come_close(tmp_path: Path, kind: str) -> None:
    smooth = np.add.outer(4 * np.arange(28), 3 * np.arange(28)).astype(np.uint8)
    found = load_small_picture(save(tmp_path, Image.fromarray(smooth), kind))
    assert np.abs(found.astype(int) - smooth).mean() < 3


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(save(tmp_path, Image.fromarray(PIXELS)).read_bytes())
    np.testing.assert_array_equal(load_small_picture(tmp_path / "picture.jpg"), PIXELS)


def test_colour_becomes_brightness(tmp_path: Path) -> None:
    colours = np.zeros((28, 28, 3), np.uint8)
    colours[0, 0], colours[0, 1], colours[0, 2], colours[0, 3] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (200, 200, 200),
    )
    found = load_small_picture(save(tmp_path, Image.fromarray(colours)))
    # ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue.
    np.testing.assert_allclose(found[0, :5], [76.2, 149.7, 29.1, 200, 0], atol=1)


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA", "CMYK"])
def test_other_modes_keep_black_and_white(tmp_path: Path, mode: str) -> None:
    halves = np.zeros((28, 28), np.uint8)
    halves[:, 14:] = 255
    picture = Image.fromarray(halves).convert("RGB").convert(mode)
    np.testing.assert_array_equal(
        load_small_picture(save(tmp_path, picture, "TIFF" if mode == "CMYK" else "PNG")), halves
    )


@pytest.mark.parametrize("size", [(28, 29), (27, 28), (280, 280), (1, 1)])
def test_another_size_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    text = refusal(save(tmp_path, Image.new("L", size)))
    assert f"has {size[0]} x {size[1]} pixels: digitnet trains on pictures of 28 x 28" in text


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_deeper_pixels_are_refused_not_cut_off(tmp_path: Path, dtype: type) -> None:
    deep = Image.fromarray(np.full((28, 28), 1000).astype(dtype))
    assert f"mode {deep.mode}: expected at most 8 bits" in refusal(save(tmp_path, deep, "TIFF"))


def test_see_through_pictures_are_refused(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (28, 28), (0, 0, 0, 255))
    picture.putpixel((27, 27), (0, 0, 0, 254))
    assert "is see-through in places" in refusal(save(tmp_path, picture))


def test_see_through_palettes_are_refused(tmp_path: Path) -> None:
    picture = Image.new("P", (28, 28), 3)
    path = tmp_path / "picture.gif"
    picture.save(path, transparency=3)
    assert "is see-through in places" in refusal(path)
    picture.save(path, transparency=4)  # a colour that no pixel has
    assert load_small_picture(path).shape == (28, 28)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that promises a size and holds no pixel."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize("side", [10_000, 60_000])  # Pillow warns above 90 million pixels, and refuses twice that
def test_a_bomb_is_refused_unopened(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(side, side))
    assert "has far too many pixels: digitnet trains on pictures of 28 x 28" in refusal(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n", png_header(28, 28)],
    ids=["empty", "text", "PostScript", "no pixels"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(content)
    assert "cannot be read: expected a picture (BMP, GIF, JPEG," in refusal(tmp_path / "picture.png")


@pytest.mark.parametrize("kind", ["EPS", "PCX", "TGA"])
def test_other_formats_are_refused_even_if_pillow_reads_them(tmp_path: Path, kind: str) -> None:
    assert "cannot be read: expected a picture" in refusal(save(tmp_path, Image.fromarray(PIXELS), kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
def test_a_picture_cut_short_is_refused(tmp_path: Path, kind: str) -> None:
    path = save(tmp_path, Image.fromarray(PIXELS), kind)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "cannot be read" in refusal(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
def test_damage_never_gives_another_error(tmp_path: Path, kind: str) -> None:
    whole = io.BytesIO()
    Image.fromarray(PIXELS).save(whole, kind)
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(100):
        data = bytearray(whole.getvalue())
        data[random.integers(min(len(data), 120))] = random.integers(256)
        (tmp_path / "damaged").write_bytes(data)
        try:
            assert load_small_picture(tmp_path / "damaged").shape == (28, 28)
        except DatasetFormatError:
            refused += 1
    assert refused


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "none.png")
