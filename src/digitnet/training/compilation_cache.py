"""Compiled programs that are kept on disk from one run to the next, and checked before they are run.

JAX can keep what it compiles (its persistent compilation cache), but it believes whatever lies there: code with a
flipped bit is run, and so is code for the instructions of another processor, which XLA complains about and then runs.
So JAX never sees the files that are kept. They lie in a folder named after everything that they depend on, each behind
a digest. A run copies the intact ones to a private folder, points JAX there, and in the end brings back what is new.

    CACHE/compiled/FINGERPRINT/jit_step-3ac1...-cache    the digest, then the entry as JAX wrote it
    CACHE/compiled/running-k3x9_a2f/                     the private folder of one process

Whatever goes wrong here is one line of warning: the run then compiles for itself, as it would without a cache.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

import jax
import jaxlib.version
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from digitnet.training.program_store import ProgramStore, make_own_folder

__all__ = ["compilation_cache", "fingerprint"]

_FORMAT = 1  # of the files kept here: one more whenever they change
_OLDEST_JAXLIB = (0, 10, 2)  # those before take the code of their own machine for another's, and say so at length
_RUNNING = "running-"
_DAY = 24 * 60 * 60
_UNUSED_SECONDS = 90 * _DAY
_CPU_DESCRIPTION = Path("/proc/cpuinfo")
_CHANGING_LINES = ("cpu mhz", "bogomips", "clock", "processor", "core id", "physical id", "apicid", "initial apicid")
_JAX_FAILURE = r"Error (reading|writing) persistent compilation cache"
_FOLDER_SETTING = "jax_compilation_cache_dir"
_SETTINGS = {
    "jax_persistent_cache_min_compile_time_secs": 0.0,  # the many small programs cost as much as the few large ones
    "jax_persistent_cache_min_entry_size_bytes": -1,
    "jax_persistent_cache_enable_xla_caches": "none",  # else the private folder's name becomes part of JAX's keys
    "jax_compilation_cache_max_size": -1,  # bounded here
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
    folder = _folder()
    with ExitStack() as stack:
        if folder is not None and _is_free() and jaxlib.version.__version_info__ >= _OLDEST_JAXLIB:
            try:
                stack.enter_context(_opened(folder / "compiled", warn))
            except OSError as error:
                warn(_line(f"the compilation cache {folder} is ignored: {_reason(error)}"))
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
def _opened(folder: Path, warn: Callable[[str], None]) -> Iterator[None]:
    """The cache in use. An OSError before the body means that it cannot be; none comes after."""
    own = fingerprint()
    store = ProgramStore(folder / own, own)
    for place in (folder, store.folder):
        make_own_folder(place)
    os.utime(store.folder)  # in use: not to be swept away
    _sweep(folder)
    private = Path(tempfile.mkdtemp(prefix=_RUNNING, dir=folder))
    try:
        known, damaged = store.copy_to(private)
        if damaged:
            warn(_line(f"damaged entries of the compilation cache {folder} are ignored and removed: {damaged}"))
        failures: list[str] = []
        try:
            with _used_by_jax(private, failures):
                yield
        finally:
            trouble = _bring_back(store, private, known, failures)
            if trouble and not damaged:
                warn(_line(f"the compilation cache {folder} {trouble}"))
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _bring_back(store: ProgramStore, private: Path, known: Collection[str], failures: list[str]) -> str:
    """Keep what is new; what went wrong, in words, or nothing."""
    if "reading" in failures:
        store.remove(known)
        return "is emptied: JAX cannot read what it wrote"
    if "writing" in failures:  # an entry may be there by half
        return "keeps nothing of this run: JAX could not write all of it"
    try:
        store.take_from(private, known)
    except OSError as error:
        return f"keeps nothing more of this run: {_reason(error)}"
    return ""


@contextmanager
def _used_by_jax(private: Path, failures: list[str]) -> Iterator[None]:
    """Point JAX to a folder; add what it fails at, "reading" or "writing", to the list instead of to stderr."""

    def note(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if match := re.match(_JAX_FAILURE, str(message)):
            failures.append(match[1])
        else:
            show(message, category, filename, lineno, file, line)

    now = jax.config.values
    # A setting that a later JAX no longer knows is left out.
    settings = {n: value for n, value in {_FOLDER_SETTING: str(private), **_SETTINGS}.items() if n in now}
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


def _is_free() -> bool:
    """Whether JAX's own cache is as it comes: switched on, and without a folder."""
    settings = jax.config.values
    return bool(settings.get("jax_enable_compilation_cache")) and settings.get(_FOLDER_SETTING) is None


def _folder() -> Path | None:
    """Where the user wants the cache; None for nowhere."""
    chosen = os.environ.get("DIGITNET_CACHE_DIR")
    if chosen is not None:
        return None if chosen.lower() in {"", "off"} else Path(chosen)
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not shared.is_absolute():  # the XDG specification: a relative path is to be ignored
        with suppress(RuntimeError):  # no home folder
            shared = Path("~/.cache").expanduser()
    return shared / "digitnet" if shared.is_absolute() else None


def _processor() -> str:
    try:
        description = _CPU_DESCRIPTION.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux: at least the machine's name keeps the code where it was made
        return f"{platform.processor()} {platform.node()}"
    lines = {line for line in description.splitlines() if not line.lower().startswith(_CHANGING_LINES)}
    return "\n".join(sorted(lines))


def _sweep(folder: Path) -> None:
    """Remove what killed processes left behind, and the programs of versions and machines long gone."""
    now = time.time()
    for path in folder.iterdir():
        limit = _DAY if path.name.startswith(_RUNNING) else _UNUSED_SECONDS
        with suppress(FileNotFoundError):  # removed by another run in this moment
            if now - path.lstat().st_mtime > limit:
                shutil.rmtree(path, ignore_errors=True)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def _line(message: str) -> str:
    return " ".join(message.split())  # a folder's name may hold line breaks
