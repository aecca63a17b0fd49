"""The folder of results: its settings, the parts that are there, and a manifest, which is written last.

_batch.json            how everything in the folder was read; written first
part-NAME.parquet      the rows of a part; it is there as a whole or not at all
_manifest.json         all parts in the order of the pictures; a folder that has it is complete

Readers of a folder of Parquet files leave out names that begin with an underscore.
"""

import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from digitnet.errors import BatchError, reason_of
from digitnet.files import replaced_file
from digitnet.scale.parts import SMALLEST, PartSize
from digitnet.scale.remote import file_system, is_remote, open_file, remote_errors
from digitnet.scale.rows import Format, count_rows

__all__ = ["MANIFEST", "SETTINGS", "OutFolder"]

SETTINGS = "_batch.json"
MANIFEST = "_manifest.json"
_PART_SIZE = "part_size"  # the entry of the settings that decides about files and not about rows
_PREFIX = "part-"
# File systems whose files appear when they are whole; on others a file is written beside its place and renamed.
_WHOLE_AT_ONCE = frozenset({"abfs", "abfss", "adl", "az", "gcs", "gs", "memory", "s3", "s3a"})


class OutFolder:
    """A folder of results.

    Args:
        place: A path, or a URL that fsspec knows.
        kind: Of the files of rows.
    """

    def __init__(self, place: str, kind: Format) -> None:
        self.place = place
        self._kind = kind
        self._system: Any = None
        self._root = place
        if is_remote(place):
            self._system, self._root = file_system(place)

    def file_of(self, part: str) -> str:
        """The name of the file with the rows of a part."""
        return f"{_PREFIX}{part}.{self._kind}"

    def check(self, settings: Mapping[str, Any], *, renew: bool) -> bool:
        """Refuse a folder that holds something else than results of these settings; nothing is changed.

        Args:
            settings: What decides about answers, JSON-ready.
            renew: Whether results of other settings may be thrown away.

        Returns:
            Whether there are results of these settings, to go on with.

        Raises:
            BatchError: The folder cannot be read, or holds something else.
        """
        names = self._names()
        text = self._read(SETTINGS).decode(errors="replace") if SETTINGS in names else None
        if text is None:
            others = sorted(name for name in names if not name.startswith("."))
            if others:
                raise BatchError(
                    f"{self.place} holds files that no digitnet batch wrote, such as {others[0]}: name a new folder"
                )
            return False
        try:
            before = json.loads(text)
            names = {*before, *settings} - {_PART_SIZE}
            changed = sorted(name for name in names if before.get(name) != settings.get(name))
        except (ValueError, AttributeError, TypeError) as error:
            raise BatchError(f"{self.place}/{SETTINGS} is damaged: name a new folder") from error
        if changed and not renew:
            name = changed[0]
            raise BatchError(
                f"{self.place} was read with other settings: {', '.join(changed)} ({name} was "
                f"{_short(before.get(name))} and is {_short(settings.get(name))}). Name a new folder, or throw its "
                f"results away with --renew"
            )
        return not changed

    def part_size(self) -> PartSize:
        """The size of the parts in a folder of results, with which a run goes on.

        Raises:
            BatchError: The folder cannot be read, or the size makes no sense.
        """
        try:
            values = json.loads(self._read(SETTINGS)).get(_PART_SIZE, SMALLEST._asdict())
            size = PartSize(**{name: int(value) for name, value in values.items()})
        except (ValueError, AttributeError, TypeError) as error:
            raise BatchError(f"{self.place}/{SETTINGS} is damaged: name a new folder") from error
        if size.pictures < SMALLEST.pictures or size.images < 1 or size.images % SMALLEST.images or size.file_bytes < 0:
            raise BatchError(f"{self.place}/{SETTINGS} is damaged: name a new folder")
        return size

    def begin(self, settings: Mapping[str, Any], size: PartSize) -> None:
        """Write the settings, and throw away what was read with others.

        Args:
            settings: As for `check`.
            size: Of the parts.

        Raises:
            BatchError: The folder cannot be written.
        """
        text = f"{json.dumps({**settings, _PART_SIZE: size._asdict()}, indent=2)}\n".encode()
        names = self._names()
        if SETTINGS in names and self._read(SETTINGS) == text:
            return
        for name in sorted(names & {MANIFEST, SETTINGS}):
            self.delete(name)
        for part in self.finished():
            self.delete(self.file_of(part))
        self.write(SETTINGS, text, sweep=True)

    def finished(self) -> set[str]:
        """The names of all parts that are there.

        Raises:
            BatchError: The folder cannot be read.
        """
        ending = f".{self._kind}"
        names = (name for name in self._names() if name.startswith(_PREFIX) and name.endswith(ending))
        return {name.removeprefix(_PREFIX).removesuffix(ending) for name in names}

    def rows_of(self, part: str) -> tuple[int, int]:
        """How many rows a finished part has, and how many of them have an error.

        Raises:
            BatchError: Its file is damaged.
        """
        name = self.file_of(part)
        try:
            with open_file(f"{self.place.rstrip('/')}/{name}") as file:
                return count_rows(file, self._kind)
        except BatchError:
            raise
        except Exception as error:  # whatever the reader of Parquet makes of damage
            raise BatchError(
                f"{self.place}/{name} is damaged ({reason_of(error)}): delete it and run once more"
            ) from error

    def write(self, name: str, content: bytes, *, sweep: bool = False) -> None:
        """Write a file, whole or not at all.

        Args:
            name: Of the file.
            content: All of it.
            sweep: Whether to delete what killed writers have left in the folder.

        Raises:
            BatchError: The folder cannot be written, or the disk is full; there is no such file then, or the old one.
        """
        if self._system is not None:
            self._write_remote(name, content)
            return
        path = Path(self._root) / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replaced_file(path, sweep=sweep) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise BatchError(
                f"{path} cannot be written: {error.strerror or error}. What is finished is safe"
            ) from error

    def delete(self, name: str) -> None:
        """Take a file away, if it is there.

        Raises:
            BatchError: The folder cannot be written.
        """
        if self._system is not None:
            with remote_errors(f"{self.place}/{name}"), suppress(FileNotFoundError):
                self._system.rm_file(f"{self._root}/{name}")
            return
        try:
            (Path(self._root) / name).unlink(missing_ok=True)
        except OSError as error:
            raise BatchError(f"{self.place}/{name} cannot be deleted: {error.strerror or error}") from error

    def _write_remote(self, name: str, content: bytes) -> None:
        path = f"{self._root}/{name}"
        with remote_errors(f"{self.place}/{name}"):
            protocols = self._system.protocol
            if _WHOLE_AT_ONCE & {protocols, *(protocols if isinstance(protocols, tuple) else ())}:
                self._system.pipe_file(path, content)  # there are no folders, and a bucket is the user's to make
                return
            self._system.makedirs(self._root, exist_ok=True)
            beside = f"{self._root}/.unfinished-{uuid.uuid4().hex}"
            self._system.pipe_file(beside, content)
            self._system.mv(beside, path)

    def _read(self, name: str) -> bytes:
        if self._system is not None:
            with remote_errors(f"{self.place}/{name}"):
                return bytes(self._system.cat_file(f"{self._root}/{name}"))
        try:
            return (Path(self._root) / name).read_bytes()
        except OSError as error:
            raise BatchError(f"{self.place}/{name} cannot be read: {error.strerror or error}") from error

    def _names(self) -> set[str]:
        """The names of everything in the folder; none where it is not there yet."""
        if self._system is not None:
            with remote_errors(self.place):
                self._system.invalidate_cache()
                try:
                    found = self._system.ls(self._root, detail=False)
                except FileNotFoundError:
                    return set()
            return {str(path).rstrip("/").rpartition("/")[2] for path in found} - {""}
        try:
            return {path.name for path in Path(self._root).iterdir()}
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise BatchError(f"{self.place} cannot be read: {error.strerror or error}") from error


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
