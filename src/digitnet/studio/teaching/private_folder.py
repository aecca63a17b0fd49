"""The folder of the studio's runs and corrections, readable by its owner only; and what training needs."""

import os
import stat
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from digitnet.studio.teaching.errors import StorageError

__all__ = ["default_studio_folder", "make_private_folder", "missing_for_training"]

_TRAINING_PACKAGES = ("jax", "keras", "matplotlib", "onnx")  # packages of the train extra


def default_studio_folder() -> Path:
    """The user's own folder for what programs keep: `$XDG_DATA_HOME/digitnet/studio`, else below `~/.local/share`.

    Raises:
        StorageError: There is no home folder.
    """
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not data.is_absolute():  # the XDG specification: a relative path is to be ignored
        with suppress(RuntimeError):  # no home folder
            data = Path("~/.local/share").expanduser()
    if not data.is_absolute():
        raise StorageError("there is no home folder to keep runs and corrections in: name one with --studio-dir")
    return data / "digitnet" / "studio"


def make_private_folder(path: Path) -> Path:
    """Make a folder that only its owner can read and write; one that exists is made so.

    Args:
        path: The folder; those above it are made where they are missing.

    Returns:
        The same path, absolute.

    Raises:
        StorageError: It cannot be made, is not a folder, or is not writable.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be used as the studio's folder ({error.strerror}): choose another with --studio-dir"
        ) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise StorageError(f"{path} is not writable: choose another folder with --studio-dir")
    return path


def missing_for_training() -> str:
    """Why nothing can be trained here, as a sentence; empty where it can."""
    missing = [name for name in _TRAINING_PACKAGES if find_spec(name) is None]
    if not missing:
        return ""
    return f"Training needs the training extra ({', '.join(missing)} missing here): pip install 'digitnet[train]'"
