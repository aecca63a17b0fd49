"""The documents: links that lead somewhere, an index that names every entry, a README that is short."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
MAX_README_WORDS = 700

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / "docs").is_dir(), reason="the documents are not installed with the package"
)


def documents() -> list[Path]:
    return [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").glob("*.md"))]


def anchor(title: str) -> str:
    """The place of a heading in a page, as hosts of Markdown name it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def headings(text: str) -> list[str]:
    outside_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", outside_code, re.MULTILINE)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    broken = []
    for link in links:
        path, _, place = link.partition("#")
        target = document if not path else document.parent / path
        if ":" in path:  # elsewhere
            continue
        if not target.exists() or (place and place not in map(anchor, headings(target.read_text(encoding="utf-8")))):
            broken.append(link)
    assert broken == []


def test_the_index_of_the_log_names_every_entry_in_their_order() -> None:
    text = (REPOSITORY / "docs" / "log.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert entries[0] == "Index"
    assert re.findall(r"^- \[(.+)\]\(#.+\)$", text, re.MULTILINE) == entries[1:]


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").split()) <= MAX_README_WORDS
