"""Caps that keep the code readable, and tests that stand where their modules stand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import digitnet

SOURCE = Path(digitnet.__file__).parent
CHECKOUT = SOURCE.parents[1]
TESTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(not (CHECKOUT / "pyproject.toml").exists(), reason="the code is measured in a checkout")

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50  # without the docstring
MAX_PARAMETERS = 8  # without self
# The one exception: it mirrors the parameters of Keras's `fit`.
MAY_BE_LONGER = {"src/digitnet/training/loop.py: train"}
MIN_TESTED_LINES = 60  # shorter modules may be tested beside what uses them


def sources() -> list[Path]:
    folders = (SOURCE, CHECKOUT / "benchmarks", CHECKOUT / "scripts", CHECKOUT / "docs")
    return sorted(path for folder in folders if folder.exists() for path in folder.rglob("*.py"))


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(CHECKOUT).as_posix()}: {node.name}", node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    docstring = first if ast.get_docstring(function) is not None else None
    described = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - described


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return sum(parameter.arg not in {"self", "cls"} for parameter in named)


def test_modules_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {path.name: length for path, length in lengths.items() if length > MAX_MODULE_LINES} == {}


def test_functions_are_short_and_take_few_parameters() -> None:
    beyond = {
        name
        for name, function in functions()
        if lines_of(function) > MAX_FUNCTION_LINES or parameters_of(function) > MAX_PARAMETERS
    }
    assert beyond <= MAY_BE_LONGER


# Modules that are tested through the one that puts them together.
TESTED_THROUGH = {
    "segmentation/constrained_search": "segmentation/test_constrained_path.py",
    "arrays": "inference/test_classifier.py",
    "augmentation/outlier_drawings": "augmentation/test_outliers.py",
    "augmentation/outlier_signs": "augmentation/test_outliers.py",
    "augmentation/page_layouts": "augmentation/test_written_pages.py",
    "augmentation/page_light": "augmentation/test_written_pages.py",
    "augmentation/written_sheet": "augmentation/test_written_pages.py",
    "cli/batch_progress": "cli/test_batch.py",
    "cli/reproduce": "runs/test_reproduction.py",
    "cli/table_answer": "cli/test_read.py",
    "exports/source": "exports/test_export.py",
    "inference/known_numbers": "inference/test_number_reader.py",
    "inference/number_words": "inference/test_number_reader.py",
    "inference/trace": "inference/test_reader.py",
    "segmentation/table_grid": "segmentation/test_cells.py",
    "cli/entry": "cli/test_outcomes.py",
    "cli/evaluate": "cli/test_cli.py",
    "cli/info": "cli/test_cli.py",
    "cli/inputs": "cli/test_answering.py",
    "cli/options": "cli/test_commands.py",
    "cli/table_file": "cli/test_printing.py",
    "cli/wording": "cli/test_read.py",
    "scale/archives": "scale/test_sources.py",
    "scale/out_folder": "scale/test_batch.py",
    "scale/remote": "scale/test_sources.py",
    "scale/work": "scale/test_cluster.py",
    "model_file/dense_layers": "model_file/test_banded_layers.py",
    "runs/data": "runs/test_session.py",
    "runs/planned_run": "runs/test_training_process.py",
    "runs/events": "runs/test_session.py",
    "runs/folder": "runs/test_session.py",
    "runs/training": "runs/test_session.py",
    "network/logits": "network/test_mlp.py",
    "server/app": "server/test_routing.py",
    "server/bodies": "server/test_routing.py",
    "server/serving": "server/test_routing.py",
    "server/settings": "cli/test_serve.py",
    "server/workers": "server/test_running.py",
    "studio/inspectors": "studio/test_inside_routes.py",
    "studio/request_values": "studio/test_inside_routes.py",
    "studio/run_events": "studio/test_teaching_routes.py",
    "studio/studio": "studio/test_inside_routes.py",
    "studio/teaching/process_control": "studio/teaching/test_run_process.py",
    "training/epoch": "training/test_loop.py",
    "training/objective": "training/test_loop.py",
}


def test_each_module_has_its_tests_in_a_file_of_its_name() -> None:
    lacking = set()
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE)
        length = len(path.read_text(encoding="utf-8").splitlines())
        if path.stem.startswith("__") or length < MIN_TESTED_LINES:
            continue
        if not (TESTS / name.parent / f"test_{name.name}").exists():
            lacking.add(name.with_suffix("").as_posix())
    assert lacking == set(TESTED_THROUGH)


@pytest.mark.parametrize("test_file", sorted(set(TESTED_THROUGH.values())))
def test_what_tests_a_module_is_there(test_file: str) -> None:
    assert (TESTS / test_file).exists()
