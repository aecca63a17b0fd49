"""scripts/wheel_contents.py, with made-up wheels."""

import importlib.util
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "wheel_contents.py"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the scripts are part of the checkout, not of the wheel")


def load_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("wheel_contents", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def wheel_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_every_difference_between_wheel_and_checkout_is_named(tmp_path: Path) -> None:
    package = tmp_path / "src" / "digits"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "weights.onnx", "page.html", "__pycache__/left_over.pyc"):
        (package / name).write_bytes(name.encode())
    whole = {f"digits/{name}": name.encode() for name in ("__init__.py", "weights.onnx", "page.html")}
    metadata = {"digits-1.dist-info/METADATA": b"", "digits-1.dist-info/RECORD": b""}
    differences = load_script().differences
    assert differences(wheel_of(tmp_path / "whole.whl", whole | metadata), tmp_path / "src") == []
    del whole["digits/page.html"]
    broken = whole | {"digits/weights.onnx": b"others", "tests/test_it.py": b""}
    assert differences(wheel_of(tmp_path / "broken.whl", broken | metadata), tmp_path / "src") == [
        "digits/page.html is missing",
        "tests/test_it.py is not in the checkout",
        "digits/weights.onnx is another than in the checkout",
    ]


def test_a_difference_ends_the_script_with_it(tmp_path: Path) -> None:
    main = load_script().main
    assert "is missing" in main([str(wheel_of(tmp_path / "empty.whl", {}))])
    assert "usage" in main([])


def test_the_sdist_holds_all_that_is_not_hidden_in_the_checkout() -> None:
    """A packager builds, tests and documents from it alone."""
    checkout, git = Path(__file__).parents[1], shutil.which("git")
    if git is None or not (checkout / ".git").exists():
        pytest.skip("needs git and a checkout, to tell what belongs to it")
    listed = subprocess.run([git, "ls-files"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    packed = {name.removeprefix("/") for name in settings["targets"]["sdist"]["include"]}
    tops = {line.partition("/")[0] for line in listed.splitlines() if not line.startswith(".")}
    assert tops - packed == {"LICENSE", "pyproject.toml"}  # Hatchling always adds these two
