"""Answers that come late: none takes the place of a newer one, and none is shown for what is not there any more."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from digitnet.studio.teaching.jobs import Jobs
from extras import needs_training
from made_up_model_files import model_file
from patience import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.56, 0.22), (0.7, 0.21), (0.84, 0.21), (0.78, 0.4), (0.7, 0.6), (0.65, 0.85)]]
ONE = [[(0.2, 0.2), (0.2, 0.5), (0.2, 0.85)]]
SIDE = "#inside-body .inside-side"
LAYERS = "#inside-body .layer"
_DROP = """(text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const files = new DataTransfer();
  files.items.add(new File([bytes], "picture.png", { type: "image/png" }));
  const event = new DragEvent("drop", { dataTransfer: files, bubbles: true });
  document.querySelector("#picture-body .drop").dispatchEvent(event);
}"""


class Held:
    """The page's requests to one endpoint, each of which is held up until the test lets it go on."""

    def __init__(self, page: "Page", endpoint: str) -> None:
        self._page = page
        self._pattern = re.compile(rf"/studio/{endpoint}(\?|$)")
        self.routes: list[Route] = []
        page.route(self._pattern, self._hold)

    def _hold(self, route: "Route") -> None:
        self.routes.append(route)

    def wait_for(self, count: int) -> None:
        """Until so many have been sent."""
        wait_until(lambda: self._page.evaluate("true") and len(self.routes) >= count)

    def let_go(self, place: int = 0) -> None:
        """Let one of them go on, and wait until it has been answered and the page has looked at the answer."""
        route = self.routes[place]
        with self._page.expect_event("requestfinished", lambda request: request == route.request):
            route.continue_()
        # Beside other work a page may never be idle; the limit, in milliseconds, is one that only such a page meets.
        self._page.evaluate("new Promise((done) => requestIdleCallback(done, { timeout: 10_000 }))")


def test_a_drawing_that_was_cleared_is_answered_no_more(page: "Page", draw: Callable[..., None]) -> None:
    hero = page.locator("#draw-answer .hero")
    draw(page, ONE)
    expect(hero).to_have_text("1")
    expect(page.locator("#draw-answer .answer")).to_have_attribute("aria-busy", "false")
    held = Held(page, "read")
    draw(page, SEVEN)
    held.wait_for(1)
    page.get_by_role("button", name="Clear").click()
    expect(hero).to_have_text("")
    draw(page, SEVEN)
    held.let_go()
    held.wait_for(2)  # so the answer to the first has been looked at
    assert hero.inner_text() == ""
    assert page.locator("#draw-answer .answer").get_attribute("aria-busy") == "true"


def test_a_picture_that_another_has_replaced_is_answered_no_more(open_page: Callable[..., "Page"], photo: Path) -> None:
    page = open_page("#picture")
    held = Held(page, "read")
    for content in (b"this is not a picture", photo.read_bytes()):
        page.evaluate(_DROP, base64.b64encode(content).decode())
    held.wait_for(1)
    held.let_go()
    held.wait_for(2)
    answer = page.locator("#picture-body .answer")
    assert answer.get_attribute("data-state") == "waiting"  # no word of the first one's refusal
    held.let_go(1)
    expect(answer.locator(".hero")).to_have_text("4")


def test_an_answer_of_before_a_switch_is_not_shown_for_after_it(inside: "Page") -> None:
    held = Held(inside, "explain")
    for place in range(2):
        inside.locator(f"{LAYERS} .neuron").nth(place).click()
    held.wait_for(1)
    held.let_go()
    held.wait_for(2)
    switches = inside.locator(f"{SIDE} .switches")
    assert switches.is_hidden()
    assert inside.locator(SIDE).get_attribute("aria-busy") == "true"
    held.let_go(1)
    expect(switches).to_have_text(re.compile("^2 neurons off"))


def test_the_neuron_that_was_asked_for_last_is_shown(inside: "Page") -> None:
    held = Held(inside, "neuron")
    layer = inside.locator(LAYERS).first
    for place, unit in enumerate(("5", "6")):
        layer.locator("input").fill(unit)
        layer.get_by_role("button", name="Look at it").click()
        held.wait_for(place + 1)
    held.let_go(1)
    title = layer.locator(".neuron-about h3")
    expect(title).to_have_text("Neuron 6")
    held.let_go(0)
    assert title.inner_text() == "Neuron 6"


@pytest.fixture
def small_network(studio_folder: Path, address: str) -> Iterator[str]:
    """Id of a network of 20 and 12 neurons that the page may ask."""
    assert address  # the server has made its folder
    jobs = Jobs(studio_folder / "runs")
    job = jobs.create("run", {"hidden_sizes": [20, 12]}, "20-12", files={"model.onnx": model_file()})
    yield job.id
    jobs.delete(job.id)


def test_the_layers_are_those_of_the_network_that_was_chosen_last(small_network: str, inside: "Page") -> None:
    held = Held(inside, "explain")
    inside.locator(f"{LAYERS} .neuron").first.click()
    held.wait_for(1)
    inside.locator("#model").select_option(small_network)
    held.let_go()
    held.wait_for(2)
    assert inside.locator(LAYERS).count() == 0
    held.let_go(1)
    expect(inside.locator(f"{LAYERS} h2")).to_have_text(["Hidden layer 1: 20 neurons", "Hidden layer 2: 12 neurons"])


def test_what_was_counted_for_a_panel_is_not_noted_at_another(page: "Page") -> None:
    held = Held(page, "mistakes")
    page.get_by_role("link", name="Mistakes", exact=True).click()
    held.wait_for(1)
    page.get_by_role("link", name="Draw", exact=True).click()
    held.let_go()
    assert page.url.endswith("#draw")
    page.get_by_role("link", name="Mistakes", exact=True).click()
    expect(page.locator("#mistakes-body .matrix")).to_be_visible()
    assert len(held.routes) == 1  # it is not counted twice


@needs_training
def test_an_older_list_of_runs_does_not_replace_a_newer_one(page: "Page") -> None:
    settings = {"hidden_sizes": [16], "activation": "relu", "optimizer": "adam", "learning_rate": 0.001, "epochs": 1}
    run = {"id": "run-1", "kind": "run", "name": "Run 1: 16", "status": "finished", "settings": settings}
    listed: dict[str, Any] = {"runs": [{**run, "epochs_done": 1, "validation_accuracy": 0.9, "resumable": False}]}
    held = Held(page, "training")
    for count in (1, 2):
        page.get_by_role("link", name="Train", exact=True).click()
        held.wait_for(count)
        page.get_by_role("link", name="Draw", exact=True).click()
    page.get_by_role("link", name="Train", exact=True).click()
    held.wait_for(3)
    runs = page.locator("#train-body .runs li")
    held.routes[2].fulfill(json=listed)
    expect(runs).to_have_count(1)
    with page.expect_event("requestfinished", lambda request: request == held.routes[1].request):
        held.routes[1].fulfill(json={"runs": []})
    page.evaluate("new Promise((done) => requestIdleCallback(done, { timeout: 10_000 }))")
    assert runs.count() == 1
