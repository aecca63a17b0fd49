"""The page that `--help` shows: usage, what a command does, its options in sections, and examples."""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Entry", "Section", "help_page", "page_width"]

_INDENT = "  "
_WIDEST_LEFT = 30  # characters, with the indent; a longer option has its text on the next line. Chosen by hand.
_NARROWEST_TEXT = 40  # characters; where less is left beside the options, texts stand below them. Chosen by hand.
_PAGE_LIMITS = (40, 100)  # characters; longer lines are hard to read, in shorter ones the options do not fit


class Entry(NamedTuple):
    """An option, an argument or a command.

    Attributes:
        left: What the user types.
        text: What it means.
    """

    left: str
    text: str


class Section(NamedTuple):
    """Entries that belong together.

    Attributes:
        title: What they have in common.
        entries: At least one.
    """

    title: str
    entries: Sequence[Entry]


def page_width() -> int:
    """Characters in a line: those of the terminal, or of the variable COLUMNS; 80 where neither is known."""
    import shutil  # here and below, since only pages of help need it

    low, high = _PAGE_LIMITS
    return max(low, min(shutil.get_terminal_size().columns, high))


def help_page(
    usage: str, paragraphs: Sequence[str], sections: Sequence[Section], examples: Sequence[str], width: int
) -> str:
    """Put a help page together.

    Args:
        usage: The form of the command line.
        paragraphs: What the command does.
        sections: Its arguments and options.
        examples: Whole command lines, which are never wrapped.
        width: Characters in a line at most.

    Returns:
        The text, with a line break at its end.
    """
    blocks = [_wrapped(usage, width, "Usage: ", " " * len("Usage: "))]
    blocks += [_wrapped(paragraph, width) for paragraph in paragraphs]
    blocks += [_section(section, width, _column(sections)) for section in sections]
    if examples:
        blocks.append("\n".join(["Examples:", *(f"{_INDENT}{example}" for example in examples)]))
    return "\n\n".join(blocks) + "\n"


def _column(sections: Sequence[Section]) -> int:
    """Where the texts of all sections begin."""
    lefts = [len(_INDENT) + len(entry.left) + len(_INDENT) for section in sections for entry in section.entries]
    return max((left for left in lefts if left <= _WIDEST_LEFT), default=_WIDEST_LEFT)


def _section(section: Section, width: int, column: int) -> str:
    return "\n".join([f"{section.title}:", *(_entry(entry, width, column) for entry in section.entries)])


def _entry(entry: Entry, width: int, column: int) -> str:
    left = f"{_INDENT}{entry.left}"
    if width - column < _NARROWEST_TEXT:
        return f"{left}\n{_wrapped(entry.text, width, _INDENT * 3, _INDENT * 3)}"
    if len(left) + len(_INDENT) > column:
        return f"{left}\n{_wrapped(entry.text, width, ' ' * column, ' ' * column)}"
    return _wrapped(entry.text, width, left.ljust(column), " " * column)


def _wrapped(text: str, width: int, first: str = "", others: str = "") -> str:
    import textwrap

    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
