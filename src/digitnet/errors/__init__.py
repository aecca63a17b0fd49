"""Every exception that digitnet raises for a mistake outside its own code.

    DigitnetError
    ├── ConfigurationError        a setting makes no sense: zero hidden units, an unknown optimiser
    ├── DatasetError
    │   ├── DatasetNotFoundError  no data set where one was named
    │   ├── DatasetFormatError    the bytes are not what the file's kind promises
    │   └── DatasetIntegrityError well formed, but not the data it claims to be
    ├── PictureError
    │   ├── PictureDecodeError    not a picture, or a damaged one
    │   └── PictureTooLargeError  more pixels than the limit
    ├── ModelFileError            a model file that is missing, damaged or not ours
    ├── ModelOutputError          a model answers with numbers that cannot be an answer
    ├── RunFolderError            a run folder that exists, is unwritable or cannot be resumed
    ├── TrainingDivergedError     the loss stopped being a finite number
    ├── TrainingInterruptedError  the user stopped a run, which can go on
    ├── TrainingProcessError      several processes cannot train together, or no longer
    ├── BatchError                work on many pictures or runs cannot begin, or cannot go on; what was finished is safe
    ├── MissingExtraError         an optional dependency is not installed
    ├── RequestError              a request over HTTP that cannot be answered, and the status that says so
    └── ServerStartError          a server that cannot start: its port is in use

Each message is one line: where, what was expected, what came, what to do.
"""

from collections.abc import Iterable

__all__ = [
    "BatchError",
    "ConfigurationError",
    "DatasetError",
    "DatasetFormatError",
    "DatasetIntegrityError",
    "DatasetNotFoundError",
    "DigitnetError",
    "MissingExtraError",
    "ModelFileError",
    "ModelOutputError",
    "PictureDecodeError",
    "PictureError",
    "PictureTooLargeError",
    "RequestError",
    "RunFolderError",
    "ServerStartError",
    "TrainingDivergedError",
    "TrainingInterruptedError",
    "TrainingProcessError",
    "nearest_name",
    "reason_of",
]


class DigitnetError(Exception):
    """Any mistake that the caller can mend; the command line prints it as one line and exits with 1."""


class ConfigurationError(DigitnetError, ValueError):
    """A setting is outside its allowed values."""


class DatasetError(DigitnetError):
    """A data set cannot be used."""


class DatasetNotFoundError(DatasetError, FileNotFoundError):
    """No data set where one was named."""


class DatasetFormatError(DatasetError, ValueError):
    """The bytes of a data set are not what its kind of file promises."""


class DatasetIntegrityError(DatasetError, ValueError):
    """A data set is well formed but is not the one it claims to be."""


class PictureError(DigitnetError):
    """A picture cannot be used."""


class PictureDecodeError(PictureError, ValueError):
    """The bytes are not a picture, or a damaged one."""


class PictureTooLargeError(PictureError, ValueError):
    """A picture has more pixels than the limit."""


class ModelFileError(DigitnetError):
    """A model file is missing, damaged, or not one of ours."""


class ModelOutputError(DigitnetError, ValueError):
    """A model answers with an array of the wrong shape, or with numbers that are not finite."""


class RunFolderError(DigitnetError):
    """A run folder exists already, cannot be written, or cannot be resumed."""


class TrainingDivergedError(DigitnetError, ArithmeticError):
    """The training loss is no longer a finite number."""


class TrainingInterruptedError(DigitnetError):
    """The user stopped a run; what was finished is safe, and the message says how to go on."""


class TrainingProcessError(DigitnetError):
    """Several processes that train one network do not find each other, do not agree, or one of them is lost."""


class BatchError(DigitnetError):
    """Many pictures cannot be read, or no more of them: their source, the folder of results or the cluster fails."""


class MissingExtraError(DigitnetError, ImportError):
    """An optional dependency is not installed."""


class RequestError(DigitnetError):
    """A request over HTTP cannot be answered.

    Attributes:
        status: Of the response, 400 to 599.
        headers: More headers of the response: name and value.
    """

    def __init__(self, message: str, status: int = 400, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class ServerStartError(DigitnetError):
    """A server cannot start: its port is in use, or its address is not of this machine."""


def nearest_name(given: str, known: Iterable[str]) -> str:
    """A hint to put behind an unknown name.

    Args:
        given: What the user wrote.
        known: The names that exist.

    Returns:
        `" (did you mean 'adam'?)"`, or an empty string where nothing is near.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - a millisecond of every start, and hardly ever needed

    by_folded_name = {name.casefold(): name for name in known}
    matches = get_close_matches(given.casefold(), by_folded_name, n=1)
    return f" (did you mean {by_folded_name[matches[0]]!r}?)" if matches else ""


def reason_of(error: BaseException) -> str:
    """What an error of another library says, for a message of ours: its first line, or its kind."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(":.") if lines else type(error).__name__
