"""Processes to measure: contestants that are kept alive and asked, and commands that are timed as a whole."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import OURS, Environment, last_line
from benchmarks.settings import Settings

SCRIPTS = Path(__file__).resolve().parent / "contestants"
_LIMIT = 900.0  # seconds for one answer; chosen by hand: after that the contestant hangs
_TO_END = 10.0  # seconds for a process to end that has closed its output


class BenchmarkError(Exception):
    """A contestant cannot take part, or not any longer; the text gives the reason in one line."""


@dataclass(frozen=True)
class Contestant:
    """What takes part in a comparison."""

    name: str  # for people
    script: str  # in the folder `contestants`
    environment: Environment = OURS  # where it runs
    variables: Mapping[str, str] = field(default_factory=dict)  # environment variables that it gets
    arguments: tuple[str, ...] = ()  # of the script

    def command(self, settings: Settings) -> list[str]:
        """How to start it.

        Raises BenchmarkError where its environment is missing.
        """
        python = self.environment.python(settings.environments)
        if not python.exists():
            raise BenchmarkError(
                f"no environment {self.environment.name!r}: the word `environments` instead of a comparison makes it"
            )
        return [str(python), str(SCRIPTS / self.script), *self.arguments]

    def all_variables(self, settings: Settings) -> dict[str, str]:
        """The environment variables of its process."""
        kept = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
        if self.environment is not OURS:
            kept.pop("PYTHONPATH", None)  # it was set for digitnet's interpreter
        ours = {"DIGITNET_CACHE_DIR": str(settings.work / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return {**kept, **ours, **self.variables}


class RunningContestant:
    """A contestant's process; `ready` holds what it reported of itself once it was ready."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._process = process
        self._log = log
        self.ready = self._next()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises BenchmarkError where the process ended, or does not answer.
        """
        if self._process.stdin is None or self._process.poll() is not None:
            raise BenchmarkError(self._reason_of_end())
        try:
            self._process.stdin.write(json.dumps(dict(request)) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise BenchmarkError(self._reason_of_end()) from error
        return self._next()

    def _next(self) -> dict[str, Any]:
        watchdog = threading.Timer(_LIMIT, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
        finally:
            watchdog.cancel()
        if not line:
            raise BenchmarkError(self._reason_of_end())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _reason_of_end(self) -> str:
        try:
            code = self._process.wait(_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return "it closed its output without an answer"
        return last_line(_text_of(self._log)) or f"ended with exit code {code}"


@contextmanager
def running(contestant: Contestant, settings: Settings) -> Iterator[RunningContestant]:
    """Start a contestant, and end it afterwards.

    Raises BenchmarkError where it cannot be started, or ends before it is ready.
    """
    command, log = contestant.command(settings), log_file(contestant.name, settings)
    pipe, variables = subprocess.PIPE, contestant.all_variables(settings)
    with log.open("w", encoding="utf-8") as messages:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=messages, env=variables, text=True)
        try:
            yield RunningContestant(process, log)
        finally:
            process.kill()
            process.communicate()


def whole_process(contestant: Contestant, settings: Settings, command: list[str] | None = None) -> dict[str, Any]:
    """Run a command from its start to its end.

    Returns `seconds`; `peak_mb`, the most memory in units of 1,000,000 bytes; and `output`, the path of what it
    printed. Raises BenchmarkError where it failed.
    """
    started, output = contestant.command(settings), log_file(contestant.name, settings)
    whole = started if command is None else [started[0], *command]
    finished = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPTS / "launch.py"), *whole],
        check=False,
        env=contestant.all_variables(settings) | {"LAUNCH_OUTPUT": str(output)},
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: dict[str, Any] = json.loads(finished.stdout or '{"status": 1}')
    if measured.pop("status"):
        raise BenchmarkError(last_line(_text_of(output)) or "it could not be started")
    return {**measured, "output": str(output)}


def log_file(name: str, settings: Settings) -> Path:
    """Where the messages of a process go; its folder is made."""
    folder = settings.work / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / ("".join(letter if letter.isalnum() else "-" for letter in name) + ".txt")


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
