"""`digitnet batch`: what it prints, what it refuses before anything is begun, and how far it says it is."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digitnet.cli.batch_progress import BatchProgress, progress_in_words
from digitnet.errors import ConfigurationError
from digitnet.scale.batch import Found, Progress
from extras import needs_scale
from in_process import run_command

pytestmark = needs_scale


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one blank picture and one that is none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    Image.new("L", (40, 40), 255).save(tmp_path / "pictures" / "blank.png")
    (tmp_path / "pictures" / "none.png").write_text("no picture")
    return tmp_path / "pictures"


@pytest.mark.usefixtures("pictures")
def test_every_picture_is_a_row_and_a_second_run_says_the_same() -> None:
    words = ("batch", "pictures", "--out", "out", "--workers", "1", "--format", "jsonl")
    code, text = run_command(*words)
    assert (code, text) == (0, f"{Path.cwd() / 'out'}: 2 rows in 1 part, 1 of them with an error\n")
    rows = [json.loads(line) for path in Path("out").glob("part-*") for line in path.read_text().splitlines()]
    assert [(row["file"], row["status"]) for row in rows] == [
        ("pictures/blank.png", "not_a_digit"),
        ("pictures/none.png", "error"),
    ]
    assert json.loads(run_command(*words, "--json").stdout)["parts_read"] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pictures"], "--out is missing"),
        (
            ["pictures", "--out", "o", "--workers", "2", "--scheduler", "x"],
            "--scheduler and --workers exclude each other",
        ),
        (["pictures", "--out", "o", "--task", "table", "--length", "3"], "--length is known of numbers"),
        (["-", "--out", "o"], "- is standard input"),
    ],
)
def test_what_makes_no_sense_is_refused(pictures: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run_command("batch", *words)
    assert not (pictures.parent / "o").exists()


def test_an_empty_source_is_one_line(tmp_path: Path, refused: Callable[..., tuple[object, str]]) -> None:
    code, errors = refused("batch", str(tmp_path), "--out", "out", cwd=tmp_path)
    assert (code, errors) == (
        1,
        f"digitnet: {tmp_path} is a folder without pictures: expected .png, .jpg, .pdf, .tar or the like\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Found(12_000, is_all=False), "12,000 pictures found"),
        (Progress(0, 9, 0, 300), "0 of 300 pictures"),
        (
            Progress(3, 9, 100, 300, read=50, errors=1, seconds=10.0),
            "100 of 300 pictures, 5.0 a second, 1 error, 0:40 left",
        ),
        (Progress(3, 9, 1, 7201, read=1, seconds=1.0), "1 of 7,201 pictures, 1.0 a second, 2:00:00 left"),
    ],
)
def test_progress_in_words(event: Found | Progress, words: str) -> None:
    assert progress_in_words(event) == words


def test_without_a_terminal_there_are_plain_lines_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for quiet in (False, True):
        with BatchProgress(quiet=quiet) as progress:
            for second in range(25):
                now[0] += 1
                progress(Progress(second, 100, second, 100))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"digitnet: \d+ of 100 pictures", line) for line in lines)
