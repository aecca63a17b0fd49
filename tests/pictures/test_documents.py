"""PDF pages, drawn by pypdfium2 where it is installed; what is said where it is not."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from digitnet.errors import PictureDecodeError, PictureTooLargeError
from digitnet.notes import Note, NoteKind
from digitnet.pictures.documents import is_pdf, read_pages
from digitnet.pictures.loading import load_pages, load_picture


def document(*pages: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=100)
    return buffer.getvalue()


def page(column: int) -> Image.Image:
    canvas = np.full((400, 300), 255, np.uint8)
    canvas[100:300, column : column + 10] = 0
    return Image.fromarray(canvas).convert("RGB")


def test_a_pdf_is_known_by_its_beginning() -> None:
    assert is_pdf(io.BytesIO(b"\n\n%PDF-1.4 and so on"))
    assert not is_pdf(io.BytesIO(b"PDF"))
    assert not is_pdf(io.BytesIO(b" " * 2000 + b"%PDF-1.4"))


def test_without_its_reader_the_message_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(PictureDecodeError, match="pip install pypdfium2"):
        load_picture(document(page(100)))


def test_the_first_page_is_read_and_so_are_all() -> None:
    pytest.importorskip("pypdfium2")
    data = document(page(60), page(200))
    first = load_picture(data)
    assert first.ink.shape == (800, 600)  # 200 dots per inch of a page that was made with 100
    assert first.notes[0] == Note(NoteKind.PAGE, (1, 2))
    columns = np.nonzero((first.ink > 127).any(axis=0))[0]
    assert [int(columns.min()), int(columns.max())] == pytest.approx([120, 139], abs=2)
    pages = list(load_pages(data))
    assert [one.notes[0] for one in pages] == [Note(NoteKind.PAGE, (1, 2)), Note(NoteKind.PAGE, (2, 2))]
    columns = np.nonzero((pages[1].ink > 127).any(axis=0))[0]
    assert columns.min() == pytest.approx(400, abs=2)


def test_a_large_page_is_drawn_within_the_limit() -> None:
    pytest.importorskip("pypdfium2")
    assert load_picture(document(page(60)), max_pixels=100_000).ink.size <= 100_000


@pytest.mark.parametrize(
    ("inches", "size"),
    [
        ((11.69, 16.54), (2338, 3308)),
        ((30.0, 60.0), (2449 * 0.99, 4899 * 0.99)),
    ],  # A3; and 72 million pixels at 200 dpi
)
def test_a_huge_page_is_drawn_with_no_more_than_twelve_megapixels(
    inches: tuple[float, float], size: tuple[float, float]
) -> None:
    pytest.importorskip("pypdfium2")
    data = document(Image.new("L", (round(100 * inches[0]), round(100 * inches[1])), 255))
    image, _ = next(read_pages(io.BytesIO(data), "the file", 64_000_000))
    assert image.size == pytest.approx(size, abs=2)


def test_a_long_page_is_drawn_within_the_limit_of_a_side_and_a_longer_one_refused() -> None:
    pytest.importorskip("pypdfium2")
    ink = load_picture(document(Image.new("L", (40, 24_000), 255))).ink  # 48,000 pixels at 200 dots per inch
    assert 32_000 < ink.shape[0] <= 32_766
    with pytest.raises(PictureTooLargeError, match=r"page 1 of the file is .* 1,000 times the shorter at most"):
        load_picture(document(Image.new("L", (10, 12_000), 255)))


def test_a_damaged_pdf_is_one_line() -> None:
    pytest.importorskip("pypdfium2")
    for data in (b"%PDF-1.7\n", document(page(60))[:300], b"%PDF-1.4" + bytes(1000)):
        with pytest.raises(PictureDecodeError, match="PDF") as error:
            load_picture(data)
        assert "\n" not in str(error.value)


def test_of_anything_else_there_is_one_page() -> None:
    assert len(list(load_pages(np.asarray(page(60))))) == 1
