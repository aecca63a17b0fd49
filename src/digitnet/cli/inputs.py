"""What to answer: files, folders of pictures, patterns, and standard input, one after the other."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digitnet.errors import ConfigurationError, PictureError, PictureTooLargeError

__all__ = ["DEFAULT_MAX_INPUT", "Input", "expand"]

# MiB of standard input: 64 megapixels, the limit of a picture, are 183 MiB in RGB without compression; chosen by hand.
DEFAULT_MAX_INPUT = 256

_STDIN = "-"
_PATTERN_MARKS = "*?["


@dataclass(frozen=True, slots=True)
class Input:
    """A file to answer, or a word that stands for none.

    Attributes:
        name: As the user gave it, or as it was found.
        error: Why there is nothing to answer; None where there is.
    """

    name: str
    error: PictureError | None = None

    def source(self, max_input: int = DEFAULT_MAX_INPUT) -> str | bytes:
        """The path, or for `-` what comes from standard input.

        Args:
            max_input: MiB that standard input may hold. A file of the disk has an end, and is read as it is decoded.

        Raises:
            PictureError: Nothing comes.
            PictureTooLargeError: More comes.
        """
        if self.name != _STDIN:
            return self.name
        limit = max_input << 20
        data = sys.stdin.buffer.read(limit + 1)
        if len(data) > limit:
            raise PictureTooLargeError(
                f"standard input holds more than {max_input} MiB: name the file instead, or raise --max-input"
            )
        if not data:
            raise PictureError("standard input is empty: expected a picture file, as in digitnet read - < photo.jpg")
        return data


def expand(words: Sequence[str]) -> list[Input]:
    """The files that the words of a command line mean.

    A folder stands for all pictures in it and below, a pattern such as `*.png` for the files that match, each in the
    order of their names; `-` for standard input. A file that exists is itself, whatever its name looks like.

    Args:
        words: At least one.

    Returns:
        Inputs in the order of the words; a word that stands for no file has an error.

    Raises:
        ConfigurationError: Standard input is asked for twice.
    """
    if words.count(_STDIN) > 1:
        raise ConfigurationError("- is given twice, but there is only one standard input: leave one out")
    return [each for word in words for each in _files_of_word(word)]


def _files_of_word(word: str) -> Iterator[Input]:
    path = Path(word)
    try:
        if word == _STDIN or path.is_file():
            yield Input(word)
        elif path.is_dir():
            yield from _pictures_below(word, path)
        elif any(mark in word for mark in _PATTERN_MARKS) and not path.exists():
            yield from _matching(word)
        else:
            yield Input(word)  # whoever reads it says what is wrong with it
    except (OSError, ValueError) as error:  # ValueError: a zero byte in a path
        reason = getattr(error, "strerror", None) or error
        yield Input(word, PictureError(f"{word} cannot be read: {reason}"))


def _pictures_below(word: str, folder: Path) -> Iterator[Input]:
    from digitnet.pictures.endings import PICTURE_ENDINGS

    next(folder.iterdir(), None)  # else a folder that may not be read looks like an empty one
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_ENDINGS and path.is_file())
    yield from (Input(str(path)) for path in found)
    if not found:
        yield Input(word, PictureError(f"{word} is a folder without pictures: expected .png, .jpg or the like in it"))


def _matching(pattern: str) -> Iterator[Input]:
    from glob import glob

    found = sorted(path for path in glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207 - Path.glob takes no absolute pattern
    yield from (Input(path) for path in found)
    if not found:
        yield Input(pattern, PictureError(f"{pattern} matches no file: expected a picture, a folder or a pattern"))
