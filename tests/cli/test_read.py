"""`digitnet read` and what it shares with `predict`: files, folders, patterns, standard input, tables and figures."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from digitnet.arrays import GrayPicture
from digitnet.cli.answering import Request, answer
from digitnet.cli.inputs import expand
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from extras import HAS_TRAINING
from in_process import run_command


def page(images: list[GrayPicture]) -> GrayPicture:
    """Digits side by side, dark on light paper."""
    ink = np.hstack([cv2.resize(image, (84, 84), interpolation=cv2.INTER_CUBIC) for image in images])
    return np.asarray(235 - np.pad(ink, 40) * (180 / 255), np.uint8)


@pytest.fixture(scope="module")
def year(mnist: tuple[Dataset, Dataset]) -> GrayPicture:
    """2026, of the first test digits with these labels."""
    test = mnist[1]
    return page([test.images[np.flatnonzero(test.labels == label)[0]] for label in (2, 0, 2, 6)])


@pytest.fixture
def folder(tmp_path: Path, year: GrayPicture) -> Path:
    """A folder with two pictures, one of them below, and something else."""
    (tmp_path / "pictures" / "below").mkdir(parents=True)
    for name in ("b.png", "below/a.PNG"):
        Image.fromarray(year).save(tmp_path / "pictures" / name, "PNG")
    (tmp_path / "pictures" / "notes.txt").write_text("no picture")
    return tmp_path / "pictures"


def test_a_number_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(Request((str(folder / "b.png"),)), numbers=True) == 0
    out, err = capsys.readouterr()
    assert out.startswith("2026  ")
    assert out.split()[2] == "%"
    assert err == ""


def test_a_number_in_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(Request((str(folder / "b.png"),), as_json=True), numbers=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"file", "status", "text", "digits", "written", "numbers", "notes", "error"}
    assert (found["file"], found["text"], found["error"]) == (str(folder / "b.png"), "2026", None)
    assert (found["written"], [number["text"] for number in found["numbers"]]) == ("2026", ["2026"])
    assert [digit["label"] for digit in found["digits"]] == [2, 0, 2, 6]
    assert all(digit["line"] == 0 for digit in found["digits"])
    lefts = [digit["box"][0] for digit in found["digits"]]
    assert all(40 + 84 * place <= left < 40 + 84 * (place + 1) for place, left in enumerate(lefts))


@pytest.mark.parametrize("numbers", [True, False])
def test_that_a_document_has_more_pages_is_said_unasked(
    tmp_path: Path, year: GrayPicture, numbers: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pypdfium2")
    file = tmp_path / "three.pdf"
    pages = [Image.fromarray(year if numbers else year[:, :164]).convert("RGB") for _ in range(3)]
    pages[0].save(file, "PDF", save_all=True, append_images=pages[1:])
    assert answer(Request((str(file),)), numbers=numbers) == 0
    out, err = capsys.readouterr()
    assert (out.split()[0], err) == (
        "2026" if numbers else "2",
        f"digitnet: {file}: page 1 of 3 is read; digitnet batch reads them all\n",
    )
    assert answer(Request((str(file),), quiet=True, as_json=True), numbers=numbers) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out)["notes"][0], err) == ("page 1 of 3", "")
    assert answer(Request((str(file),), verbose=True), numbers=numbers) == 0
    assert capsys.readouterr().err.count("page 1 of 3") == 1


def test_that_an_animation_has_more_frames_is_said_unasked(
    tmp_path: Path, year: GrayPicture, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.gif"
    Image.fromarray(year).save(file, save_all=True, append_images=[Image.fromarray(255 - year)])
    assert answer(Request((str(file),)), numbers=True) == 0
    assert capsys.readouterr().err == f"digitnet: {file}: only the first of several frames is read\n"


def test_a_blank_picture_has_no_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (60, 50), 255).save(tmp_path / "blank.png")
    request = Request((str(tmp_path / "blank.png"),))
    assert answer(request, numbers=True) == 0
    assert capsys.readouterr().out == "no digits\n"
    assert answer(request._replace(as_json=True), numbers=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["text"], found["digits"]) == ("not_a_digit", "", [])


def test_folders_patterns_and_files_in_the_order_given(folder: Path) -> None:
    pattern = str(folder / "*.png")
    words = [str(folder), pattern, str(folder / "notes.txt")]
    names = [each.name for each in expand(words)]
    assert names == [str(folder / "b.png"), str(folder / "below" / "a.PNG"), str(folder / "b.png"), words[2]]
    assert all(each.error is None for each in expand(words))


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    (tmp_path / "a[1].png").write_bytes(b"")
    (tmp_path / "a1.png").write_bytes(b"")
    assert [each.name for each in expand([str(tmp_path / "a[1].png")])] == [str(tmp_path / "a[1].png")]


def test_words_without_files_do_not_stop_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = folder.parent / "empty"
    empty.mkdir()
    words = (str(empty), str(folder / "*.gif"), str(folder / "notes.txt"), str(folder / "none.png"), str(folder))
    assert answer(Request(words), numbers=True) == 1
    out, err = capsys.readouterr()
    assert [line.split(": ")[1].split("  ")[0] for line in out.splitlines()] == ["2026", "2026"]
    *errors, last = err.splitlines()
    for error, reason in zip(
        errors, ("without pictures", "matches no file", "not a picture", "not exist"), strict=True
    ):
        assert reason in error
    assert last == "digitnet: 4 of 6 files could not be read"


def test_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Stream:
        buffer = io.BytesIO((folder / "b.png").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stream)
    assert answer(Request(("-",), as_json=True), numbers=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["file"], found["text"]) == ("-", "2026")
    assert answer(Request(("-",)), numbers=True) == 1  # nothing is left of it
    assert "standard input is empty" in capsys.readouterr().err
    with pytest.raises(ConfigurationError, match="given twice"):
        answer(Request(("-", "-")), numbers=True)


class Endless(io.RawIOBase):
    """Zeros without end, as /dev/zero has; more than 8 MiB of them fail the test."""

    def __init__(self) -> None:
        self.n = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.n += len(buffer)
        assert self.n < 8 << 20, "too much of it is read"
        buffer[:] = bytes(len(buffer))
        return len(buffer)


@pytest.mark.parametrize("command", [("predict",), ("read",), ("read", "--table", "out.csv")])
def test_standard_input_without_end_is_refused_by_its_limit(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    class Stream:
        buffer = io.BufferedReader(Endless())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", Stream)
    assert run_command(*command, "-", "--max-input", "2").exit_code == 1
    assert capsys.readouterr().err == (
        "digitnet: standard input holds more than 2 MiB: name the file instead, or raise --max-input\n"
    )


def test_standard_input_may_be_as_long_as_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream:
        buffer = io.BytesIO(bytes(1 << 20))

    monkeypatch.setattr(sys, "stdin", Stream)
    assert len(expand(["-"])[0].source(max_input=1)) == 1 << 20


def test_a_table_has_a_row_for_every_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder.parent / "table.csv"
    words = (str(folder / "b.png"), str(folder / "none.png"))
    assert answer(Request(words, csv=str(table)), numbers=True) == 1
    assert "2026" in capsys.readouterr().out
    with table.open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert (first["file"], first["text"], first["error"]) == (words[0], "2026", "")
    assert 0 < float(first["confidence"]) <= 1
    assert (second["file"], second["status"], second["text"]) == (words[1], "error", "")
    assert "does not exist" in second["error"]


def test_a_table_is_whole_or_not_there(folder: Path) -> None:
    table = folder.parent / "table.csv"
    table.write_text("before")
    with pytest.raises(OSError, match="no_folder"):
        answer(Request((str(folder),), csv=str(folder / "no_folder" / "table.csv")), numbers=True)
    with pytest.raises(ConfigurationError):
        answer(Request((str(folder),), csv=str(table), explain="x.png"), numbers=True)
    assert table.read_text() == "before"
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(not HAS_TRAINING, reason="figures need Matplotlib")
@pytest.mark.parametrize("numbers", [True, False])
def test_an_explanation_is_a_picture(folder: Path, numbers: bool) -> None:
    out = folder.parent / "out.png"
    assert answer(Request((str(folder / "b.png"),), explain=str(out)), numbers=numbers) == 0
    with Image.open(out) as image:
        assert image.format == "PNG"
        assert image.width > 1000


@pytest.mark.parametrize(("words", "explain"), [(("a.png", "b.png"), "out.png"), (("a.png",), "out.jpg")])
def test_an_explanation_is_of_one_picture_and_a_png(words: tuple[str, ...], explain: str) -> None:
    with pytest.raises(ConfigurationError, match="--explain"):
        answer(Request(words, explain=explain), numbers=True)


def test_the_command_line_reads_numbers(folder: Path) -> None:
    result = run_command("read", folder, "--json")
    assert result.exit_code == 0
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["2026", "2026"]


@pytest.fixture
def table_picture(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> Path:
    """Two rows and three columns of ruled cells, with 2, 0 and nothing above nothing, 6 and 7."""
    test = mnist[1]
    paper = np.full((330, 440), 235, np.uint8)
    for (row, column), label in {(0, 0): 2, (0, 1): 0, (1, 1): 6, (1, 2): 7}.items():
        digit = cv2.resize(
            test.images[np.flatnonzero(test.labels == label)[0]], (84, 84), interpolation=cv2.INTER_CUBIC
        )
        top, left = 40 + 120 * row + 18, 40 + 120 * column + 18
        paper[top : top + 84, left : left + 84] = 235 - digit * (180 / 255)
    for k in range(3):
        cv2.line(paper, (40, 40 + 120 * k), (400, 40 + 120 * k), 90, 2)
    for k in range(4):
        cv2.line(paper, (40 + 120 * k, 40), (40 + 120 * k, 280), 90, 2)
    Image.fromarray(paper).save(tmp_path / "table.png")
    return tmp_path / "table.png"


def test_a_table_is_written_cell_by_cell(table_picture: Path) -> None:
    out = table_picture.with_name("out.csv")
    result = run_command("read", "--table", str(out), str(table_picture))
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_text() == "2,0,\n,6,7\n"


def test_a_picture_without_a_table_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (60, 50), 255).save(tmp_path / "blank.png")
    assert run_command("read", "--table", str(tmp_path / "out.csv"), str(tmp_path / "blank.png")).exit_code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "out.csv is not written" in line
    assert not (tmp_path / "out.csv").exists()


def test_a_table_is_of_one_picture_and_no_other_output(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="2 are named"):
        run_command("read", "--table", "out.csv", str(folder))
    with pytest.raises(ConfigurationError, match="--table and --json"):
        run_command("read", "--table", "out.csv", "--json", str(folder / "b.png"))
