"""What several of the commands take as arguments."""

import argparse

__all__ = ["positive", "seeds"]


def positive(text: str) -> int:
    """A whole number, 1 or more, for `type=` of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def seeds(text: str) -> list[int]:
    """`0-4`, `3` or `0,2,5-7`, for `type=` of an argument; at least one seed, each once and in that order."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            numbers = range(int(first), int(last if dash else first) + 1)
        except ValueError:
            numbers = range(0)
        if not numbers:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0-4 or 0,2,3")
        found += numbers
    return list(dict.fromkeys(found))
