"""The tutorial's code runs as it stands, prints what the page says, and bears out what the text claims."""

import base64
import importlib.util
import math
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "tutorial.md"
FIGURES = DOCS / "figures"

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="the tutorial is part of the checkout, not of the wheel"),
    pytest.mark.skipif(find_spec("keras") is None, reason="the tutorial trains, which needs the training extra"),
]

NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d*)?(?:e[-+]?\d+)?")


class Block(NamedTuple):
    """A block of code, and what the page says that it prints."""

    line: int
    kind: str  # the words after "text": nothing for an exact match, "within N %", "numbers vary"
    shown: str


class Run(NamedTuple):
    """What the page's code left behind."""

    names: dict[str, Any]
    printed: list[str]
    folder: Path


_OF_OTHER_PAGES = ("performance", "accuracy", "pictures", "page", "serving")


def own_figures() -> list[Path]:
    """The tutorial's; those of other pages are tested with them."""
    return [path for path in FIGURES.iterdir() if not path.name.startswith(_OF_OTHER_PAGES)]


def blocks_of(page: str) -> list[Block]:
    fences = re.compile(r"^```python\n.*?^```\n(?:\n^```text ?([^\n]*)\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
    return [
        Block(page[: match.start()].count("\n") + 1, match[1] or "", match[2] or "") for match in fences.finditer(page)
    ]


TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
BLOCKS = blocks_of(TEXT)


def load(name: str) -> ModuleType:
    """A module of docs/, which is not a package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All code blocks, run once, in order, in one namespace and in a folder of their own."""
    folder = tmp_path_factory.mktemp("tutorial")
    names, printed = load("page_code").run_page(PAGE, folder)
    return Run(names, printed, folder)


def numbers_in(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]


def words_in(text: str) -> list[str]:
    """All but the numbers, and without the spaces that depend on their widths."""
    return NUMBER.sub(" # ", text).split()


def assert_prints(printed: str, kind: str, shown: str) -> None:
    if not kind:
        assert printed == shown
        return
    assert words_in(printed) == words_in(shown)
    if kind != "numbers vary":
        tolerance = re.fullmatch(r"within (\d+) %", kind)
        assert tolerance is not None, f"{kind!r} is not a known kind of output"
        assert numbers_in(printed) == pytest.approx(numbers_in(shown), rel=int(tolerance[1]) / 100)


def test_every_block_of_code_was_run(run: Run) -> None:
    assert len(BLOCKS) == TEXT.count("```python") == len(run.printed)


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=[f"line {block.line}" for block in BLOCKS])
def test_a_block_prints_what_the_page_shows(run: Run, number: int) -> None:
    assert_prints(run.printed[number], BLOCKS[number].kind, BLOCKS[number].shown)


def test_the_network_is_as_good_as_the_page_says(run: Run) -> None:
    evaluation = run.names["evaluation"]
    assert evaluation.n == 10_000
    assert 0.96 < evaluation.accuracy < 0.98  # "about 97 of 100 digits are right"
    assert run.names["history"]["val_loss"][-1] < run.names["history"]["loss"][-1]
    low, high = evaluation.accuracy_interval
    assert high - low == pytest.approx(0.007, abs=0.001)  # "about 0.7 points wide"


def test_the_formula_of_the_interval_is_the_one_that_is_used(run: Run) -> None:
    evaluation = run.names["evaluation"]
    n, z = evaluation.n, 1.96
    q = evaluation.errors / n
    centre = q + z**2 / (2 * n)
    root = z * math.sqrt(q * (1 - q) / n + z**2 / (4 * n**2))
    rates = [(centre - root) / (1 + z**2 / n), (centre + root) / (1 + z**2 / n)]
    low, high = evaluation.accuracy_interval
    assert [1 - high, 1 - low] == pytest.approx(rates, abs=1e-7)


def test_an_epoch_has_the_steps_that_the_page_counts(run: Run) -> None:
    images, batch_size = len(run.names["train_set"]), 128
    assert -(-images // batch_size) == 430
    assert images % batch_size == 88


def test_the_gradient_is_the_one_that_keras_descends(run: Run) -> None:
    # Checked on other images and weights than the page takes: those of the trained network.
    names, keras = run.names, run.names["keras"]
    model, images = names["model"], names["train_set"].images[100:120]
    y = np.eye(10)[names["train_set"].labels[100:120]]
    weights = [np.asarray(array, np.float64) for array in model.get_weights()]
    ours = names["gradients_of"](weights, images.reshape(20, 784) / 255, y)

    def loss(variables: list[Any]) -> Any:
        probabilities, _ = model.stateless_call(variables, model.non_trainable_variables, images, training=False)
        return keras.ops.mean(keras.losses.categorical_crossentropy(y, probabilities))

    jax = names["jax"]
    theirs = jax.jit(jax.grad(loss))([variable.value for variable in model.trainable_variables])
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-3, atol=1e-5)
    assert max(np.abs(our).max() for our in ours) > 1e-3  # or the comparison would say nothing


def test_the_check_by_differences_leaves_the_weights_as_they_were(run: Run) -> None:
    model = run.names["digitnet"].build_mlp(hidden_sizes=(128, 64), dropout=0.2, seed=0)
    for left, built in zip(run.names["weights"], model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, built)


def test_the_small_set_is_learned_by_heart(run: Run) -> None:
    history = run.names["overfit"]
    best = int(np.argmin(history["val_loss"])) + 1
    assert 7 <= best <= 16  # "for about ten epochs"
    assert history["val_loss"][-1] > 1.15 * min(history["val_loss"])
    assert history["accuracy"][-1] == 1.0
    assert history["loss"][-1] < 0.01
    assert history["val_accuracy"][-1] < 0.92


def test_sure_answers_are_right_and_unsure_ones_often_wrong(run: Run) -> None:
    right = run.names["right"]
    assert right[run.names["sure"]].mean() > 0.99
    assert 0.5 < right[run.names["unsure"]].mean() < 0.8
    assert run.names["evaluation"].ece < 0.02


def test_the_drawn_digit_is_read_and_its_shrunk_picture_is_not(run: Run) -> None:
    digit, classifier = run.names["digit"], run.names["classifier"]
    assert (run.folder / "four.png").exists()
    assert (digit.label, digit.status) == (4, "ok")
    assert digit.confidence > 0.9
    shrunk = run.names["shrunk"]
    assert shrunk.shape == (28, 28)
    assert 4 not in classifier.predict(np.stack([shrunk, 255 - shrunk]))


def test_a_broken_block_is_reported_at_its_line_in_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```python\nx = 1\n```\n\n```python\nprint(x)\nprint(y)\n```\n")
    with pytest.raises(NameError, match="'y' is not defined") as raised:
        load("page_code").run_page(page, tmp_path)
    assert raised.traceback[-1].lineno == 9 - 1  # counted from 0


@pytest.mark.parametrize(
    ("printed", "kind", "shown"),
    [
        ("loss 0.5\n", "", "loss 0.51\n"),
        ("loss 0.5\n", "within 5 %", "loss 0.6\n"),
        ("loss 0.5\n", "within 5 %", "cost 0.5\n"),
        ("agrees: False\n", "numbers vary", "agrees: True\n"),
        ("1 2\n", "numbers vary", "1 2 3\n"),
        ("1\n", "more or less", "1\n"),
    ],
)
def test_a_wrong_output_is_noticed(printed: str, kind: str, shown: str) -> None:
    with pytest.raises(AssertionError):
        assert_prints(printed, kind, shown)


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    titles = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert len(targets) > 25
    for target in targets:
        assert (target[1:] in anchors) if target.startswith("#") else (DOCS / target).exists(), target


def test_the_figures_are_those_of_the_page_and_small() -> None:
    shown = set(re.findall(r"!\[[^]]+\]\(figures/([^)]+)\)", TEXT))
    assert shown == {path.name for path in own_figures()}
    assert max(path.stat().st_size for path in own_figures()) < 200_000


def test_the_figures_can_be_drawn_from_what_the_code_computes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    draw_figures = load("draw_figures")
    assert set(draw_figures.FIGURES) == {path.name for path in own_figures()}
    for draw in draw_figures.FIGURES.values():
        assert draw(run.names).axes


@pytest.fixture(scope="module")
def notebook(run: Run) -> Any:
    pytest.importorskip("jupytext", reason="the notebook is made by jupytext, of the extra dev")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        return load("make_notebook").notebook_of(PAGE, run.printed)


def test_the_notebook_has_every_block_of_code_with_what_it_prints(run: Run, notebook: Any) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    blocks = re.findall(r"^```python\n(.*?)\n```$", TEXT, re.DOTALL | re.MULTILINE)
    assert [cell.source for cell in cells] == blocks
    assert ["".join(output.text for output in cell.outputs) for cell in cells] == run.printed
    assert [cell.execution_count for cell in cells] == list(range(1, len(blocks) + 1))


def test_the_notebook_has_all_of_the_text_and_needs_no_other_file(notebook: Any) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.findall(r"^#+ .+$", text, re.MULTILINE) == [
        line
        for line in re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE).splitlines()
        if line[:1] == "#"
    ]
    assert "```text" not in text  # what a block prints stands in its output
    assert "digitnet train" in text
    assert not any("%%" in cell.source or "%matplotlib" in cell.source for cell in notebook.cells)
    pictures = {name: data for cell in notebook.cells for name, data in cell.get("attachments", {}).items()}
    assert set(pictures) == set(re.findall(r"\(attachment:([^)]+)\)", text)) == {path.name for path in own_figures()}
    for name, data in pictures.items():
        assert base64.b64decode(data["image/png"]) == (FIGURES / name).read_bytes()
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if ":" not in link]
    assert all((PAGE.parents[1] / "build" / link).resolve().exists() for link in links if link)


def test_a_kernel_runs_the_notebook_from_top_to_bottom(notebook: Any, tmp_path: Path) -> None:
    reason = "a kernel wants half a minute and packages of its own: scripts/test-notebook or make test-all runs this"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, block in zip(cells, BLOCKS, strict=True):
        printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        assert_prints(printed, block.kind, block.shown)


def formulas_in(page: str) -> list[str]:
    text = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    display = re.findall(r"^\$\$(.+)\$\$$", text, re.MULTILINE)
    inline = re.findall(r"\$([^$\n]+)\$", re.sub(r"^\$\$.+\$\$$", "", text, flags=re.MULTILINE))
    return display + inline


@pytest.mark.parametrize("formula", sorted(set(formulas_in(TEXT))))
def test_a_formula_is_well_formed(formula: str) -> None:
    from matplotlib.mathtext import MathTextParser  # noqa: PLC0415 - heavy, and optional

    # GitHub takes a backslash before punctuation for Markdown's own, unless a space follows.
    assert not re.search(r"\\[^A-Za-z ]", formula)
    MathTextParser("path").parse(f"${formula}$")


def test_no_formula_is_left_open() -> None:
    text = re.sub(r"^```.*?^```", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert all(line.count("$") % 2 == 0 for line in text.splitlines())
