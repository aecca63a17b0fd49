"""The documentation as a site: pages of docs/, an API reference from the docstrings, formulas as MathML.

    make docs                     # by scripts/build-site, which makes the environment that this runs in

MkDocs reads a copy of the pages, in which links to files outside of docs/ are plain names, and calls `on_page_markdown`
and `on_page_content` below for each: Markdown would take MathML for blocks of HTML, so formulas wait outside of it.
"""

import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["MARK", "on_page_content", "on_page_markdown", "on_post_build", "page_of_site", "write_reference"]

_ROOT = Path(__file__).resolve().parents[1]
_BUILD = _ROOT / "build"
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
MARK = "\u2063"  # an invisible separator, which stands on no page
_PAGE_WITH_FORMULAS = "tutorial.md"
_FENCE = re.compile(r"^```(\w+) [^\n]*$", re.MULTILINE)
_DISPLAY = re.compile(r"^\$\$(.+)\$\$$", re.MULTILINE)
_INLINE = re.compile(r"\$([^$\n]+)\$")
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./(?!docs/)([^)\s]+)\)")
# Where each public name is described: a page for each part of the package.
_REFERENCE = {
    "Classify and read": ("Classifier", "load_classifier", "Digit", "Reading"),
    "Data": ("Dataset", "load_mnist", "load_source", "stream_images", "train_validation_split"),
    "Build and train": ("build_mlp", "train", "save_model", "save_committee", "export_model", "reproduce_run"),
    "Evaluate": ("Evaluation", "evaluate"),
}
_MORE = {
    "Classify and read": ("digitnet.inference.answers.Number", "digitnet.inference.answers.Table"),
    "Build and train": ("digitnet.training.history.History", "digitnet.runs.reproduction.Reproduction"),
    "scikit-learn": ("digitnet.sklearn.DigitClassifier",),
    "Errors": ("digitnet.errors",),
}


def page_of_site(text: str) -> str:
    """A page as the site shows it.

    Args:
        text: Markdown of docs/.

    Returns:
        The same, with names in place of links to files that are no part of the site, and fences that say the language
        only, as MkDocs wants them.
    """
    text = _FENCE.sub(r"```\1", text)
    return _outside_code(lambda part: _OUTSIDE.sub(r"\1 (`\2`)", part), text)


def on_page_markdown(markdown: str, page: Any, **_others: Any) -> str:
    """Called by MkDocs: put each formula aside, and a mark in its place."""
    if page.file.src_uri != _PAGE_WITH_FORMULAS:
        return markdown
    from latex2mathml.converter import convert  # noqa: PLC0415 - only where the site is built

    formulas: list[str] = []

    def put_aside(found: re.Match[str], display: str) -> str:
        formula = convert(found[1], display=display)
        is_wide = display == "block"  # on a telephone
        formulas.append(f'<span style="display:block;overflow-x:auto">{formula}</span>' if is_wide else formula)
        return f"{MARK}{len(formulas) - 1}{MARK}"

    def without_formulas(part: str) -> str:
        part = _DISPLAY.sub(lambda found: put_aside(found, "block"), part)
        return _INLINE.sub(lambda found: put_aside(found, "inline"), part)

    page.meta["formulas"] = formulas
    return _outside_code(without_formulas, markdown)


def on_page_content(html: str, page: Any, **_others: Any) -> str:
    """Called by MkDocs: put the formulas back."""
    formulas = page.meta.get("formulas", [])
    return re.sub(f"{MARK}(\\d+){MARK}", lambda found: formulas[int(found[1])], html)


def on_post_build(config: Any, **_others: Any) -> None:
    """Called by MkDocs at the end: every heading of every page must have become one."""
    for page in Path(config["docs_dir"]).glob("*.md"):
        wanted = len(re.findall(r"^## ", _outside_blocks(page.read_text(encoding="utf-8")), re.MULTILINE))
        html = (Path(config["site_dir"]) / page.name).with_suffix(".html").read_text(encoding="utf-8")
        if html.count("<h2 id=") != wanted:
            sys.exit(f"{page.name}: {html.count('<h2 id=')} headings of {wanted} are there: is a block left open?")


def _outside_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def _outside_code(change: Callable[[str], str], text: str) -> str:
    """A page of which all is changed but blocks and words of code."""
    parts = _CODE.split(text)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def _write_pages(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copytree(_ROOT / "docs" / "figures", target / "figures")
    for name in ("iframe-worker.js", "site.css"):
        shutil.copy(_ROOT / "scripts" / name, target)
    for page in sorted((_ROOT / "docs").glob("*.md")):
        (target / page.name).write_text(page_of_site(page.read_text(encoding="utf-8")), encoding="utf-8")
    readme = (_ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")
    for name in ("CONTRIBUTING.md", "CHANGELOG.md"):
        (target / name).write_text(
            (_ROOT / name).read_text(encoding="utf-8").replace("](docs/", "]("), encoding="utf-8"
        )
    (target / "index.md").write_text(readme.replace("[NOTICE](NOTICE)", "NOTICE"), encoding="utf-8")


def write_reference(folder: Path) -> None:
    """A page of the API reference for each part; every public name of the package stands on one of them."""
    package = importlib.import_module("digitnet")
    places = vars(package)["_MODULE_OF"]
    described = {name for names in _REFERENCE.values() for name in names}
    if described != set(places):
        sys.exit(f"scripts/build_site.py: the reference lacks or invents {sorted(described ^ set(places))}")
    folder.mkdir()
    for title in [*_REFERENCE, *(title for title in _MORE if title not in _REFERENCE)]:
        paths = [f"{places[name]}.{name}" for name in _REFERENCE.get(title, ())] + list(_MORE.get(title, ()))
        blocks = "\n\n".join(f"::: {_defined_at(path)}" for path in paths)
        (folder / f"{title.lower().replace(' ', '_').replace('-', '_')}.md").write_text(
            f"# {title}\n\n{blocks}\n", encoding="utf-8"
        )


def _defined_at(path: str) -> str:
    """The path of the module that defines a name, as its docstring is read there without importing it."""
    module, _, name = path.rpartition(".")
    if path == "digitnet.errors":
        return path
    source = (_ROOT / "src" / Path(*module.split("."))).with_suffix(".py")
    text = (source if source.exists() else source.with_suffix("") / "__init__.py").read_text(encoding="utf-8")
    if re.search(rf"^(class|def) {name}\b", text, re.MULTILINE):
        return path
    (origin,) = re.findall(rf"^from (digitnet[\w.]*) import [^\n]*\b{name}\b", text, re.MULTILINE)
    return _defined_at(f"{origin}.{name}")


def main() -> None:
    """Build the site into build/site; a warning is an error."""
    _write_pages(_BUILD / "pages")
    write_reference(_BUILD / "pages" / "reference")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--config-file",
        str(_ROOT / "mkdocs.yml"),
    ]
    sys.exit(subprocess.run(command, check=False, cwd=_ROOT).returncode)  # noqa: S603 - MkDocs, on our own pages


if __name__ == "__main__":
    main()
