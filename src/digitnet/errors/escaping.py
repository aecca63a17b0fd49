"""Text from elsewhere made harmless: for a terminal, which obeys control characters, and for a spreadsheet."""

import re

__all__ = ["escape_controls", "escape_controls_in_json", "spreadsheet_cell"]

# C0 and C1 control characters, DEL, line and paragraph separators, and marks that change the direction of what follows
# (Unicode 15, section 23.1 and UAX 9): with these a file name can colour, move or hide what a terminal shows.
_CONTROLS = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_CONTROL_IN_LINES = re.compile(f"(?![\t\r\n])[{_CONTROLS}]")  # where white space is meant
# What a spreadsheet takes for the beginning of a formula, in Latin and in full-width forms, or skips in front of one
# (OWASP, "CSV Injection").
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
_PLAIN_NUMBER = re.compile(r"[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)")


def escape_controls(text: str) -> str:
    r"""Text in which control characters are written out, so that a terminal shows them and obeys none.

    Args:
        text: Any, such as a file name.

    Returns:
        The same with `\x1b`, `\u202e` and so on in place of control characters; a line break is one.
    """
    return text if text.isascii() and text.isprintable() else _CONTROL.sub(_written_out, text)


def escape_controls_in_json(text: str) -> str:
    r"""JSON in which control characters are written out, with the same meaning.

    Args:
        text: JSON, in which those below U+0020 are written out already.

    Returns:
        The same with `\u009b` and so on in place of the others.
    """
    return text if text.isascii() else _CONTROL_IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def spreadsheet_cell(text: str) -> str:
    """The text of a CSV cell that no spreadsheet takes for a formula.

    Args:
        text: Any; plain numbers such as -12.50 stay as they are.

    Returns:
        The same with control characters other than tabs and line breaks written out, and with an apostrophe in front
        where it begins like a formula.
    """
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        text = f"'{text}"
    return _CONTROL_IN_LINES.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
