"""Every note in words."""

import string

import pytest

from digitnet.notes import Note, NoteKind, about_the_file, in_words


@pytest.mark.parametrize("kind", NoteKind)
@pytest.mark.parametrize("number", [1, 2])
def test_every_note_has_words(kind: NoteKind, number: int) -> None:
    gaps = [field for _, field, _, _ in string.Formatter().parse(kind.value) if field is not None]
    (words,) = in_words([Note(kind, (number,) * len(gaps))])
    assert words
    assert not set(words) & set("{}\n")
    assert not words.endswith(".")  # notes are put together with semicolons


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (Note(NoteKind.INVERTED), "inverted: dark ink on light paper"),
        (Note(NoteKind.PAGE, (2, 3)), "page 2 of 3"),
        (Note(NoteKind.MARKS_IGNORED, (1,)), "1 mark ignored: it does not look like a digit"),
        (Note(NoteKind.MARKS_IGNORED, (2,)), "2 marks ignored: they do not look like digits"),
        (Note(NoteKind.SPECKS_IGNORED, (1,)), "1 speck ignored"),
        (Note(NoteKind.AVERAGED, (1,)), "unsure at first: averaged over 1 distorted copy"),
        (Note(NoteKind.TURNED, (7.6,)), "turned by 8 degrees: the lines sloped"),
        (Note(NoteKind.DIGITS_JOINED, (1, 3)), "1 of 3 digits joined from pieces"),
        (Note(NoteKind.INK_BESIDE_INK, (41.7,)), "42 % of what lies beside the ink looks like ink too"),
        (Note(NoteKind.THINNED, (4.26, 2.5)), "strokes of 4.3 pixels thinned: MNIST's median is 2.5"),
        (Note(NoteKind.SLANT_REDUCED, (40, "left", 22)), "slant of 40 degrees to the left reduced to 22"),
    ],
)
def test_notes_in_words(note: Note, words: str) -> None:
    assert in_words([note]) == (words,)


def test_notes_stay_in_their_order() -> None:
    notes = [Note(NoteKind.SHADOW_REMOVED), Note(NoteKind.BLANK)]
    assert in_words(notes) == ("shadow removed", "nothing written")
    assert in_words([]) == ()


@pytest.mark.parametrize(("kind", "values"), [(NoteKind.PAGE, (1,)), (NoteKind.BLANK, (1,)), (NoteKind.AVERAGED, ())])
def test_a_note_without_all_of_its_values_is_refused_where_it_is_made(kind: NoteKind, values: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"{kind.name} takes"):
        Note(kind, values)


def test_what_is_said_about_the_file_is_told_from_what_was_done_to_its_ink() -> None:
    page, filled = Note(NoteKind.PAGE, (1, 3)), Note(NoteKind.BACKGROUND_FILLED, ("white",))
    assert about_the_file([page, Note(NoteKind.INVERTED), filled, Note(NoteKind.TURNED, (7.0,))]) == (page, filled)
