"""Panel 4: a run is started, watched, stopped, gone on with, compared, used and deleted."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from digitnet.inference.classifier import load_classifier
from digitnet.studio.teaching.jobs import EVENTS_FILE, Jobs
from digitnet.studio.teaching.journal import Journal
from digitnet.studio.teaching.settings import RunSettings
from digitnet.studio.teaching.weight_moments import keep_moment
from extras import needs_training
from made_up_model_files import model_file
from made_up_networks import made_up_network

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe

RUN = "#train-body .run"
CURVE = f"{RUN} .chart:first-child .held-out"
_SMALL = "#train?sizes=16&training_images=5000&batch_size=500"
# 28 of its epochs, of 2,000 steps each, have not passed when the test that has seen two of them presses "Stop".
_LONGER = "#train?sizes=128-64&training_images=15000&batch_size=10&epochs=30"


def _points(page: "Page") -> int:
    line = page.locator(CURVE).first
    return len((line.get_attribute("points") or "").split()) if line.count() else 0


@pytest.fixture
def train(open_page: Callable[..., "Page"]) -> Iterator[Callable[..., "Page"]]:
    """Open the panel with settings in the address; runs that are left behind are deleted."""
    opened: list[Page] = []

    def at(place: str, **options: Any) -> "Page":
        opened.append(open_page(place, **options))
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
    expect(page.locator("#train-body .boundary-words")).to_contain_text("digits at the edges it names")
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


@pytest.fixture
def ended_run(studio_folder: Path) -> str:
    """A run of two epochs that was not trained: its weights are made up, before the first step and after the last."""
    jobs = Jobs(studio_folder / "runs")
    settings = RunSettings(hidden_sizes=(20, 12), epochs=2).to_dict()
    job = jobs.create("run", settings, "made up", files={"model.onnx": model_file()})
    for at, seed in ((0, 1), (1, 2)):
        layers = made_up_network((20, 12), seed=seed).layers
        keep_moment(jobs.path(job.id), at, [array for layer in layers for array in (layer.kernel, layer.bias)])
    figures = dict.fromkeys(("loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"), 0.5)
    journal = Journal(jobs.path(job.id) / EVENTS_FILE)
    for epoch in (1, 2):
        journal.append("epoch", {"epoch": epoch, **figures})
    journal.append("state", {"status": "finished", "error": ""})
    return job.id


def test_the_line_between_two_digits_is_that_of_the_model_file_and_moves(
    train: Callable[..., "Page"], studio_folder: Path, ended_run: str
) -> None:
    page = train(f"#train?run={ended_run}", bypass_csp=True)
    section = page.locator("#train-body .boundary")
    words, plot = section.locator(".boundary-words"), section.locator(".boundary-plot")
    expect(words).to_contain_text("After 2 epochs the network answers 4 on")
    section.get_by_label("The other digit").select_option("7")
    expect(words).to_contain_text(", 7 on ")
    assert Axe().run(page, context=".boundary").response["violations"] == []
    plot.focus()
    for key in ("End", "ArrowLeft", "ArrowUp", *["ArrowUp"] * 30):  # to the first row, one step from its right end
        plot.press(key)
    asked = f"studio/training/boundary?id={ended_run}&a=4&b=7"
    images = page.evaluate("async (asked) => (await (await fetch(asked)).json()).images", asked)
    four, seven = np.frombuffer(base64.b64decode(images), np.uint8).reshape(2, 4, 28, 28)[:, 0].astype(float)
    blend = np.floor(four / 24 + seven * 23 / 24 + 0.5).astype(np.uint8)
    answer = load_classifier(studio_folder / "runs" / ended_run / "model.onnx").predict_proba(blend[None])[0]
    told = [float(text.split()[0]) for text in section.locator(".bar-value").all_inner_texts()]
    others = 1 - answer[4] - answer[7]
    np.testing.assert_allclose(told, [100 * answer[4], 100 * answer[7], 100 * others], atol=0.06)
    expect(section.locator(".boundary-point")).to_contain_text(f"It answers {answer.argmax()}.")
    expect(page.locator("#announcer")).to_contain_text("4 % 4, 96 % 7 in the blend.")
    shown = section.locator(".boundary-point > canvas").evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, place) => place % 4 === 0)"
    )
    assert np.corrcoef(shown, -blend.ravel().astype(float))[0, 1] > 0.999  # ink on white paper
    after = plot.evaluate("(canvas) => canvas.toDataURL()")
    section.locator("#boundary-replay").fill("1")
    expect(words).to_contain_text("Before the first step the network answers")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert plot.evaluate("(canvas) => canvas.toDataURL()") != after
    section.get_by_role("button", name="Play").click()
    expect(words).to_contain_text("After 2 epochs")
    faces = section.locator(".boundary-edge canvas").first
    before = faces.evaluate("(canvas) => canvas.toDataURL()")
    section.get_by_role("button", name="Other examples").click()
    expect(section.locator(".boundary-edge li")).to_have_count(8)
    page.wait_for_function(
        "(before) => document.querySelector('.boundary-edge canvas').toDataURL() !== before", arg=before
    )


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
