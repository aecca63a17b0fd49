"""Chromium or Chrome, for tests of what runs in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from advice import BROWSER_HINT
from patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser_path", "started_browser"]

# The first is Chromium without a window: it takes a quarter less of the processor's time.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@cache
def browser_path() -> str | None:
    """The system's Chromium or Chrome, or else the one that Playwright has installed."""
    if found := next(filter(None, map(shutil.which, _BROWSERS)), None):
        return found
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not there without the dev extra

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@contextmanager
def started_browser(*flags: str) -> "Iterator[Browser]":
    """A browser; the test is skipped where there is none. While it runs, other tests can have no event loop."""
    if find_spec("playwright") is None:
        pytest.skip("needs the dev extra: playwright missing")
    if browser_path() is None:
        pytest.skip(BROWSER_HINT)
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - as above

    expect.set_options(timeout=1e3 * PATIENCE)
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        options = ["--disable-gpu", *flags, *root]
        started = playwright.chromium.launch(executable_path=browser_path(), args=options, timeout=1e3 * PATIENCE)
        yield started
        started.close()
