"""What several of the commands take as arguments."""

import argparse

__all__ = ["positive"]


def positive(text: str) -> int:
    """A whole number, 1 or more, for `type=` of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
