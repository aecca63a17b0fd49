"""The journal of a run: what is kept survives, and a damaged line costs no more than what is behind it."""

from pathlib import Path

import pytest

from digitnet.studio.teaching.errors import StorageError
from digitnet.studio.teaching.journal import Event, Journal, read_events


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events")
    journal.append("state", {"status": "running"})
    journal.append("epoch", {"epoch": 1, "loss": 0.5})
    expected = [Event(1, "state", {"status": "running"}), Event(2, "epoch", {"epoch": 1, "loss": 0.5})]
    assert journal.since(0) == (expected, None)
    assert journal.since(1) == (expected[1:], None)
    assert read_events(tmp_path / "events") == expected


def test_what_is_of_the_moment_lasts_until_the_next_event(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events")
    journal.show("step", {"fraction": 0.1})
    journal.show("step", {"fraction": 0.2})
    assert journal.since(0) == ([], Event(0, "step", {"fraction": 0.2}))
    journal.append("epoch", {})
    assert journal.since(1) == ([], None)


@pytest.mark.parametrize(
    "rest", [b'{"event": "epo', b"\xff\xfe\n", b"[]\n", b'{"event": 5, "data": {}}\n', b"\n", b"[" * 100_000], ids=len
)
def test_a_line_that_was_cut_off_is_left_out_and_written_over(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "events"
    Journal(path).append("state", {"status": "running"})
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    journal = Journal(path)
    assert path.read_bytes() == whole
    journal.append("state", {"status": "interrupted"})
    assert [event.data["status"] for event in read_events(path)] == ["running", "interrupted"]


def test_what_is_behind_a_damaged_line_is_left_out_too(tmp_path: Path) -> None:
    """Its number would be another one's: readers ask for what came after a number."""
    path = tmp_path / "events"
    journal = Journal(path)
    for status in ("running", "stopped", "running"):
        journal.append("state", {"status": status})
    first, _, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"{\n" + last)
    assert read_events(path) == [Event(1, "state", {"status": "running"})]


def test_where_nothing_can_be_written_readers_hear_of_it_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "missing" / "events")
    with pytest.raises(StorageError, match="cannot be written"):
        journal.append("state", {})
    assert journal.since(0)[0] == [Event(1, "state", {})]
