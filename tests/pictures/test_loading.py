"""load_picture on every kind of source, and on what only looks like one."""

import io
import os
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile, ImageOps

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.errors import PictureDecodeError, PictureError, PictureTooLargeError
from digitnet.notes import Note, NoteKind
from digitnet.pictures.loading import Picture, binarizations, load_picture
from digitnet.pictures.size_limits import MAX_PIXELS

INVERTED = Note(NoteKind.INVERTED)
FAITHFUL: dict[str, dict[str, Any]] = {  # options with which the ink survives the encoding
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 100},
}


def seven(paper: int = 255, ink: int = 0) -> GrayPicture:
    """A 7 with no symmetry, 60 pixels high and 45 wide."""
    picture = np.full((60, 45), paper, np.uint8)
    picture[10:16, 8:36] = ink
    for row in range(16, 50):
        picture[row, 34 - row // 3 : 40 - row // 3] = ink
    return picture


def grainy(picture: GrayPicture) -> GrayPicture:
    """Seen by a camera."""
    noise = np.random.default_rng(0).integers(-4, 5, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def ink_of_seven() -> GrayPicture:
    return seven(paper=0, ink=255)


def encoded(image: Image.Image | AnyArray, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def is_the_seven(picture: Picture) -> bool:
    return bool(np.abs(picture.ink.astype(int) - ink_of_seven()).max() <= 30)


def test_every_kind_of_source_gives_the_same_ink(tmp_path: Path) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(encoded(seven(), "PNG"))
    for source in (str(path), path, path.read_bytes(), Image.fromarray(seven()), seven()):
        picture = load_picture(source)
        np.testing.assert_array_equal(picture.ink, ink_of_seven())
        assert picture.notes == (INVERTED,)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000"])
def test_every_format_is_read(kind: str) -> None:
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow was built without {kind}")
    data = encoded(Image.fromarray(seven()), kind, **FAITHFUL.get(kind, {}))
    assert is_the_seven(load_picture(data))


@pytest.mark.parametrize(
    "array",
    [
        seven() > 128,
        seven().astype(np.uint16) * 257,
        seven().astype(np.int64),
        seven() / 255,
        seven().astype(np.float32),
        seven()[:, :, None],
        np.stack([seven()] * 3, axis=2),
        np.dstack([seven()] * 3 + [np.full_like(seven(), 255)]),
        np.asfortranarray(seven()),
        np.pad(seven(), ((0, 0), (0, 45)))[:, :45],
    ],
    ids=["bool", "uint16", "int64", "0..1", "0..255", "(h,w,1)", "RGB", "RGBA", "Fortran", "a view"],
)
def test_every_kind_of_array_is_read(array: AnyArray) -> None:
    before = array.copy()
    np.testing.assert_array_equal(load_picture(array).ink, ink_of_seven())
    np.testing.assert_array_equal(array, before)


def test_sixteen_bit_files_keep_their_contrast() -> None:
    # Both shades are above 255: read as 8 bits they would both be white.
    deep = np.where(seven() > 128, 60000, 20000).astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        np.testing.assert_array_equal(load_picture(encoded(deep, kind)).ink, ink_of_seven())


@pytest.mark.parametrize("colour", [0, 255])
def test_strokes_on_a_transparent_canvas_are_ink_whatever_their_colour(colour: int) -> None:
    colours = np.full_like(seven(), colour)
    data = encoded(np.dstack([colours, colours, colours, ink_of_seven()]), "PNG")
    picture = load_picture(data)
    np.testing.assert_array_equal(picture.ink, ink_of_seven())
    assert picture.notes[0] == Note(NoteKind.BACKGROUND_FILLED, ("black" if colour else "white",))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_picture_is_turned_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(seven(), kind, exif=exif, **FAITHFUL.get(kind, {}))
    with Image.open(io.BytesIO(data)) as image:  # Pillow's own turn is the oracle
        upright = 255 - np.asarray(ImageOps.exif_transpose(image).convert("L"), np.uint8)
    ink = load_picture(data).ink
    assert ink.shape == upright.shape
    assert np.abs(ink.astype(int) - upright).max() <= 30


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_of_several_frames_counts(kind: str) -> None:
    others = [Image.fromarray(np.roll(seven(), step, axis=1)) for step in (3, 6)]
    data = encoded(seven(), kind, save_all=True, append_images=others, **FAITHFUL.get(kind, {}))
    picture = load_picture(data)
    assert is_the_seven(picture)
    assert picture.notes == (Note(NoteKind.FIRST_FRAME), INVERTED)


def test_the_second_picture_inside_a_phones_photo_is_not_worth_a_note() -> None:
    data = encoded(seven(), "MPO", save_all=True, append_images=[Image.fromarray(seven()[::2, ::2])])
    assert load_picture(data).notes == (INVERTED,)


def test_a_pillow_image_is_left_as_it_was() -> None:
    image = Image.fromarray(seven())
    image.getexif()[0x0112] = 6
    assert load_picture(image).ink.shape == (45, 60)
    assert (image.size, image.mode, image.getexif()[0x0112]) == ((45, 60), "L", 6)


@pytest.mark.parametrize(
    "size", [(10_000, 10_000), (12_000, 12_000), (30_000, 30_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("its pixels were decoded")

    for name in ("load", "load_prepare"):
        monkeypatch.setattr(ImageFile.ImageFile, name, decode)
    with pytest.raises(PictureTooLargeError, match="the limit is 64,000,000"):
        load_picture(png_header(*size))


def test_the_limit_is_inclusive_and_can_be_set() -> None:
    data, n = encoded(seven(), "PNG"), 60 * 45
    assert load_picture(data, max_pixels=n).ink.shape == (60, 45)
    for source in (data, seven(), Image.fromarray(seven()), seven().astype(float)):
        with pytest.raises(PictureTooLargeError, match=r"45 x 60 = 2,700 pixels; the limit is 2,699"):
            load_picture(source, max_pixels=n - 1)


@pytest.mark.parametrize("size", [(4000, 3000), (8064, 6048)])
def test_a_phones_photo_is_not_too_large(size: tuple[int, int]) -> None:
    image = Image.new("L", size, 200)
    image.paste(40, (1000, 800, 1200, 2000))
    ink = load_picture(encoded(image, "JPEG")).ink
    assert ink.shape == size[::-1]
    assert size[0] * size[1] <= MAX_PIXELS
    assert int(ink[900:1900, 1020:1180].min()) == 255
    assert (int(ink[:700].max()), int(ink[2100:].max())) == (0, 0)


def one_line(error: pytest.ExceptionInfo[PictureError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"these are words\nin two lines\n", "is not a picture, or a damaged one: expected PNG, JPEG"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "export it as PNG"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "iPhone"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a picture"),
        (bytes(1000), "is not a picture"),
        (encoded(seven(), "JPEG")[:-200], "is a damaged picture: image file is truncated"),
        (encoded(seven(), "JPEG")[:20], "damaged"),
        (encoded(seven(), "PNG")[:60], "damaged"),
        (encoded(seven(), "PNG")[:20], "damaged"),
        (encoded(seven(), "GIF")[:30], "damaged"),
        (encoded(seven(), "TIFF")[:30], "damaged"),
        (encoded(seven(), "WEBP")[:30], "damaged"),
        (png_header(40, 40), "damaged"),
    ],
)
def test_what_is_no_picture_is_an_error_of_one_line_that_names_the_file(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(PictureDecodeError, match=message) as error:
        load_picture(path)
    assert one_line(error).startswith(f"{path} ")
    with pytest.raises(PictureDecodeError, match=message):
        load_picture(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_damaged_bytes_are_read_or_refused_but_never_crash(kind: str) -> None:
    whole = encoded(seven(), kind)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        for position in rng.integers(0, len(damaged), 5):
            damaged[position] = rng.integers(0, 256)
        try:
            load_picture(bytes(damaged), max_pixels=1_000_000)
        except PictureError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017 - the others must be readable
    assert refused > 10


def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="does not exist") as error:
        load_picture(tmp_path / "nothing.png")
    assert one_line(error).startswith(str(tmp_path / "nothing.png"))
    with pytest.raises(PictureError, match="is a folder"):
        load_picture(tmp_path)
    if hasattr(os, "mkfifo"):  # not on Windows
        os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
        with pytest.raises(PictureError, match="not a regular file"):
            load_picture(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a\0b.png", "x" * 5000, "two\nlines.png", "\udcff.png", ""])
def test_impossible_names_are_an_error_of_one_line(name: str) -> None:
    with pytest.raises(PictureError) as error:
        load_picture(name)
    one_line(error).encode()  # printable everywhere


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(seven(), "PNG"))

    def refuse(*_: object) -> None:  # a file mode would not stop a test that runs as root
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match="cannot be read: Permission denied") as error:
        load_picture(path)
    assert one_line(error).startswith(str(path))


@pytest.mark.parametrize("source", [None, 7, 1.5, [[0, 1], [1, 0]], {"a": 1}, io.BytesIO(b"")])
def test_another_type_is_refused_by_name(source: Any) -> None:
    with pytest.raises(PictureDecodeError, match=f"not {type(source).__name__}"):
        load_picture(source)


@pytest.mark.parametrize(
    "shape", [(), (5,), (3, 20, 20), (20, 20, 2), (20, 20, 5), (1, 20, 20, 3), (0, 5), (5, 0), (0, 0, 3)]
)
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PictureDecodeError, match=r"has shape|has no pixels"):
        load_picture(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -3.0, 300.0])
def test_values_that_are_no_brightness_are_refused(bad: float) -> None:
    array = seven().astype(float)
    array[3, 3] = bad
    with pytest.raises(PictureDecodeError, match="the array: expected"):
        load_picture(array)


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(PictureDecodeError, match="has no pixels: it is 0 x 5"):
        load_picture(Image.new("L", (0, 5)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_metadata_is_no_reason_to_complain(kind: str) -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\x00\x03\x00\x00\x00\x01" * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_the_seven(load_picture(encoded(seven(), kind, exif=exif, **FAITHFUL.get(kind, {}))))


def test_a_size_of_which_pillow_would_warn_is_our_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureTooLargeError):
            load_picture(png_header(12_000, 10_000))


def test_nothing_global_is_changed_even_by_many_threads() -> None:
    filters, limit = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    data = encoded(seven(), "PNG")
    results: list[bool] = []

    def work() -> None:
        results.extend(is_the_seven(load_picture(data)) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 160
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == (filters, limit)


def test_each_step_can_be_kept_and_changes_nothing() -> None:
    (picture,) = binarizations(seven(), with_steps=True)
    steps = picture.steps
    assert [name for name, _ in steps] == ["the picture", "contrast with the paper", "ink"]
    np.testing.assert_array_equal(steps[0][1], seven())
    np.testing.assert_array_equal(steps[1][1], 255 - seven())
    np.testing.assert_array_equal(steps[2][1], load_picture(seven()).ink)
    np.testing.assert_array_equal(picture.ink, ink_of_seven())


def test_each_binarization_has_its_own_steps() -> None:
    _, again = binarizations(grainy(seven(paper=230)), with_steps=True)
    assert [name for name, _ in again.steps] == ["the picture", "paper without ink", "contrast with the paper", "ink"]
    np.testing.assert_array_equal(again.steps[-1][1], again.ink)
    assert [binarized.steps for binarized in binarizations(grainy(seven(paper=230)))] == [(), ()]


def test_other_binarizations_have_the_pictures_size_and_are_only_made_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = np.kron(seven(), np.ones((60, 60), np.uint8))  # 9.7 megapixels, worked on at a half
    assert [look.ink.shape for look in binarizations(grainy(np.minimum(large, 230)))] == [large.shape] * 2
    monkeypatch.setattr("digitnet.pictures.loading.other_binarizations", lambda _: pytest.fail("binarized again"))
    assert is_the_seven(load_picture(seven()))


def test_an_iphones_format_is_read_where_its_plug_in_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(np.kron(seven(), np.ones((2, 2), np.uint8))).convert("RGB")).save(buffer)
    expected = np.kron(ink_of_seven(), np.ones((2, 2), np.uint8)).astype(int)
    assert np.abs(load_picture(buffer.getvalue()).ink - expected).mean() < 3
