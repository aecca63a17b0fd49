"""The last lines of a run that failed: how to run a failed test alone, and where the browser comes from."""

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

__all__ = ["BROWSER_HINT", "advice", "pytest_terminal_summary"]

BROWSER_HINT = (
    "needs Chromium or Chrome: install the system's own (apt-get install chromium-headless-shell, or chromium), "
    "or Playwright's (playwright install chromium, from the same environment)"
)


def advice(failed: Sequence[str], python: str) -> list[str]:
    """What to do after these tests failed, by their node ids; nothing where none did."""
    if not failed:
        return []
    lines = [
        "To run the first failed test alone:",
        f"    {python} -m pytest {shlex.quote(failed[0])}",
        "To run all that failed once more:",
        f"    {python} -m pytest --last-failed",
    ]
    if any("studio/web/test_" in name for name in failed):
        lines.append(f"A test of the page {BROWSER_HINT}.")
    return lines


def _python() -> str:
    """The interpreter as one would type it: relative where it lies below the working folder."""
    try:
        return os.fspath(Path(sys.executable).relative_to(Path.cwd()))
    except ValueError:
        return sys.executable


# The type is quoted: pytest 8.3 does not export it yet.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> Iterator[None]:
    """Print the advice below pytest's own summary."""
    yield
    reports = [report for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, [])]
    # An error of xdist itself is reported under the name of a worker, which cannot be run again.
    lines = advice([report.nodeid for report in reports if ".py" in report.nodeid], _python())
    if lines:
        terminalreporter.section("what to do")
        terminalreporter.write("".join(f"{line}\n" for line in lines))
