"""Pictures become rows: the same answers as `digitnet read`, pages of a PDF, images in any order."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.datasets.idx import write_idx
from digitnet.inference.answers import outcome
from digitnet.inference.classifier import load_classifier
from digitnet.scale import picture_reading
from digitnet.scale.parts import Item
from digitnet.scale.picture_reading import PictureReader, Settings

READ_COLUMNS = ("file", "status", "text", "written", "numbers", "notes", "error")


def test_a_row_is_what_read_prints(scans: Path) -> None:
    path = str(scans / "a.png")
    (row,) = PictureReader(Settings()).rows(Item(path, path, "picture"))
    expected = outcome(path, load_classifier().read_number(path))
    assert {name: row[name] for name in READ_COLUMNS} == {name: expected[name] for name in READ_COLUMNS}
    assert row["confidences"] == [digit["confidence"] for digit in expected["digits"]]
    assert len(row["text"]) == 2


def test_each_page_of_a_pdf_is_a_row(scans: Path, pngs: list[bytes]) -> None:
    pytest.importorskip("pypdfium2", reason="needs the extra pictures")
    from io import BytesIO  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415

    pages = [Image.open(BytesIO(png)).convert("RGB") for png in pngs[:2]]
    path = str(scans / "pages.pdf")
    pages[0].save(path, save_all=True, append_images=pages[1:])
    reader, item = PictureReader(Settings()), Item(path, path, "picture")
    rows = list(reader.rows(item))
    assert [row["index"] for row in rows] == [0, 1]
    first = load_classifier().read_number(path)
    assert (rows[0]["text"], rows[0]["notes"]) == (first.text, list(first.notes))
    assert rows[1]["notes"][0] == "page 2 of 2"
    (last,) = reader.rows(item, 1)
    assert last["text"] == rows[1]["text"]
    assert list(reader.rows(item, 2)) == []


@pytest.mark.parametrize("is_packed", [False, True])
def test_images_may_come_in_any_order(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch, *, is_packed: bool
) -> None:
    monkeypatch.setattr(picture_reading, "IMAGES_A_PART", 4)
    images = mnist[0].images[:22]
    path = str(tmp_path / ("images.gz" if is_packed else "images"))
    write_idx(Path(path), images)
    reader = PictureReader(Settings("predict"))
    expected = load_classifier().predict(images).tolist()
    for first in (0, 4, 12, 8, 20, 0):
        rows = list(reader.rows(Item(path, path, "images", "", first, min(4, 22 - first))))
        assert [row["index"] for row in rows] == list(range(first, min(first + 4, 22)))
        assert [int(row["text"]) for row in rows] == expected[first : first + 4]


def test_images_that_end_too_early_are_rows_and_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_reading, "IMAGES_A_PART", 4)
    write_idx(tmp_path / "whole", np.zeros((8, 28, 28), np.uint8))
    path = str(tmp_path / "images.gz")
    Path(path).write_bytes(gzip.compress((tmp_path / "whole").read_bytes()[: 16 + 6 * 784]))
    reader = PictureReader(Settings("predict"))
    statuses = [
        [(row["index"], row["status"]) for row in reader.rows(Item(path, path, "images", "", first, 4))]
        for first in (0, 4)
    ]
    assert statuses[0] == [(place, "not_a_digit") for place in range(4)]
    assert statuses[1] == [(4, "not_a_digit"), (5, "not_a_digit"), (6, "error")]
