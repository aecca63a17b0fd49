"""The processes of one training: how they find each other, and what they tell each other outside of training.

JAX joins them (`jax.distributed`) and watches over them. Where they are is known from environment variables, as JAX's
users, SLURM, Open MPI and Kubernetes set them. Process 0 leads: it has the run folder and the terminal.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all, process_allgather

from digitnet.errors import ConfigurationError, DigitnetError, TrainingProcessError, reason_of

__all__ = ["Address", "address_of", "agreed", "is_leader", "join", "shared", "watched"]

_COORDINATOR, _COUNT = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES"
_NUMBERS = ("JAX_PROCESS_ID", "JOB_COMPLETION_INDEX")  # the second one is what Kubernetes calls it in an Indexed Job
_JOIN_SECONDS = "DIGITNET_JOIN_SECONDS"
# In which all processes must be there: JAX's own limit. A pod may have to wait for its machine.
_DEFAULT_JOIN_SECONDS = 300
# How a failure inside XLA begins: with the name of a status of absl. Which exception it is depends on where it is met.
_STATUS = r"[A-Z_]+: "
_COLLECTIVES = "jax_cpu_collectives_implementation"

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Address:
    """Where a process belongs. None is left to what JAX finds out by itself, from SLURM, Open MPI or Kubernetes.

    Attributes:
        coordinator: host:port, on which process 0 listens.
        count: Processes of the training.
        number: Of this one, from 0.
        seconds: In which all must have come together.
    """

    coordinator: str | None
    count: int | None
    number: int | None
    seconds: int = _DEFAULT_JOIN_SECONDS

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables that say nothing."""
        values = ((_COORDINATOR, self.coordinator), (_COUNT, self.count), (_NUMBERS[0], self.number))
        return tuple(name for name, value in values if value is None)


def address_of(environment: Mapping[str, str]) -> Address:
    """What environment variables say.

    Args:
        environment: `os.environ`.

    Returns:
        The address, not all of which needs to be known.

    Raises:
        ConfigurationError: A variable makes no sense.
    """
    coordinator = environment.get(_COORDINATOR)
    if coordinator is not None:
        host, _, port = coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:  # the ports of TCP
            raise ConfigurationError(
                f"{_COORDINATOR} is {coordinator!r}: expected host:port, for example 10.0.0.5:1234"
            )
    count = _whole(environment, _COUNT, least=1)
    name = next((name for name in _NUMBERS if name in environment), _NUMBERS[0])
    number = _whole(environment, name, least=0)
    if number is not None and count is not None and number >= count:
        raise ConfigurationError(
            f"{name} is {number} and {_COUNT} {count}: expected 0 to {count - 1}, as processes are counted from 0"
        )
    seconds = _whole(environment, _JOIN_SECONDS, least=1)
    return Address(coordinator, count, number, seconds or _DEFAULT_JOIN_SECONDS)


def join(address: Address) -> None:
    """Join the processes of a training, before anything is computed.

    JAX ends this process by SIGABRT where they do not come together in time, and later where one of them is lost.

    Args:
        address: Where this one belongs.

    Raises:
        ConfigurationError: The address is incomplete, and JAX does not find out the rest.
    """
    if jax.config.values.get(_COLLECTIVES) in {None, "none"}:  # so it is up to JAX 0.5.0
        jax.config.update(_COLLECTIVES, "gloo")  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # in Kubernetes JAX misses a package, which is needed only without our variables
        try:
            jax.distributed.initialize(
                address.coordinator,
                address.count,
                address.number,
                initialization_timeout=address.seconds,
                cluster_detection_method=None if address.missing else "deactivate",
            )
        except (ValueError, TypeError, KeyError, RuntimeError) as error:
            if not address.missing:
                raise TrainingProcessError(
                    f"the processes at {address.coordinator} cannot be joined: {reason_of(error)}"
                ) from error
            raise ConfigurationError(
                f"--distributed does not know its processes: set {', '.join(address.missing)}, or start them with srun "
                f"or mpirun (JAX says: {reason_of(error)})"
            ) from error


@contextmanager
def watched() -> Iterator[None]:
    """Inside, the loss of another process is an error of ours.

    Raises:
        TrainingProcessError: A process has ended, or cannot be reached any more.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if jax.process_count() == 1 or not re.match(_STATUS, str(error)):
            raise
        raise TrainingProcessError(
            f"a process of this training has ended or cannot be reached any more ({reason_of(error)}): see what the "
            "others say"
        ) from error


def is_leader() -> bool:
    """Whether this is the process that writes the run folder and talks to the user."""
    return jax.process_index() == 0


def agreed(step: Callable[[], _Result], facts: Callable[[_Result], Mapping[str, Any]] = lambda _: {}) -> _Result:
    """Do a step in every process, and go on where all of them could, and with the same facts.

    Args:
        step: What this process does.
        facts: What must be equal in all processes of what it returned, JSON-ready.

    Returns:
        What the step returned.

    Raises:
        DigitnetError: As the step.
        TrainingProcessError: It failed in another process, or the facts differ.
    """
    failure = None
    report: dict[str, Any] = {}
    try:
        result = step()
        report["facts"] = dict(facts(result))
    except DigitnetError as error:
        failure, report["error"] = error, str(error)
    reports = _gathered(report)
    if failure is not None:
        raise failure
    for number, other in enumerate(reports):
        if "error" in other:
            raise TrainingProcessError(f"process {number} cannot train, so none does: {other['error']}")
    _check_equal(reports)
    return result


def shared(content: bytes | None) -> bytes:
    """What the leader has, in every process.

    Args:
        content: Its bytes; ignored in the others.
    """
    own = np.frombuffer(content or b"", np.uint8)
    (size,) = broadcast_one_to_all(np.array([own.size], np.uint32))
    values = own if is_leader() else np.zeros(int(size), np.uint8)
    return np.asarray(broadcast_one_to_all(values), np.uint8).tobytes() if size else b""


def _whole(environment: Mapping[str, str], name: str, least: int) -> int | None:
    text = environment.get(name)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < least:
        raise ConfigurationError(f"{name} is {text!r}: expected a whole number, {least} or more")
    return int(text)


def _gathered(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reports of all processes, by their numbers."""
    own = np.frombuffer(json.dumps(report).encode(), np.uint8)
    sizes = np.atleast_1d(process_allgather(np.uint32(own.size)))
    padded = np.zeros(int(sizes.max()), np.uint8)
    padded[: own.size] = own
    rows = process_allgather(padded).reshape(len(sizes), -1)
    return [json.loads(row[: int(size)].tobytes()) for row, size in zip(rows, sizes, strict=True)]


def _check_equal(reports: list[dict[str, Any]]) -> None:
    first = reports[0]["facts"]
    for number, other in enumerate(reports):
        for name in dict.fromkeys((*first, *other["facts"])):
            found, expected = other["facts"].get(name), first.get(name)
            if found != expected:
                raise TrainingProcessError(
                    f"process {number} has {name} {found}, but process 0 has {expected}: start all processes with the "
                    "same command, data and packages"
                )
