"""`digitnet serve` as a process: its start, its end, and its workers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from digitnet.errors import ServerStartError
from digitnet.server import open_socket
from live_server import HOST, INFER, asked, some_images
from patience import PATIENCE, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks are those of POSIX")

BODY = json.dumps(asked(some_images(1))).encode()


@dataclass
class Process:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def process(folder: Path, *options: str) -> Iterator[Process]:
    log = folder / "log.txt"
    command = [
        sys.executable,
        "-m",
        "digitnet",
        "serve",
        "--port",
        "0",
        "--studio-dir",
        str(folder / "studio"),
        *options,
    ]
    with log.open("w") as stream, subprocess.Popen(command, stderr=stream, text=True) as started:
        try:
            yield Process(started, _port(started, log), log)
        finally:
            started.kill()


def _port(started: subprocess.Popen[str], log: Path) -> int:
    """Where it listens, as it tells on stderr."""

    def address() -> re.Match[str] | None:
        return re.search(r"http://127\.0\.0\.1:(\d+)/", log.read_text())

    wait_until(lambda: address() or started.poll() is not None)
    found = address()
    assert found, f"it did not start: {log.read_text()}"
    return int(found[1])


def test_it_says_where_it_is_and_ends_when_asked(tmp_path: Path) -> None:
    with process(tmp_path, "--no-access-log") as server:
        assert httpx.get(f"http://{HOST}:{server.port}/v2/health/ready", timeout=PATIENCE).json() == {"ready": True}
        assert server.end() == 0
        assert server.log.read_text() == f"digitnet: http://127.0.0.1:{server.port}/ (Ctrl-C ends it)\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_accepted_is_finished(tmp_path: Path, number: int) -> None:
    head = f"POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    patience = ("--body-timeout", "3600")
    with (
        process(tmp_path, *patience) as server,
        socket.create_connection((HOST, server.port), timeout=PATIENCE) as connection,
    ):
        connection.sendall(head + BODY[:100])
        httpx.get(f"http://{HOST}:{server.port}/v2", timeout=PATIENCE)  # by now it has seen the first half
        server.process.send_signal(number)
        wait_until(lambda: is_refused(server.port))  # nothing new is accepted
        connection.sendall(BODY[100:])
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"probabilities" in answer
        assert server.process.wait(PATIENCE) == 0
        assert json.loads(server.log.read_text().splitlines()[-1])["status"] == 200


def is_refused(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        socket.create_connection((HOST, port), timeout=PATIENCE).close()
    except ConnectionError:
        return True
    return False


def test_several_workers_share_the_work_and_the_measurements(tmp_path: Path) -> None:
    with process(tmp_path, "--workers", "2", "--no-access-log") as server:
        url = f"http://{HOST}:{server.port}"
        for _ in range(20):
            response = httpx.post(url + INFER, content=BODY, timeout=PATIENCE)
            assert response.status_code == 200
        assert "trains no networks" in server.log.read_text()
        text = httpx.get(f"{url}/metrics", timeout=PATIENCE).text
        assert f'digitnet_requests_total{{endpoint="{INFER}",method="POST",status="200"}} 20.0' in text
        assert httpx.get(f"{url}/studio/about", timeout=PATIENCE).json()["training"]["available"] is False
        assert server.end() == 0


def children_of(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)  # noqa: S607
    return [int(child) for child in found.stdout.split()]


def wait_for_children(server: Process, count: int, known: Sequence[int] = ()) -> list[int]:
    """The workers but those that are known, as soon as there are so many."""
    found: list[int] = []

    def are_there() -> bool:
        found[:] = [child for child in children_of(server.process.pid) if child not in known]
        return len(found) == count

    wait_until(are_there)
    return found


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="needs ps")
def test_a_worker_that_dies_is_replaced_and_none_is_left_behind(tmp_path: Path) -> None:
    with process(tmp_path, "--workers", "2", "--no-access-log") as server:
        first = wait_for_children(server, 2)
        os.kill(first[0], signal.SIGKILL)
        (new,) = wait_for_children(server, 1, first)
        for _ in range(10):
            assert httpx.get(f"http://{HOST}:{server.port}/v2", timeout=PATIENCE).status_code == 200
        assert server.end() == 0
        for child in (first[1], new):
            with pytest.raises(ProcessLookupError):
                os.kill(child, 0)


def is_running(worker: int) -> bool:
    """Whether a process has not ended; one that nobody has asked how it ended is no more than a name."""
    try:
        state = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_workers_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with process(tmp_path, "--workers", "2", "--no-access-log") as server:
        workers = wait_for_children(server, 2)
        server.process.kill()
        server.process.wait(PATIENCE)
        wait_until(lambda: not any(is_running(worker) for worker in workers))


def test_a_port_that_is_in_use_is_told() -> None:
    taken = open_socket(HOST, 0)
    port = taken.getsockname()[1]
    try:
        with pytest.raises(
            ServerStartError, match=rf"cannot listen on 127\.0\.0\.1, port {port}: Address already in use"
        ):
            open_socket(HOST, port)
    finally:
        taken.close()
    again = open_socket(HOST, port)
    again.close()


@pytest.mark.parametrize("host", ["no.such.host.invalid", "not a name", "192.0.2.1", "x" * 300])
def test_an_address_of_somewhere_else_is_told(host: str) -> None:
    with pytest.raises(ServerStartError) as told:
        open_socket(host, 0)
    assert "\n" not in str(told.value)
