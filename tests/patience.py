"""How long a test waits for what another thread or process does: so long that only a hang lasts longer."""

import time
from collections.abc import Callable

__all__ = ["PATIENCE", "wait_until"]

PATIENCE = 600.0  # seconds, chosen by hand: a machine with eight times as much to do as it can takes a fifth of it


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for something that another thread or process brings about.

    Args:
        condition: Asked again and again; True as soon as it has happened.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
