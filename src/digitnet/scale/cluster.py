"""Dask: a local cluster, or a scheduler that is there already; each worker has a few tasks ahead, the others wait."""

import ipaddress
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from digitnet.errors import BatchError, reason_of
from digitnet.scale.batch import Run
from digitnet.scale.versions import READING_PACKAGES, differing, own_versions
from digitnet.scale.work import Job, do_part, prepare

if TYPE_CHECKING:
    from distributed import Client

__all__ = [
    "check_versions",
    "check_workers",
    "connected",
    "dashboard_of",
    "exposure",
    "local_cluster",
    "parts_on",
    "spread",
]

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")

_POLL_SECONDS = 0.005  # between two looks whether a part is done, of which each takes some tenths of a second
_LOOK_SECONDS = 1.0  # between two looks at the workers; chosen by hand
_REPLACE_SECONDS = 20.0  # that a local worker may be missing: Dask itself forgets it after 15
_LOST_SECONDS = 180.0  # that there may be no worker at all; chosen by hand
_CONNECT_SECONDS = 10  # that a scheduler has to answer; chosen by hand
_PARTS_AHEAD = 3  # parts a worker that are sent and not finished: one that is read and two that wait. By hand.
_LOOPBACK = "127.0.0.1"
# Deaths of workers that a part survives on a local cluster: pictures cannot take a worker down, so that whoever does
# will stop some time. Chosen by hand.
_ALLOWED_DEATHS = 100
_RESENT = 3  # times that a part is sent again to another's cluster, whose scheduler had given it up; chosen by hand


@contextmanager
def local_cluster(workers: int, at_start: Callable[[int], object] | None = None) -> Iterator["Client"]:
    """A cluster of this machine, which listens on loopback alone.

    Args:
        workers: Processes, at least 1.
        at_start: Is called in each of them before anything else, with its number from 0.

    Yields:
        A client of it.
    """
    import dask  # noqa: PLC0415 - comes with an extra
    from distributed import Client, LocalCluster  # noqa: PLC0415

    settings = {
        "distributed.scheduler.allowed-failures": _ALLOWED_DEATHS,
        "distributed.admin.log-format": "%(message)s",
        "distributed.worker.profile.enabled": False,  # takes 3 % of a worker's time, and memory that grows for an hour
    }
    with (
        dask.config.set(settings),
        _quiet(),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host=_LOOPBACK,
            dashboard_address=f"{_LOOPBACK}:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        if at_start is not None:
            client.register_plugin(_at_start(at_start))  # of a worker that takes the place of a dead one, too
        yield client


def _at_start(call: Callable[[int], object]) -> Any:
    from distributed import WorkerPlugin  # noqa: PLC0415 - comes with an extra

    class AtStart(WorkerPlugin):  # type: ignore[misc] # Dask ships no type information
        def setup(self, worker: Any) -> None:
            call(int(worker.name))

    return AtStart()


@contextmanager
def connected(address: str) -> Iterator["Client"]:
    """A client of a scheduler that is there.

    Args:
        address: Such as `tcp://10.0.0.5:8786`; `tls://...` with the certificates of Dask's own settings.

    Yields:
        The client.

    Raises:
        BatchError: No scheduler answers there, or it has no workers.
    """
    from distributed import Client  # noqa: PLC0415 - comes with an extra

    with _quiet():
        try:
            client = Client(address, timeout=_CONNECT_SECONDS)
        except (OSError, ValueError, TypeError) as error:
            raise BatchError(
                f"no Dask scheduler answers at {address} ({reason_of(error)}): expected such as tcp://10.0.0.5:8786. "
                f"Start one with: dask scheduler"
            ) from error
        with client:
            if not client.scheduler_info()["workers"]:
                raise BatchError(
                    f"the scheduler at {address} has no workers. Start one with: dask worker {address} --nthreads 1"
                )
            yield client


def dashboard_of(client: "Client") -> str | None:
    """Where a browser shows what the cluster does; None where nothing is shown."""
    with suppress(Exception):  # a page that is not there is no reason to fail
        return str(client.dashboard_link)
    return None


def exposure(address: str) -> str | None:
    """What anyone can do who reaches a scheduler, in one line; None where none but this machine does, or TLS keeps out.

    Args:
        address: Of the scheduler.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme in ("tls", "inproc") or parts.hostname == "localhost":
        return None
    with suppress(ValueError):
        if ipaddress.ip_address(parts.hostname or "").is_loopback:
            return None
    return (
        f"{address} has no TLS: anyone who reaches that port can run any code as the users of its workers, and read "
        f"what they can. Keep it behind a firewall, or use tls:// with Dask's certificates"
    )


def check_workers(client: "Client", job: Job) -> None:
    """Refuse a scheduler without digitnet, and workers that would give other answers.

    Args:
        client: Of the cluster.
        job: What they are made ready for.

    Raises:
        BatchError: The scheduler or workers have other versions, another model, or no digitnet.
    """
    found = check_versions(client)
    ready = [client.submit(prepare, job, workers=[worker], pure=False) for worker in found]
    for future in ready:
        _result(client, future, may_be_sent_again=True)  # a worker that dies meanwhile is no reason to stop


def check_versions(client: "Client", packages: Sequence[str] = READING_PACKAGES) -> list[str]:
    """Refuse a scheduler without digitnet, and workers with other versions of what decides about results.

    Args:
        client: Of the cluster.
        packages: These.

    Returns:
        The addresses of the workers.

    Raises:
        BatchError: The scheduler or workers have other versions, or no digitnet.
    """
    versions = partial(own_versions, tuple(packages))
    expected = versions()
    try:
        on_scheduler = client.run_on_scheduler(versions)["digitnet"]
    except ModuleNotFoundError:
        on_scheduler = "none"
    if on_scheduler != expected["digitnet"]:  # it looks into what it hands on, so that it has to know our classes
        raise BatchError(
            f"the scheduler's digitnet is {on_scheduler} instead of {expected['digitnet']}: install digitnet[scale] of "
            f"the same version there"
        )
    found: dict[str, Any] = client.run(versions, on_error="return")
    different = {
        worker: differing(expected, its) if isinstance(its, dict) else f"no digitnet[scale] ({its})"
        for worker, its in found.items()
    }
    named = [f"{worker}: {text}" for worker, text in different.items() if text]
    if named:
        raise BatchError(f"workers would give other answers. {'; '.join(named)}. Install the same versions there")
    return list(found)


def parts_on(client: "Client") -> Run:
    """How parts are done on a cluster: each worker has a few ahead, the others wait where they are listed."""
    return lambda job, parts: spread(client, partial(do_part, job), parts, ahead=_PARTS_AHEAD)


def spread(
    client: "Client", do: Callable[[_Task], _Done], tasks: Iterable[_Task], *, ahead: int = 1
) -> Iterator[_Done]:
    """Do tasks on a cluster, in any order; one whose worker dies is done by another.

    Args:
        client: Of the cluster.
        do: What is done with a task; may be done twice with the same.
        tasks: Each is taken only when a worker has use for it.
        ahead: Tasks that each worker has, with the one that it does.

    Yields:
        What came of each.

    Raises:
        BatchError: The workers or the scheduler are lost; and what `do` raises.
    """
    from distributed import as_completed  # noqa: PLC0415 - comes with an extra

    active, remaining, numbers = as_completed(), iter(tasks), count()
    waiting: dict[Any, tuple[_Task, int]] = {}

    def send(batch: Sequence[_Task], times: int) -> None:
        keys = [f"digitnet-{id(waiting)}-{next(numbers)}" for _ in batch]
        futures = client.map(do, batch, key=keys, pure=False) if batch else []
        waiting.update((future, (task, times)) for future, task in zip(futures, batch, strict=True))
        active.update(futures)

    watch = _Watch(client)
    while True:
        send(list(islice(remaining, max(0, ahead * max(1, watch.threads) - len(waiting)))), 0)
        if not waiting:
            return
        watch.wait_until(active.has_ready)
        # All that are ready at once: each answer of the scheduler takes a millisecond, whatever is in it.
        ready = [(future, *waiting.pop(future)) for future in active.next_batch(block=False)]
        results = _results(client, [future for future, _, _ in ready], [times < _RESENT for _, _, times in ready])
        for (_, task, times), done in zip(ready, results, strict=True):
            if done is None:
                send([task], times + 1)
            else:
                yield done


class _Watch:
    """Sees to it that there are workers while tasks are waited for.

    Dask starts a worker again that dies, but not one that dies while it starts: a local cluster is asked for a new one,
    and on another's the run ends where there is none for long.

    Args:
        client: Of the cluster.
    """

    def __init__(self, client: "Client") -> None:
        self._client = client
        self.threads = sum(client.nthreads().values())
        self._wanted = len(client.nthreads())
        self._looked = self._complete = time.monotonic()

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait for something that workers do.

        Args:
            is_ready: Whether it has happened.

        Raises:
            BatchError: There are no workers any more.
        """
        while True:
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._look()
            if is_ready():
                return
            time.sleep(_POLL_SECONDS)

    def _look(self) -> None:
        self._looked = time.monotonic()
        count = self._wanted
        if self._client.status == "running":
            threads = self._client.nthreads()
            count, self.threads = len(threads), sum(threads.values())
        if count >= self._wanted:
            self._complete = self._looked
        lacking = self._looked - self._complete
        if lacking > _REPLACE_SECONDS and self._client.cluster is not None:
            self._client.cluster.scale(self._wanted)
        if lacking > _LOST_SECONDS and count == 0:
            raise BatchError("all workers are gone. What is finished is safe: run the same command once more")


def _results(client: "Client", futures: Sequence[Any], may_be_sent_again: Sequence[bool]) -> list[Any]:
    """What came of tasks that are done, as `_result` gives it."""
    if all(future.status == "finished" for future in futures):
        with suppress(Exception):  # one by one, it is seen which of them it was
            return list(client.gather(list(futures)))
    return [
        _result(client, future, may_be_sent_again=may) for future, may in zip(futures, may_be_sent_again, strict=True)
    ]


def _result(client: "Client", future: Any, *, may_be_sent_again: bool) -> Any:
    """What came of a task; None where workers died with it, and it is to be sent again."""
    from distributed import KilledWorker  # noqa: PLC0415 - comes with an extra
    from distributed.client import FutureCancelledError  # noqa: PLC0415

    try:
        done = future.result()
    except KilledWorker as error:
        if may_be_sent_again:
            return None
        raise BatchError(f"workers died again and again ({error}). What is finished is safe") from error
    except (FutureCancelledError, OSError, TimeoutError) as error:
        if isinstance(error, OSError) and client.status == "running":
            raise
        raise BatchError(
            "the scheduler was lost. What is finished is safe: run the same command once more, when it is back"
        ) from error
    return done


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log from the terminal: what goes wrong is said once, by whoever started the run."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    loggers = [logging.getLogger(name) for name in names]  # Dask gives some of its own a level each
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
