"""`digitnet.X` for every promised X, and nothing heavy before it is asked for."""

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import digitnet
from extras import HAS_TRAINING

HEAVY = {"keras", "jax", "onnx", "onnxruntime", "matplotlib", "cv2", "PIL", "numpy", "rich"}


def loaded_by(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after one statement."""
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return HEAVY & set(json.loads(run.stdout.splitlines()[-1]))


def test_the_lazy_table_is_the_list_of_exported_names() -> None:
    assert set(digitnet._MODULE_OF) | {"__version__"} == set(digitnet.__all__)  # noqa: SLF001


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(digitnet.__file__).read_text(encoding="utf-8"))
    seen = {
        (alias.name, node.module)
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(digitnet._MODULE_OF.items())  # noqa: SLF001


@pytest.mark.parametrize("name", sorted(digitnet._MODULE_OF))  # noqa: SLF001
def test_each_name_is_public_where_it_lives(name: str) -> None:
    module_name = digitnet._MODULE_OF[name]  # noqa: SLF001
    if module_name in {"digitnet.export", "digitnet.model", "digitnet.training"} and not HAS_TRAINING:
        pytest.skip("needs the training extra")
    module = import_module(module_name)
    assert name in module.__all__
    assert getattr(digitnet, name) is getattr(module, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        digitnet.nonsense  # noqa: B018


def test_importing_the_package_loads_nothing() -> None:
    assert loaded_by("import digitnet") == set()


def test_data_sets_need_only_numpy() -> None:
    assert loaded_by("import digitnet; digitnet.load_mnist") == {"numpy"}


def test_a_classifier_needs_no_training_framework() -> None:
    assert not loaded_by("import digitnet; digitnet.load_classifier") & {
        "keras",
        "jax",
        "onnx",
        "matplotlib",
        "rich",
    }


def test_help_loads_no_library_for_arrays() -> None:
    loaded = loaded_by(
        "import sys; sys.argv = ['digitnet', '--help']\nfrom digitnet.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert loaded <= {"rich"}
