"""What happens to a training when the disk, the folder or the clock fails: what is lost, and what is printed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import BenchmarkError
from benchmarks.reliability.kills import Training, digitnet_command, fingerprint, small, start_training
from benchmarks.results import Row, Run, new_run
from benchmarks.settings import Settings

__all__ = ["DISASTERS", "Finding", "kill_after_an_epoch", "measure_disasters"]

_LIMIT = 300.0  # seconds for one command; chosen by hand
_DISK = "8m"  # of the small disk; a run of the small network leaves 3 MB
_FILE_LIMIT = 60_000  # bytes; a checkpoint of the small network has 300,000
# Steps the time of day back by a year two seconds after the process began, as a clock that is set right may; what
# measures durations goes on.
_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <sys/time.h>
typedef int (*clock_function)(clockid_t, struct timespec *);
static clock_function real_clock;
static struct timespec begun;
__attribute__((constructor)) static void begin(void) {
    real_clock = (clock_function)dlsym(RTLD_NEXT, "clock_gettime");
    real_clock(CLOCK_MONOTONIC, &begun);
}
static time_t back(void) {
    struct timespec now;
    real_clock(CLOCK_MONOTONIC, &now);
    return now.tv_sec - begun.tv_sec >= 2 ? 31536000 : 0;
}
int clock_gettime(clockid_t id, struct timespec *at) {
    int result = real_clock(id, at);
    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec -= back();
    return result;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return result;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass(frozen=True)
class Finding:
    """What came of one disaster.

    Attributes:
        code: Exit code of the process that met it.
        lines: That it printed on stderr.
        last: The last of them.
        is_same: Whether the run, resumed where it was ended, has the bits of one that nothing happened to.
    """

    code: int
    lines: int
    last: str
    is_same: bool


def measure_disasters(settings: Settings, report: Callable[[str], None]) -> Run:
    """Each disaster once, to a training of the small network.

    Args:
        settings: Where to write; a folder for the time of the experiment.
        report: Gets a line for each.

    Returns:
        The run; its rows have a subject for each disaster. One that cannot happen here is left out, with the reason.
    """
    run = new_run("disasters", "python -m benchmarks.reliability disasters")
    findings: list[Finding] = []
    folder = settings.work / "disasters"
    shutil.rmtree(folder, ignore_errors=True)
    training = small(folder)
    _ended(start_training(training, folder / "whole"))
    expected = fingerprint(folder / "whole")
    for name, happen in DISASTERS.items():
        place = folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        try:
            finding = happen(training, place, expected)
        except BenchmarkError as error:
            report(f"{name}: {run.skip(name, str(error))}")
            continue
        report(f"{name}: exit code {finding.code}, {finding.lines} lines, same: {finding.is_same}: {finding.last}")
        findings.append(finding)
        run.rows += [
            Row(name, "exit code", finding.code, "code"),
            Row(name, "lines", finding.lines, "lines", details=finding.last),
            Row(name, "identical", int(finding.is_same), "runs", 1),
        ]
    run.rows += [
        Row("all", "other", sum(not finding.is_same for finding in findings), "runs", len(findings)),
        Row("all", "lines at most", max((finding.lines for finding in findings), default=0), "lines", len(findings)),
    ]
    shutil.rmtree(folder)
    return run


def _ended(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Exit code, and what was printed on stderr, in lines."""
    _, errors = process.communicate(timeout=_LIMIT)
    return process.returncode, [line for line in errors.splitlines() if line.strip()]


def _finding(training: Training, run: Path, expected: object, ended: tuple[int, list[str]]) -> Finding:
    """Go on with the run where it was left, now that nothing is in its way."""
    code, lines = ended
    if not (run / "metrics.json").exists():
        again, errors = _ended(start_training(training, run))
        if again:
            return Finding(code, len(lines), f"cannot be resumed: {errors[-1:]}", is_same=False)
    is_same = fingerprint(run) == expected and not list(run.rglob(".unfinished-*"))
    return Finding(code, len(lines), lines[-1].replace(str(run.parent), "...") if lines else "", is_same)


def _wait_for_checkpoint(process: "subprocess.Popen[str]", run: Path) -> None:
    """Wait until an epoch has been kept, which is the moment for a disaster."""
    end = time.monotonic() + _LIMIT
    while not (run / "checkpoint" / "state.npz").exists():
        if process.poll() is not None or time.monotonic() > end:
            raise BenchmarkError("the run ended before an epoch had been kept")
        time.sleep(0.005)


def _mount(*arguments: str) -> int:
    """The exit code of `mount`; 1 where there is no such command."""
    command = shutil.which("mount")
    return subprocess.run([command, *arguments], check=False, capture_output=True).returncode if command else 1


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    disk = place / "disk"
    disk.mkdir()
    if _mount("-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(disk)):
        raise BenchmarkError("a small disk cannot be mounted here, which needs root")
    try:
        yield disk
    finally:
        subprocess.run([str(shutil.which("umount")), str(disk)], check=True)


def _disk_full(training: Training, place: Path, expected: object) -> Finding:
    with _small_disk(place) as disk:
        run = disk / "run"
        process = start_training(training, run)
        _wait_for_checkpoint(process, run)
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        ended = _ended(process)
        filler.unlink()
        return _finding(training, run, expected, ended)


def _file_limit(training: Training, place: Path, expected: object) -> Finding:
    # A process of its own sets the limit: this one may have threads, with which it must not fork.
    limit = f"resource.setrlimit(resource.RLIMIT_FSIZE, ({_FILE_LIMIT}, {_FILE_LIMIT}))"
    code = f"import os, resource, sys; {limit}; os.execv(sys.argv[1], sys.argv[1:])"
    process = start_training(training, place / "run", (sys.executable, "-c", code))
    return _finding(training, place / "run", expected, _ended(process))


def _read_only(training: Training, place: Path, expected: object) -> Finding:
    with _small_disk(place) as disk:
        run = disk / "run"
        process = start_training(training, run)
        _wait_for_checkpoint(process, run)
        # A disk with files that are open for writing cannot be made read-only: one of the run's may be at this moment.
        while _mount("-o", "remount,ro", str(disk)):
            time.sleep(0.001)
        ended = _ended(process)
        _mount("-o", "remount,rw", str(disk))
        return _finding(training, run, expected, ended)


def _clock_back(training: Training, place: Path, expected: object) -> Finding:
    source, library = place / "clock.c", place / "clock.so"
    source.write_text(_CLOCK, encoding="utf-8")
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchmarkError("no compiler for the clock that goes back")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    process = start_training(training, place / "run", env={**os.environ, "LD_PRELOAD": str(library)})
    return _finding(training, place / "run", expected, _ended(process))


def kill_after_an_epoch(training: Training, run: Path) -> None:
    """Begin a run, or go on with it, and kill it as soon as an epoch has been kept.

    One that had ended before it could be killed, which happens on a busy machine, is begun anew.
    """
    while True:
        process = start_training(training, run)
        _wait_for_checkpoint(process, run)
        process.kill()
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            return
        shutil.rmtree(run)


def _moved(training: Training, place: Path, expected: object) -> Finding:
    kill_after_an_epoch(training, place / "run")
    (place / "run").rename(place / "elsewhere")
    ended = _ended(start_training(training, place / "elsewhere"))
    if ended[0] == 0:
        command = digitnet_command("verify", str(place / "elsewhere"))
        verified = subprocess.run(command, check=False, capture_output=True, text=True)
        ended = (verified.returncode, [*ended[1], *verified.stderr.splitlines()])
    return _finding(training, place / "elsewhere", expected, ended)


def _two_resumes(training: Training, place: Path, expected: object) -> Finding:
    run = place / "run"
    kill_after_an_epoch(training, run)
    both = [_ended(process) for process in [start_training(training, run) for _ in range(2)]]
    code, lines = max(both, key=lambda ended: (ended[0], len(ended[1])))
    return _finding(training, run, expected, (code, lines))


DISASTERS: dict[str, Callable[[Training, Path, object], Finding]] = {
    "disk full after an epoch": _disk_full,
    "limit of a file's size": _file_limit,
    "folder read-only after an epoch": _read_only,
    "clock set back by a year": _clock_back,
    "killed, then the folder moved": _moved,
    "killed, then two resumes at once": _two_resumes,
}
