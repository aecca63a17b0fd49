"""The files of the page: small, all used, nothing loaded from elsewhere."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

WEB = Path(str(files("digitnet") / "studio" / "web"))
TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial.md"
BYTES_MAX = 400_000  # the target of the page, sent as it is, without what is fetched when it is opened
SCRIPTS = sorted(WEB.rglob("*.js"))
STYLES = sorted(WEB.rglob("*.css"))
PARTS = [path for path in sorted(WEB.rglob("*")) if path.suffix in {".html", ".css", ".js", ".svg"}]
_IMPORT = re.compile(r"""^(?:import|export) .*?from "([^"]+)";|^} from "([^"]+)";""", re.MULTILINE)
_LATER = re.compile(r"""[= ]import\("([^"]+)"\)""")  # fetched when somebody opens it; types are imported within braces


def _name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def _imports(path: Path, pattern: re.Pattern[str] = _IMPORT) -> list[Path]:
    found = ["".join(match.groups(default="")) for match in pattern.finditer(path.read_text("utf-8"))]
    return [(path.parent / name).resolve() for name in found]


def _reached(*firsts: Path) -> set[Path]:
    """Scripts that a browser fetches with these."""
    reached: set[Path] = set()
    waiting = [path.resolve() for path in firsts]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting.extend(_imports(path))
    return reached


def _at_once() -> set[Path]:
    """All files of the page as it opens."""
    named = re.findall(r'href="([a-z_/]+\.(?:css|svg))"', (WEB / "index.html").read_text("utf-8"))
    return {WEB / "index.html", *(WEB / name for name in named), *_reached(WEB / "js" / "main.js")}


def test_the_page_weighs_little() -> None:
    at_once = _at_once()
    assert len(at_once) > 40
    assert sum(path.stat().st_size for path in at_once) <= BYTES_MAX


def test_lessons_are_fetched_when_they_are_opened() -> None:
    lessons = set((WEB / "js" / "class").iterdir()) | {WEB / "css" / "class.css"}
    assert len(lessons) > 10
    assert not lessons & _at_once()


@pytest.mark.parametrize("path", PARTS, ids=_name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"']*", path.read_text("utf-8")))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which no browser fetches


@pytest.mark.skipif(not TUTORIAL.exists(), reason="the tutorial is part of the checkout, not of the wheel")
def test_each_lesson_and_the_tutorial_name_each_other() -> None:
    tutorial = TUTORIAL.read_text(encoding="utf-8")
    lessons = [path.read_text("utf-8") for path in (WEB / "js" / "class").glob("*.js")]
    named = [re.search(r'id: "(\w+)", title: .*tutorial: "(.+?)",', text) for text in lessons]
    pairs = [(match[1], match[2]) for match in named if match]
    assert len(pairs) == 6
    for name, heading in pairs:
        assert re.search(rf"^#+ {re.escape(heading)}$", tutorial, re.MULTILINE), heading
        assert f"`#learn?lesson={name}`" in tutorial


def test_every_script_is_reached_from_the_first() -> None:
    reached = _reached(WEB / "js" / "main.js")
    later = {found for path in reached for found in _imports(path, _LATER)}
    assert {WEB / "js" / "change" / "view.js", WEB / "js" / "map" / "view.js"} <= later
    assert reached | _reached(*later) == {path.resolve() for path in SCRIPTS}


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
