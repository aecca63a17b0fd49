"""One direction of flow: a module imports only from those above it in docs/architecture.md."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import digitnet

SOURCE = Path(digitnet.__file__).parent

# From the top down; a package stands for all of its modules.
ORDER = (
    "errors",
    "arrays",
    "damage",
    "suggestions",
    "files",
    "cores",
    "slices",
    "idx",
    "datasets",
    "distortion",
    "recipes",
    "backend",
    "program_store",
    "compilation_cache",
    "random_bits",
    "strokes",
    "augmentation",
    "initialization",
    "model",
    "metrics",
    "training",
    "calibration",
    "evaluation",
    "quantiles",
    "model_metadata",
    "model_file",
    "onnx_graph",
    "quantization",
    "export",
    "digit_score",
    "committee",
    "pictures",
    "penmanship",
    "normalization",
    "doodles",
    "signs",
    "non_digits",
    "regional_hands",
    "other_pens",
    "odd_digits",
    "rejection",
    "segmentation",
    "answers",
    "verdicts",
    "augmented_inference",
    "reading",
    "classifier",
    "report",
    "progress",
    "runs",
    "inspection",
    "teaching",
    "server",
    "studio",
    "web",
    "cli",
)
# Inside a function, own modules are imported only where start-up would pay for them otherwise.
MAY_IMPORT_LATE = {"classifier", "cli", "evaluation"}


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Each module's name, that of its package where it has one, and its syntax tree; parsed once for all tests."""
    named = ((path.relative_to(SOURCE).parts[0].removesuffix(".py"), path) for path in sorted(SOURCE.rglob("*.py")))
    return tuple(
        (name, ast.parse(path.read_text(encoding="utf-8")))
        for name, path in named
        if name not in {"__init__", "__main__"}
    )


def own_imports(tree: ast.AST) -> set[str]:
    """Top-level modules of digitnet that are imported anywhere in the tree."""
    found = set()
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {match.group(1) for name in names if (match := re.match(r"digitnet\.(\w+)", name))}
    return found


def test_every_module_has_its_place() -> None:
    assert {name for name, _ in modules()} == set(ORDER)


@pytest.mark.parametrize("place", range(len(ORDER)), ids=ORDER)
def test_imports_point_upwards(place: int) -> None:
    above = set(ORDER[: place + 1])
    for name, tree in modules():
        if name == ORDER[place]:
            assert own_imports(tree) <= above


def test_own_modules_are_imported_at_the_top() -> None:
    late = {
        name
        for name, tree in modules()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and own_imports(function)
    }
    assert late <= MAY_IMPORT_LATE


def test_the_document_lists_the_same_order() -> None:
    document = SOURCE.parents[1] / "docs" / "architecture.md"
    if not document.exists():
        pytest.skip("the documents are not installed with the package")
    block = re.search(r"```text\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    listed = [line.split()[0].rstrip("/") for line in block.group(1).splitlines() if line and line[0] != " "]
    assert listed == list(ORDER)
