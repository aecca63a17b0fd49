"""Predictor on a made-up model file whose outputs are simple sums, and which remembers what was asked of it."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from digitnet.arrays import AnyArray, Images
from digitnet.errors import ModelOutputError
from digitnet.inference.augmented_inference import AugmentedInference, distort, lookup_table, sampling_grids
from digitnet.inference.predictor import Predictor

OUTPUTS = frozenset({"probabilities", "logits", "digit_score", "second_logits"})
COPIES = 3


class SumsSession:
    """Two classes, whose logits are the ink of the upper and of the lower half of an image."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], int]] = []

    def run(self, names: Sequence[str], feeds: Mapping[str, Images]) -> list[AnyArray]:
        images = feeds["images"]
        self.asked.append((tuple(names), len(images)))
        return [outputs_by_hand(images)[name].astype(np.float32) for name in names]


def outputs_by_hand(images: Images) -> dict[str, AnyArray]:
    halves = images.reshape(-1, 2, 392).sum(axis=2) / 5000
    powers = np.exp(halves / 2)  # a temperature of 2
    return {
        "logits": halves,
        "probabilities": powers / powers.sum(axis=1, keepdims=True),
        "digit_score": halves[:, 0] - 3,
        "second_logits": halves[:, ::-1],
    }


def predictor(copies: int = 0, names: frozenset[str] = OUTPUTS) -> tuple[Predictor, SumsSession]:
    session = SumsSession()
    return Predictor(session, names, 2, 2.0, 1, AugmentedInference(copies) if copies else None), session


def images_of(n: int) -> Images:
    """Noise, whose halves differ little; in every fourth image the lower half is empty."""
    images = np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    images[::4, 14:] = 0
    return images


class TwoRowsSession(SumsSession):
    """Answers two images at most, whatever it says, as a graph with a Slice may."""

    def run(self, names: Sequence[str], feeds: Mapping[str, Images]) -> list[AnyArray]:
        return [output[:2] for output in super().run(names, feeds)]


@pytest.mark.parametrize("copies", [0, COPIES])
def test_a_graph_that_gives_other_shapes_than_it_says_is_one_clear_line(copies: int) -> None:
    made = Predictor(TwoRowsSession(), OUTPUTS, 2, 2.0, 1, AugmentedInference(copies) if copies else None)
    wrong = r"the model answers 5 images with \w+ of shape \(2, 2\), expected \(5, 2\)"
    for ask in (made.predict, lambda images: made.answer(images, "logits"), made.outputs):
        with pytest.raises(ModelOutputError, match=wrong):
            ask(images_of(5)[:5])
    with pytest.raises(ModelOutputError, match=r"digit_score of shape \(2,\), expected \(5,\)"):
        made.run(images_of(5), ["digit_score"])


@pytest.mark.parametrize("n", [0, 1, 600])
def test_only_the_outputs_that_were_named_are_asked_for_once_for_each_image(n: int) -> None:
    for names in (["digit_score"], ["second_logits", "probabilities"]):
        made, session = predictor()
        found = made.run(images_of(n), names)
        assert list(found) == names
        for name, values in found.items():
            assert values.dtype == np.float32
            np.testing.assert_allclose(values, outputs_by_hand(images_of(n))[name], rtol=1e-6)
        assert {asked for asked, _ in session.asked} == ({tuple(names)} if n else set())
        assert sum(size for _, size in session.asked) == n


def test_predict_asks_for_nothing_but_probabilities() -> None:
    made, session = predictor()
    labels = made.predict(images_of(5))
    np.testing.assert_array_equal(labels, outputs_by_hand(images_of(5))["logits"].argmax(axis=1))
    made.answer(images_of(5), "logits")
    assert session.asked == [(("probabilities",), 5), (("logits",), 5)]


def test_optional_outputs_are_those_that_are_wanted_and_there() -> None:
    images = images_of(4)
    every = predictor()[0].outputs(images)
    np.testing.assert_allclose(every.digit_score, outputs_by_hand(images)["digit_score"], rtol=1e-6)  # type: ignore[arg-type]
    np.testing.assert_allclose(every.second_logits, outputs_by_hand(images)["second_logits"], rtol=1e-6)  # type: ignore[arg-type]
    made, session = predictor()
    scored = made.outputs(images, ["digit_score"])
    assert (scored.digit_score is None, scored.second_logits is None) == (False, True)
    assert session.asked == [(("probabilities", "logits", "digit_score"), 4)]
    without = predictor(names=frozenset({"probabilities", "logits"}))[0].outputs(images)
    assert (without.digit_score, without.second_logits) == (None, None)


def test_outputs_are_averaged_over_copies_where_the_network_is_unsure() -> None:
    images = images_of(600)
    made, _ = predictor(COPIES)
    plain = made.outputs(images)
    found = made.averaged(images, plain)
    unsure = plain.probabilities.max(axis=1) < 0.99
    assert 0 < unsure.mean() < 1
    np.testing.assert_array_equal(found.is_averaged, unsure)
    np.testing.assert_array_equal(found.probabilities[~unsure], plain.probabilities[~unsure])
    assert found.copies == COPIES
    for row in np.flatnonzero(unsure)[:5]:
        copies = distort(images[row], *lookup_table(sampling_grids(COPIES)))
        shown = outputs_by_hand(np.concatenate([images[row : row + 1], copies]))["probabilities"]
        mean = np.exp(np.log(shown).mean(axis=0))
        np.testing.assert_allclose(found.probabilities[row], mean / mean.sum(), atol=1e-5)
        assert np.abs(found.probabilities[row] - plain.probabilities[row]).max() > 1e-4
    assert not plain.is_averaged.any()  # they stay as they were
    np.testing.assert_array_equal(made.answer(images, "probabilities"), found.probabilities)
    np.testing.assert_array_equal(made.answer(images, "logits"), found.logits)
    np.testing.assert_array_equal(made.predict(images), found.probabilities.argmax(axis=1))


def test_without_augmentation_outputs_stay_as_they_are() -> None:
    made, session = predictor()
    outputs = made.outputs(images_of(3))
    assert made.averaged(images_of(3), outputs) is outputs
    assert len(session.asked) == 1


def test_predicting_loads_nothing_that_reads_pictures() -> None:
    code = "import sys, digitnet.inference.predictor; print(*{'cv2', 'PIL'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "\n"
