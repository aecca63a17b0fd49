"""The corrected pictures: one SQLite file that stays on this machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images, Labels
from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.errors import BusyError, FullError, NotFoundError, StorageError

__all__ = ["CORRECTIONS_MAX", "PICTURE_BYTES_MAX", "Correction", "Corrections"]

CORRECTIONS_MAX = 5000
PICTURE_BYTES_MAX = 64 << 10  # of the picture that a correction was cut from: 320 MB of them at most

_PIXELS = IMAGE_SIDE * IMAGE_SIDE
_PNG_START = b"\x89PNG\r\n\x1a\n"
_VERSION = 2  # of the table; in version 1 every correction was a digit
_LOCK_TIMEOUT = 5.0  # seconds to wait for another process that is writing; chosen by hand
# SQLite's result codes of a file that another process has locked, and of one that is no database, damaged, or lacks
# what it should hold (sqlite.org/rescode.html). After any other, such as a full disk, the file is as good as before.
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
_TABLE = f"""
CREATE TABLE corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- so that the id of a deleted one never comes back
    image BLOB NOT NULL UNIQUE CHECK (length(image) = {_PIXELS}),
    label INTEGER, -- NULL: no digit
    was INTEGER,
    made TEXT NOT NULL,
    png BLOB
)"""


@dataclass(frozen=True)
class Correction:
    """One corrected picture.

    Attributes:
        id: Its number.
        image: 784 bytes, 28 rows of 28; 0 is paper, 255 is ink.
        label: What it is; None for no digit.
        was: What the network took it for; None for no digit.
        when: In ISO 8601.
        png: The picture that it was cut from; None where that was not kept.
    """

    id: int
    image: bytes
    label: int | None
    was: int | None
    when: str
    png: bytes | None = None


class Corrections:
    """The corrected pictures of a studio; safe to use from any thread and process.

    Every method raises `BusyError` while another process holds the file.

    Args:
        path: The SQLite file; made at the first use.
        num_classes: Labels are below this.
    """

    def __init__(self, path: Path, num_classes: int = 10) -> None:
        self._path = path
        self._num_classes = num_classes
        self._damage: str | None = None  # found by `check`

    @classmethod
    def in_folder(cls, folder: Path, num_classes: int = 10) -> "Corrections":
        """Those of the studio in that folder."""
        return cls(folder / "corrections.sqlite", num_classes)

    def check(self) -> None:
        """Have SQLite look through the whole file, where there is one; a damaged one is not used any more.

        Raises:
            StorageError: The file is damaged, or cannot be read.
        """
        if not self._path.exists():
            return
        with self._open() as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            self._damage = _damaged(self._path, found)
            raise StorageError(self._damage)

    def add(self, image: bytes, label: int | None, was: int | None, png: bytes | None = None) -> tuple[int, bool]:
        """Keep a correction; one of the same image is replaced.

        Args:
            image: 784 bytes.
            label: What it is; None for no digit.
            was: What the network took it for; None for no digit.
            png: The picture that it was cut from, at most `PICTURE_BYTES_MAX` bytes.

        Returns:
            Its id, and whether that image was known already.

        Raises:
            ConfigurationError: A value of another kind.
            FullError: As many are kept as may.
            StorageError: The file cannot be written.
        """
        self._check(image, label, was, png)
        made = datetime.now(UTC).isoformat("T", "seconds")
        with self._open() as database:
            known = database.execute("SELECT id FROM corrections WHERE image = ?", (image,)).fetchone()
            if known:
                values = (label, was, made, png, known[0])
                database.execute(
                    "UPDATE corrections SET label = ?, was = ?, made = ?, png = coalesce(?, png) WHERE id = ?", values
                )
                return int(known[0]), True
            (count,) = database.execute("SELECT count(*) FROM corrections").fetchone()
            if count >= CORRECTIONS_MAX:
                raise FullError(f"{CORRECTIONS_MAX:,} corrections are kept, and no more: export and delete some first")
            row = database.execute(
                "INSERT INTO corrections (image, label, was, made, png) VALUES (?, ?, ?, ?, ?) RETURNING id",
                (image, label, was, made, png),
            ).fetchone()
            return int(row[0]), False

    def all(self) -> list[tuple[Correction, bool]]:
        """All of them without their pictures, and whether each has one; the newest first.

        Raises:
            StorageError: The file cannot be read.
        """
        with self._open() as database:
            rows = database.execute(
                "SELECT id, image, label, was, made, png IS NOT NULL FROM corrections ORDER BY made DESC, id DESC"
            ).fetchall()
        return [(Correction(*row[:5]), bool(row[5])) for row in rows]

    def each(self) -> Iterator[Correction]:
        """One after the other with its picture, the oldest first.

        Raises:
            StorageError: The file cannot be read.
        """
        with self._open() as database:
            for row in database.execute("SELECT id, image, label, was, made, png FROM corrections ORDER BY id"):
                yield Correction(*row)

    def arrays(self) -> tuple[Images, Labels]:
        """The images and labels of all digits, the oldest first; a network of digits can learn from no others.

        Returns:
            uint8 (n, 28, 28) and uint8 (n,).

        Raises:
            StorageError: The file cannot be read.
        """
        with self._open() as database:
            rows = database.execute(
                "SELECT image, label FROM corrections WHERE label IS NOT NULL ORDER BY id"
            ).fetchall()
        images = np.frombuffer(b"".join(row[0] for row in rows), np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
        return images, np.array([row[1] for row in rows], np.uint8)

    def delete(self, correction_id: int) -> None:
        """Delete one, for good.

        Raises:
            NotFoundError: There is none of that id.
            StorageError: The file cannot be written.
        """
        if not 0 <= correction_id < 2**63:
            raise NotFoundError(f"there is no correction {correction_id!r:.40}")
        with self._open() as database:
            if not database.execute("DELETE FROM corrections WHERE id = ?", (correction_id,)).rowcount:
                raise NotFoundError(f"there is no correction {correction_id}: it may have been deleted")

    def delete_all(self) -> int:
        """Delete all of them, for good.

        Returns:
            How many there were.

        Raises:
            StorageError: The file cannot be written.
        """
        with self._open() as database:
            return database.execute("DELETE FROM corrections").rowcount

    def _check(self, image: bytes, label: int | None, was: int | None, png: bytes | None) -> None:
        if len(image) != _PIXELS:
            raise ConfigurationError(f"the image has {len(image):,} bytes: expected {_PIXELS}, 28 rows of 28")
        for name, value in (("label", label), ("was", was)):
            if value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < self._num_classes:
                raise ConfigurationError(
                    f"{name} is {value!r:.40}: expected 0 to {self._num_classes - 1}, or null for no digit"
                )
        if png is not None and (not png.startswith(_PNG_START) or len(png) > PICTURE_BYTES_MAX):
            raise ConfigurationError(
                f"png has {len(png):,} bytes: expected a PNG file of at most {PICTURE_BYTES_MAX:,}, or null"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database, in one transaction."""
        if self._damage is not None:  # SQLite itself would go on, and might do more damage
            raise StorageError(self._damage)
        try:
            with closing(sqlite3.connect(self._path, timeout=_LOCK_TIMEOUT, isolation_level=None)) as database:
                database.execute("PRAGMA secure_delete = ON")  # deleted pictures are overwritten
                database.execute("BEGIN IMMEDIATE")
                self._prepare_table(database)
                yield database
                database.execute("COMMIT")  # whatever was raised before has rolled back by closing
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended part
            if code in _BUSY:
                raise BusyError(
                    f"{self._path.name} in the studio's folder is busy, another process writes to it: try again"
                ) from error
            if code in _DAMAGED:
                raise StorageError(_damaged(self._path, error)) from error
            raise StorageError(
                f"{self._path.name} in the studio's folder cannot be used ({error}): nothing is changed in it"
            ) from error

    def _prepare_table(self, database: sqlite3.Connection) -> None:
        """Make the table, or bring an older one up to date: all of it or nothing, as it is one transaction."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version in (0, 1):
            if version == 0:
                database.execute(_TABLE)
            else:
                _migrate_from_1(database)
            database.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise StorageError(
                f"{self._path.name} is from another version of digitnet: expected {_VERSION}, found {version}"
            )


def _migrate_from_1(database: sqlite3.Connection) -> None:
    """Copy the corrections of version 1 into a table whose labels may be none; ids of deleted ones stay used up."""
    last = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'corrections'").fetchone()
    database.execute("ALTER TABLE corrections RENAME TO corrections_1")
    database.execute(_TABLE)
    columns = "id, image, label, was, made, png"
    database.execute(f"INSERT INTO corrections ({columns}) SELECT {columns} FROM corrections_1")  # noqa: S608 - ours
    database.execute("DROP TABLE corrections_1")
    if last is not None:
        database.execute("DELETE FROM sqlite_sequence WHERE name = 'corrections'")
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('corrections', ?)", last)


def _damaged(path: Path, found: object) -> str:
    reason = " ".join(str(found).split())  # SQLite's report may have several lines
    return f"{path.name} in the studio's folder cannot be used ({reason}): move it away to begin a new one"
