"""A process that reads pictures: the same rows as without it, and one that dies costs a picture, not the run."""

import io
import sys
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from digitnet.errors import BatchError
from digitnet.scale.parts import Item
from digitnet.scale.picture_process import Limits, PictureProcess
from digitnet.scale.picture_reading import PictureReader, Settings
from digitnet.scale.rows import Row
from digitnet.scale.sources import find_items


def without_seconds(rows: list[Row]) -> list[Row]:
    return [{**row, "seconds": 0.0} for row in rows]


def test_rows_are_those_of_this_process(scans: Path, pngs: list[bytes]) -> None:
    (scans / "d.png").write_bytes(b"broken")
    with tarfile.open("shard.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("1.png")
        member.size = len(pngs[0])
        archive.addfile(member, io.BytesIO(pngs[0]))
    items = list(find_items(["scans/a.png", "scans/d.png", "shard.tar.gz"], takes_images=False))
    reader, process = PictureReader(Settings()), PictureProcess(Settings(), Limits(), str(Path.cwd()))
    try:
        found = [process.rows(item) for item in items]
        assert process._process is not None  # noqa: SLF001 - one for all
    finally:
        process.close()
    expected = [without_seconds(list(reader.rows(item))) for item in items]
    reader.close()
    assert [without_seconds(rows) for rows in found] == expected
    assert found[1][0]["error"].startswith("scans/d.png is not a picture")
    assert found[0][0]["text"] == found[2][0]["text"]


def test_a_picture_that_takes_too_long_is_a_row_and_the_next_one_is_read(scans: Path) -> None:
    Image.new("L", (2000, 2000), 200).save(scans / "slow.png")
    process = PictureProcess(Settings(), Limits(seconds=60), str(Path.cwd()))
    try:
        process._first_line = process._first_line.replace("60", "0.001")  # noqa: SLF001 - no option for a millisecond
        (row,) = process.rows(Item("scans/slow.png", "scans/slow.png", "picture"))
        assert row["error"] == "scans/slow.png takes longer than 60 s: see --picture-seconds"
        process._first_line = process._first_line.replace("0.001", "60")  # noqa: SLF001
        process.close()
        (row,) = process.rows(Item("scans/a.png", "scans/a.png", "picture"))
        assert row["error"] is None
    finally:
        process.close()


def test_a_killed_process_costs_nothing(scans: Path) -> None:
    process = PictureProcess(Settings(), Limits(), str(Path.cwd()))
    item = Item("scans/a.png", "scans/a.png", "picture")
    try:
        expected = without_seconds(process.rows(item))
        assert process._process is not None  # noqa: SLF001 - whom to kill
        process._process.kill()  # noqa: SLF001
        assert without_seconds(process.rows(item)) == expected
    finally:
        process.close()
    assert scans.exists()


def test_a_process_that_cannot_start_is_one_line() -> None:
    process = PictureProcess(Settings(model="nowhere.onnx"), Limits(), "/")
    with pytest.raises(BatchError, match=r"in a process of their own: nowhere.onnx.*"):
        process.rows(Item("a.png", "a.png", "picture"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit no memory")
def test_a_picture_that_takes_too_much_memory_is_a_row(scans: Path) -> None:
    Image.new("RGB", (7000, 7000), "white").save(scans / "large.png")  # 147 MB, and more while it is read
    process = PictureProcess(Settings(), Limits(memory=380), str(Path.cwd()))
    try:
        rows = [row for name in ("large", "a") for row in process.rows(Item(name, f"scans/{name}.png", "picture"))]
    finally:
        process.close()
    assert "memory, see --picture-memory" in rows[0]["error"] or "memory than a picture may" in rows[0]["error"]
    assert rows[1]["error"] is None
