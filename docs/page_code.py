"""The Python code of a Markdown page: as one program, and run."""

import contextlib
import io
import runpy
from pathlib import Path
from typing import Any

__all__ = ["program_of", "run_page"]

_END_OF_BLOCK = "\x1e"  # ASCII's record separator: no code block prints it


def program_of(page: str) -> str:
    """The code blocks of a page, each line at the number that it has in the page, so that errors point there.

    Args:
        page: Markdown.

    Returns:
        A program that runs all blocks in order and prints a mark after each.
    """
    lines, is_code = [], False
    for line in page.splitlines():
        if is_code and line == "```":
            is_code = False
            lines.append(f"print({_END_OF_BLOCK!r}, end='')")
        else:
            lines.append(line if is_code else "")
            is_code = is_code or line == "```python"
    return "\n".join(lines) + "\n"


def run_page(page: Path, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Run the code blocks of a page, in order and in one namespace.

    Args:
        page: The Markdown file.
        folder: Where the code runs and leaves its files.

    Returns:
        What the code has defined, by name; and what each block has printed.
    """
    program = folder / "page.py"
    program.write_text(program_of(page.read_text(encoding="utf-8")), encoding="utf-8")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
        names = runpy.run_path(str(program))
    return names, printed.getvalue().split(_END_OF_BLOCK)[:-1]
