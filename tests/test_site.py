"""The documentation's site: its parts without MkDocs, and, after scripts/build-site, the whole of it in a browser."""

import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Literal, TypeAlias

import pytest

import digitnet
from browsers import started_browser
from patience import PATIENCE

SCRIPT = Path(__file__).parents[1] / "scripts" / "build_site.py"

SITE = os.environ.get("DIGITNET_SITE")  # the folder of the site

Colours: TypeAlias = Literal["light", "dark"]

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="the site is made from a checkout")


@pytest.fixture(scope="module")
def site() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_site", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_out_of_the_site_become_names_and_others_stay(site: ModuleType) -> None:
    text = (
        "[mlp.py](../src/mlp.py), [log](log.md#x), [web](https://a.b/c), `[x](../src/y.py)`\n```text\n[x](../z)\n```\n"
    )
    assert site.page_of_site(text) == text.replace("[mlp.py](../src/mlp.py)", "mlp.py (`src/mlp.py`)")


def test_fences_say_the_language_only(site: ModuleType) -> None:
    assert site.page_of_site("```text within 5 %\n1\n```\n") == "```text\n1\n```\n"


def test_pages_without_formulas_keep_their_dollars(site: ModuleType) -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="log.md"), meta={})
    assert site.on_page_markdown("costs $1 or $2", page) == "costs $1 or $2"
    assert site.on_page_content("<p>$1</p>", page) == "<p>$1</p>"


def test_a_formula_comes_back_where_its_mark_stands(site: ModuleType) -> None:
    page = SimpleNamespace(meta={"formulas": ["<math>a</math>", "<math>b</math>"]})
    html = f"<p>{site.MARK}1{site.MARK} and {site.MARK}0{site.MARK}</p>"
    assert site.on_page_content(html, page) == "<p><math>b</math> and <math>a</math></p>"


def test_the_reference_has_every_public_name_where_it_is_defined(site: ModuleType, tmp_path: Path) -> None:
    site.write_reference(tmp_path / "reference")
    text = "\n".join(page.read_text(encoding="utf-8") for page in (tmp_path / "reference").iterdir())
    described = [line.removeprefix("::: ") for line in text.splitlines() if line.startswith("::: ")]
    assert set(digitnet.__all__) - {"__version__"} <= {path.rpartition(".")[2] for path in described}
    assert "digitnet.datasets.dataset.Dataset" in described  # not the package that passes it on
    assert "digitnet.inference.answers.Digit" in described


@pytest.mark.skipif(SITE is None, reason="needs the site: scripts/build-site builds it and runs this")
@pytest.mark.parametrize(("colours", "scheme"), [("light", "default"), ("dark", "slate")])
def test_the_site_is_read_and_searched_from_a_disk_on_a_telephone(colours: "Colours", scheme: str) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - not there without the dev extra

    folder = Path(str(SITE)).resolve()
    pages = [page.as_uri() for page in folder.rglob("*.html") if page.name != "404.html"]  # which a server shows
    with started_browser() as browser:
        page = browser.new_context(
            offline=True, color_scheme=colours, viewport={"width": 390, "height": 800}
        ).new_page()
        page.set_default_timeout(1e3 * PATIENCE)
        troubles: list[str] = []
        page.on("requestfailed", lambda request: troubles.append(request.url))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        for address in pages:
            page.goto(address)
            expect(page.locator("body")).to_have_attribute("data-md-color-scheme", scheme)
            if page.evaluate("document.documentElement.scrollWidth") > 390:
                troubles.append(f"{address} is wider than a telephone")
        page.goto((folder / "index.html").as_uri())
        page.locator("label[for=__search]").first.click()
        page.locator("input.md-search__input").press_sequentially("safetensors")
        page.locator(".md-search-result__link", has_text="Exports").first.click()
        expect(page).to_have_url(re.compile(r"/exports\.html\b"))
    assert troubles == []
