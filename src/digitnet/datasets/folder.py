"""What lies in a folder, in an order that does not depend on the disk."""

from pathlib import Path

from digitnet.errors import DatasetError, DatasetFormatError, DatasetNotFoundError

__all__ = ["list_folder"]


def list_folder(folder: Path) -> list[Path]:
    """The files and folders directly inside a folder, sorted by name.

    Raises:
        DatasetNotFoundError: No such folder.
        DatasetFormatError: A file.
        DatasetError: The system refuses to list it.
    """
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError as error:
        raise DatasetNotFoundError(f"{folder} does not exist: expected a folder. Check the path.") from error
    except NotADirectoryError as error:
        raise DatasetFormatError(f"{folder} is a file: expected a folder. Check the path.") from error
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be listed: {error.strerror}. Check its permissions and the disk."
        ) from error
