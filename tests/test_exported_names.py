"""`digitnet.X` for every promised X, and nothing heavy before it is asked for."""

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import NumpyVersion
from PIL import Image

import digitnet
from extras import HAS_TRAINING

HEAVY = {
    *(
        "numpy",
        "onnxruntime",
        "cv2",
        "PIL",
        "rich",
        "pydantic",
        "importlib.metadata",
        "statistics",
    ),
    *("keras", "jax", "onnx", "matplotlib", "scipy", "h5py"),
    *(("numpy.ma",) if NumpyVersion(np.__version__) >= "2.0.0" else ()),  # NumPy 1 loads it itself
}


def modules_after(statement: str) -> set[str]:
    """All modules that a fresh interpreter has loaded after one statement."""
    code = f"{statement}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout.splitlines()[-1]))


def modules_of_command(*arguments: str) -> set[str]:
    """All modules that `digitnet` with these arguments has loaded at its end."""
    return modules_after(
        f"import sys; sys.argv = ['digitnet', *{arguments!r}]\nfrom digitnet.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    )


def loaded_by(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after one statement."""
    return HEAVY & modules_after(statement)


def rooms(modules: set[str]) -> set[str]:
    """The rooms of digitnet of which any module is loaded."""
    return {name.split(".")[1] for name in modules if name.startswith("digitnet.")}


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
    if (
        module_name
        in {
            "digitnet.model_file.ensemble",
            "digitnet.training.export",
            "digitnet.network.mlp",
            "digitnet.runs.reproduction",
            "digitnet.training.loop",
        }
        and not HAS_TRAINING
    ):
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


def test_a_classifier_needs_numpy_and_onnx_runtime() -> None:
    statement = "import digitnet, numpy; digitnet.load_classifier().predict(numpy.zeros((300, 28, 28), numpy.uint8))"
    assert loaded_by(statement) == {"numpy", "onnxruntime"}


def test_help_loads_no_command_and_nothing_that_takes_long() -> None:
    modules = modules_of_command("--help")
    assert not HEAVY & modules
    assert not {"dataclasses", "inspect"} & modules  # together they take ten milliseconds
    assert rooms(modules) == {"cli", "errors"}


def test_help_on_training_loads_nothing_that_trains() -> None:
    modules = modules_of_command("train", "--help")
    assert not HEAVY & modules
    assert rooms(modules) == {
        "augmentation",
        "cli",
        "errors",
        "evaluation",
        "model_file",
        "network",
        "training",
    }


ANSWERING = {"arrays", "cli", "errors", "evaluation", "inference", "model_file", "notes", "parallel"}


def test_reading_a_picture_loads_what_reads_pictures_and_nothing_else(tmp_path: Path) -> None:
    shades = np.linspace(150, 250, 90, dtype=np.uint8) * np.ones((70, 1), np.uint8)  # light that is not even
    shades[10:60, 40:46] = 20
    Image.fromarray(shades).save(tmp_path / "one.png")
    modules = modules_of_command("predict", str(tmp_path / "one.png"))
    assert HEAVY & modules == {"numpy", "onnxruntime", "cv2", "PIL"}
    assert rooms(modules) == ANSWERING | {"constraints", "pictures", "segmentation"}


def test_reading_a_file_of_many_images_needs_no_library_for_pictures(tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.zeros((3, 28, 28), np.uint8))
    modules = modules_of_command("predict", str(tmp_path / "many.npy"), "--json")
    assert HEAVY & modules == {"numpy", "onnxruntime"}
    assert rooms(modules) <= ANSWERING | {"datasets", "files", "pictures"}


def test_augmented_inference_needs_numpy_and_onnx_runtime() -> None:
    statement = (
        "import digitnet, numpy; classifier = digitnet.load_classifier(augment_inference=3)\n"
        "classifier.predict(numpy.random.default_rng(0).integers(0, 256, (9, 28, 28), dtype=numpy.uint8))"
    )
    assert loaded_by(statement) <= {"numpy", "numpy.ma", "onnxruntime", "statistics"}


@pytest.mark.parametrize(
    "arguments",
    [("info",), ("verify",), ("predict", "--help"), ("committee", "--help"), ("info", "--json", "--precision=int8")],
)
def test_nothing_but_training_loads_what_trains(arguments: tuple[str, ...]) -> None:
    assert not modules_of_command(*arguments) & {"keras", "jax", "onnx", "matplotlib", "scipy", "h5py"}
