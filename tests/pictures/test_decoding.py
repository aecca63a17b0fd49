"""decode on large pictures, and 10,000 damaged ones thrown at the whole path from bytes to ink."""

import io
import time
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from digitnet.arrays import AnyArray
from digitnet.errors import PictureError
from digitnet.notes import Note, NoteKind
from digitnet.pictures.decoding import decode
from digitnet.pictures.loading import load_picture

MUTATIONS = 10_000
SIDE_MAX = 200_000  # pixels a mutated header may ask for; the limit under test, lowered to what small pictures need


def small_picture(mode: str = "RGB", size: tuple[int, int] = (24, 18)) -> Image.Image:
    canvas = np.full((size[1], size[0]), 230, np.uint8)
    cv2.line(canvas, (5, 3), (17, 14), 40, 2)
    return Image.fromarray(canvas).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def seeds() -> list[bytes]:
    """Small files of every kind that takes another way through the decoders."""
    animation = {"save_all": True, "append_images": [small_picture().rotate(90)]}
    return [
        encoded(small_picture(), "PNG"),
        encoded(small_picture("P"), "PNG", transparency=0),
        encoded(small_picture("LA"), "PNG"),
        encoded(Image.fromarray(np.arange(432, dtype=np.uint16).reshape(18, 24) * 150), "PNG"),
        encoded(small_picture(), "JPEG"),
        encoded(small_picture("CMYK"), "JPEG"),
        encoded(small_picture("L"), "JPEG", progressive=True),
        encoded(small_picture("P"), "GIF", **animation),
        encoded(small_picture("1"), "BMP"),
        encoded(small_picture("RGBA"), "WEBP"),
        encoded(small_picture(), "TIFF", compression="tiff_lzw"),
        encoded(small_picture("F"), "TIFF"),
        encoded(small_picture("L"), "PPM"),
    ]


def with_right_checksums(png: bytearray) -> bytes:
    """The chunks' checksums put right, so that what is damaged inside them is looked at."""
    place = 8
    while place + 12 <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(png):
            break
        png[end : end + 4] = zlib.crc32(png[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(png)


def mutated(whole: bytes, rng: np.random.Generator) -> bytes:
    """One to eight bytes changed, or a piece cut out, doubled, or cut off at the end."""
    damaged = bytearray(whole)
    match int(rng.integers(0, 8)):
        case 0:
            del damaged[rng.integers(1, len(whole)) :]
        case 1:
            start, length = rng.integers(0, len(whole)), rng.integers(1, 20)
            del damaged[start : start + length]
        case 2:
            start, length = rng.integers(0, len(whole)), rng.integers(1, 20)
            damaged[start:start] = whole[start : start + length]
        case _:
            for place in rng.integers(0, len(whole), rng.integers(1, 9)):
                damaged[place] = (0, 1, 127, 128, 255, int(rng.integers(0, 256)))[rng.integers(0, 6)]
    return with_right_checksums(damaged) if whole.startswith(b"\x89PNG") and rng.random() < 0.7 else bytes(damaged)


def test_ten_thousand_damaged_pictures_are_read_or_refused_in_one_line() -> None:
    rng, files = np.random.default_rng(0), seeds()
    read, slowest = 0, 0.0
    for number in range(MUTATIONS):
        data = mutated(files[number % len(files)], rng)
        started = time.process_time()
        try:
            ink = load_picture(data, max_pixels=SIDE_MAX).ink
            read += 1
            assert ink.dtype == np.uint8
            assert ink.ndim == 2
        except PictureError as error:
            assert "\n" not in str(error)  # noqa: PT017 - the others must be readable
        slowest = max(slowest, time.process_time() - started)
    assert 0.2 * MUTATIONS < read < 0.9 * MUTATIONS  # neither all unharmed nor all refused by their header
    assert slowest < 2


def test_arrays_of_any_shape_and_content_are_read_or_refused() -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        shape = tuple(rng.integers(1, rng.choice([3, 40, 150]), 2).tolist())
        kind = rng.integers(0, 5)
        values: AnyArray = rng.integers(0, 256, (*shape, 3) if kind % 2 else shape).astype(np.uint8)
        if kind >= 2:  # blocks, which look like sheets, strips and shadows
            values = np.kron(
                values[: shape[0] // 9 + 1, : shape[1] // 9 + 1], np.ones((9, 9, *[1] * (values.ndim - 2)))
            )
            values = values[: shape[0], : shape[1]].astype(np.uint8)
        assert load_picture(values).ink.shape == shape


@pytest.mark.parametrize("shape", [(40, 20_000), (20_000, 40), (5, 5_000), (33, 33), (100, 101), (3000, 2100)])
def test_pictures_of_odd_shapes_keep_their_size(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert load_picture(picture).ink.shape == shape


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_worked_on_at_half_its_size_and_keeps_its_places(kind: str, orientation: int) -> None:
    canvas = np.full((3001, 4003), 220, np.uint8)
    canvas[700:2300, 1001:1103] = 30
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(canvas), kind, exif=exif)
    upright = canvas if orientation == 1 else np.rot90(canvas, -1)
    pixels = decode(data, 64_000_000)
    assert pixels.size == upright.shape
    assert max(pixels.values.shape) == 2002  # rounded up
    ink = load_picture(data).ink
    assert ink.shape == upright.shape
    rows, columns = np.nonzero(ink > 127)
    true_rows, true_columns = np.nonzero(upright < 127)
    for found, true in ((rows, true_rows), (columns, true_columns)):
        assert abs(int(found.min()) - int(true.min())) <= 3
        assert abs(int(found.max()) - int(true.max())) <= 3


@pytest.mark.parametrize("colour", [(0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 0, 0), (200, 10, 10, 255)])
def test_one_colour_all_over_is_blank(colour: tuple[int, int, int, int]) -> None:
    picture = load_picture(encoded(Image.new("RGBA", (300, 200), colour), "PNG"))
    assert not picture.ink.any()
    assert picture.notes[-1] == Note(NoteKind.BLANK)
