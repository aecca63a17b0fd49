"""Panel 4: a run is started, watched, stopped, gone on with, compared, used and deleted."""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from extras import needs_training

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

RUN = "#train-body .run"
CURVE = f"{RUN} .chart:first-child .held-out"
_SMALL = "#train?sizes=16&training_images=5000&batch_size=500"
# 28 of its epochs, of 2,000 steps each, have not passed when the test that has seen two of them presses "Stop".
_LONGER = "#train?sizes=128-64&training_images=15000&batch_size=10&epochs=30"


def _points(page: "Page") -> int:
    line = page.locator(CURVE).first
    return len((line.get_attribute("points") or "").split()) if line.count() else 0


@pytest.fixture
def train(open_page: Callable[..., "Page"]) -> Iterator[Callable[[str], "Page"]]:
    """Open the panel with settings in the address; runs that are left behind are deleted."""
    opened: list[Page] = []

    def at(place: str) -> "Page":
        opened.append(open_page(place))
        return opened[-1]

    yield at
    opened[-1].evaluate("""async () => {
      const { runs } = await (await fetch("studio/training")).json();
      for (const { id } of runs) await fetch(`studio/training?id=${id}`, { method: "DELETE" });
    }""")


@needs_training
def test_a_run_is_watched_stopped_gone_on_with_and_deleted(train: Callable[[str], "Page"]) -> None:
    page = train(_LONGER)
    page.get_by_role("button", name="Start training").click()
    state = page.locator(f"{RUN} .state")
    expect(page.locator(f"{RUN} .matrix td.right").first).to_be_visible()
    seen = _points(page)
    page.locator(f"{CURVE}[points*=' ']").first.wait_for()
    assert _points(page) > seen or seen > 1  # the curve moves
    assert page.locator(f"{RUN} .tiles canvas").count() > 3  # receptive fields
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text(re.compile(r"^stopped after \d+ of 30 epochs"))
    stopped = _points(page)
    page.get_by_role("button", name="Resume").click()
    expect(state).to_have_text(re.compile(r"^epoch \d+ of 30"))
    expect(page).to_have_url(re.compile("run="))
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text(re.compile("^stopped"))
    assert _points(page) >= stopped  # nothing of it is lost
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(RUN)).to_be_hidden()


@needs_training
def test_a_finished_run_answers_drawings_and_is_compared_with_another(
    train: Callable[[str], "Page"], draw: Callable[..., None]
) -> None:
    page = train(f"{_SMALL}&epochs=1")
    for finished in (1, 2):
        page.get_by_role("button", name="Start training").click()
        expect(page.locator("#train-body .runs li")).to_have_count(finished)
        expect(page.locator(f"{RUN} .state")).to_have_text(re.compile("^finished after 1 of 1"))
    page.locator("#train-body .runs").get_by_role("button", name=re.compile("^Compare")).click()
    expect(page.locator(f"{RUN} .chart").first.locator("circle")).to_have_count(2)
    assert "with=" in page.url
    page.get_by_role("button", name="Draw for it").click()
    expect(page.locator("#model")).not_to_have_value("")
    expect(page).to_have_url(re.compile("model="))
    draw(page, [[(0.5, 0.2), (0.5, 0.5), (0.5, 0.85)]])
    expect(page.locator("#draw-answer .hero")).not_to_have_text("")
    page.locator("#model").select_option(index=0)
    expect(page).not_to_have_url(re.compile("model="))


def test_the_settings_stand_in_the_address_and_a_link_holds_the_drawing_too(
    train: Callable[[str], "Page"], draw: Callable[..., None]
) -> None:
    page = train("#draw")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    draw(page, [[(0.36, 0.22), (0.64, 0.21), (0.45, 0.85)], [(0.1, 0.5), (0.1, 0.6)]])
    page.evaluate("location.hash = '#train?epochs=9&run=run-1'")
    page.get_by_role("button", name="Copy a link").click()
    expect(page.locator(".notice")).to_have_text("A link to the settings and the drawing is copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r".*#train\?epochs=9&drawing=[0-9a-z.]{20,80}", link)  # a run is known to this server alone
    other = page.context.new_page()
    other.goto(link)
    other.wait_for_selector("html.ready")
    expect(other).to_have_url(re.compile("#train.epochs=9$"))
    assert other.get_by_label("Epochs", exact=True).input_value() == "9"
    kept = "new Promise((done) => setTimeout(() => done(JSON.parse(sessionStorage.getItem('digitnet-drawing'))), 400))"
    first, second = ([np.array(stroke)[:, :2] for stroke in tab.evaluate(kept)] for tab in (page, other))
    for mine, theirs in zip(first, second, strict=True):  # every point is there, and no detours
        assert np.linalg.norm(mine[:, None] - theirs[None], axis=2).min(axis=1).max() < 7
        lengths = [np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum() for stroke in (mine, theirs)]
        assert lengths[1] == pytest.approx(lengths[0], rel=0.02)
    for damaged in ("3i8s5u!", "3i8s5", "x" * 6001):
        other.evaluate(f"location.hash = '#train?drawing={damaged}'")
        expect(other.locator(".notice.error")).to_contain_text("damaged, and was left out")
    other.close()


def test_the_settings_stand_in_the_address(train: Callable[[str], "Page"]) -> None:
    page = train("#train?sizes=20-30-40&optimizer=sgd&learning_rate=0.1&augment=1&epochs=7&seed=99&dropout=7")
    form = page.locator("#train-body form.dials")
    sizes = form.locator("input[type=number][aria-label^=Neurons]")
    assert [field.input_value() for field in sizes.all()] == ["20", "30", "40"]
    assert form.get_by_label("Optimiser").input_value() == "sgd"
    assert form.get_by_label("Epochs", exact=True).input_value() == "7"
    assert form.get_by_text("Distort images").locator("input").is_checked()
    form.get_by_role("button", name="Remove hidden layer 1").click()
    form.get_by_text("More settings").click()
    form.get_by_label("Activation").select_option("tanh")
    assert "sizes=30-40" in page.url
    assert "activation=tanh" in page.url
    assert "dropout" not in page.url  # 7 is out of range, so the dial stayed where it was
    # (784 + 1) x 30 weights and biases, (30 + 1) x 40, (40 + 1) x 10
    assert "25,200 numbers" in form.inner_text()
    page.get_by_role("link", name="Draw").click()
    page.get_by_role("link", name="Train").click()
    expect(page).to_have_url(re.compile("sizes=30-40"))


def test_where_nothing_can_be_trained_the_page_says_why(page: "Page") -> None:
    def without_training(route: Any) -> None:
        answer = route.fetch()
        about = {**answer.json(), "training": {"available": False, "reason": "Training is off: --no-training."}}
        route.fulfill(response=answer, body=json.dumps(about))

    page.route("**/studio/about", without_training)
    page.reload()
    page.wait_for_selector("html.ready")
    page.get_by_role("link", name="Train").click()
    expect(page.locator("#train-body")).to_have_text("Training is off: --no-training.")
    page.get_by_role("link", name="Teach").click()
    expect(page.get_by_role("button", name="Teach a copy")).to_be_disabled()
    expect(page.locator("#teach-body")).to_contain_text("Training is off")
