"""Mutated files and requests: all parsers together are shown some hundred, and none may break."""

import math
import os
import signal
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.errors import DatasetFormatError
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

SHARE = {"models": 150, "checkpoints": 100, "data": 350, "pictures": 33}  # some ten seconds in all
SEED = 2  # of the first few, one that shows brackets within brackets to both of the texts in JSON


def mutants_of(group: str, n: int) -> list[tuple[str, Any]]:
    mutations, samples = load("reliability.mutations"), load("reliability.samples").samples_of(group)
    made = mutations.mutants_of(samples, SEED)
    return [next(made) for _ in range(n)]


@pytest.mark.parametrize("group", SHARE)
def test_no_parser_breaks_on_mutated_input(group: str, tmp_path: Path) -> None:
    parsers, mutations = load("reliability.parsers"), load("reliability.mutations")
    samples = load("reliability.samples").samples_of(group)
    readers = parsers.Parsers(tmp_path, mutations.whole_files(samples))
    outcomes = [
        (kind, made.name, parsers.outcome_of(readers, kind, made.content))
        for kind, made in mutants_of(group, SHARE[group])
    ]
    assert [found for found in outcomes if found[2].kind not in ("refused", "answered")] == []
    assert {found[2].kind for found in outcomes} == {"refused", "answered"}  # both are reached


@pytest.mark.parametrize("group", SHARE)
def test_what_mutants_are_made_of_is_read(group: str, tmp_path: Path) -> None:
    """Otherwise everything that is made of it would be refused, and nothing be tested."""
    parsers, mutations = load("reliability.parsers"), load("reliability.mutations")
    samples = load("reliability.samples").samples_of(group)
    readers = parsers.Parsers(tmp_path, mutations.whole_files(samples))
    for kind, whole in samples.items():
        for sample in whole[:1] if group == "pictures" else whole:
            outcome = parsers.outcome_of(readers, kind, sample.content)
            assert (sample.name, outcome.kind, outcome.reason) == (sample.name, "answered", "")


def test_a_seed_gives_the_same_mutants_again() -> None:
    one, again = (mutants_of("models", 70) for _ in range(2))
    assert one == again
    assert len({made.content for _, made in one}) > 60


def test_below_checksums_mutants_are_changed_too() -> None:
    samples = load("reliability.samples").samples_of("pictures")["PNG"]
    mutant, rng, intact = load("reliability.mutants").mutant, np.random.default_rng(0), 0
    for _ in range(200):
        made = mutant(samples, rng)
        if made.name.endswith("checksums right"):
            size = struct.unpack_from(">I", made.content, 8)[0]
            chunk = made.content[12 : 16 + size]
            assert struct.unpack_from(">I", made.content, 16 + size)[0] == zlib.crc32(chunk)
            intact += 1
    assert 60 < intact < 140


class Broken:
    """A parser that breaks in a way of its own for each kind."""

    def parse(self, kind: str, _: bytes) -> None:
        if kind == "clear":
            raise DatasetFormatError("digits.csv, line 3: expected a number")
        if kind == "two lines":
            raise DatasetFormatError("first\nsecond")
        if kind == "traceback":
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("clear", "refused"), ("two lines", "tracebacks"), ("traceback", "tracebacks"), ("whole", "answered")],
)
def test_outcomes_are_told_apart(kind: str, outcome: str) -> None:
    assert load("reliability.parsers").outcome_of(Broken(), kind, b"").kind == outcome


def test_hangs_are_counted_whatever_came_of_them() -> None:
    parsers, tally = load("reliability.parsers"), load("reliability.mutations").Tally()
    assert not tally.add(parsers.Outcome("answered", 4.9), "a")
    assert tally.add(parsers.Outcome("answered", 5.1), "b")
    assert tally.add(parsers.Outcome("hangs", math.inf), "c")
    assert tally.add(parsers.Outcome("HTTP 500", 0.1), "d")
    rows = {row.measure: row for row in tally.rows("x")}
    assert [rows[name].value for name in ("answered", "hangs", "HTTP 500")] == [1, 2, 1]
    assert (rows["slowest"].value, rows["slowest"].details) == (math.inf, "c")


def test_a_parser_that_dies_or_hangs_is_started_again(tmp_path: Path) -> None:
    parsers = load("reliability.parsers")
    process = parsers.ParserProcess({}, tmp_path / "log", limit=60.0)
    try:
        pid = process.pid
        os.kill(pid, signal.SIGKILL)
        assert process.outcome("checkpoint", b"").kind == "deaths"
        assert process.outcome("checkpoint", b"").kind == "refused"
        assert process.pid != pid
        os.kill(process.pid, signal.SIGSTOP)
        process.limit = 0.2
        assert process.outcome("checkpoint", b"").kind == "hangs"
    finally:
        process.close()


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (b"", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "answered"),
        (b"HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 400 Bad Request\r\n\r\n", "refused"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "refused"),
        (b"HTTP/1.1 200 OK\r\n\r\n{}HTTP/1.1 500 Internal Server Error\r\n\r\n", "HTTP 500"),
    ],
)
def test_the_worst_answer_counts(answers: bytes, outcome: str) -> None:
    assert load("reliability.mutated_requests").outcome_of_answers(answers, 0.1).kind == outcome


def test_mutated_requests_leave_the_server_as_it_was(tmp_path: Path) -> None:
    mutations, settings = load("reliability.mutations"), load("settings")
    run = mutations.measure_mutations("requests", 300, SEED, settings.Settings(tmp_path, root=tmp_path))
    values = {row.measure: row.value for row in run.rows if row.subject == "HTTP request"}
    assert sum(values[name] for name in ("refused", "answered", "closed without an answer")) == 300
    assert (values["answered"] > 10, values["refused"] > 30) == (True, True)
    assert run.settings["examples"] == "none"


def test_the_time_may_be_over_first(tmp_path: Path) -> None:
    mutations, settings = load("reliability.mutations"), load("settings")
    run = mutations.measure_mutations("checkpoints", 10**9, 0, settings.Settings(tmp_path, root=tmp_path), seconds=0.2)
    done = next(row.n for row in run.rows if row.measure == "refused")
    assert 0 < done < 10**9
    assert run.settings["n"] == done
