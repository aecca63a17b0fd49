"""The tutorial as a notebook that has been run: `.venv/bin/python docs/make_notebook.py build/tutorial.ipynb`.

The page stays the only source. Its blocks of code become cells with what they print now, which takes the place of what
the page shows below them; its figures go into the file, so that it can be opened anywhere.
"""

import base64
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from page_code import run_page

from digitnet.files import write_atomically

__all__ = ["notebook_of"]

_PAGE = Path(__file__).with_name("tutorial.md")
_SHOWN_OUTPUT = re.compile(r"(^```python\n.*?^```\n)\n^```text[^\n]*\n.*?^```\n", re.DOTALL | re.MULTILINE)
_FIGURE = re.compile(r"\]\((figures/[^)\s]+)\)")
_OTHER_PAGE = re.compile(r"\]\((?!#|attachment:|[a-z]+://)([^)\s]+)\)")


def notebook_of(page: Path, printed: Sequence[str]) -> Any:
    """The notebook of a page.

    Args:
        page: The Markdown file.
        printed: What each block of code has printed, as `run_page` gives it.

    Returns:
        An nbformat.NotebookNode that is valid.
    """
    notebook = jupytext.reads(_SHOWN_OUTPUT.sub(r"\1", page.read_text(encoding="utf-8")), fmt="md")
    notebook.cells = [_as_text(cell) if cell.source.startswith("%%sh") else cell for cell in notebook.cells]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, text) in enumerate(zip(code, printed, strict=True), start=1):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"  # jupytext draws one at random
        if cell.cell_type == "markdown":
            _embed_figures(cell, page.parent)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.validate(notebook)
    return notebook


def _as_text(cell: Any) -> Any:
    """Commands for a terminal, which jupytext takes for code to run, as a block to read."""
    return nbformat.v4.new_markdown_cell("```sh" + cell.source.removeprefix("%%sh") + "\n```")


def _embed_figures(cell: Any, folder: Path) -> None:
    """Put the figures of a cell into it, and let its other links lead to the pages of a checkout."""
    names = _FIGURE.findall(cell.source)
    if names:
        cell.attachments = {
            Path(name).name: {"image/png": base64.b64encode((folder / name).read_bytes()).decode()} for name in names
        }
    source = _FIGURE.sub(lambda found: f"](attachment:{Path(found[1]).name})", cell.source)
    cell.source = _OTHER_PAGE.sub(r"](../docs/\1)", source)


def main() -> None:
    """Run the tutorial and write the notebook to the path that was given."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        _, printed = run_page(_PAGE, Path(folder))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, nbformat.writes(notebook_of(_PAGE, printed)).encode())
    print(f"{target}: the tutorial with {len(printed)} cells of code, run from top to bottom")  # noqa: T201


if __name__ == "__main__":
    main()
