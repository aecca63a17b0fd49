"""for_each_slice: each image once, on as many threads as are worth it, and nothing left behind."""

import threading

import pytest

from digitnet import slices
from digitnet.slices import for_each_slice
from patience import PATIENCE


@pytest.mark.parametrize("n", [0, 1, 256, 257, 511, 512, 513, 767, 768, 1000, 1025, 5000, 60_001])
@pytest.mark.parametrize("max_threads", [None, 1, 2, 3, 64])
def test_every_image_is_worked_on_once(n: int, max_threads: int | None) -> None:
    counts = [0] * n
    lengths: list[int] = []

    def work(part: slice) -> None:
        lengths.append(part.stop - part.start)
        for place in range(part.start, part.stop):
            counts[place] += 1

    for_each_slice(work, n, max_threads)
    assert counts == [1] * n
    assert max(lengths, default=1) <= (256 if n >= 512 else 511)
    assert min(lengths, default=1) >= 1


@pytest.mark.parametrize("max_threads", [None, 2, 64])
def test_few_images_stay_with_the_thread_that_has_them(max_threads: int | None) -> None:
    seen = []
    for n in (1, 2, 32, 511):
        for_each_slice(lambda part: seen.append((threading.get_ident(), part)), n, max_threads)
    assert seen == [(threading.get_ident(), slice(0, n)) for n in (1, 2, 32, 511)]


def threads_that_meet(expected: int, max_threads: int | None) -> set[int]:
    """Work on one slice a thread; each waits until all of the expected threads have one."""
    meeting, seen = threading.Barrier(expected), set()

    def work(_: slice) -> None:
        seen.add(threading.get_ident())
        meeting.wait(timeout=PATIENCE)  # breaks, which is an error, if fewer come together

    for_each_slice(work, max(512, 256 * expected), max_threads)
    return seen


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_many_images_are_worked_on_by_that_many_threads_at_once(threads: int) -> None:
    assert len(threads_that_meet(threads, threads)) == threads


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_unasked_all_cores_of_the_process_are_taken(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(slices, "available_cores", lambda: cores)
    seen = threads_that_meet(cores, None)
    assert len(seen) == cores
    assert threading.get_ident() in seen


@pytest.mark.parametrize("failing", range(8))
@pytest.mark.parametrize("max_threads", [1, 2, 4])
def test_a_failure_is_that_of_the_caller(failing: int, max_threads: int) -> None:
    def work(part: slice) -> None:
        if part.start // 256 == failing:
            raise ZeroDivisionError(f"slice {failing}")

    with pytest.raises(ZeroDivisionError, match=f"slice {failing}"):
        for_each_slice(work, 8 * 256, max_threads)
    assert threads_of_slices() == set()


def threads_of_slices() -> set[threading.Thread]:
    """The threads that are there to work on slices; those of other tests have other names."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("digitnet_")}


def test_after_a_failure_of_the_caller_the_others_do_not_go_on() -> None:
    caller, done = threading.get_ident(), []
    has_failed = threading.Event()

    def work(part: slice) -> None:
        if threading.get_ident() == caller:
            has_failed.set()
            raise KeyboardInterrupt
        has_failed.wait(timeout=PATIENCE)
        done.append(part)

    with pytest.raises(KeyboardInterrupt):
        for_each_slice(work, 1000 * 256, 2)
    assert len(done) < 1000 - 1


def test_where_no_thread_can_be_started_the_caller_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[slice] = []
    for_each_slice(seen.append, 3000, 4)
    assert sorted(place for part in seen for place in range(part.start, part.stop)) == list(range(3000))


def test_no_thread_is_left() -> None:
    seen: set[bool] = set()
    for_each_slice(lambda _: seen.add(bool(threads_of_slices())), 10_000, 4)
    assert True in seen
    assert threads_of_slices() == set()
