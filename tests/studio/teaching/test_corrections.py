"""Corrections stay until they are deleted, and then they are gone."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.corrections import PICTURE_BYTES_MAX, Corrections
from digitnet.studio.teaching.errors import BusyError, FullError, NotFoundError, StorageError

PNG = b"\x89PNG\r\n\x1a\n and more"
SEVEN = bytes(range(28)) * 28
ONE = bytes(784)


@pytest.fixture
def kept(tmp_path: Path) -> Corrections:
    return Corrections(tmp_path / "corrections.sqlite")


def test_they_stay(kept: Corrections, tmp_path: Path) -> None:
    first, _ = kept.add(SEVEN, 7, 1)
    second, _ = kept.add(ONE, 1, None, PNG)
    rows = Corrections(tmp_path / "corrections.sqlite").all()
    assert [(c.id, c.image, c.label, c.was, has_png) for c, has_png in rows] == [
        (second, ONE, 1, None, True),
        (first, SEVEN, 7, 1, False),
    ]
    assert [c.png for c in kept.each()] == [None, PNG]
    images, labels = kept.arrays()
    np.testing.assert_array_equal(images, np.frombuffer(SEVEN + ONE, np.uint8).reshape(2, 28, 28))
    assert labels.tolist() == [7, 1]
    assert images.dtype == labels.dtype == np.uint8


def test_none_are_none(kept: Corrections) -> None:
    assert kept.all() == []
    assert kept.arrays()[0].shape == (0, 28, 28)
    assert kept.delete_all() == 0


def test_the_same_image_again_changes_its_label(kept: Corrections) -> None:
    first = kept.add(SEVEN, 7, 1, PNG)
    assert first == (1, False)
    assert kept.add(SEVEN, 1, 7) == (1, True)
    ((correction, has_png),) = kept.all()
    assert (correction.label, correction.was, has_png) == (1, 7, True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((b"", 1, None, None), "the image has 0 bytes: expected 784"),
        ((bytes(785), 1, None, None), "the image has 785 bytes"),
        ((ONE, 10, None, None), "label is 10: expected 0 to 9"),
        ((ONE, -1, None, None), "label is -1"),
        ((ONE, True, None, None), "label is True"),
        ((ONE, 1, 10, None), "was is 10"),
        ((ONE, 1, "1", None), "was is '1'"),
        ((ONE, 1, None, b"GIF89a"), "expected a PNG file"),
        ((ONE, 1, None, PNG + bytes(PICTURE_BYTES_MAX)), "expected a PNG file of at most 65,536"),
    ],
)
def test_what_is_no_correction_is_refused(kept: Corrections, values: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        kept.add(*values)
    assert kept.all() == []


def test_what_is_no_digit_is_kept_and_is_nothing_to_learn_from(kept: Corrections) -> None:
    kept.add(SEVEN, None, 7)
    kept.add(ONE, 1, None)
    assert [(c.label, c.was) for c, _ in kept.all()] == [(1, None), (None, 7)]
    assert kept.arrays()[1].tolist() == [1]
    assert kept.add(SEVEN, 7, None) == (1, True)  # it is a digit after all
    assert kept.arrays()[1].tolist() == [7, 1]


OLD_TABLE = """
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image BLOB NOT NULL UNIQUE CHECK (length(image) = 784),
    label INTEGER NOT NULL,
    was INTEGER,
    made TEXT NOT NULL,
    png BLOB
)"""


def of_version_1(path: Path, rows: list[tuple[Any, ...]]) -> None:
    """A file as the first version wrote it; the last row was deleted again."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(OLD_TABLE)
        database.execute("PRAGMA user_version = 1")
        database.executemany("INSERT INTO corrections VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute("DELETE FROM corrections WHERE id = ?", (rows[-1][0],))
        database.commit()


def test_a_file_of_the_first_version_is_taken_over_with_nothing_lost(tmp_path: Path) -> None:
    path = tmp_path / "corrections.sqlite"
    rows: list[tuple[Any, ...]] = [
        (3, SEVEN, 7, 1, "2026-01-02T03:04:05+00:00", PNG),
        (5, ONE, 1, None, "2026-01-02T03:04:06+00:00", None),
        (9, bytes([9]) * 784, 9, 4, "2026-01-02T03:04:07+00:00", None),
    ]
    of_version_1(path, rows)
    kept = Corrections(path)
    assert [(c.id, c.image, c.label, c.was, c.when, c.png) for c in kept.each()] == rows[:2]
    new, _ = kept.add(bytes([2]) * 784, None, 4)
    assert new == 10  # the id of the deleted one never comes back
    kept.check()
    assert SEVEN[:200] in path.read_bytes()
    kept.delete(3)
    assert SEVEN[:200] not in path.read_bytes()  # nor is a copy of it left from the older table


def test_an_empty_file_of_the_first_version_is_taken_over_too(tmp_path: Path) -> None:
    path = tmp_path / "corrections.sqlite"
    of_version_1(path, [(4, ONE, 1, None, "2026-01-02T03:04:05+00:00", None)])
    assert Corrections(path).add(ONE, None, None) == (5, False)


def test_a_migration_that_breaks_off_leaves_the_older_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "corrections.sqlite"
    rows = [(n, bytes([n]) * 784, n, None, "2026-01-02T03:04:05+00:00", None) for n in (1, 2, 3)]
    of_version_1(path, rows)
    with monkeypatch.context() as patch:
        patch.setattr("digitnet.studio.teaching.corrections._VERSION", "no number")
        with pytest.raises(StorageError):
            Corrections(path).all()
    assert [c.id for c in Corrections(path).each()] == [1, 2]


def test_there_is_a_limit(kept: Corrections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.corrections.CORRECTIONS_MAX", 1)
    kept.add(ONE, 1, None)
    with pytest.raises(FullError, match="export and delete some first"):
        kept.add(SEVEN, 7, None)
    assert kept.add(ONE, 2, None) == (1, True)  # a known one can still be changed


def test_a_deleted_one_is_gone_from_the_file(kept: Corrections, tmp_path: Path) -> None:
    kept.add(SEVEN, 7, None)
    other, _ = kept.add(ONE, 1, None)
    assert SEVEN[:200] in (tmp_path / "corrections.sqlite").read_bytes()
    kept.delete(1)
    assert SEVEN[:200] not in (tmp_path / "corrections.sqlite").read_bytes()
    assert [c.id for c, _ in kept.all()] == [other]
    for missing in (1, 99, -1, 2**70):
        with pytest.raises(NotFoundError, match="there is no correction"):
            kept.delete(missing)
    assert kept.delete_all() == 1
    assert kept.add(ONE, 1, None)[0] > other  # an id never comes back


def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "corrections.sqlite"
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(StorageError, match=r"corrections.sqlite in the studio's folder cannot be used .*move it away"):
        Corrections(path).all()
    assert path.read_bytes() == b"no database at all " * 100


def in_pages(tmp_path: Path) -> tuple[Path, Corrections]:
    """A file of several pages."""
    path = tmp_path / "corrections.sqlite"
    kept = Corrections(path)
    for label in range(60):
        kept.add(bytes([label]) * 784, label % 10, None)
    return path, kept


def test_damage_that_shows_only_when_it_is_looked_for_is_found_at_the_start(tmp_path: Path) -> None:
    path, kept = in_pages(tmp_path)
    kept.check()
    data = bytearray(path.read_bytes())
    data[-4096:] = bytes(4096)
    path.write_bytes(data)
    kept.add(ONE, 1, None)  # SQLite goes on, as long as it does not come to that page
    fresh = Corrections(path)
    with pytest.raises(
        StorageError, match=r"corrections.sqlite in the studio's folder cannot be used .*move it away"
    ) as e:
        fresh.check()
    assert "\n" not in str(e.value)
    before = path.read_bytes()
    for use in (fresh.all, lambda: fresh.add(SEVEN, 7, None), fresh.delete_all):
        with pytest.raises(StorageError, match="move it away"):
            use()
    assert path.read_bytes() == before


def test_where_there_is_no_file_none_is_made_by_looking(kept: Corrections, tmp_path: Path) -> None:
    kept.check()
    assert not (tmp_path / "corrections.sqlite").exists()


def test_a_file_that_another_process_writes_is_busy_and_not_to_be_moved(
    kept: Corrections, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.corrections._LOCK_TIMEOUT", 0.05)
    kept.add(ONE, 1, None)
    with closing(sqlite3.connect(tmp_path / "corrections.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in (kept.all, kept.check, lambda: kept.add(SEVEN, 7, None)):
            with pytest.raises(BusyError, match="is busy, another process writes to it: try again") as refused:
                use()
            assert "move it away" not in str(refused.value)
        other.execute("ROLLBACK")
    assert len(kept.all()) == 1


def test_a_file_that_cannot_be_written_for_now_is_not_to_be_moved(
    kept: Corrections, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add(ONE, 1, None)

    def full(*_: Any, **__: Any) -> sqlite3.Connection:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr("sqlite3.connect", full)
    with pytest.raises(StorageError, match=r"\(database or disk is full\): nothing is changed in it") as refused:
        kept.add(SEVEN, 7, None)
    assert "move it away" not in str(refused.value)


def test_a_file_of_another_version_is_left_alone(kept: Corrections, tmp_path: Path) -> None:
    kept.add(ONE, 1, None)
    database = sqlite3.connect(tmp_path / "corrections.sqlite")
    database.execute("PRAGMA user_version = 3")
    database.close()
    with pytest.raises(StorageError, match="another version"):
        kept.all()


def test_what_fails_half_way_changes_nothing(kept: Corrections, tmp_path: Path) -> None:
    kept.add(ONE, 1, None)
    (tmp_path / "corrections.sqlite").chmod(0o600)
    rows = kept.each()
    next(rows)
    rows.close()  # type: ignore[attr-defined] # an iterator that was left half way lets go of the file
    kept.add(SEVEN, 7, None)
    assert len(kept.all()) == 2
