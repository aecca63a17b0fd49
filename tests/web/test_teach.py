"""Panel 6: a wrong answer is corrected, kept, taken back."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
KEPT = "#teach-body .kept li"


@pytest.fixture
def corrected(page: "Page", draw: Callable[..., None]) -> "Page":
    """A drawn 7 was corrected to a 1, and nothing else is kept."""
    page.evaluate("fetch('studio/corrections?all=1', { method: 'DELETE' })")
    draw(page, SEVEN)
    expect(page.locator("#draw-answer .hero")).to_have_text("7")
    page.locator("#draw-answer summary").click()
    page.locator("#draw-answer").get_by_role("button", name="1", exact=True).click()
    expect(page.locator(".notice")).to_have_text(re.compile("^Kept as 1"))
    return page


def test_a_correction_is_undone_at_once(corrected: "Page") -> None:
    corrected.get_by_role("button", name="Undo").last.click()
    expect(corrected.locator(".notice")).to_have_text("Taken back.")
    corrected.get_by_role("link", name="Teach").click()
    expect(corrected.locator("#teach-body")).to_contain_text("None yet")


def test_corrections_are_shown_carried_away_and_taken_back(corrected: "Page", tmp_path: Path) -> None:
    corrected.get_by_role("button", name="Teach the network").click()
    kept = corrected.locator(KEPT)
    expect(kept).to_have_count(1)
    expect(kept.first).to_contain_text("1, read as 7")
    with corrected.expect_download() as download:
        corrected.get_by_role("button", name="Export as IDX").click()
    path = tmp_path / "corrections.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert sum("idx" in name for name in archive.namelist()) == 2
    kept.get_by_role("button").click()
    expect(kept).to_have_count(0)
    expect(corrected.locator("#teach-body")).to_contain_text("None yet")


def test_all_corrections_are_deleted_only_after_a_question(corrected: "Page") -> None:
    corrected.get_by_role("button", name="Teach the network").click()
    expect(corrected.locator(KEPT)).to_have_count(1)
    corrected.get_by_role("button", name="Delete all").click()
    corrected.get_by_role("button", name="Keep it").click()
    expect(corrected.locator(KEPT)).to_have_count(1)
    corrected.get_by_role("button", name="Delete all").click()
    corrected.get_by_role("dialog").get_by_role("button", name="Delete all").click()
    expect(corrected.locator(KEPT)).to_have_count(0)
