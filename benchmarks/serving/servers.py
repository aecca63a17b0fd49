"""The servers that are compared, all with the same model file: how they are started, timed, asked, and ended."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import BENTOML, LITSERVE, MLSERVER, OURS, Environment, last_line
from benchmarks.processes import SCRIPTS, BenchmarkError, Contestant, log_file
from benchmarks.serving import messages
from benchmarks.serving.client import HOST, ClientError, Connection
from benchmarks.serving.messages import Forms, request
from benchmarks.settings import Settings
from digitnet.model_file.contract import bundled_model_path

_LIMIT = 60.0  # seconds for a server to become ready; chosen by hand
_POLL = 0.005  # seconds between two questions whether it is
_TO_END = 10.0  # seconds
_PORTS = 3  # in a row: MLServer opens two more than the one that is used
_PROC = Path("/proc")
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
class ServerKind:
    """One of the servers that are compared."""

    name: str  # for people
    environment: Environment  # where it runs
    arguments: tuple[str, ...]  # of its interpreter; PORT and MODEL stand for the port and the model file
    ready: str  # the path that answers 200 once it is ready
    forms: Forms  # how it is asked
    package: str  # the one that serves

    def command(self, port: int, settings: Settings) -> list[str]:
        """How to start it.

        Raises BenchmarkError where its environment is missing.
        """
        python, *_ = Contestant(self.name, "", self.environment).command(settings)
        known = {"PORT": str(port), "MODEL": str(bundled_model_path())}
        return [python, *(known.get(argument, argument) for argument in self.arguments)]

    def versions(self, settings: Settings) -> dict[str, str]:
        """Of what it is made of, and of its Python; empty where its environment is damaged."""
        packages = (self.package, "onnxruntime", "numpy", "starlette", "uvicorn")
        command = [str(self.environment.python(settings.environments)), "-c", _VERSIONS, *packages]
        finished = subprocess.run(command, check=False, capture_output=True, text=True)
        versions: dict[str, str] = json.loads(finished.stdout or "{}")
        return versions


_SERVE = ("-m", "digitnet", "serve", "--port", "PORT")
_READY = "/v2/health/ready"
DIGITNET = ServerKind("digitnet", OURS, _SERVE, _READY, messages.OURS, "digitnet")
UNBATCHED = ServerKind("digitnet, no batching", OURS, (*_SERVE, "--no-batching"), _READY, messages.OURS, "digitnet")


def _peer(name: str, environment: Environment, ready: str, forms: Forms, way: str = "single") -> ServerKind:
    script = str(SCRIPTS / f"serve_{environment.name}.py")
    return ServerKind(name, environment, (script, "PORT", "MODEL", way), ready, forms, environment.name)


# MLServer and LitServe as they were faster under load in a trial, which is without their batching, at 1 ms of waiting.
# BentoML's batching costs latency when idle and gains requests under load: both of its ways take part.
PEERS = (
    _peer("MLServer", MLSERVER, _READY, messages.MLSERVER),
    _peer("BentoML", BENTOML, "/readyz", messages.BENTOML),
    _peer("BentoML, batching", BENTOML, "/readyz", messages.BENTOML, "batching"),
    _peer("LitServe", LITSERVE, "/health", messages.LITSERVE),
)
# How requests are answered together makes no difference to a start.
STARTED = (DIGITNET, *(peer for peer in PEERS if peer.arguments[-1] == "single"))


@dataclass(frozen=True)
class Memory:
    """Memory of a process and all that it started, in units of 1,000,000 bytes."""

    resident_mb: float  # resident set, summed: what several processes share counts in each
    proportional_mb: float  # the same, but what is shared is divided among those who share it
    processes: int  # how many there are


def memory_of(pid: int) -> Memory | None:
    """What a process and its descendants have in use now; None where the system does not report it."""
    children: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended meanwhile
            text = stat.read_text(encoding="utf-8", errors="replace")
            parent = int(text.rpartition(")")[2].split()[1])  # the name, in brackets, may hold anything
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[tuple[int, int]] = []
    left = [pid]
    while left:
        process = left.pop()
        left += children.get(process, [])
        with suppress(OSError, KeyError):
            text = (_PROC / str(process) / "smaps_rollup").read_text(encoding="ascii")
            kilobytes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if line.endswith(" kB")}
            found.append((kilobytes["Rss:"], kilobytes["Pss:"]))
    resident, proportional = (sum(column) * 1024 / 1e6 for column in zip(*found, strict=True)) if found else (0.0, 0.0)
    return Memory(resident, proportional, len(found)) if found else None


@dataclass(frozen=True)
class Server:
    """A server that is ready: what it is, where it listens, its process, and the seconds until it was ready."""

    kind: ServerKind
    port: int
    pid: int
    ready_seconds: float

    def memory(self) -> Memory:
        """What it has in use now.

        Raises BenchmarkError where it has ended, or the system does not report it.
        """
        memory = memory_of(self.pid)
        if memory is None:
            raise BenchmarkError(f"the memory of {self.kind.name} is not known here")
        return memory


@contextmanager
def serving(kind: ServerKind, settings: Settings) -> Iterator[Server]:
    """Start a server and wait until it is ready; end it, and all that it started, afterwards.

    Raises BenchmarkError where it cannot be started, or does not become ready.
    """
    port = _free_port()
    command, log = kind.command(port, settings), log_file(f"serving {kind.name}", settings)
    variables = Contestant(kind.name, "", kind.environment).all_variables(settings)
    with log.open("w", encoding="utf-8") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=variables,
            cwd=settings.work,
            start_new_session=True,  # so that what it starts can be ended with it
        )
    try:
        _wait_until_ready(process, kind, port, log)
        yield Server(kind, port, process.pid, time.perf_counter() - began)
    finally:
        for order in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, order)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_TO_END)


def _wait_until_ready(process: "subprocess.Popen[bytes]", kind: ServerKind, port: int, log: Path) -> None:
    question = request(kind.ready, method="GET")
    end = time.perf_counter() + _LIMIT
    while True:
        with suppress(OSError, ClientError), Connection(port, timeout=5.0) as connection:
            if connection.ask(question).status == 200:
                return
        if process.poll() is not None:
            text = log.read_text(encoding="utf-8", errors="replace")
            raise BenchmarkError(last_line(text) or f"ended with exit code {process.returncode}")
        if time.perf_counter() > end:
            raise BenchmarkError(f"not ready after {_LIMIT:.0f} s")
        time.sleep(_POLL)


def _free_port() -> int:
    """A port of this machine that is free, and so are the next two."""
    while True:
        with ExitStack() as stack, suppress(OSError, OverflowError):
            sockets = [stack.enter_context(closing(socket.socket())) for _ in range(_PORTS)]
            sockets[0].bind((HOST, 0))
            port: int = sockets[0].getsockname()[1]
            for offset in range(1, _PORTS):
                sockets[offset].bind((HOST, port + offset))
            return port
