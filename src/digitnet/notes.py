"""What an answer may say about how it came about: each kind of note, and the one place that puts notes into words.

Code that reads a picture makes `Note`s and compares their kinds; sentences are made where an answer leaves, by
`in_words`, and no code looks into them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

__all__ = ["Note", "NoteKind", "about_the_file", "counted", "in_words", "unread_in_words"]

Value: TypeAlias = str | int | float


class NoteKind(Enum):
    """Every note there is; its value is the sentence, with a gap for each number or name that belongs in it."""

    # About the file.
    FIRST_FRAME = "first of several frames"
    PAGE = "page {} of {}"  # its number, from 1, and how many there are
    BACKGROUND_FILLED = "transparent background laid on {}"  # the colour
    # About how ink was separated from paper.
    BLANK = "nothing written"
    INVERTED = "inverted: dark ink on light paper"
    RULES_REMOVED = "ruled lines removed"
    LIGHT_EVENED = "uneven light evened out"
    SHADOW_REMOVED = "shadow removed"
    SHEET_EDGE_IGNORED = "edge of the sheet ignored"
    SECOND_ATTEMPT_SHEET = "second attempt: the whole picture taken for one sheet"
    SECOND_ATTEMPT_COLOUR = "second attempt: ink separated from paper by its colour"
    INK_BESIDE_INK = "{:.0f} % of what lies beside the ink looks like ink too"  # per cent
    # About how one digit was put together and normalised.
    PIECES_JOINED = "{} pieces joined"
    PIECES_JOINED_OF = "{} of {} pieces joined"  # the others are specks
    SPECKS_IGNORED = "{} specks ignored"
    SEPARATED = "separated from a digit that it touched"
    SLANT_REDUCED = "slant of {} degrees to the {} reduced to {}"  # degrees, "left" or "right", degrees
    THICKENED = "strokes of {:.1f} pixels thickened: MNIST's median is {}"  # pixels of the 28 x 28 frame, twice
    THINNED = "strokes of {:.1f} pixels thinned: MNIST's median is {}"
    MADE_SOLID = "pale strokes made solid"
    # About a page of digits: how many of how many.
    TURNED = "turned by {:.0f} degrees: the lines sloped"
    DIGITS_JOINED = "{} of {} digits joined from pieces"
    DIGITS_SEPARATED = "{} of {} digits separated from a digit that they touched"
    DIGITS_STRAIGHTENED = "{} of {} digits less slanted"
    DIGITS_THICKENED = "{} of {} digits with strokes thickened"
    DIGITS_THINNED = "{} of {} digits with strokes thinned"
    DIGITS_MADE_SOLID = "{} of {} digits with pale strokes made solid"
    MARKS_IGNORED = "{} marks ignored: they do not look like digits"
    WORDS_LEFT_OUT = "{} words left out"
    FITS_NOT = "a number does not fit what is known about it"
    FITS_NOT_BUT = "a number does not fit what is known about it: it would have been {}"  # the best text that fits
    # About the answer.
    NETWORKS_DIFFER = "the two networks of the model file differ: one reads {}, the other {}"  # names of classes
    AVERAGED = "unsure at first: averaged over {} distorted copies"
    LIKE_A_LETTER = "may be a letter or a mark"
    SEVERAL_DIGITS = "one of {} digits in the picture: `read` reads them all"  # how many there seem to be
    UNLIKE_DIGITS = "does not look like a digit"


_FOR_ONE = {
    NoteKind.SPECKS_IGNORED: "{} speck ignored",
    NoteKind.MARKS_IGNORED: "{} mark ignored: it does not look like a digit",
    NoteKind.WORDS_LEFT_OUT: "{} word left out",
    NoteKind.AVERAGED: "unsure at first: averaged over {} distorted copy",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that an answer says about how it came about.

    Attributes:
        kind: Which one.
        values: What fills the gaps of its sentence, in their order.

    Raises:
        ValueError: The sentence has another number of gaps.
    """

    kind: NoteKind
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        gaps = self.kind.value.count("{")
        if len(self.values) != gaps:
            raise ValueError(f"{self.kind.name} takes {gaps} values, found {self.values}")


_ABOUT_THE_FILE = frozenset({NoteKind.FIRST_FRAME, NoteKind.PAGE, NoteKind.BACKGROUND_FILLED})

# What was done to single digits, and how a page says to how many of them it was done.
_COUNTED: dict[NoteKind, tuple[NoteKind, ...]] = {
    NoteKind.DIGITS_JOINED: (NoteKind.PIECES_JOINED, NoteKind.PIECES_JOINED_OF),
    NoteKind.DIGITS_SEPARATED: (NoteKind.SEPARATED,),
    NoteKind.DIGITS_STRAIGHTENED: (NoteKind.SLANT_REDUCED,),
    NoteKind.DIGITS_THICKENED: (NoteKind.THICKENED,),
    NoteKind.DIGITS_THINNED: (NoteKind.THINNED,),
    NoteKind.DIGITS_MADE_SOLID: (NoteKind.MADE_SOLID,),
}


def counted(of_digits: Sequence[Sequence[Note]]) -> list[Note]:
    """How many digits of a page something was done to.

    Args:
        of_digits: The notes of each digit.

    Returns:
        A note of each kind that stands in any of them, and has a form for a page.
    """
    notes = []
    for kind, single in _COUNTED.items():
        count = sum(any(note.kind in single for note in own) for own in of_digits)
        if count:
            notes.append(Note(kind, (count, len(of_digits))))
    return notes


def about_the_file(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Those that stay true however ink is separated from paper: which page or frame it is, and what it was laid on."""
    return tuple(note for note in notes if note.kind in _ABOUT_THE_FILE)


def in_words(notes: Iterable[Note]) -> tuple[str, ...]:
    """Notes as people read them.

    Args:
        notes: In the order in which things were done.

    Returns:
        A phrase for each, without a full stop.
    """
    return tuple(_words(note) for note in notes)


def unread_in_words(notes: Iterable[Note]) -> tuple[str, ...]:
    """That a file holds more pages or frames than the one that was read: a phrase for each note that says so."""
    phrases = {NoteKind.PAGE: "page {} of {} is read; digitnet batch reads them all"}
    phrases[NoteKind.FIRST_FRAME] = "only the first of several frames is read"
    return tuple(phrases[note.kind].format(*note.values) for note in notes if note.kind in phrases)


def _words(note: Note) -> str:
    is_one = note.values[:1] == (1,)
    return (_FOR_ONE[note.kind] if is_one and note.kind in _FOR_ONE else note.kind.value).format(*note.values)
