"""The nearest known name for a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest_name"]


def nearest_name(given: str, known: Iterable[str]) -> str:
    """A hint to put behind an unknown name.

    Args:
        given: What the user wrote.
        known: The names that exist.

    Returns:
        `" (did you mean 'adam'?)"`, or an empty string where nothing is near.
    """
    by_folded_name = {name.casefold(): name for name in known}
    matches = get_close_matches(given.casefold(), by_folded_name, n=1)
    return f" (did you mean {by_folded_name[matches[0]]!r}?)" if matches else ""
