"""The map over HTTP: every digit in its place, and another image among those that look most alike to the network."""

import base64

import numpy as np
import pytest

from digitnet.datasets import load_mnist
from digitnet.inspection import read_network
from digitnet.inspection.digit_map import read_digit_map
from digitnet.model_file.contract import bundled_model_path
from studio_page import Page

TEST = load_mnist()[1]
SEVEN = base64.b64encode(TEST.images[0].tobytes()).decode()


def test_the_map_is_that_of_its_file(page: Page) -> None:
    told, digits = page.get("map").json(), read_digit_map()
    assert told["n"] == 5000
    assert np.frombuffer(base64.b64decode(told["numbers"]), "<u2").tolist() == digits.numbers.tolist()
    labels = np.frombuffer(base64.b64decode(told["labels"]), np.uint8)
    np.testing.assert_array_equal(labels, TEST.labels[digits.numbers])
    predicted = np.frombuffer(base64.b64decode(told["predicted"]), np.uint8)
    assert told["errors"] == int((labels != predicted).sum()) > 0
    for name, places in (("pca", digits.pca), ("umap", digits.umap)):
        np.testing.assert_array_equal(np.frombuffer(base64.b64decode(told["planes"][name]), "<u2"), places.ravel())
    assert 0 < sum(told["pca_shares"]) < 1


def test_digits_come_as_they_are_asked_for(page: Page) -> None:
    told = page.get("map/digits", numbers="8,4").json()["digits"]
    assert [digit["index"] for digit in told] == [8, 4]
    assert told[0]["label"] == TEST.labels[8]
    assert told[0]["image"] == base64.b64encode(TEST.images[8].tobytes()).decode()


def test_a_digit_of_the_map_is_placed_where_it_stands(page: Page) -> None:
    told = page.post("map/place", json={"image": SEVEN}).json()
    assert told["label"] == 7
    assert told["neighbours"][0] == 0
    digits = read_digit_map()
    np.testing.assert_allclose(told["places"]["pca"], digits.pca[0], atol=1)
    np.testing.assert_allclose(told["places"]["umap"], digits.umap[0], atol=1)


def test_another_image_is_placed_by_its_neighbours(page: Page) -> None:
    image = TEST.images[9]  # of odd number: not on the map
    told = page.post("map/place", json={"image": base64.b64encode(image.tobytes()).decode()}).json()
    network, digits = read_network(bundled_model_path()), read_digit_map()
    neighbours = np.array(told["neighbours"])
    some = np.concatenate([neighbours, digits.numbers[::25]])
    values = network.look(TEST.images[some]).activations[-1]
    distances = np.linalg.norm(values - network.look(image[None]).activations[-1], axis=1)
    mine = distances[: len(neighbours)]
    assert (np.diff(mine) >= -1e-4).all()
    assert mine.max() <= distances[len(neighbours) :].min() + 1e-4 or set(neighbours) & set(digits.numbers[::25])
    weights = 1 / mine
    places = digits.umap[neighbours // 2]
    np.testing.assert_allclose(told["places"]["umap"], weights @ places / weights.sum(), rtol=1e-3)


@pytest.mark.parametrize(
    ("numbers", "status", "words"),
    [
        ("", 400, "expected at most 60 numbers"),
        ("3", 404, "test digit 3 is not on the map"),
        ("99998", 404, "test digit 99998 is not on the map"),
        ("1;2", 400, "numbers is '1;2'"),
        (",".join(["2"] * 61), 400, "expected at most 60 numbers"),
    ],
)
def test_wrong_numbers_are_told_so(page: Page, numbers: str, status: int, words: str) -> None:
    response = page.get("map/digits", numbers=numbers)
    assert response.status_code == status
    assert words in response.json()["error"]


def test_what_is_no_image_is_not_placed(page: Page) -> None:
    assert "image is missing" in page.post("map/place", json={}).json()["error"]
    assert "'model' is not known" in page.post("map/place", json={"image": SEVEN, "model": ""}).json()["error"]
