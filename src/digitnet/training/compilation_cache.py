"""JAX's persistent compilation cache, with a digest for each entry that is checked before JAX may use it.

JAX trusts the files in its cache folder. The checksum of zlib reveals a truncated or altered entry (zstandard, which
JAX prefers where it is installed, has none), but a program in a file with another one's name is run, and gives wrong
answers (docs/log.md, 2026-11-30, "What JAX makes of damaged entries"). So each entry gets a file with its digest
beside it, and whatever does not agree with its digest is deleted before JAX may look.

    CACHE/compiled/FINGERPRINT/jit_step-3ac1...-cache           as JAX writes it
    CACHE/compiled/FINGERPRINT/jit_step-3ac1...-cache.sha256    over its name and content; written when the run ends

Whatever goes wrong here is one line of warning: the run then compiles for itself, as it would without a cache.
"""

import errno
import hashlib
import os
import platform
import re
import shutil
import stat
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import jax
import jaxlib.version
from jax.experimental.compilation_cache.compilation_cache import reset_cache

__all__ = ["compilation_cache", "fingerprint"]

_FORMAT = 2  # version of the files in this cache, raised when they change
_OLDEST_JAXLIB = (0, 10, 2)  # older ones print long warnings about entries of the same machine
_UNUSED_SECONDS = 90 * 24 * 60 * 60  # after which programs of other versions and machines are deleted; chosen by hand
# A recipe makes about 30 programs, 250 KB together; to check 64 MiB takes 0.1 s. A folder that is larger starts afresh.
_MAX_BYTES = 64 * 2**20
_PROGRAM, _DIGEST = "-cache", ".sha256"  # how JAX's names end, and what is put behind them
_CPU_DESCRIPTION = Path("/proc/cpuinfo")
_VARYING_CPU_FIELDS = (
    "cpu mhz",
    "bogomips",
    "clock",
    "processor",
    "core id",
    "physical id",
    "apicid",
    "initial apicid",
)
_JAX_FAILURE = r"Error (reading|writing) persistent compilation cache"
_FOLDER_SETTING = "jax_compilation_cache_dir"
_SETTINGS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,  # the many small programs cost as much as the few large ones
    "jax_persistent_cache_min_entry_size_bytes": -1,
    "jax_persistent_cache_enable_xla_caches": "none",  # else the folder's name becomes part of JAX's keys
    "jax_compilation_cache_max_size": -1,  # bounded here: JAX would need another package for it
    "jax_compilation_cache_check_contents": False,
    "jax_raise_persistent_cache_errors": False,
}


@contextmanager
def compilation_cache(warn: Callable[[str], None]) -> Iterator[None]:
    """Inside, JAX finds what earlier runs compiled, and what it compiles is kept for later ones.

    It lies in `$DIGITNET_CACHE_DIR`, else `$XDG_CACHE_HOME/digitnet`, else `~/.cache/digitnet`. Nothing is kept where
    that variable is empty or `off`, and nothing changes where the user has set JAX's own cache up, or switched it off.

    Args:
        warn: Takes one line, at most once, where the cache cannot be used or has lost something.
    """
    folder = _cache_folder()
    with ExitStack() as stack:
        if folder is not None and _is_unconfigured() and jaxlib.version.__version_info__ >= _OLDEST_JAXLIB:
            try:
                stack.enter_context(_prepared_cache(folder / "compiled", warn))
            except OSError as error:
                warn(_one_line(f"the compilation cache {folder} is ignored: {_reason(error)}"))
        yield


def fingerprint() -> str:
    """What compiled code depends on, beside the program itself.

    Returns:
        32 hexadecimal digits: other ones for other versions, another processor, other flags or another number of
        cores, by which XLA divides its loops.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = (
        _FORMAT,
        jax.__version__,
        jaxlib.version.__version__,
        sys.implementation.cache_tag,  # Python 3.14 brings a compressor, which JAX takes without naming it in its keys
        platform.system(),
        platform.machine(),
        _processor(),
        cores,
        os.environ.get("NPROC"),  # XLA's own number of threads
        os.environ.get("XLA_FLAGS"),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@contextmanager
def _prepared_cache(above: Path, warn: Callable[[str], None]) -> Iterator[None]:
    """Use the cache inside the `with` block; OSError, before the block only, where it cannot be used."""
    folder = above / fingerprint()
    for place in (above, folder):
        _make_own_folder(place)
    os.utime(folder)  # in use: not to be swept away
    _remove_unused(above)
    if damaged := _remove_damaged(folder):
        warn(_one_line(f"damaged entries of the compilation cache {above} are ignored and removed: {damaged}"))
    failures: list[str] = []
    try:
        with _used_by_jax(folder, failures):
            yield
    finally:
        trouble = _finish(folder, failures)
        if trouble and not damaged:
            warn(_one_line(f"the compilation cache {above} {trouble}"))


def _finish(folder: Path, failures: list[str]) -> str:
    """Write digests for new entries. Returns what went wrong, in words, or an empty text."""
    if failures:  # an entry may be there by half, or is packed in a way that this version cannot read
        shutil.rmtree(folder, ignore_errors=True)
        return f"is emptied: {failures[0]} an entry failed"
    try:
        _write_digests(folder)
    except OSError as error:
        return f"keeps nothing more of this run: {_reason(error)}"
    return ""


def _remove_damaged(folder: Path) -> int:
    """Delete every entry that does not agree with its digest. Returns how many of them had a digest."""
    entries = list(folder.glob(f"*{_PROGRAM}"))
    if sum(path.lstat().st_size for path in entries) > _MAX_BYTES:
        shutil.rmtree(folder)
        _make_own_folder(folder)
        return 0
    damaged = 0
    for path in entries:
        digest_file = path.with_name(path.name + _DIGEST)
        has_digest = digest_file.is_file()
        if has_digest and path.is_file() and _read(digest_file) == _digest(path):
            continue
        damaged += has_digest  # without one it is of a run that was killed, or that is still under way
        for remnant in (path, digest_file):
            with suppress(FileNotFoundError):
                remnant.unlink()
    return damaged


def _write_digests(folder: Path) -> None:
    """Write the digest of each new entry, after which other runs may use it."""
    for path in folder.glob(f"*{_PROGRAM}"):
        digest_file = path.with_name(path.name + _DIGEST)
        if not digest_file.exists():
            digest_file.write_text(_digest(path), encoding="ascii")  # a torn one agrees with nothing


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.name) + b"\0" + path.read_bytes()).hexdigest()


def _read(path: Path) -> str:
    return path.read_text(encoding="ascii", errors="replace")


@contextmanager
def _used_by_jax(folder: Path, failures: list[str]) -> Iterator[None]:
    """Point JAX to a folder; add what it fails at, "reading" or "writing", to the list instead of to stderr."""

    def note(message: Warning | str, *where: Any, **more: Any) -> None:
        if match := re.match(_JAX_FAILURE, str(message)):
            failures.append(match[1])
        else:
            show(message, *where, **more)

    now = jax.config.values
    # A setting that a later JAX no longer knows is left out.
    settings = {n: value for n, value in {_FOLDER_SETTING: str(folder), **_SETTINGS}.items() if n in now}
    before = {name: now[name] for name in settings}
    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=_JAX_FAILURE)
        show, warnings.showwarning = warnings.showwarning, note
        try:
            _configure_jax(settings)
            yield
        finally:
            _configure_jax(before)


def _configure_jax(settings: dict[str, object]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call] # JAX has not typed it
    reset_cache()  # JAX holds on to the folder that it used first


def _is_unconfigured() -> bool:
    """Whether the user has left JAX's own settings of its cache alone: switched on, and without a folder."""
    settings = jax.config.values
    return bool(settings.get("jax_enable_compilation_cache")) and settings.get(_FOLDER_SETTING) is None


def _cache_folder() -> Path | None:
    """The folder of the cache; None where the user has switched it off."""
    chosen = os.environ.get("DIGITNET_CACHE_DIR")
    if chosen is not None:
        return None if chosen.lower() in {"", "off"} else Path(chosen)
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not shared.is_absolute():  # the XDG specification: a relative path is to be ignored
        with suppress(RuntimeError):  # no home folder
            shared = Path("~/.cache").expanduser()
    return shared / "digitnet" if shared.is_absolute() else None


def _make_own_folder(folder: Path) -> None:
    """Make a folder that only this user can write, unless it is there; machine code from others is not to be run."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    if hasattr(os, "getuid"):  # elsewhere, mode and owner tell nothing
        if status.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "belongs to another user", str(folder))
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EPERM, "other users may write to it (chmod 700 mends that)", str(folder))


def _processor() -> str:
    try:
        description = _CPU_DESCRIPTION.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux: at least the machine's name keeps the code where it was made
        return f"{platform.processor()} {platform.node()}"
    lines = {line for line in description.splitlines() if not line.lower().startswith(_VARYING_CPU_FIELDS)}
    return "\n".join(sorted(lines))


def _remove_unused(above: Path) -> None:
    """Delete the programs of versions and machines that have not been used for long."""
    for path in above.iterdir():
        with suppress(FileNotFoundError):  # removed by another run in this moment
            if time.time() - path.lstat().st_mtime > _UNUSED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def _one_line(message: str) -> str:
    return " ".join(message.split())  # a folder's name may hold line breaks
