"""Many connections at once, from a client in a process of its own: wrk where it is installed, else our own."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.serving.client import HOST
from benchmarks.settings import REPOSITORY

__all__ = ["client_name", "load"]

_SCRIPT = Path(__file__).with_name("load.lua")
_TO_END = 30.0  # seconds beyond the time that was asked for
_TIMEOUT = 10  # seconds after which wrk counts a request as lost


def client_name() -> str:
    """The client that `load` uses here, with its version."""
    if not shutil.which("wrk"):
        return "a client of our own in Python"
    finished = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True)  # noqa: S607
    version = re.search(r"wrk (?:debian/)?([\d.]+)", finished.stdout + finished.stderr)
    return f"wrk {version[1]}" if version else "wrk"


def load(port: int, messages: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Send requests over many connections, each the next one as soon as it has its answer.

    Args:
        port: Of a server on this machine.
        messages: A file of `write_messages`; sent in turn.
        connections: So many at the same time.
        seconds: To go on for.

    Returns:
        `requests`, `seconds`, `per_second`, `errors`, `median_ms`, `p99_ms`, `max_ms`.

    Raises:
        BenchmarkError: The client failed.
    """
    command = _wrk(port, messages, connections, seconds) if shutil.which("wrk") else None
    command = command or _own(port, messages, connections, seconds)
    try:
        finished = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=seconds + _TO_END, cwd=REPOSITORY
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError("the client did not end") from error
    lines = [line for line in finished.stdout.splitlines() if line.startswith("{")]
    if not lines:
        words = (finished.stderr or finished.stdout).strip().splitlines()
        raise BenchmarkError(f"the client failed: {words[-1] if words else finished.returncode}")
    measured: dict[str, Any] = json.loads(lines[-1])
    return {**measured, "per_second": measured["requests"] / measured["seconds"]}


def _wrk(port: int, messages: Path, connections: int, seconds: float) -> list[str]:
    how = ["--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
    timeout = ["--timeout", f"{_TIMEOUT}s"]
    return ["wrk", *how, *timeout, "--script", str(_SCRIPT), f"http://{HOST}:{port}/", "--", str(messages.resolve())]


def _own(port: int, messages: Path, connections: int, seconds: float) -> list[str]:
    module = ["-m", "benchmarks.serving.hammer"]
    return [sys.executable, *module, str(port), str(connections), str(seconds), str(messages.resolve())]
