"""Panel 7, the class: each lesson is done from start to end, refused where nothing was done, and kept for every tab."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.datasets import load_mnist
from digitnet.inspection import Network, read_network, with_temperature_inside
from digitnet.studio.diagram_routes import SMALL_MODEL_PATH
from digitnet.studio.teaching.jobs import EVENTS_FILE, Jobs
from digitnet.studio.teaching.settings import RunSettings

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Response

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the dev extra").Axe

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
SMALL_SEVEN = [[(0.08 + 0.3 * x, 0.05 + 0.3 * y) for x, y in stroke] for stroke in SEVEN]
ZERO = [[(0.5 + 0.17 * np.sin(turn), 0.5 - 0.32 * np.cos(turn)) for turn in np.linspace(0, 2 * np.pi, 25)]]
SHEET = Path(__file__).parents[3] / "docs" / "teaching.md"
PAD = ".diagram-pad .pad"
STATUS = ".dock-status"
# What is right in the gaps of each sentence.
SENTENCES = {
    "Pixels": ["numbers", "paper", "ink"],
    "A unit": ["weight", "adds", "0"],
    "Layers": ["the layer before it", "highest"],
    "Loss": ["wrong", "0", "less"],
    "Backpropagation": ["loss", "weight", "the other way"],
    "Over-fitting": ["heart", "not as good", "held out of training"],
}


class Learner:
    """Somebody who does what the lessons ask.

    Args:
        page: In which the class is open.
        draw: Draws strokes on a pad.
    """

    def __init__(self, page: "Page", draw: Callable[..., None]) -> None:
        self.page = page
        self._draw = draw
        self._answers: list[Response] = []
        page.on("response", self._hears)

    def _hears(self, response: "Response") -> None:
        if "/studio/read" in response.url:
            self._answers.append(response)

    def draws(self, strokes: Any, answer: str) -> None:
        self.page.get_by_role("button", name="Clear", exact=True).click()
        # The mouse reaches what is in sight alone, and not below the card of the lesson.
        self.page.locator(PAD).evaluate("(pad) => pad.scrollIntoView({ block: 'center', behavior: 'instant' })")
        self._draw(self.page, strokes, pad=PAD)
        expect(self.page.locator(".diagram-answer")).to_have_text(re.compile(f"^It answers {answer}"))

    def image(self) -> Images:
        """What the server has read out of the drawing."""
        return np.frombuffer(base64.b64decode(self._answers[-1].json()["images"][0]), np.uint8).reshape(28, 28)

    def unit(self, layer: int, unit: int) -> "Locator":
        return self.page.locator(f".layer-{layer} .unit").nth(unit)

    def chooses(self, layer: int, unit: int) -> None:
        self.unit(layer, unit).click()
        expect(self.unit(layer, unit)).to_have_attribute("aria-current", "true")

    def sets_back(self) -> None:
        self.page.get_by_role("button", name="Set all back").click()
        # What is drawn follows with the next frame.
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def wants(self, label: int) -> None:
        self.page.get_by_label("It should answer").select_option(str(label))

    def steps(self, rate: float, count: str) -> None:
        self.page.get_by_label("Learning rate", exact=False).last.fill(str(rate))
        self.page.get_by_role("button", name=count, exact=True).click()
        expect(self.page.get_by_role("button", name=count, exact=True)).to_be_enabled()

    def writes(self, *values: object) -> None:
        for field, value in zip(self.page.locator(".dock-form input").all(), values, strict=True):
            field.fill(str(value))
        self.page.locator(".dock-form").get_by_role("button", name="Check").click()

    def is_refused(self, why: str) -> None:
        expect(self.page.locator(f"{STATUS}.refused")).to_have_text(re.compile(f"^Not yet: .*{why}"))

    def goes_on(self) -> None:
        expect(self.page.locator(STATUS)).to_have_class("dock-status done")
        self.page.locator(".dock-buttons").get_by_role("button").last.click()

    def says_it(self, lesson: str) -> None:
        for gap, words in enumerate(SENTENCES[lesson], start=1):
            self.page.get_by_label(f"Gap {gap}").select_option(words)
        self.page.locator(".dock-form").get_by_role("button", name="Check").click()
        expect(self.page.locator(STATUS)).to_have_text("Right. This lesson is done.")

    def loss(self) -> float:
        found = re.search(r": ([\d.]+), which", self.page.locator(".loss-now").inner_text())
        assert found
        return float(found[1])


@pytest.fixture(scope="module")
def network() -> Network:
    return with_temperature_inside(read_network(SMALL_MODEL_PATH))


def _without(network: Network, image: Images, off: list[int]) -> Any:
    """Probabilities with units of the second hidden layer off."""
    return network.probabilities(network.look(image[None], network.switches([(1, unit) for unit in off])).logits)[0]


def _pixels(learner: Learner, network: Network) -> None:
    page = learner.page
    page.get_by_role("link", name="Open the panel Inside").click()
    page.locator(".diagram .unit").first.wait_for()
    page.get_by_role("button", name="Go on", exact=True).click()
    learner.is_refused("nothing is drawn yet")
    learner.draws(SEVEN, "7")
    learner.goes_on()
    image = learner.image()
    view = page.locator(".pixel-view")
    row, column = map(int, np.argwhere(image >= 250)[0])

    def look_at(row: int, column: int) -> None:
        box = view.bounding_box()
        assert box is not None
        side = box["width"] / 28
        view.click(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})

    look_at(row, column)
    expect(page.locator(".pixel-value")).to_have_text(
        f"row {row + 1}, column {column + 1}: {image[row, column] / 255:.2f}"
    )
    expect(page.locator(STATUS)).to_contain_text("now find a point that is exactly 0")
    look_at(0, 0)
    learner.goes_on()
    look_at(row, column)
    learner.writes(28 * row + column)  # counted from 0
    learner.is_refused("that is not the place")
    learner.writes(28 * row + column + 1)
    learner.goes_on()
    learner.draws(SMALL_SEVEN, "7")
    learner.goes_on()
    blank = np.zeros((28, 28), np.uint8)
    answer = int(_without(network, blank, []).argmax())
    learner.writes(answer)
    learner.is_refused("clear the pad")
    page.get_by_role("button", name="Clear", exact=True).click()
    learner.writes(answer)
    learner.goes_on()


def _unit(learner: Learner, network: Network) -> None:
    page = learner.page
    learner.draws(SEVEN, "7")
    seen = network.look(learner.image()[None])
    second = int(seen.activations[1][0].argmax())
    learner.chooses(1, second)
    learner.goes_on()
    learner.writes("-0,25", 1)
    learner.is_refused("what does ReLU make of it")
    learner.writes("-0,25", 0)
    learner.goes_on()
    row = page.locator(".arithmetic-table tbody tr").first
    value = float(row.locator("td").first.inner_text())
    row.locator("input").fill("0.01")
    expect(page.locator(STATUS)).to_contain_text("and should be 3")
    row.locator("input").fill(f"{3 / value:.3f}")
    learner.goes_on()
    learner.sets_back()
    page.get_by_label("Bias", exact=True).fill("-50")
    learner.goes_on()
    learner.sets_back()
    zeros = load_mnist()[1].images[load_mnist()[1].labels == 0]
    of_zeros = network.look(zeros).activations[0].mean(axis=0)
    silent = int(np.where(seen.activations[0][0] == 0, of_zeros, -1).argmax())
    learner.chooses(0, silent)
    learner.draws(ZERO, "0")
    learner.goes_on()


def _layers(learner: Learner, network: Network) -> None:
    learner.draws(SEVEN, "7")
    image = learner.image()
    for layer in (0, 1, 2):
        learner.chooses(layer, 3)
    learner.goes_on()
    learner.writes(256, "13,000")
    learner.is_refused("the sum is another one")
    learner.writes(256, "13,002")
    learner.goes_on()
    off: list[int] = []
    while not off or _without(network, image, off).argmax() == 7:
        left = {unit: _without(network, image, [*off, unit])[7] for unit in range(16) if unit not in off}
        unit = min(left, key=lambda unit: float(left[unit]))
        learner.chooses(1, unit)
        learner.page.get_by_role("button", name=re.compile("^Switch off")).click()
        off.append(unit)
        if len(off) == 1:
            learner.goes_on()
    learner.goes_on()
    learner.writes("0.88")
    learner.goes_on()


def _loss(learner: Learner) -> None:
    page = learner.page
    learner.sets_back()
    learner.wants(7)
    learner.goes_on()
    learner.wants(4)
    learner.goes_on()
    learner.writes("1.386", "2.079")
    learner.goes_on()
    learner.writes("1.1", "0.15")
    learner.goes_on()
    learner.chooses(2, 4)
    page.get_by_label("Bias", exact=True).fill("-9")
    expect(page.locator(STATUS)).to_contain_text("go the other way")
    page.get_by_label("Bias", exact=True).fill("9")
    learner.goes_on()


def _gradient(learner: Learner) -> None:
    page = learner.page
    learner.sets_back()
    before = learner.loss()
    bias = float(page.get_by_label("Bias", exact=True).input_value())
    page.get_by_label("Bias", exact=True).fill(f"{bias + 0.1:.3f}")
    expect(page.locator(".loss-now")).not_to_contain_text(f"{before:.3f},")
    after = learner.loss()
    learner.writes(before, after, (before - after) / 0.1)
    learner.is_refused("the slope is another one")
    learner.writes(before, after, (after - before) / 0.1)
    learner.goes_on()
    learner.writes("-0.4", "1.2")
    learner.goes_on()
    learner.sets_back()
    learner.steps(0.005, "1 step")
    part = page.locator(".step-numbers > li").nth(3).inner_text().replace("\u2212", "-")
    gradient = float(part.rstrip(".").split("= ")[1])
    weight = page.locator(".step-numbers > li").nth(4).locator("p").inner_text().replace("\u2212", "-")
    foretold = float(weight.split(" ")[0]) - 0.5 * gradient
    learner.writes(f"{foretold + 1:.3f}")
    learner.is_refused("take away 0.5 times that gradient")
    learner.writes(f"{foretold:.3f}")
    learner.goes_on()
    learner.sets_back()
    learner.steps(0.5, "1 step")
    learner.goes_on()
    learner.sets_back()
    learner.steps(0.02, "100 steps")
    learner.goes_on()
    page.get_by_role("button", name="Go on", exact=True).click()
    learner.is_refused("this is the image that you taught")
    learner.draws([[(x + 0.03, y) for x, y in SEVEN[0][1:]]], "4")  # as it was taught to read a 7
    learner.goes_on()


def test_five_lessons_are_done_from_start_to_end(
    open_page: Callable[..., "Page"], draw: Callable[..., None], network: Network
) -> None:
    page = open_page("#learn", viewport={"width": 1440, "height": 900})
    learner = Learner(page, draw)
    page.get_by_role("button", name="Begin lesson 1, Pixels").click()
    _pixels(learner, network)
    learner.says_it("Pixels")
    learner.goes_on()
    _unit(learner, network)
    learner.says_it("A unit")
    learner.goes_on()
    _layers(learner, network)
    learner.says_it("Layers")
    learner.goes_on()
    _loss(learner)
    learner.says_it("Loss")
    learner.goes_on()
    _gradient(learner)
    learner.says_it("Backpropagation")
    page.reload()
    page.wait_for_selector("html.ready")
    expect(page.locator(".dock-name")).to_have_text("Lesson 5 of 6: Backpropagation")  # where it was left
    page.get_by_role("link", name="Learn").click()
    expect(page.locator(".lesson-card.is-done")).to_have_count(5)
    if SHEET.exists():  # not where the wheel is tested
        told = SHEET.read_text(encoding="utf-8")
        assert [text for text in page.locator(".lesson-sentence").all_inner_texts() if text not in told] == []
    page.get_by_role("button", name="Begin the class anew").click()
    page.get_by_role("button", name="Forget them").click()
    expect(page.locator(".lesson-card.is-done")).to_have_count(0)


def _keep_run(folder: Path, settings: RunSettings, right: float, valley: int) -> None:
    """Leave a finished run as the page would have: held-out images are learned until an epoch, then forgotten."""
    job = Jobs(folder / "runs").create("run", settings.to_dict(), "128-64")
    rows: list[tuple[str, dict[str, Any]]] = [("state", {"status": "running", "error": ""})]
    for epoch in range(1, settings.epochs + 1):
        seen, unseen = 2 / epoch**1.5, 0.5 + 0.0004 * (epoch - valley) ** 2
        accuracies = {
            "accuracy": 1 - seen / 10,
            "validation_accuracy": right - (0.01 if epoch < settings.epochs else 0),
        }
        row = {"epoch": epoch, "loss": seen, "validation_loss": unseen, "seconds": 0.1, **accuracies}
        rows.append(("epoch", {**row, "fields": [], "confusion": [[0] * 10] * 10}))
    measure = {"n": 5000, "errors": 1, "accuracy": right}
    rows += [("result", {"parameters": 1, "validation": measure, "test": measure})]
    rows += [("state", {"status": "finished", "error": ""})]
    lines = [json.dumps({"event": kind, "data": data}) + "\n" for kind, data in rows]
    (folder / "runs" / job.id / EVENTS_FILE).write_text("".join(lines))


def _shows_newest_run(page: "Page") -> None:
    page.get_by_role("link", name="Draw", exact=True).click()
    page.get_by_role("link", name="Train", exact=True).click()
    page.locator("#train-body .runs li").first.get_by_role("button", name=re.compile("^Show")).click()


def test_the_lesson_on_over_fitting_goes_by_the_runs_that_are_kept(
    open_page: Callable[..., "Page"], draw: Callable[..., None], studio_folder: Path
) -> None:
    page = open_page(
        "#learn?lesson=overfitting", viewport={"width": 1440, "height": 900}
    )  # as a teacher's sheet links it
    learner = Learner(page, draw)
    page.get_by_role("link", name="Set the dials for this").click()
    expect(page).to_have_url(re.compile("training_images=500"))
    by_heart = RunSettings(hidden_sizes=(128, 64), training_images=500, batch_size=50, epochs=60)
    assert page.get_by_label("Epochs", exact=True).input_value() == "60"  # the dials stand at what the address says
    assert "sizes" not in page.url  # 128-64 is where they begin
    page.get_by_role("button", name="Go on", exact=True).click()
    learner.is_refused("set the dials, and start the training")
    _keep_run(studio_folder, by_heart, 0.86, 12)
    _shows_newest_run(page)
    learner.goes_on()
    learner.writes(86, 100)
    learner.is_refused("the first number is another one")
    learner.writes("99,9 %", 86)
    learner.goes_on()
    learner.writes(40)
    learner.is_refused("look further to the left")
    learner.writes(14)
    learner.goes_on()
    _keep_run(studio_folder, RunSettings(**{**vars(by_heart), "augment": True, "epochs": 61}), 0.94, 60)
    _shows_newest_run(page)
    page.get_by_role("button", name="Go on", exact=True).click()
    learner.is_refused("change one of the four, and nothing else")
    _keep_run(studio_folder, RunSettings(**{**vars(by_heart), "augment": True}), 0.94, 60)
    _shows_newest_run(page)
    learner.goes_on()
    learner.writes(60)
    learner.is_refused("“Show” and “Compare”")
    # The newest comes first, and there may be older ones of other tests: learned by heart was the first of these three.
    page.locator("#train-body .runs li").nth(2).get_by_role("button", name=re.compile("^Compare")).click()
    expect(page.locator("#train-body .charts .chart").first.locator("circle")).to_have_count(2)
    learner.writes(60)
    page.locator(".dock-steps button").nth(2).click()
    learner.goes_on()
    for _ in range(2):
        learner.goes_on()
    learner.says_it("Over-fitting")
    page.locator(".dock-buttons").get_by_role("button", name="Finish").click()
    expect(page.locator(".lesson-card.is-done")).to_have_count(1)


def test_two_tabs_keep_one_progress_and_a_lesson_each(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#learn")
    fetched = page.evaluate("performance.getEntriesByType('resource').map(({name}) => name)")
    assert any(name.endswith("class/class.js") for name in fetched)
    other = page.context.new_page()
    other.goto(page.url.split("#")[0])
    other.wait_for_selector("html.ready")
    fetched = other.evaluate("performance.getEntriesByType('resource').map(({name}) => name)")
    assert not [name for name in fetched if "class" in name]  # lessons are loaded when they are opened
    other.evaluate("location.hash = '#learn'")
    page.get_by_role("button", name="Begin lesson 2, A unit").click()
    other.get_by_role("button", name="Begin lesson 4, Loss").click()
    for tab, step, values in ((page, 2, ("-0.25", "0")), (other, 3, ("1.386", "2.079"))):
        tab.locator(".dock-steps button").nth(step - 1).click()
        for field, value in zip(tab.locator(".dock-form input").all(), values, strict=True):
            field.fill(value)
        tab.locator(".dock-form").get_by_role("button", name="Check").click()
        expect(tab.locator(STATUS)).to_have_text("Right. This step is done.")
    for tab, lesson in ((page, "Lesson 2 of 6: A unit"), (other, "Lesson 4 of 6: Loss")):
        for number in (2, 4):
            expect(tab.locator(".lesson-card").nth(number - 1)).to_contain_text("1 of 6 steps done")
        tab.reload()
        tab.wait_for_selector("html.ready")
        expect(tab.locator(".dock-name")).to_have_text(lesson)
        expect(tab.locator(".dock-steps .done")).to_have_count(1)
    page.get_by_role("button", name="Begin the class anew").click()
    page.get_by_role("button", name="Forget them").click()
    expect(other.locator(".dock-steps .done")).to_have_count(0)  # and nothing brings it back
    expect(page.locator(".dock-steps .done")).to_have_count(0)
