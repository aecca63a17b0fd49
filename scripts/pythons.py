"""Run the tests on every Python found, newest and oldest dependencies: what `scripts/test-pythons` starts.

Each run has an environment of its own: `newest` is what pip takes today, `floors` is the lowest version that
pyproject.toml allows, of every package at once. A table at the end says what was tested. Only Python's own library is
imported, so that any interpreter can start it.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Interpreter", "Row", "choose", "counts", "floors", "lowest_python", "not_found", "table"]

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = ("newest", "floors")
SHOWN = {"numpy": "NumPy", "jax": "JAX", "keras": "Keras", "onnxruntime": "ONNX Runtime"}
NEWEST_PYTHON = (3, 14)  # the newest release there is; where one up to it is not found, a line says so
_LAST_LINES = 15  # of pip's output, where it failed: its reasons stand there
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[(?P<extras>[^\]]*)\])?(?P<bounds>[^;]*)(?:;(?P<marker>.*))?")
_PROBE = (
    "import ensurepip, json, sys, venv; "
    "print(json.dumps([*sys.version_info[:3], sys.version_info.releaselevel == 'final']))"
)
_VERSIONS = f"import json; from importlib.metadata import version as v; print(json.dumps([v(n) for n in {[*SHOWN]}]))"


@dataclass(frozen=True, order=True)
class Interpreter:
    """A Python that can make environments: its version, and where it is."""

    version: tuple[int, int, int]
    path: str

    def __str__(self) -> str:
        """The version as one writes it."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class Row:
    """What a run of the tests came to; `versions` belong to the packages of `SHOWN`, in that order."""

    python: str
    dependencies: str
    is_passed: bool
    minutes: float
    versions: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def floors(project: Mapping[str, Any], extras: Iterable[str] = ("all",)) -> list[str]:
    """The lowest version of every dependency, as lines of a constraint file for pip.

    Args:
        project: The table `project` of pyproject.toml.
        extras: Which optional dependencies count; an extra may name others of the same project.

    Returns:
        Lines such as `numpy==1.26; python_version < '3.13'`, sorted; pip judges the markers.

    Raises:
        ValueError: A dependency has no lower bound.
    """
    lines: set[str] = set()
    waiting, seen = [*project["dependencies"]], set[str]()
    names = [*extras]
    while waiting or names:
        if not waiting:
            extra = names.pop()
            waiting += [] if extra in seen else project["optional-dependencies"][extra]
            seen.add(extra)
            continue
        parts = _REQUIREMENT.fullmatch(waiting.pop())
        if parts is None or (parts["name"] != project["name"] and ">=" not in parts["bounds"]):
            raise ValueError(f"pyproject.toml: expected a lower bound (>=) of {parts and parts['name']}, found none")
        if parts["name"] == project["name"]:
            names += re.split(r"\s*,\s*", parts["extras"] or "")
            continue
        lowest = re.search(r">=\s*([\w.]+)", parts["bounds"])
        marker = f"; {parts['marker'].strip()}" if parts["marker"] else ""
        lines.add(f"{parts['name']}=={lowest[1] if lowest else ''}{marker}")
    return sorted(lines)


def lowest_python(project: Mapping[str, Any]) -> tuple[int, int]:
    """The lowest Python that the project allows, from `requires-python`."""
    major, minor = re.findall(r"\d+", project["requires-python"])[:2]
    return int(major), int(minor)


def choose(found: Iterable[Interpreter], lowest: tuple[int, int]) -> list[Interpreter]:
    """For each minor version from the lowest on the newest release, in order."""
    best: dict[tuple[int, int], Interpreter] = {}
    for one in sorted(found, key=lambda one: one.version):
        if one.version[:2] >= lowest:
            best[one.version[:2]] = one
    return [best[minor] for minor in sorted(best)]


def not_found(chosen: Iterable[Interpreter], lowest: tuple[int, int]) -> list[str]:
    """The minor versions from the lowest to the newest release of Python that are not among the chosen."""
    minors = {one.version[1] for one in chosen}
    return [f"3.{minor}" for minor in range(lowest[1], NEWEST_PYTHON[1] + 1) if minor not in minors]


def counts(output: str) -> dict[str, int]:
    """How many tests passed, failed and were skipped, from pytest's last line; an error counts as a failure."""
    found = {"passed": 0, "failed": 0, "skipped": 0}
    ends = re.findall(r"^.*\b(?:\d+ \w+)(?:, \d+ \w+)* in [\d.]+s.*$", output, re.MULTILINE)
    for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)s?\b", ends[-1] if ends else ""):
        found["failed" if word == "error" else word] += int(number)
    return found


def table(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    heads = ["Python", "dependencies", *SHOWN.values(), "passed", "failed", "skipped", "minutes"]
    lines = [heads, ["---"] * len(heads)]
    for row in rows:
        numbers = [str(row.counts.get(name, "")) for name in ("passed", "failed", "skipped")]
        if not row.is_passed and not row.counts.get("failed"):
            numbers[1] = "did not run"
        versions = [*row.versions] or ["-"] * len(SHOWN)
        lines.append([row.python, row.dependencies, *versions, *numbers, f"{row.minutes:.0f}"])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _candidates(environment: Mapping[str, str]) -> list[str]:
    """Whatever is called python3.N on the path, and in the folders of pyenv and uv."""
    folders = [Path(place) for place in environment.get("PATH", "").split(os.pathsep) if place]
    pyenv = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local" / "share" / "uv" / "python")
    folders += [folder / "bin" for kept in (pyenv, uv) for folder in sorted(kept.glob("*"))]
    return [os.fspath(path) for folder in folders for path in sorted(folder.glob("python3.*")) if _is_python(path)]


def _is_python(path: Path) -> bool:
    return re.fullmatch(r"python3\.\d+(\.exe)?", path.name) is not None


def _probe(path: str, *, is_named: bool) -> Interpreter | None:
    """The interpreter at a path, if it runs, can make environments and is no pre-release (unless it was named)."""
    command = [path, "-c", _PROBE]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - an interpreter found
    except (OSError, subprocess.CalledProcessError):
        return None
    *version, is_final = json.loads(run.stdout)
    return Interpreter((version[0], version[1], version[2]), path) if is_final or is_named else None


def _named(name: str) -> Interpreter:
    """The interpreter called `name`: a path, a command, or a version such as 3.12.

    Raises:
        SystemExit: There is none.
    """
    command = f"python{name}" if re.fullmatch(r"3\.\d+", name) else name
    paths = [path for path in [shutil.which(command), *_candidates(os.environ)] if path]
    for path in paths:
        if (path == shutil.which(command) or Path(path).name == command) and (found := _probe(path, is_named=True)):
            return found
    raise SystemExit(f"test-pythons: there is no {command} here that runs and can make environments")


def _interpreters(names: Sequence[str], lowest: tuple[int, int]) -> list[Interpreter]:
    if names:
        return [_named(name) for name in names]
    found = [one for path in _candidates(os.environ) if (one := _probe(path, is_named=False))]
    chosen = choose(found, lowest)
    if not chosen:
        raise SystemExit(
            f"test-pythons: no Python >= {lowest[0]}.{lowest[1]} was found, on the path, by pyenv or by uv: name one"
        )
    return chosen


def _run(command: Sequence[str], log: Path, *, is_shown: bool = True) -> tuple[int, str]:
    """Run a command, show its output while it comes, and add it to the log; the exit code, and all it printed."""
    printed = b""
    with (
        log.open("ab") as kept,
        subprocess.Popen(  # noqa: S603 - our own environments
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - for the type checker: it was asked for
        try:
            while chunk := os.read(process.stdout.fileno(), 65536):
                printed += chunk
                kept.write(chunk)
                if is_shown:
                    sys.stdout.buffer.write(chunk)
                    sys.stdout.flush()
        except BaseException:  # stopped: no run goes on that nobody waits for
            _end(process)
            raise
    return process.returncode, printed.decode(errors="replace")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and, where it leads a session of its own, all that it has started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()
    process.wait()


def _test(interpreter: Interpreter, dependencies: str, folder: Path, options: Sequence[str]) -> Row:
    """Make an environment and run the tests in it."""
    place = folder / f"{interpreter}-{dependencies}"
    log, begun = place.with_suffix(f"{place.suffix}.log"), time.monotonic()
    log.unlink(missing_ok=True)
    python = os.fspath(place / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    limits = folder / "floors.txt"
    install = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "-e", ".[all]"]
    install += ["--constraint", os.fspath(limits)] if dependencies == "floors" else []
    _say(f"Python {interpreter}, {dependencies}: installing into {place} (a minute or two)")
    for command in ([interpreter.path, "-m", "venv", "--clear", os.fspath(place)], install):
        code, output = _run(command, log, is_shown=False)
        if code:
            _say("\n".join([*output.splitlines()[-_LAST_LINES:], f"{' '.join(command)} failed"]))
            return Row(str(interpreter), dependencies, False, (time.monotonic() - begun) / 60)
    versions = json.loads(subprocess.check_output([python, "-c", _VERSIONS]))  # noqa: S603 - our own environment
    _say(
        f"Python {interpreter}, {dependencies}: testing, {', '.join(map(' '.join, zip(SHOWN, versions, strict=True)))}"
    )
    arguments = ["-p", "no:cacheprovider", "--numprocesses", "auto", *options]
    code, output = _run([python, "-m", "pytest", *arguments], log)
    minutes = (time.monotonic() - begun) / 60
    return Row(str(interpreter), dependencies, code == 0, minutes, versions, counts(output))


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("test-pythons", description=__doc__, epilog="What follows -- goes to pytest.")
    parser.add_argument(
        "pythons", nargs="*", metavar="PYTHON", help="a path, a command or a version; default: all found"
    )
    parser.add_argument("--newest", action="store_true", help="only with what pip takes today")
    parser.add_argument("--floors", action="store_true", help="only with the lowest versions allowed")
    parser.add_argument("--folder", type=Path, help="where environments and logs are kept; default: a temporary folder")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for and print the table; 1 if any run failed."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    asked = _parser().parse_args(arguments[:split])
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sets = [name for name in SETS if getattr(asked, name)] or SETS
    interpreters = _interpreters(asked.pythons, lowest_python(project))
    _say(f"Testing with Python {', '.join(map(str, interpreters))}, dependencies {' and '.join(sets)}")
    if missing := [] if asked.pythons else not_found(interpreters, lowest_python(project)):
        _say(f"Not found on the path, by pyenv or by uv, so not tested: Python {', '.join(missing)}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="test-pythons-") as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "floors.txt").write_text("".join(f"{line}\n" for line in floors(project)), encoding="utf-8")
        for interpreter in interpreters:
            for dependencies in sets:
                rows.append(_test(interpreter, dependencies, folder, arguments[split + 1 :]))
                _say(f"\n{table(rows)}")
                if asked.folder is None:  # a gigabyte that nobody looks at again
                    shutil.rmtree(folder / f"{interpreter}-{dependencies}", ignore_errors=True)
    failed = [f"{row.python} with {row.dependencies}" for row in rows if not row.is_passed]
    if failed:
        _say(f"Failed: Python {', '.join(failed)}. Run one alone and keep its environment and log:")
        first = next(row for row in rows if not row.is_passed)
        _say(f"    scripts/test-pythons {first.python.rpartition('.')[0]} --{first.dependencies} --folder DIR")
    return 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended as well
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("test-pythons: stopped")
