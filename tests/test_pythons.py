"""scripts/pythons.py: the floors of pyproject.toml, which interpreters are taken, and the table."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[1]
SCRIPT = REPOSITORY / "scripts" / "pythons.py"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the scripts are part of the checkout, not of the wheel")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("pythons", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["pythons"] = module  # where dataclasses look for the module of a class
    specification.loader.exec_module(module)
    return module


def project(*dependencies: str, **extras: list[str]) -> dict[str, Any]:
    return {"name": "thing", "dependencies": list(dependencies), "optional-dependencies": extras}


def test_a_floor_is_the_lower_bound_with_its_marker(script: ModuleType) -> None:
    made = project(
        "numpy >= 1.26 ; python_version < '3.13'", "numpy>=2.1; python_version >= '3.13'", "rich>=13.9.4,<16", all=[]
    )
    assert script.floors(made) == [
        "numpy==1.26; python_version < '3.13'",
        "numpy==2.1; python_version >= '3.13'",
        "rich==13.9.4",
    ]


def test_extras_that_name_others_are_followed_and_those_of_a_package_left_out(script: ModuleType) -> None:
    made = project("a-b>=1", all=["thing[one,two]"], one=["c[x,y]>=2"], two=["a-b>=1", "thing[one]"], other=["d>=3"])
    assert script.floors(made) == ["a-b==1", "c==2"]  # a constraint of pip has no extras


@pytest.mark.parametrize("requirement", ["numpy", "numpy<3", "numpy; python_version >= '3.13'"])
def test_a_dependency_without_a_floor_is_refused(script: ModuleType, requirement: str) -> None:
    with pytest.raises(ValueError, match=r"expected a lower bound \(>=\) of numpy"):
        script.floors(project(requirement, all=[]))


def test_the_projects_own_floors_can_be_read_and_are_one_for_each_package_and_marker(script: ModuleType) -> None:
    made = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [(line.partition("==")[0], line.partition(";")[2]) for line in script.floors(made)]
    assert len(names) == len(set(names))
    assert {"numpy", "jax", "starlette", "pytest"} <= {name for name, _ in names}
    assert "ruff" not in dict(names)  # of `check`, which no test needs
    assert f"Programming Language :: Python :: {'.'.join(map(str, script.lowest_python(made)))}" in made["classifiers"]


def test_of_each_minor_version_the_newest_release_is_taken(script: ModuleType) -> None:
    found = [
        script.Interpreter((3, 13, 0), "/a/python3.13"),
        script.Interpreter((3, 11, 2), "/usr/bin/python3.11"),
        script.Interpreter((3, 9, 18), "/a/python3.9"),
        script.Interpreter((3, 11, 10), "/a/python3.11"),
        script.Interpreter((3, 11, 7), "/b/python3.11"),
    ]
    assert [str(one) for one in script.choose(found, (3, 11))] == ["3.11.10", "3.13.0"]
    assert [one.path for one in script.choose(found, (3, 12))] == ["/a/python3.13"]


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("..\n== 2 failed, 4364 passed, 5 skipped, 1 warning in 512.30s (0:08:32) ==\n", (4364, 2, 5)),
        ("3 passed in 1.02s\n", (3, 0, 0)),
        ("= 1 failed, 2 errors in 3.00s =\n", (0, 3, 0)),
        ("a line of 7 passed in vain\n== 1 passed in 0.10s ==\n", (1, 0, 0)),
        ("ImportError: conftest\n", (0, 0, 0)),
    ],
)
def test_results_are_read_from_pytests_last_line(script: ModuleType, output: str, counts: tuple[int, int, int]) -> None:
    assert script.counts(output) == dict(zip(("passed", "failed", "skipped"), counts, strict=True))


def test_the_table_says_what_was_tested_and_what_did_not_run(script: ModuleType) -> None:
    rows = [
        script.Row(
            "3.11.7",
            "newest",
            True,
            8.4,
            ("2.4.6", "0.10.2", "3.15.1", "1.32.0"),
            {"passed": 9, "failed": 0, "skipped": 2},
        ),
        script.Row("3.13.0", "floors", False, 0.6),
    ]
    assert script.table(rows).splitlines() == [
        "| Python | dependencies | NumPy | JAX | Keras | ONNX Runtime | passed | failed | skipped | minutes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "| 3.11.7 | newest | 2.4.6 | 0.10.2 | 3.15.1 | 1.32.0 | 9 | 0 | 2 | 8 |",
        "| 3.13.0 | floors | - | - | - | - |  | did not run |  | 1 |",
    ]


def test_the_versions_that_were_not_found_are_named(script: ModuleType) -> None:
    found = [script.Interpreter((3, 12, 1), "/a/python3.12"), script.Interpreter((3, 13, 0), "/a/python3.13")]
    assert script.not_found(found, (3, 11)) == ["3.11", f"3.{script.NEWEST_PYTHON[1]}"]


def test_pythons_of_pyenv_and_uv_are_found(script: ModuleType, tmp_path: Path) -> None:
    made = [tmp_path / kept / version / "bin" for kept in ("versions", "uv") for version in ("cpython-3.13", "3.14.1")]
    for folder in made:
        folder.mkdir(parents=True)
        (folder / "python3.14").touch()
        (folder / "python3.14-config").touch()
    environment = {"PATH": "", "PYENV_ROOT": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv")}
    found = script._candidates(environment)  # noqa: SLF001 - which of them run depends on the machine
    assert sorted(found) == sorted(str(folder / "python3.14") for folder in made)


def test_the_workflow_tests_every_promised_python_on_every_system(script: ModuleType) -> None:
    workflow = REPOSITORY / ".github" / "workflows" / "test.yml"
    if not workflow.exists():
        pytest.skip("the workflow is part of the checkout, not of the sdist")
    text = workflow.read_text(encoding="utf-8")
    systems, pythons = (re.findall(rf"^ +{name}: \[(.*)\]$", text, re.MULTILINE)[0] for name in ("system", "python"))
    assert [re.split(r"-\d+\.?\d*", name) for name in systems.split(", ")] == [
        *(["ubuntu", ""], ["ubuntu", "-arm"], ["macos", ""], ["windows", ""])
    ]
    minors = [int(minor) for minor in re.findall(r'"3\.(\d+)"', pythons)]
    made = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = {int(found) for line in made["classifiers"] for found in re.findall(r":: 3\.(\d+)$", line)}
    assert minors == list(range(script.lowest_python(made)[1], script.NEWEST_PYTHON[1] + 1))
    assert promised <= set(minors)
    assert "python scripts/pythons.py --${{ matrix.dependencies }} python" in text


def test_an_unknown_interpreter_is_named_in_one_line() -> None:
    run = subprocess.run([sys.executable, str(SCRIPT), "3.99"], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == "test-pythons: there is no python3.99 here that runs and can make environments\n"
