"""Servers as processes: started, timed until they are ready, ended with all that they started."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import BenchmarkError
from benchmarks.serving.client import HOST, ClientError, Connection
from benchmarks.serving.memory import Memory, memory_of
from benchmarks.serving.messages import request
from benchmarks.serving.served import Served
from benchmarks.settings import Settings

__all__ = ["Server", "free_port", "serving", "versions_of"]

_PATIENCE = 60.0  # seconds for a server to become ready
_POLL = 0.005  # seconds between two questions whether it is
_TO_END = 10.0
_PORTS = 3  # in a row: MLServer opens two more than the one that is used
_REASON_MAX = 160  # letters

_VERSIONS = """
import json, platform, sys
from importlib.metadata import PackageNotFoundError, version
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Server:
    """A server that is ready.

    Attributes:
        served: What it is.
        port: Where it listens.
        pid: Of the process that was started.
        ready_seconds: From the start of that process to the first answer that says it is ready.
    """

    served: Served
    port: int
    pid: int
    ready_seconds: float

    def memory(self) -> Memory:
        """What it has in use now.

        Raises:
            BenchmarkError: It has ended, or the system does not say.
        """
        memory = memory_of(self.pid)
        if memory is None:
            raise BenchmarkError(f"the memory of {self.served.name} is not known here")
        return memory


@contextmanager
def serving(served: Served, settings: Settings) -> Iterator[Server]:
    """Start a server and wait until it is ready; end it, and all that it started, afterwards.

    Raises:
        BenchmarkError: It cannot be started, or does not become ready.
    """
    python = served.environment.python(settings.environments)
    if not python.exists():
        raise BenchmarkError(f"no environment {served.environment.name!r}: `python -m benchmarks.serving environments`")
    port = free_port()
    log = settings.work / "log" / f"serving-{served.name.replace(' ', '-').replace(',', '')}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(python), *served.command(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=served.contestant.all_variables(settings),
            cwd=settings.work,
            start_new_session=True,  # so that what it starts can be ended with it
        )
    try:
        seconds = _wait_until_ready(process, served, port, log, began)
        yield Server(served, port, process.pid, seconds)
    finally:
        _end(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", served: Served, port: int, log: Path, began: float) -> float:
    question = request(served.ready, method="GET")
    while True:
        with suppress(OSError, ClientError), Connection(port, timeout=5.0) as connection:
            if connection.ask(question).status == 200:
                return time.perf_counter() - began
        if process.poll() is not None:
            raise BenchmarkError(_last_line(log) or f"ended with exit code {process.returncode}")
        if time.perf_counter() - began > _PATIENCE:
            raise BenchmarkError(f"not ready after {_PATIENCE:.0f} s")
        time.sleep(_POLL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask its group to end, and make it."""
    for order in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, order)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TO_END)


def free_port() -> int:
    """A port of this machine that is free, and so are the next two."""
    while True:
        with closing(socket.socket()) as first:
            first.bind((HOST, 0))
            port: int = first.getsockname()[1]
        if all(_is_free(port + offset) for offset in range(_PORTS)):
            return port


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as candidate:
        try:
            candidate.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def versions_of(served: Served, settings: Settings) -> dict[str, str]:
    """Versions of what a server is made of, and of its Python; empty where its environment cannot say."""
    python = served.environment.python(settings.environments)
    command = [str(python), "-c", _VERSIONS, *served.packages]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    versions: dict[str, str] = json.loads(finished.stdout or "{}")
    return versions


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:_REASON_MAX] if lines else ""
