"""Panel 6: a wrong answer is corrected, kept, taken back."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from digitnet.model_file.contract import bundled_model_path
from digitnet.studio.teaching.jobs import Jobs
from digitnet.studio.teaching.journal import Journal
from extras import needs_training

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
GRID = [
    *([(x / 10, 0.1), (x / 10, 0.9)] for x in (2, 4, 6, 8)),
    *([(0.1, y / 10), (0.9, y / 10)] for y in (2, 4, 6, 8)),
]
KEPT = "#teach-body .kept li"
REASON = "The copy makes 40 more mistakes on the 10,000 test images: more than the 0.1 that are allowed."


@pytest.fixture
def corrected(page: "Page", draw: Callable[..., None]) -> "Page":
    """A drawn 7 was corrected to a 1, and nothing else is kept."""
    page.evaluate("fetch('studio/corrections?all=1', { method: 'DELETE' })")
    draw(page, SEVEN)
    expect(page.locator("#draw-answer .hero")).to_have_text("7")
    page.locator("#draw-answer summary").click()
    page.locator("#draw-answer").get_by_role("button", name="1", exact=True).click()
    expect(page.locator(".notice")).to_have_text(re.compile("^Saved as 1"))
    return page


def test_a_correction_is_undone_at_once(corrected: "Page") -> None:
    corrected.get_by_role("button", name="Undo").last.click()
    expect(corrected.locator(".notice")).to_have_text("Correction deleted.")
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


def test_what_is_no_digit_is_called_so_and_can_be_corrected(
    open_page: Callable[..., "Page"], draw: Callable[..., None]
) -> None:
    page = open_page("#draw?mode=digit")
    page.evaluate("fetch('studio/corrections?all=1', { method: 'DELETE' })")
    draw(page, GRID)
    expect(page.locator("#draw-answer .verdict")).to_have_text("This does not look like a digit.")
    expect(page.locator("#draw-answer .hero")).to_have_text("")
    expect(page.locator("#draw-answer .seen button")).to_have_attribute(
        "aria-label", re.compile("^Digit 1: not a digit")
    )
    page.locator("#draw-answer summary").click()
    page.locator("#draw-answer").get_by_role("button", name="4", exact=True).click()
    page.get_by_role("button", name="Teach the network").click()
    expect(page.locator(KEPT)).to_contain_text("4, read as not a digit")
    page.get_by_role("link", name="Draw", exact=True).click()
    page.locator("#draw-answer summary").click()
    page.locator("#draw-answer").get_by_role("button", name="Not a digit", exact=True).click()
    expect(page.locator(".notice")).to_have_text(re.compile("^Saved as not a digit"))
    page.get_by_role("button", name="Teach the network").click()
    expect(page.locator("#teach-body")).to_contain_text("One of them is no digit")
    expect(page.get_by_role("button", name="Teach a copy of the network")).to_be_disabled()


def test_none_yet_is_not_said_while_the_server_is_away(page: "Page") -> None:
    page.evaluate("fetch('studio/corrections?all=1', { method: 'DELETE' })")

    def refuse(route: Any) -> None:
        route.abort("connectionrefused")

    page.route("**/studio/**", refuse)
    page.get_by_role("link", name="Teach").click()
    body = page.locator("#teach-body")
    expect(body).to_contain_text("The server does not answer. Your corrections are safe in their file")
    expect(body).not_to_contain_text("None yet")
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.locator("#train-body > .card")).to_contain_text("The server does not answer. A run that is under way")
    page.get_by_role("link", name="Teach").click()
    page.unroute("**/studio/**", refuse)
    expect(body).to_contain_text("None yet")
    expect(page.locator("#train-body > .card")).to_have_attribute("hidden", "")


@pytest.fixture
def refused_lesson(studio_folder: Path, address: str) -> str:
    """Id of a lesson whose copy became worse, as its process leaves it: a real one takes minutes to forget so much."""
    assert address  # the server has made its folder
    jobs = Jobs(studio_folder / "runs")
    network = bundled_model_path().read_bytes()
    job = jobs.create("lesson", {"epochs": 2}, "a copy of the loaded network", "", {"model.onnx": network})
    measured = {
        name: {"n": 10_000, "errors": errors, "accuracy": 1 - errors / 10_000}
        for name, errors in (("before", 50), ("after", 90))
    }
    few = {"n": 12, "errors": 2, "accuracy": 10 / 12}
    journal = Journal(jobs.path(job.id) / "events.jsonl")
    journal.append("state", {"status": "running", "error": ""})
    before, after = ({"test": measured[when], "corrections": few} for when in ("before", "after"))
    journal.append("result", {"before": before, "after": after, "accepted": False, "reason": REASON})
    journal.append("state", {"status": "finished", "error": ""})
    return job.id


@needs_training
def test_a_refused_copy_is_shown_but_never_answers(
    open_page: Callable[..., "Page"], address: str, refused_lesson: str, studio_folder: Path
) -> None:
    page = open_page("#teach")
    outcome = page.locator("#teach-body .lesson-outcome")
    expect(outcome.locator(".refused")).to_have_text(REASON)
    expect(outcome).not_to_contain_text("may answer")
    expect(outcome.locator("tbody tr").first).to_have_text(re.compile(r"^Test set99\.50\s%99\.10\s%$"))
    expect(outcome.locator("tbody tr").last).to_have_text("Your corrections10 right of 1210 right of 12")
    expect(outcome.get_by_role("button", name="Let it answer")).to_have_count(0)
    assert refused_lesson not in page.locator("#model option").evaluate_all("all => all.map(each => each.value)")
    answer = page.request.post(f"{address}studio/models/use", data={"id": refused_lesson}, timeout=0)
    assert (answer.status, REASON in answer.json()["error"]) == (409, True)
    outcome.get_by_role("button", name="Delete the copy").click()
    page.get_by_role("button", name="Delete it").click()
    expect(outcome).to_be_hidden()
    assert not (studio_folder / "runs" / refused_lesson).exists()
