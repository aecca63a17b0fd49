"""Change every constant of the reading path, one at a time, and say which changes no test notices.

    .venv/bin/python scripts/vary_constants.py --learn            # which tests run which functions; three minutes
    .venv/bin/python scripts/vary_constants.py segmentation/cuts  # the constants of one module; without a name, of all
    .venv/bin/python scripts/vary_constants.py --again            # once more what no test had noticed

Each number is switched off (0), halved and doubled; what holds several numbers is emptied, halved and doubled; a truth
is turned round. The tests of the module's own file come first, then those that run a function that uses the constant,
the quickest first, until one is red. No file is changed: a child process imports the module from the changed text. One
process works at a time, and what was found is kept in build/constants, so that a run that was ended goes on from there.
"""

import argparse
import ast
import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

__all__ = ["Constant", "changes_of", "constants_of", "users_of"]

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src" / "digitnet"
CHANGES = ("double", "half", "off", "on")
ROOMS = ("pictures", "segmentation", "inference")
KEPT = REPOSITORY / "build" / "constants"
TESTS, RESULTS, OUTPUT = KEPT / "tests.json", KEPT / "results.jsonl", KEPT / "output.txt"
# What tests of these rooms import, imported once: a child process begins with it.
_IMPORTED_ONCE = ("numpy", "cv2", "PIL.Image", "onnxruntime", "hypothesis", "jax")
_MEMORY = 6 << 30  # bytes that a changed program may ask for
_PATIENCE = 20  # a child may take so many times its tests' processor time, and a minute, before it counts as hung
_OPTIONS = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no", "--assert=plain"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant, and where its value stands in the text of its module.

    Attributes:
        module: Such as `segmentation/cuts`.
        name: Its own, or that of its class, a dot and that of its field.
        value: The text of its value.
        span: Where that begins and ends in the text of the module.
        line: Line of the value, from 1.
    """

    module: str
    name: str
    value: str
    span: tuple[int, int]
    line: int


def constants_of(module: str, text: str) -> list[Constant]:
    """The constants of a module: names in capitals, defaults of fields, and what `_replace` changes there.

    Aliases, such as the one instance of a class of limits, are none: what they stand for is found where it is written.
    """
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))
    data = text.encode()

    def constant(name: str, node: ast.expr) -> Constant:
        begin, end = (
            starts[node.lineno - 1] + node.col_offset,
            starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0),
        )
        return Constant(module, name, data[begin:end].decode(), (begin, end), node.lineno)

    return [constant(name, node) for name, node in _values(ast.parse(text)) if _kind(node) is not None]


def _values(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of what a module sets at its top, and in the fields of its classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            if node.decorator_list:  # the fields of a dataclass begin with a value, those of limits have one
                continue
            for own in node.body:
                if isinstance(own, ast.AnnAssign) and isinstance(own.target, ast.Name) and own.value is not None:
                    yield f"{node.name}.{own.target.id}", own.value
            continue
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from ((ast.unparse(one), value) for one, value in zip(target.elts, node.value.elts, strict=True))
        elif isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute) and node.value.keywords:
            yield from ((f"{ast.unparse(target)}.{k.arg}", k.value) for k in node.value.keywords)
        elif isinstance(target, ast.Name) and target.id.strip("_").isupper():
            yield target.id, node.value


def _kind(node: ast.expr) -> str | None:
    """What a value is: a "truth", a "number", "numbers", or None for anything else."""
    if isinstance(node, ast.Constant):
        return "truth" if isinstance(node.value, bool) else "number" if isinstance(node.value, int | float) else None
    if isinstance(node, ast.UnaryOp):
        return _kind(node.operand)
    if isinstance(node, ast.BinOp):
        kinds = {_kind(side) for side in (node.left, node.right) if not isinstance(side, ast.Name)}
        return "number" if kinds == {"number"} else None
    if isinstance(node, ast.Tuple | ast.List) and node.elts:
        kinds = {_kind(one) for one in node.elts}
        return "numbers" if kinds <= {"number", "numbers"} else None
    return None


def changes_of(constant: Constant) -> dict[str, str]:
    """What each change is called, and what then stands in the place of the value, where that is another value."""
    text = constant.value
    kind = _kind(ast.parse(text, mode="eval").body)
    if kind == "truth":
        return {"off": f"not {text}"}
    if kind == "numbers":
        each = "(lambda f, v: tuple(f(f, w) if isinstance(w, tuple) else type(w)(w {}) for w in v))"
        own = {
            name: f"(lambda g: g(g, {text}))({each.format(step)})"
            for name, step in (("half", "/ 2"), ("double", "* 2"))
        }
        return {"off": "()", **own}
    changes = {"off": "0", "half": f"(lambda v: type(v)(v / 2))({text})", "double": f"({text}) * 2"}
    try:
        value = ast.literal_eval(text)
    except ValueError:
        return changes
    if value == 0:
        return {"on": "1"}
    return {"off": changes["off"], "double": changes["double"]} if value == 1 and isinstance(value, int) else changes


def users_of(constant: Constant, texts: dict[str, str]) -> set[str]:
    """The functions, as `module:name`, that name a constant, in its module and in those that import from it.

    Args:
        constant: The constant.
        texts: The text of each module.
    """
    name = constant.name.rsplit(".", 1)[-1]
    imported = f"digitnet.{constant.module.replace('/', '.')}"
    found = set()
    for module, text in texts.items():
        if module != constant.module and f"from {imported} import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                named = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                named |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                if name in named:
                    found.add(f"{module}:{node.name}")
    return found


class Recorder:
    """A plugin of pytest that keeps which functions each test calls, and how much processor time it takes."""

    def __init__(self) -> None:
        """Begin with no test."""
        self.tests: dict[str, dict[str, Any]] = {}
        self._called: set[CodeType] = set()

    def _see(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            self._called.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Watch a test with its fixtures."""
        self._called = set()
        begin = time.process_time()
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            own = (code for code in self._called if code.co_filename.startswith(f"{SOURCE}{os.sep}"))
            called = {
                f"{Path(code.co_filename).relative_to(SOURCE).with_suffix('').as_posix()}:{code.co_name}"
                for code in own
            }
            self.tests[item.nodeid] = {
                "seconds": time.process_time() - begin,
                "called": sorted(name for name in called if name.split("/")[0] in ROOMS),
            }


def learn(paths: Sequence[str]) -> int:
    """Run tests once, those of all rooms where none is named, and keep what each of them calls beside what is kept."""
    recorder = Recorder()
    chosen = list(paths) or [str(REPOSITORY / "tests" / room) for room in ROOMS]
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *chosen], plugins=[recorder])
    if code != pytest.ExitCode.OK:
        return int(code)
    KEPT.mkdir(parents=True, exist_ok=True)
    known = json.loads(TESTS.read_text(encoding="utf-8")) if paths and TESTS.exists() else {}
    TESTS.write_text(json.dumps(known | recorder.tests), encoding="utf-8")
    return 0


def _chosen_tests(
    constant: Constant, tests: dict[str, Any], users: set[str], seconds: float
) -> tuple[list[str], float]:
    """The tests for a constant, and the processor time that they are known to take."""
    room, _, stem = constant.module.partition("/")
    mirror = f"tests/{room}/test_{stem}.py"
    calls = {name: test for name, test in tests.items() if users & set(test["called"])}
    if not calls:
        prefix = f"{constant.module}:"
        calls = {name: test for name, test in tests.items() if any(c.startswith(prefix) for c in test["called"])}
    own = sum(test["seconds"] for name, test in tests.items() if name.startswith(f"{mirror}::"))
    is_whole = (REPOSITORY / mirror).exists() and own <= seconds / 2
    chosen, taken = ([mirror], own) if is_whole else ([], 0.0)
    quickest = sorted(calls, key=lambda name: calls[name]["seconds"])
    for name in quickest:
        if is_whole and name.startswith(f"{mirror}::"):
            continue
        taken += calls[name]["seconds"]
        if chosen and taken > seconds:
            break
        chosen.append(name)
    files = [name.split("::")[0] for name in chosen]
    return sorted(chosen, key=lambda name: files.index(name.split("::")[0])), taken


class _Changed(SourceFileLoader):
    """Loads a module from a changed text, past what is kept of it in bytecode."""

    text: str

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.text.encode(), self.get_filename(fullname))

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - the loader knows one module
        return self.text


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds one module in a changed text."""

    name: str
    path: str
    text: str

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        loader = _Changed(name, self.path)
        loader.text = self.text
        return spec_from_loader(name, loader)


def _run_changed(constant: Constant, text: str, tests: Sequence[str], seconds: float) -> tuple[str, float]:
    """Run tests in a child process with a changed module; "noticed", "not noticed" or "hung", and processor time."""
    name = f"digitnet.{constant.module.replace('/', '.')}"
    path = str(SOURCE / f"{constant.module}.py")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            quiet = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (int(60 + _PATIENCE * seconds),) * 2)
            sys.meta_path.insert(0, _Finder(name, path, text))
            code = int(pytest.main([*_OPTIONS, *tests]))
        except BaseException:  # noqa: BLE001 - the child must not go on as a second parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    taken = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}:
        return "hung", taken
    is_green = os.WIFEXITED(status) and os.WEXITSTATUS(status) in {
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    }
    return "not noticed" if is_green else "noticed", taken


def _known() -> dict[str, str]:
    """What was found before, by change."""
    if not RESULTS.exists():
        return {}
    rows = map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())
    return {row["change"]: row["result"] for row in rows}


def vary(
    modules: Sequence[str], *, only: Sequence[str], again: bool, seconds: float
) -> list[tuple[Constant, str, str]]:
    """Change each constant of these modules in each way; what was found, with what is known from before."""
    tests, known = json.loads(TESTS.read_text(encoding="utf-8")), _known()
    texts = {_name(path): path.read_text(encoding="utf-8") for room in ROOMS for path in (SOURCE / room).glob("*.py")}
    for name in _IMPORTED_ONCE:
        importlib.import_module(name)
    rows = []
    for module in modules:
        is_checked = False
        for constant in constants_of(module, texts[module]):
            chosen, taken = _chosen_tests(constant, tests, users_of(constant, texts), seconds)
            for label, value in changes_of(constant).items():
                if label not in only:
                    continue
                change = f"{module}: {constant.name} = {constant.value} -> {label}"
                result = known.get(change)
                if result is None or (again and result == "not noticed"):
                    if not is_checked and _run_changed(constant, texts[module], chosen, taken)[0] != "not noticed":
                        raise SystemExit(f"the tests of {constant.name} are red without a change: see {OUTPUT}")
                    is_checked = True
                    data, (begin, end) = texts[module].encode(), constant.span
                    changed = (data[:begin] + f"({value})".encode() + data[end:]).decode()
                    result, used = _run_changed(constant, changed, chosen, taken)
                    with RESULTS.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"change": change, "result": result, "seconds": round(used, 2)}) + "\n")
                    _say(f"{result:12}{used:6.1f} s  {change}")
                rows.append((constant, label, result))
    return rows


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _name(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").as_posix()


def main() -> int:
    """Change constants, and print what no test noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "modules", nargs="*", help="such as segmentation/cuts, all where none is named; with --learn files of tests"
    )
    parser.add_argument("--learn", action="store_true", help="find out which functions tests run, and end")
    parser.add_argument("--only", nargs="+", choices=CHANGES, default=CHANGES, help="only such changes")
    parser.add_argument("--again", action="store_true", help="change once more what no test had noticed")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor time of the tests of a change, if green")
    options = parser.parse_args()
    os.chdir(REPOSITORY)
    if options.learn:
        return learn(options.modules)
    if not TESTS.exists():
        sys.stderr.write(f"nothing is known of the tests yet: run {Path(sys.argv[0]).name} --learn first\n")
        return 1
    every = {_name(path): path for room in ROOMS for path in sorted((SOURCE / room).glob("*.py"))}
    if unknown := [name for name in options.modules if name not in every]:
        sys.stderr.write(f"no module {unknown[0]} in {', '.join(ROOMS)}: names are such as segmentation/cuts\n")
        return 2
    rows = vary(options.modules or list(every), only=options.only, again=options.again, seconds=options.seconds)
    unseen = [(constant, label) for constant, label, result in rows if result == "not noticed"]
    for constant, label in unseen:
        _say(f"src/digitnet/{constant.module}.py:{constant.line}: {constant.name} = {constant.value}, {label}")
    constants = {(c.module, c.name) for c, _, _ in rows}
    never = constants - {(c.module, c.name) for c, _, result in rows if result != "not noticed"}
    seen, found = len(rows) - len(unseen), len(constants) - len(never)
    _say(f"noticed: {seen} of {len(rows)} changes, {found} of {len(constants)} constants")
    return 1 if 10 * len(unseen) > len(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
