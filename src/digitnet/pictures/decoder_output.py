"""What Pillow and libtiff print about damaged files is kept from the terminal: an error of ours says it once."""

import ctypes
import functools
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["quiet_libtiff", "quiet_pillow"]

_warnings_lock = threading.Lock()


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Suppress warnings of Pillow: the important ones become errors here, and nobody can act on the others.

    The list of warning filters is shared by the whole process: without the lock, two threads could each restore what
    the other one had set.
    """
    _quiet_logger()
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.cache
def _quiet_logger() -> None:
    """Pillow logs some errors beside raising them; without a handler, `logging` would print them."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())


@functools.cache  # for the whole process: libtiff has one handler for errors, and one for warnings
def quiet_libtiff() -> None:
    """Let libtiff print nothing: it writes to the file of stderr, past Python, and Pillow offers no other way.

    Where its library is not found, as on Windows, where it is a part of Pillow's, its lines are still printed.
    """
    for path in _libtiff_paths():
        try:
            library = ctypes.CDLL(path)
            for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
                setter = getattr(library, name)
                setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
                setter(None)
        except (OSError, AttributeError):
            continue


def _libtiff_paths() -> list[str]:
    """The libtiff that Pillow has loaded: among what is in memory, or beside Pillow."""
    from PIL import _imaging  # noqa: PLC0415 - loads libtiff

    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        folder = Path(_imaging.__file__).parent / ".dylibs"  # of macOS
        return [str(path) for path in folder.glob("libtiff*.dylib")]
    paths = {line.partition("/")[2] for line in lines}
    return sorted(f"/{path}" for path in paths if Path(path).name.startswith("libtiff"))
