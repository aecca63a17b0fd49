"""The imports of a command leave the process as they found it."""

import gc
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import pytest

from digitnet.cli.start_up import quick_imports, without_garbage_collection

NAME = "OPENBLAS_NUM_THREADS"


@pytest.mark.parametrize("given", [None, "3"])
def test_openblas_gets_one_thread_unless_the_user_says_how_many(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if given is not None:
        monkeypatch.setenv(NAME, given)
    with quick_imports():
        assert os.environ[NAME] == (given or "1")
    assert os.environ.get(NAME) == given


@pytest.mark.parametrize("around", [quick_imports, without_garbage_collection])
@pytest.mark.parametrize("is_enabled", [True, False])
def test_no_garbage_is_collected_meanwhile(
    is_enabled: bool, around: Callable[[], AbstractContextManager[None]]
) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with suppress(ZeroDivisionError), around():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() == is_enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_what_lasts_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    try:
        with without_garbage_collection():
            kept = [[number] for number in range(1000)]
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()
