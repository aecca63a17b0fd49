"""Panel 3, the small network that is drawn whole: its numbers are NumPy's, and every part of it can be changed."""

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.inspection import Network, read_network, training_step, with_temperature_inside
from digitnet.inspection.network import ForwardPass
from digitnet.studio.diagram_routes import SMALL_MODEL_PATH

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

expect = pytest.importorskip("playwright.sync_api", reason="needs the dev extra").expect

SEVEN = [[(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]]
PAD = ".diagram-pad .pad"
# What one unit of each layer shows, as texts.
VALUES = """() => [0, 1, 2].map((layer) =>
  [...document.querySelectorAll(`.layer-${layer} .unit-value`)].map((value) => value.textContent))"""


@pytest.fixture(scope="module")
def network() -> Network:
    return with_temperature_inside(read_network(SMALL_MODEL_PATH))


@pytest.fixture
def images() -> list[Images]:
    """The images that the server has read out of the drawing."""
    return []


@pytest.fixture
def drawn(open_page: Callable[..., "Page"], draw: Callable[..., None], images: list[Images]) -> "Page":
    """The small network with a drawn 7."""

    page = open_page("#inside")
    page.locator(".diagram .unit").first.wait_for()
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response) if "/studio/read" in response.url else None)
    draw(page, SEVEN, pad=PAD)
    expect(page.locator(".diagram-answer")).to_have_text(re.compile("^It answers 7"))
    texts = answers[-1].json()["images"]
    images[:] = [np.frombuffer(base64.b64decode(text), np.uint8).reshape(28, 28) for text in texts]
    return page


def _number(text: str) -> float:
    return float(text.replace("\u2212", "-").replace("\u00a0%", "").replace(",", ""))


def _shown(page: "Page") -> list[list[float]]:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return [[_number(text) for text in layer] for layer in page.evaluate(VALUES)]


def _check(page: "Page", network: Network, seen: ForwardPass) -> None:
    """Every number of every unit, as far as it is rounded on the page."""
    first, second, shares = _shown(page)
    np.testing.assert_allclose(first, seen.activations[0][0], atol=0.0051)
    np.testing.assert_allclose(second, seen.activations[1][0], atol=0.0051)
    np.testing.assert_allclose(shares, 100 * network.probabilities(seen.logits)[0], atol=0.051)


def _edited(network: Network, layer: int, row: int, unit: int, weight: float) -> Network:
    """The network itself, with another weight."""
    network.layers[layer].kernel.flags.writeable = True
    network.layers[layer].kernel[row, unit] = weight
    return network


def test_all_numbers_are_those_of_the_model_file(drawn: "Page", images: list[Images], network: Network) -> None:
    seen = network.look(images[0][None])
    _check(drawn, network, seen)
    scores = seen.logits[0]
    assert scores.argmax() == 7
    cells = drawn.locator(".arithmetic-table tbody tr")
    expect(drawn.locator(".arithmetic h2")).to_have_text("Answer 7")
    weights = network.layers[2].kernel[:, 7]
    products = seen.activations[1][0] * weights
    strongest = np.argsort(-np.abs(products), kind="stable")[:5]
    for place, unit in enumerate(strongest):
        row = cells.nth(place)
        assert row.locator("th").inner_text() == f"unit {unit + 1}"
        assert _number(row.locator("input").input_value()) == pytest.approx(float(weights[unit]), abs=0.0006)
        assert _number(row.locator("td").last.inner_text()) == pytest.approx(float(products[unit]), abs=0.0051)
    others = products.sum() - products[strongest].sum()
    assert _number(cells.nth(5).locator("td").last.inner_text()) == pytest.approx(float(others), abs=0.0051)
    assert _number(cells.nth(7).locator("td").last.inner_text()) == pytest.approx(float(scores[7]), abs=0.0051)


def test_a_unit_of_the_first_layer_is_the_sum_over_its_pixels(
    drawn: "Page", images: list[Images], network: Network
) -> None:
    unit = int(network.look(images[0][None]).activations[0][0].argmax())
    drawn.locator(".layer-0 .unit").nth(unit).hover()
    expect(drawn.locator(".arithmetic h2")).to_have_text(f"Hidden layer 1, unit {unit + 1}")
    products = images[0].reshape(-1) / 255 * network.layers[0].kernel[:, unit]
    first = int(np.abs(products).argmax())
    row = drawn.locator(".arithmetic-table tbody tr").first
    assert row.locator("th").inner_text() == f"pixel {first // 28 + 1}, {first % 28 + 1}"
    assert _number(row.locator("td").last.inner_text()) == pytest.approx(float(products[first]), abs=0.0051)
    painted = (
        drawn.locator(".layer-0 .pixels")
        .nth(unit)
        .evaluate("(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]")
    )
    colours = np.array(painted).reshape(28, 28, 4).astype(float)
    kernel = network.layers[0].kernel[:, unit].reshape(28, 28)
    strong = np.abs(kernel) > np.abs(kernel).max() / 4
    assert ((colours[..., 2] > colours[..., 0]) == (kernel > 0))[strong].all()  # blue where ink adds, else orange
    drawn.mouse.move(0, 0)
    expect(drawn.locator(".arithmetic h2")).to_have_text("Answer 7")


def test_a_unit_that_is_switched_off_and_a_weight_that_is_changed_move_the_answer(
    drawn: "Page", images: list[Images]
) -> None:
    network = with_temperature_inside(read_network(SMALL_MODEL_PATH))
    before = _shown(drawn)
    unit = int(network.look(images[0][None]).activations[1][0].argmax())
    drawn.locator(".layer-1 .unit").nth(unit).click()
    drawn.get_by_role("button", name=re.compile("^Switch off")).click()
    expect(drawn.locator(".diagram-head .switches")).to_contain_text("1 unit off: the answer was 7")
    expect(drawn.locator(".layer-1 .unit-value").nth(unit)).to_have_text("off")
    switches = network.switches([(1, unit)])
    shares = [_number(text) for text in drawn.locator(".layer-2 .unit-value").all_inner_texts()]
    logits = network.look(images[0][None], switches).logits
    np.testing.assert_allclose(shares, 100 * network.probabilities(logits)[0], atol=0.051)
    assert drawn.locator(".layer-2 .bar-mark").first.is_visible()  # where the bar would end
    drawn.get_by_role("button", name=re.compile("^Switch on")).click()
    expect(drawn.locator(".diagram-head .switches")).to_be_hidden()

    drawn.locator(".layer-2 .unit").nth(7).click()
    expect(drawn.locator(".arithmetic h2")).to_have_text("Answer 7")
    row = drawn.locator(".arithmetic-table tbody tr").first
    source = int(row.locator("th").inner_text().removeprefix("unit ")) - 1
    row.locator("input").fill("-1.5")
    _check(drawn, network, _edited(network, 2, source, 7, -1.5).look(images[0][None]))
    expect(drawn.locator(".diagram-head .switches")).to_contain_text("1 weight changed: the answer was 7")
    row.locator("input").fill("")  # while somebody types, nothing is 0 for a moment
    _check(drawn, network, network.look(images[0][None]))
    drawn.get_by_role("button", name="Set all back").click()
    assert _shown(drawn) == before


def test_an_edge_is_switched_by_a_click_and_by_keys(drawn: "Page", images: list[Images], network: Network) -> None:
    before, image = _shown(drawn), images[0][None]
    drawn.locator(".layer-2 .unit").nth(7).click()
    row = drawn.locator(".arithmetic-table tbody tr").first
    source = int(row.locator("th").inner_text().removeprefix("unit ")) - 1
    row.get_by_role("button", name=f"Edge from unit {source + 1} off").focus()
    drawn.keyboard.press("Enter")
    words = drawn.locator(".diagram-head .switches")
    expect(words).to_contain_text("1 edge off: the answer was 7")
    weight = float(network.layers[2].kernel[source, 7])
    _check(drawn, network, _edited(network, 2, source, 7, 0.0).look(image))
    drawn.keyboard.press("Enter")
    expect(words).to_be_hidden()
    _check(drawn, network, _edited(network, 2, source, 7, weight).look(image))

    _click_line(drawn, source)
    expect(words).to_contain_text("1 edge off")
    assert _shown(drawn)[2] != before[2]
    _click_line(drawn, source)
    expect(words).to_be_hidden()
    assert _shown(drawn) == before


def _click_line(page: "Page", source: int) -> None:
    """Click into the middle of the line from a unit of the second layer to the answer 7."""
    ends = [page.locator(f".layer-{layer} .unit").nth(unit).bounding_box() for layer, unit in ((1, source), (2, 7))]
    left, right = (end for end in ends if end is not None)
    x = (left["x"] + left["width"] + right["x"]) / 2
    page.mouse.click(x, (left["y"] + left["height"] / 2 + right["y"] + right["height"] / 2) / 2)


def test_it_moves_while_one_draws(open_page: Callable[..., "Page"]) -> None:
    page = open_page("#inside")
    page.locator(".diagram .unit").first.wait_for()
    expect(page.locator(".diagram-card")).to_contain_text("what the network makes of blank paper")
    values = [_shown(page)]
    box = page.locator(PAD).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    for height in (0.5, 0.8):
        page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + height * box["height"], steps=4)
        page.wait_for_function(
            f"(before) => JSON.stringify(({VALUES})()) !== before", arg=page.evaluate(f"JSON.stringify(({VALUES})())")
        )
        values.append(_shown(page))
    assert values[0] != values[1] != values[2]
    expect(page.locator(".diagram-answer")).to_have_text(re.compile("^So far it answers"))
    page.mouse.up()
    expect(page.locator(".diagram-answer")).to_have_text(re.compile("^It answers"))


def test_all_of_it_is_reached_by_keys_and_told_to_a_screen_reader(drawn: "Page") -> None:
    drawn.locator(".diagram-pad").get_by_role("button", name="Clear").focus()
    drawn.keyboard.press("Tab")  # into the diagram: one stop for all of its units
    title = drawn.locator(".arithmetic h2")
    expect(title).to_have_text("Answer 7")
    for key, words in (
        ("ArrowUp", "Answer 6"),
        ("ArrowLeft", "Hidden layer 2, unit 11"),
        ("ArrowLeft", "Hidden layer 1, unit 11"),
        ("ArrowDown", "Hidden layer 1, unit 12"),
    ):
        drawn.keyboard.press(key)
        expect(title).to_have_text(words)
    focused = drawn.get_by_role("button", name=re.compile(r"^Hidden layer 1, unit 12: [\d.]+$"))
    expect(focused).to_be_focused()
    drawn.keyboard.press("Tab")
    expect(drawn.get_by_label("Weight of pixel").first).to_be_focused()
    focused.focus()
    drawn.keyboard.press("Escape")
    expect(title).to_have_text("Answer 7")
    expect(drawn.locator("#announcer")).to_have_text(re.compile("^The small network answers 7"))


def test_the_network_that_answers_is_one_click_away_and_kept_in_the_address(drawn: "Page") -> None:
    asked: list[str] = []
    drawn.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    drawn.get_by_label("The one that answers", exact=True).check()
    expect(drawn.locator("#inside-body .side-head .hero")).to_have_text("7")
    expect(drawn.locator(".diagram")).to_be_hidden()
    assert drawn.url.endswith("#inside?view=large")
    drawn.reload()
    expect(drawn.locator("#inside-body .side-head .hero")).to_have_text("7")
    drawn.get_by_label("Small network", exact=True).check()
    expect(drawn.locator(".diagram-answer")).to_have_text(re.compile("^It answers 7"))
    assert drawn.url.endswith("#inside")
    count = asked.count("explain")
    drawn.locator(".diagram-pad").get_by_role("button", name="Clear").click()
    expect(drawn.locator(".diagram-answer")).to_have_text("Nothing to answer yet")
    assert asked.count("explain") == count  # the large network is not worked while it is not seen


def test_weights_that_do_not_come_are_told_in_the_servers_words(open_page: Callable[..., "Page"]) -> None:
    page = open_page()
    page.route("**/studio/diagram", lambda route: route.fulfill(status=422, json={"error": "The file is damaged."}))
    page.get_by_role("link", name="Inside", exact=True).click()
    expect(page.locator(".diagram-place")).to_have_text("The file is damaged.")
    page.unroute("**/studio/diagram")
    page.get_by_role("link", name="Draw", exact=True).click()
    page.get_by_role("link", name="Inside", exact=True).click()
    expect(page.locator(".diagram .unit").first).to_be_visible()


def test_one_step_of_training_shows_the_numbers_of_the_glass_box(
    drawn: "Page", images: list[Images], network: Network
) -> None:
    card = drawn.locator(".training-step")
    card.get_by_label("It should answer").select_option("2")
    card.get_by_label("Learning rate").fill("0.05")
    card.get_by_role("button", name="1 step", exact=True).click()
    step = training_step(network, images[0], 2, 0.05)
    parts = card.locator(".step-numbers > li > p")
    expect(parts).to_have_count(5)
    assert f"= {step.loss:.3f}:" in parts.nth(1).inner_text()
    for layer, place in ((2, 0), (1, 1), (0, 2)):
        texts = (
            card.locator(".step-errors ol")
            .nth(place)
            .evaluate("(list) => [...list.children].map((item) => item.lastChild.textContent)")
        )
        np.testing.assert_allclose([_number(text) for text in texts], step.errors[layer], atol=0.0051)
    unit = int(np.abs(step.gradients[2].kernel[:, 2]).argmax())
    value, error, gradient = _decimals(parts.nth(3).inner_text())
    assert f"from unit {unit + 1} to Answer 2" in parts.nth(3).inner_text()
    assert value == pytest.approx(float(step.seen.activations[1][0, unit]), abs=0.00051)
    assert error == pytest.approx(float(step.errors[2][2]), abs=0.00051)
    assert gradient == pytest.approx(float(step.gradients[2].kernel[unit, 2]), abs=0.00051)
    before, _, _, after = _decimals(parts.nth(4).inner_text())
    assert before == pytest.approx(float(network.layers[2].kernel[unit, 2]), abs=0.00051)
    assert after == pytest.approx(float(step.after.layers[2].kernel[unit, 2]), abs=0.00051)
    _check(drawn, step.after, step.after.look(images[0][None]))  # the diagram is that of the network as it is now
    card.get_by_role("button", name="100 steps").click()
    expect(drawn.locator(".diagram-answer")).to_have_text(re.compile("^It answers 2"))
    expect(drawn.locator(".diagram-head .switches")).to_contain_text("101 steps of training: the answer was 7")
    drawn.get_by_role("button", name="Set all back").click()
    expect(drawn.locator(".diagram-answer")).to_have_text(re.compile("^It answers 7"))
    drawn.locator(".diagram-pad").get_by_role("button", name="Clear").click()
    expect(drawn.locator(".diagram-answer")).to_have_text("Nothing to answer yet")
    card.get_by_role("button", name="1 step", exact=True).click()
    expect(card.get_by_role("status")).to_have_text(re.compile("draw a digit first"))


def _decimals(text: str) -> list[float]:
    return [_number(found) for found in re.findall("\u2212?" + r"\d+\.\d+", text)]
