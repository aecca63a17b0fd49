"""Modules of the benchmarks, which are not installed with the package, for tests of them."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

__all__ = ["REPOSITORY", "load", "needs_checkout"]

REPOSITORY = Path(__file__).parents[1]

needs_checkout = pytest.mark.skipif(
    not (REPOSITORY / "benchmarks").exists() or sys.platform == "win32",
    reason="the benchmarks are part of the checkout, not of the wheel, and ask POSIX for memory and signals",
)


def load(name: str) -> ModuleType:
    """The module `benchmarks.NAME`."""
    if str(REPOSITORY) not in sys.path:
        sys.path.append(str(REPOSITORY))
    return importlib.import_module(f"benchmarks.{name}")
