"""Other programs beside digitnet: what is asked of them, and how their answers count."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from made_up_benchmarks import REPOSITORY, load, needs_checkout

pytestmark = needs_checkout


def reader() -> Any:
    """The script that runs in the environments of the programs."""
    folder = REPOSITORY / "benchmarks" / "contestants"
    sys.path.append(str(folder))
    try:
        spec = importlib.util.spec_from_file_location("answer_reader", folder / "answer_reader.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


def corners(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_texts_beside_one_another_are_a_line_from_left_to_right() -> None:
    texts = [
        (corners(60, 3, 90, 22), "34"),
        (corners(0, 40, 30, 60), "5"),
        (corners(0, 0, 30, 20), "12"),
        (corners(40, 45, 70, 62), "6"),
    ]
    assert reader().joined(texts) == ["1234", "56"]
    assert reader().joined([]) == []


def test_only_digits_are_kept() -> None:
    assert reader().digits_of(["1.234,56 €", "Total", "", "O7²"]) == ["123456", "7"]


class Scripted:
    """A program that gives the next of its answers."""

    def __init__(self, *answers: list[str]) -> None:
        self.ready = {"versions": {"made-up": "1.0"}}
        self.asked: list[dict[str, Any]] = []
        self._answers = iter(answers)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        answer = next(self._answers, None)
        if answer is None:
            raise load("processes").BenchmarkError("out of memory")
        return {"lines": answer, "seconds": 0.5}


def compared(monkeypatch: pytest.MonkeyPatch, kind: str, texts: list[str], programs: dict[str, Scripted]) -> Any:
    rivals, sets = load("pictures.rivals"), load("pictures.sets")

    @contextmanager
    def started(contestant: Any, _: Any) -> Iterator[Scripted]:
        if contestant.name not in programs:
            raise load("processes").BenchmarkError("no environment")
        yield programs[contestant.name]

    monkeypatch.setattr(rivals, "running", started)
    blank = np.full((40, 60, 3), 255, np.uint8)
    examples = tuple(sets.Example(blank, text) for text in texts)
    pictures = sets.PictureSet("made up", kind, len(texts), examples.__getitem__)
    return rivals.compare_readers(pictures, None, {"ddddocr": "pip could not install it"})


def test_lines_of_programs_are_counted_and_who_ends_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right, ended = Scripted(["12", "3"], ["45"]), Scripted(["12", "9"])
    run = compared(monkeypatch, "lines", ["12\n3", "46"], {"RapidOCR": right, "Tesseract": ended})
    assert {row.measure: (row.value, row.n) for row in run.rows} == {
        "digitnet, sure and wrong": (0, 3),
        "digitnet": (3, 3),  # the pictures are blank
        "RapidOCR": (1, 3),
    }
    assert run.skipped == {"ddddocr": "pip could not install it", "Tesseract": "out of memory"}
    assert [request["is_one_line"] for request in right.asked] == [False, True]
    assert run.versions == {"made-up": "1.0"}


def test_a_single_digit_is_right_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = {"digit-recognizer-py": Scripted(["1"], ["2"]), "RapidOCR": Scripted(["1", "7"], [])}
    run = compared(monkeypatch, "digits", ["1", "2"], programs)
    values = {row.measure: row.value for row in run.rows}
    assert (values["digit-recognizer-py"], values["RapidOCR"]) == (0, 2)


def test_every_kind_has_sets_to_compare_on() -> None:
    rivals = load("pictures.rivals")
    names = [(one.name, one.kind) for one in rivals.rival_sets(rivals.RIVAL_KINDS, ("mild",), 3, 0)]
    assert len(names) == len(rivals.RIVAL_KINDS) + 2  # edges are there as digits and as lines
    assert ("mild", "lines") in names
    assert ("tight mild", "digits") in names
