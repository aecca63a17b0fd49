"""The files of the page: small, all used, nothing loaded from elsewhere."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

WEB = Path(str(files("digitnet") / "studio" / "web"))
BYTES_MAX = 400_000  # the target of the page, sent as it is, without what is loaded when it is opened
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))
PARTS = [path for path in sorted(WEB.rglob("*")) if path.suffix in {".html", ".css", ".js", ".svg"}]
_IMPORT = re.compile(r"""^import .*?from "([^"]+)";|^} from "([^"]+)";""", re.MULTILINE)
_IMPORT_WHEN_OPENED = re.compile(r"""import\("([^"]+)"\)""")


def _name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def _imports(path: Path, *, when_opened: bool) -> list[Path]:
    text = path.read_text("utf-8")
    found = [one or other for one, other in _IMPORT.findall(text)]
    return [(path.parent / name).resolve() for name in found + when_opened * _IMPORT_WHEN_OPENED.findall(text)]


def _reached(*, when_opened: bool) -> set[Path]:
    """The scripts that are loaded at the start, or those too that a part of the page loads when it is opened."""
    reached: set[Path] = set()
    waiting = [(WEB / "js" / "main.js").resolve()]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting.extend(_imports(path, when_opened=when_opened))
    return reached


def test_the_page_weighs_little() -> None:
    others = [path for path in PARTS if path.suffix != ".js"]
    assert sum(path.stat().st_size for path in [*others, *_reached(when_opened=False)]) <= BYTES_MAX


@pytest.mark.parametrize("path", PARTS, ids=_name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"']*", path.read_text("utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which no browser fetches


def test_every_script_is_reached_from_the_first() -> None:
    assert _reached(when_opened=True) == {path.resolve() for path in SCRIPTS}
    loaded_later = {_name(path) for path in _reached(when_opened=True) - _reached(when_opened=False)}
    assert "js/change/view.js" in loaded_later


def test_every_colour_and_distance_that_is_used_has_a_name() -> None:
    text = "".join(path.read_text("utf-8") for path in STYLES)
    defined = set(re.findall(r"(--[a-z0-9-]+):", text)) | {"--share"}  # set by matrix.js for each cell
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= defined


@pytest.mark.parametrize("path", SCRIPTS, ids=_name)
def test_scripts_stay_small_and_speak_to_the_server_in_one_place(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 400
    assert text.startswith("/** "), "the first line says what the module is"
    assert ("fetch(" in text) == (path.name == "api.js")


def test_the_page_holds_no_script_and_no_style_of_its_own() -> None:
    html = (WEB / "index.html").read_text("utf-8")
    assert re.findall(r"<style|style=|\son[a-z]+=|<script(?![^>]*\bsrc=)", html) == []
