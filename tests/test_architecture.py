"""The plan of the house: few rooms, imports that point one way between them and inside the larger ones."""

import ast
import re
from collections import defaultdict
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

import digitnet

SOURCE = Path(digitnet.__file__).parent
CHECKOUT = SOURCE.parents[1]
DOCUMENT = CHECKOUT / "docs" / "architecture.md"

# From the ground up: a room imports only from those before it. A package stands for all of its modules.
ROOMS = (
    "errors",
    "arrays",
    "constraints",
    "files",
    "notes",
    "parallel",
    "pictures",
    "segmentation",
    "datasets",
    "network",
    "augmentation",
    "evaluation",
    "model_file",
    "training",
    "inference",
    "inspection",
    "report",
    "exports",
    "runs",
    "sklearn",
    "scale",
    "server",
    "studio",
    "cli",
)
# The same inside the larger rooms; what is in none of these lists may be imported by any module of its room.
INSIDE: dict[str, tuple[str, ...]] = {
    "pictures": (
        "endings",
        "decoder_errors",
        "decoder_output",
        "unknown_format",
        "grays",
        "paper",
        "straight_runs",
        "local_contrast",
        "size_limits",
        "documents",
        "decoding",
        "contrast",
        "frame",
        "line_detection",
        "ruling",
        "blank",
        "sheet",
        "shading",
        "written_ink",
        "colour",
        "cleaning",
        "surroundings",
        "ink",
        "loading",
        "stroke_normalization",
        "mnist_frame",
    ),
    "segmentation": (
        "components",
        "lines",
        "cells",
        "table_grid",
        "rule_strokes",
        "comb_edges",
        "table_rows",
        "cuts",
        "group_costs",
        "symbol_lattice",
        "constrained_search",
        "constrained_path",
        "lattice",
        "character_views",
        "characters",
        "writer_adaptation",
        "page",
    ),
    "training": (
        "setting",
        "stopping",
        "choices",
        "recipes",
        "example_difficulty",
        "optimizers",
        "schedules",
        "fast_layers",
        "objective",
        "processes",
        "data_parallel",
        "epoch",
        "history",
        "checkpoint_file",
        "checkpoint",
        "compilation_cache",
        "weights",
        "loop",
        "export",
        "outlier_detector",
        "feature_network",
    ),
    "inference": (
        "notebook",
        "answers",
        "outputs",
        "augmented_inference",
        "predictor",
        "decision",
        "other_digits",
        "tables",
        "number_words",
        "named_lines",
        "number_cells",
        "unread_ink",
        "doubtful_cells",
        "known_numbers",
        "number_reader",
        "digit_candidates",
        "letter_check",
        "reading_thresholds",
        "trace",
        "two_ways",
        "reader",
        "classifier",
    ),
    "exports": (
        "web",
        "web_runtime",
        "formats",
        "source",
        "verification",
        "written",
        "safetensors_folder",
        "keras_archive",
        "saved_model",
        "litert_file",
        "litert_integers",
        "triton_repository",
        "openvino_folder",
        "hub_folder",
        "html_page",
        "integer_layers",
        "c_program",
        "c_source",
        "export",
    ),
    "server": (
        "settings",
        "metrics",
        "replies",
        "thread_pool",
        "large_requests",
        "routes",
        "access_log",
        "guard",
        "numbers",
        "uploads",
        "not_found",
        "batching",
        "serving",
        "bodies",
        "tensors",
        "pictures",
        "tensorflow_serving",
        "open_inference",
        "openapi",
        "page",
        "routing",
        "app",
        "connections",
        "workers",
        "running",
    ),
    "studio": (
        "web",
        "teaching",
        "lazy_mnist",
        "file_cache",
        "request_values",
        "error_status",
        "networks",
        "inspectors",
        "run_events",
        "boundary_routes",
        "counterfactual_routes",
        "diagram_routes",
        "inside_routes",
        "map_routes",
        "mistakes_routes",
        "reading_routes",
        "teaching_routes",
        "model_export",
        "export_routes",
        "studio",
    ),
}
MAX_ROOMS = 26
# 120; 7 for `sklearn`, which trains (datasets, runs, training), keeps a model file (model_file), and answers
# (inference) with errors and arrays of ours; 9 for `exports`: errors, arrays and files, images to compare (datasets),
# the model file, its layers (inspection) and thresholds (inference), Keras (network), and the command.
# Eleven of `scale`, which joins pictures, data sets and answers, and of what calls it.
# One of the script that computes the map of test digits from what the last hidden layer answers (inspection).
# One from `studio` to `exports`: the page gives trained networks away.
# One from `benchmarks` to `scale`, whose way of sending parts is what simulated workers and the model of cost measure.
MAX_ARROWS = 150
# Inside a function, own modules are imported only where start-up would pay for them otherwise.
MAY_IMPORT_LATE = {"cli", "evaluation", "inference", "sklearn"}


def modules_below(folder: Path) -> dict[str, ast.Module]:
    """Each module below a folder by its dotted name; `x/__init__.py` is `x`."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of the package that stand in a room."""
    return {name: tree for name, tree in modules_below(SOURCE).items() if name not in {"", "__main__"}}


def own_imports(tree: ast.AST) -> set[str]:
    """What is imported from digitnet anywhere in the tree, as dotted names; a name in a module counts as the module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {_module_of(name.removeprefix("digitnet.")) for name in found if name.startswith("digitnet.")} - {""}


def _module_of(name: str) -> str:
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name


@cache
def arrows() -> frozenset[tuple[str, str]]:
    """Pairs of rooms of which one imports the other; benchmarks and scripts are rooms too, where they are there."""
    outside = chain.from_iterable(
        ((room, tree) for tree in modules_below(CHECKOUT / room).values()) for room in ("benchmarks", "scripts")
    )
    inside = ((name.split(".")[0], tree) for name, tree in modules().items())
    pairs = {(room, name.split(".")[0]) for room, tree in chain(inside, outside) for name in own_imports(tree)}
    return frozenset((room, other) for room, other in pairs if room != other)


def test_every_module_stands_in_a_room() -> None:
    assert {name.split(".")[0] for name in modules()} == set(ROOMS)
    assert len(ROOMS) + len(("benchmarks", "scripts")) <= MAX_ROOMS


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_before_it(room: str) -> None:
    assert {other for importer, other in arrows() if importer == room} <= set(ROOMS[: ROOMS.index(room)])


def test_the_rooms_have_few_arrows_between_them() -> None:
    assert len(arrows()) <= MAX_ARROWS


@pytest.mark.parametrize("room", INSIDE)
def test_imports_inside_a_larger_room_point_one_way(room: str) -> None:
    order = INSIDE[room]
    imported: defaultdict[str, set[str]] = defaultdict(set)
    for name, tree in modules().items():
        if name.startswith(f"{room}."):
            part = name.split(".")[1]
            imported[part] |= {other.split(".")[1] for other in own_imports(tree) if other.startswith(f"{room}.")}
    assert set(imported) == set(order)
    for part, others in imported.items():
        assert others - {part} <= set(order[: order.index(part)]), part


def test_own_modules_are_imported_at_the_top() -> None:
    late = {
        name.split(".")[0]
        for name, tree in modules().items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and own_imports(function)
    }
    assert late <= MAY_IMPORT_LATE


def test_the_document_describes_every_room_in_the_same_order() -> None:
    if not DOCUMENT.exists():
        pytest.skip("the documents are not installed with the package")
    described = re.findall(r"^\*\*`(\w+)/?`\*\*", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert described == [*ROOMS, "benchmarks", "scripts"]
