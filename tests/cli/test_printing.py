"""Printer and TableFile: neither a terminal nor a spreadsheet obeys the names of files and classes."""

import csv
import dataclasses
from pathlib import Path

import pytest

from digitnet.cli.printing import Printer
from digitnet.cli.table_file import TableFile
from digitnet.errors import PictureError
from digitnet.inference.answers import Digit, Number, Table, outcome
from digitnet.model_file.contract import bundled_model_path, open_model
from in_process import run_command

NAMES = ("\x1b[31mapple\n", "\x9b2Jpear")
FILE = "=cmd|' /C calc'!A0\x1b[2J.png"


def unsure_apple() -> Digit:
    return Digit(0, NAMES[0], 0.6, (0, 1), (0.6, 0.4), (0, 0, 1, 1), 0, "unsure", ("+note\x07",))


def test_names_of_files_and_classes_are_printed_with_their_controls_written_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show = Printer(NAMES, as_json=False, is_named=True, with_notes=True)
    show.answers(FILE, [unsure_apple()], None)
    show.answers(FILE, [unsure_apple()], 7)
    show.error(FILE, PictureError(f"{FILE} is damaged"), None)
    out, err = capsys.readouterr()
    name, words = (
        r"=cmd|' /C calc'!A0\x1b[2J.png",
        r"\x1b[31mapple\x0a  60.00 %  unsure: \x1b[31mapple\x0a or \x9b2Jpear",
    )
    assert out.splitlines() == [f"{name}: {words}", f"{name}[7]  {words}"]
    assert err.splitlines() == [
        rf"digitnet: {name}: +note\x07",
        rf"digitnet: {name}[7]: +note\x07",
        f"digitnet: {name} is damaged",
    ]


@pytest.mark.parametrize("is_raw", [False, True])
def test_a_table_holds_no_formulas_unless_it_is_raw(tmp_path: Path, *, is_raw: bool) -> None:
    with TableFile(tmp_path / "table.csv", is_raw=is_raw) as table:
        table.add(outcome(FILE, dataclasses.replace(unsure_apple(), text="-12.50")))
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["text"] == "-12.50"
    if is_raw:
        assert (row["file"], row["notes"]) == (FILE, "+note\x07")
    else:
        assert (row["file"], row["notes"]) == (r"'=cmd|' /C calc'!A0\x1b[2J.png", r"'+note\x07")


def test_the_option_for_raw_cells_reaches_both_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for option, begins in ((), "'=none.png"), (("--raw-csv",), "=none.png"):
        assert run_command("predict", "=none.png", "--csv", "out.csv", *option).exit_code == 1
        assert (tmp_path / "out.csv").read_text().splitlines()[1].split(",")[0] == begins
    assert capsys.readouterr().out == ""


def test_the_cells_of_a_read_table_are_defused_too() -> None:
    table = Table((tuple(Number(text, (0, 0, 1, 1), 0, None, 1.0, "ok") for text in ("=1+2", "-12.50")),))
    assert table.csv == "'=1+2,-12.50\n"
    assert table.raw_csv == "=1+2,-12.50\n"


def test_info_prints_what_a_model_file_says_of_itself_with_its_controls_written_out(
    tmp_path: Path,
) -> None:
    graph = pytest.importorskip("digitnet.model_file.graph", reason="writing a model file needs onnx")
    path = bundled_model_path()
    metadata = open_model(path)[1]
    layers = ({**metadata.layers[0], "name": "\x9b2J[bold]first"}, *metadata.layers[1:])
    evil = dataclasses.replace(metadata, layers=layers, recipe={**metadata.recipe, "\x1b]0;key": "\x1b]0;value"})
    (tmp_path / "evil.onnx").write_bytes(graph.with_metadata(path.read_bytes(), evil))
    shown = run_command("info", tmp_path / "evil.onnx").stdout
    assert r"\x9b2J[bold]first" in shown
    assert r"\x1b]0;key" in shown
    assert all(character.isprintable() for character in shown.replace("\n", ""))
