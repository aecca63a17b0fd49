"""The smallest change of ink that is found to change an answer: real, within its bounds, and nothing in it is idle."""

import numpy as np
import pytest

from digitnet.arrays import IMAGE_SIDE, Images, Probabilities
from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.inspection import Layer, Network, find_counterfactual, read_network, words_for_counterfactual
from digitnet.inspection.activations import activation_of
from digitnet.inspection.counterfactual import Counterfactual, Search
from digitnet.inspection.network import ForwardPass
from digitnet.model_file.contract import bundled_model_path

TEST = load_mnist()[1]
NAMES = ("dark", "light")


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="module")
def bundled() -> Network:
    pytest.importorskip("onnx", reason="needs the serve extra")
    return read_network(bundled_model_path("int8"))


def ink_counter(threshold: float, *, weights: dict[int, float] | None = None) -> Network:
    """A network whose answer is "dark" where the weighted ink of its pixels is above a threshold, else "light"."""
    kernel = np.zeros((784, 1), np.float32)
    for pixel, weight in (weights or dict.fromkeys(range(784), 1.0)).items():
        kernel[pixel] = weight
    relu = activation_of("Relu")
    assert relu is not None
    first = Layer(kernel, np.zeros(1, np.float32))
    last = Layer(np.array([[1.0, 0.0]], np.float32), np.array([-threshold, 0], np.float32))
    return Network((first, last), (relu,), 1.0, NAMES)


def answers_of(network: Network) -> "AnswersOf":
    return AnswersOf(network)


class AnswersOf:
    """A network as the model that really answers."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, images: Images) -> Probabilities:
        return self._network.probabilities(self._network.look(images).logits)


def bar(rows: int) -> Images:
    """An upright bar of so many pixels of full ink."""
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    image[5 : 5 + rows, 14] = 255
    return image


def search(network: Network, image: Images, **options: int) -> Counterfactual | None:
    return find_counterfactual(network, answers_of(network), image, **options)  # type: ignore[arg-type]


def test_it_is_the_least_ink_where_that_can_be_worked_out() -> None:
    """All pixels count alike: 10 are inked, and 12.5 are needed."""
    found = search(ink_counter(12.5), bar(10))
    assert found is not None
    assert found.label == 0
    assert found.removed == 0
    assert found.added == pytest.approx(2.5, abs=0.1)  # one pixel of them in a sixteenth of full ink
    assert len(found.pixels) == 3


def test_ink_is_taken_away_where_that_is_what_it_takes() -> None:
    found = search(ink_counter(7.5), bar(10))
    assert found is not None
    assert found.added == 0
    assert found.removed == pytest.approx(2.5, abs=0.1)


def test_the_pixel_that_counts_most_is_changed_and_no_other() -> None:
    weights = dict.fromkeys(range(784), 1.0) | {8 * 28 + 15: 5.0}
    found = search(ink_counter(12.5, weights=weights), bar(10))
    assert found is not None
    assert found.pixels.tolist() == [8 * 28 + 15]
    assert found.added == pytest.approx(0.5, abs=1 / 16)


def test_ink_is_added_near_ink_alone() -> None:
    weights = {0: 100.0} | dict.fromkeys(range(1, 784), 0.1)  # the corner is far from the bar
    found = search(ink_counter(1.15, weights=weights), bar(10))
    assert found is not None
    assert 0 not in found.pixels
    rows, columns = np.divmod(found.pixels, IMAGE_SIDE)
    assert (np.abs(columns - 14) <= 2).all()
    assert (rows >= 3).all()


def test_what_cannot_be_reached_is_not_claimed() -> None:
    assert search(ink_counter(700.0), bar(10)) is None
    blank = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    assert search(ink_counter(0.5), blank) is None  # there is no ink near which some could be added


def test_the_model_that_answers_has_the_last_word() -> None:
    """Its gradients promise a flip at 12.5 pixels; the model itself wants 14.5, and later none at all."""
    network, stricter = ink_counter(12.5), ink_counter(14.5)
    found = find_counterfactual(network, answers_of(stricter), bar(10))
    assert found is not None
    assert found.added > 4
    never = ink_counter(1e6)
    assert find_counterfactual(network, answers_of(never), bar(10)) is None


def test_a_small_search_finds_less() -> None:
    network = ink_counter(15.5)
    assert find_counterfactual(network, answers_of(network), bar(10), search=Search(pixels=6)) is not None
    assert find_counterfactual(network, answers_of(network), bar(10), search=Search(pixels=5)) is None


@pytest.mark.parametrize("number", [0, 115])
def test_changes_of_real_digits_are_real_and_nothing_in_them_is_idle(
    bundled: Network, classifier: Classifier, number: int
) -> None:
    image = TEST.images[number]
    found = find_counterfactual(bundled, classifier.predict_proba, image, search=Search(rivals=3))
    assert found is not None
    assert int(classifier.predict(found.image[None])[0]) == found.label != int(classifier.predict(image[None])[0])
    difference = found.image.astype(int) - image
    assert set(np.flatnonzero(difference.ravel())) == set(found.pixels.tolist())
    assert found.added - found.removed == pytest.approx(difference.sum() / 255)
    for pixel in found.pixels:
        less = found.image.copy().reshape(-1)
        less[pixel] = image.reshape(-1)[pixel]
        assert int(classifier.predict(less.reshape(1, 28, 28))[0]) != found.label
    steps = np.repeat(image.reshape(1, 784), len(found.pixels) + 1, axis=0)
    for step, pixel in enumerate(found.pixels, start=1):
        steps[step:, pixel] = found.image.reshape(-1)[pixel]
    np.testing.assert_allclose(found.probabilities, classifier.predict_proba(steps.reshape(-1, 28, 28)), atol=1e-6)
    again = find_counterfactual(bundled, classifier.predict_proba, image, search=Search(rivals=3))
    assert again is not None
    np.testing.assert_array_equal(again.image, found.image)  # there is no chance in it


def test_the_work_is_bounded_and_what_was_found_by_then_is_complete(
    bundled: Network, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 1000 <= Search().looks <= 4000  # a quarter of a millisecond each on one loaded core: a second
    image, looked = TEST.images[47], [0]  # for which nine rivals take three times the work of one
    look = Network.look

    def counted(network: Network, images: Images) -> ForwardPass:
        looked[0] += len(images)
        return look(network, images)

    monkeypatch.setattr(Network, "look", counted)
    work = {}
    for looks in (0, 10**9):
        looked[0] = 0
        found = find_counterfactual(bundled, classifier.predict_proba, image, search=Search(looks=looks))
        assert found is not None
        work[looks] = looked[0]
        less = np.repeat(found.image.reshape(1, 784), len(found.pixels), axis=0)
        less[np.arange(len(less)), found.pixels] = image.reshape(784)[found.pixels]
        assert (classifier.predict(less.reshape(-1, 28, 28)) != found.label).all()  # nothing in it is idle
    assert 10 < work[0] < work[10**9] / 2


def test_a_class_can_be_asked_for(bundled: Network, classifier: Classifier) -> None:
    found = find_counterfactual(bundled, classifier.predict_proba, TEST.images[0], target=3)
    assert found is not None
    assert int(classifier.predict(found.image[None])[0]) == found.label == 3
    for target, words in ((7, "the answer is 7 already"), (10, "there is no class 10")):
        with pytest.raises(ConfigurationError, match=words):
            find_counterfactual(bundled, classifier.predict_proba, TEST.images[0], target=target)


def test_the_words_claim_no_more_than_the_search_knows() -> None:
    network = ink_counter(12.5)
    words = words_for_counterfactual(NAMES, 1, search(network, bar(10)))
    assert words.startswith(
        "With 3 of 784 pixels changed, the answer is dark instead of light: the ink of 2.5 pixels added."
    )
    assert "smallest change that the search found; there may be a smaller one." in words
    assert "Put back any one of the 3, and the answer is no longer dark." in words
    assert "no proof" in words_for_counterfactual(NAMES, 1, None)
