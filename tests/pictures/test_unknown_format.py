"""What is no picture is called by its name, in words and with what to do."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from digitnet.errors import PictureDecodeError
from digitnet.pictures.loading import load_picture
from digitnet.pictures.unknown_format import unknown_format

GRAY = Image.fromarray(np.arange(900, dtype=np.uint8).reshape(30, 30))


def encoded(kind: str) -> bytes:
    stream = io.BytesIO()
    GRAY.save(stream, kind)
    return stream.getvalue()


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        # Dated 1980, whatever the clock says: these bytes are a test's name, which must be the same in every process.
        file.writestr(zipfile.ZipInfo("word/document.xml"), "<w/>")
    return stream.getvalue()


def array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros((2, 28, 28), np.uint8))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"GIF89a b", "a GIF that is damaged or cut short: save or send it again"),
        (encoded("PNG")[:8], "a PNG that is damaged"),
        (encoded("JPEG")[:20], "a JPEG that is damaged"),
        (encoded("TIFF")[:6], "a TIFF that is damaged"),
        (b"MM\0*", "a TIFF that is damaged"),
        (encoded("ICO"), "an icon: export it as PNG or JPEG"),
        (encoded("EPS"), "PostScript: export it as PNG or JPEG"),
        (b"8BPS\0\1" + bytes(40), "a Photoshop file: export it"),
        (archive(), "a zip archive or an office document: unpack it, or export it"),
        (b"\x1f\x8b\x08" + bytes(20), "a gzip archive: unpack it"),
        (array(), "an array of NumPy: digitnet predict reads it"),
        (b"<?xml version='1.0'?>\n<svg/>", "an SVG drawing: export it as PNG"),
        (b"<!DOCTYPE html>\n<html lang=en>", "a web page: save the picture itself"),
        (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC, an iPhone's format: pip install pillow-heif"),
        (b"\0\0\0\x20ftypisom" + bytes(50), "a film: take a single picture out of it"),
        (bytes(2000), "nothing but zeros where it begins: copy or download it again"),
        (b"Dear Ada,\r\n\tthe digits are", "text: name the picture itself"),
        (("\u2460" * 1000).encode(), "text: name the picture itself"),
        (b"\x07\xfe\x00\x99" * 9, "a kind of file that is not known here: open it in a program that shows it"),
        (b"words, and \x00 more", "a kind of file that is not known here"),
    ],
)
def test_what_it_is_stands_there_in_words(content: bytes, found: str) -> None:
    with pytest.raises(PictureDecodeError) as caught:
        load_picture(content)
    message = str(caught.value)
    assert message.startswith("the file is not a picture, or a damaged one: expected PNG, JPEG, WebP,")
    assert f", found {found}" in message
    assert "\n" not in message
    assert "\\" not in message


def test_a_letter_that_was_cut_in_two_is_text_still() -> None:
    assert "found text" in unknown_format("x", "\u00fc".encode() * 512 + "\u00fc".encode()[:1])
    assert "found text" not in unknown_format("x", b"caf\xe9 au lait")  # of another alphabet, or no text at all
