"""A score beside the answers of a model file: worked out by hand, and nothing else changed."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError, ModelFileError, PictureDecodeError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.inference.decision import Place
from digitnet.model_file.contract import open_model
from digitnet.model_file.digit_score import with_digit_score, with_digit_score_of, without_digit_score
from digitnet.model_file.graph import Graph, decode_model, with_metadata
from digitnet.model_file.metadata import ModelMetadata
from digitnet.model_file.quantization import quantize

IMAGES = np.random.default_rng(9).integers(0, 256, (600, 28, 28), dtype=np.uint8)
SHARES = Quantiles(5000, (0.001, 0.01, 0.1), (3.0, 6.5, 8.0))


def weights_of(seed: int, classes: int) -> tuple[AnyArray, AnyArray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.2, (784, classes)).astype(np.float32), rng.normal(0, 1, classes).astype(np.float32)


def network(seed: int, names: tuple[str, ...]) -> bytes:
    """A model file of one dense layer."""
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Mul", [graph.tip, graph.constant("scale", np.float32(1 / 255))])
    graph.add("Flatten", [graph.tip], axis=1)
    kernel, bias = weights_of(seed, len(names))
    graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)])
    graph.name_tip("logits")
    graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
    return with_metadata(graph.to_model(len(names)).SerializeToString(), ModelMetadata(names))


def scores_by_hand() -> AnyArray:
    """The logarithm of p / (1 - p), where p is the probability of any class but the last."""
    kernel, bias = (part.astype(np.float64) for part in weights_of(2, 4))
    odds = np.exp(IMAGES.reshape(-1, 784) / 255 @ kernel + bias)
    return np.asarray(np.log(odds[:, :-1].sum(axis=1) / odds[:, -1]))


def second_log_probabilities() -> AnyArray:
    kernel, bias = (part.astype(np.float64) for part in weights_of(2, 4))
    logits = (IMAGES.reshape(-1, 784) / 255 @ kernel + bias)[:, :3]
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


DIGITS = network(1, ("bar", "dash", "blob"))
REJECTION = network(2, ("bar", "dash", "blob", "none of them"))
MERGED = with_digit_score(DIGITS, REJECTION, SHARES)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(MERGED)
    return path


def test_the_score_is_the_log_odds_of_any_class_but_the_last(model: Path) -> None:
    for classifier in (load_classifier(model), load_classifier(model, threads=1)):
        scores = classifier.score_digits(IMAGES)
        assert scores is not None
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, scores_by_hand(), atol=1e-4)
        assert classifier.score_digits(IMAGES[:0]) is not None


def test_the_second_network_says_which_class_it_is_too(model: Path) -> None:
    (logits,) = open_model(model)[0].run(["second_logits"], {"images": IMAGES})
    kernel, bias = weights_of(2, 4)
    np.testing.assert_allclose(logits, (IMAGES.reshape(-1, 784) / 255 @ kernel + bias)[:, :3], atol=1e-4)


def test_a_network_of_other_classes_gives_no_second_network() -> None:
    for names in (("bar", "other"), ("dash", "bar", "blob", "none of them")):
        session, _ = open_model(with_digit_score(DIGITS, network(2, names), SHARES))
        assert [output.name for output in session.get_outputs()] == ["probabilities", "logits", "digit_score"]


def test_pictures_are_answered_by_the_mean_of_both_networks(model: Path) -> None:
    alone, both = Classifier(*open_model(DIGITS), refusal=0.0), load_classifier(model, refusal=0.0)
    first, second = alone.predict_proba(IMAGES), np.exp(second_log_probabilities())
    digits = both.decision.digits(both.predictor.outputs(IMAGES), [Place((0, 0, 28, 28))] * len(IMAGES))
    np.testing.assert_allclose([digit.probabilities for digit in digits], (first + second) / 2, atol=1e-5)
    differ = first.argmax(axis=1) != second.argmax(axis=1)
    assert 0 < differ.mean() < 1
    names = alone.class_names
    for digit, is_other, one, other in zip(digits, differ, first.argmax(axis=1), second.argmax(axis=1), strict=True):
        note = f"the two networks of the model file differ: one reads {names[one]}, the other {names[other]}"
        assert digit.notes == ((note,) if is_other else ())


def test_the_second_network_can_be_asked_alone_too(model: Path) -> None:
    second = load_classifier(model).predict_second_network(IMAGES)
    assert second is not None
    assert second.dtype == np.float32
    np.testing.assert_allclose(second, np.exp(second_log_probabilities()), atol=1e-5)
    assert Classifier(*open_model(DIGITS)).predict_second_network(IMAGES) is None
    with pytest.raises(PictureDecodeError):
        load_classifier(model).predict_second_network(IMAGES[0])


def test_what_is_compared_is_that_mean_as_familiar_as_the_first_network_finds_it(model: Path) -> None:
    alone, both = (
        classifier.decision.comparable_logits(classifier.predictor.outputs(IMAGES))
        for classifier in (Classifier(*open_model(DIGITS)), load_classifier(model))
    )
    assert both.dtype == np.float32
    level = np.logaddexp.reduce(alone.astype(np.float64), axis=1)
    np.testing.assert_allclose(np.logaddexp.reduce(both.astype(np.float64), axis=1), level, atol=1e-4)
    mean = (np.exp(alone - level[:, None]) + np.exp(second_log_probabilities())) / 2
    np.testing.assert_allclose(np.exp(both - level[:, None]), mean, atol=1e-4)


def test_images_in_mnists_frame_are_answered_by_the_first_network(model: Path) -> None:
    alone, both = Classifier(*open_model(DIGITS), refusal=0.0), load_classifier(model, refusal=0.0)
    assert both.read_images(IMAGES) == alone.read_images(IMAGES)


def test_a_score_can_go_on_without_the_second_network() -> None:
    for wanted in (True, False):
        session, metadata = open_model(with_digit_score_of(DIGITS, MERGED, second_network=wanted))
        assert ("second_logits" in [output.name for output in session.get_outputs()]) == wanted
        assert metadata.quantiles("digit_score") == SHARES
        (scores,) = session.run(["digit_score"], {"images": IMAGES})
        np.testing.assert_allclose(scores, scores_by_hand(), atol=1e-4)


def test_no_second_network_is_taken_from_a_network_of_other_classes() -> None:
    for names in (("blob", "dash", "bar"), ("bar", "dash")):
        session, metadata = open_model(with_digit_score_of(network(1, names), MERGED))
        assert [output.name for output in session.get_outputs()] == ["probabilities", "logits", "digit_score"]
        assert metadata.quantiles("digit_score") == SHARES


def test_the_answers_stay_as_they_were(model: Path) -> None:
    before, after = Classifier(*open_model(DIGITS)), load_classifier(model)
    np.testing.assert_array_equal(before.predict_proba(IMAGES), after.predict_proba(IMAGES))
    np.testing.assert_array_equal(before.predict_logits(IMAGES), after.predict_logits(IMAGES))
    assert before.score_digits(IMAGES) is None


def test_the_metadata_gain_a_threshold_and_nothing_else() -> None:
    metadata = open_model(MERGED)[1]
    assert metadata.quantiles("digit_score") == SHARES
    thresholds = {name: value for name, value in metadata.thresholds.items() if name != "digit_score"}
    assert dataclasses.replace(metadata, thresholds=thresholds) == open_model(DIGITS)[1]


def test_it_can_be_taken_away_again() -> None:
    assert open_model(without_digit_score(MERGED))[1] == open_model(DIGITS)[1]
    before, after = (onnx.load_from_string(content) for content in (DIGITS, without_digit_score(MERGED)))
    assert before == after
    assert onnx.load_from_string(without_digit_score(DIGITS)) == before
    with_digit_score(without_digit_score(MERGED), REJECTION, SHARES)


def test_models_in_int8_get_one_too() -> None:
    merged = with_digit_score(quantize(DIGITS, IMAGES), quantize(REJECTION, IMAGES), SHARES)
    classifier = Classifier(*open_model(merged, precision="int8"))
    scores = classifier.score_digits(IMAGES)
    assert scores is not None
    expected = scores_by_hand()
    assert np.abs(scores - expected).max() < 0.1 * expected.std()


def test_a_second_score_is_refused() -> None:
    with pytest.raises(ModelFileError, match="has an output digit_score already"):
        with_digit_score(MERGED, REJECTION, SHARES)


def test_networks_in_different_operators_are_refused() -> None:
    proto = decode_model(REJECTION)
    proto.opset_import[0].version -= 1
    with pytest.raises(ModelFileError, match="written in different operators"):
        with_digit_score(DIGITS, proto.SerializeToString(), SHARES)


@pytest.mark.parametrize("refusal", [0.0005, 0.001, 0.0099, 0.01, 0.5])
def test_what_is_refused_follows_from_the_share_that_was_asked_for(model: Path, refusal: float) -> None:
    threshold = {0.0005: -np.inf, 0.001: 3.0, 0.0099: 3.0, 0.01: 6.5, 0.5: 8.0}[refusal]
    digits = load_classifier(model, refusal=refusal).read_images(IMAGES)
    refused = np.array([digit.status == "not_a_digit" for digit in digits])
    np.testing.assert_array_equal(refused, scores_by_hand() < threshold)
    assert 0 < refused.mean() < 1 or refusal == 0.0005


def test_what_surrounds_an_image_may_make_it_an_outlier() -> None:
    """By a penalty of 1 a score falls as far as from what a fifth of the digits score less than to a hundredth."""
    shares = Quantiles(5000, (0.001, 0.01, 0.2), (3.0, 6.5, 9.0))
    classifier = Classifier(*open_model(with_digit_score(DIGITS, REJECTION, shares)), refusal=0.001)
    outputs = classifier.predictor.outputs(IMAGES)
    for penalty in (0.0, 0.6, 2.0):
        digits = classifier.decision.digits(outputs, [Place((0, 0, 28, 28), outlier_penalty=penalty)] * len(IMAGES))
        refused = np.array([digit.status == "not_a_digit" for digit in digits])
        np.testing.assert_array_equal(refused, scores_by_hand() - 2.5 * penalty < 3.0)
        assert 0 < refused.mean() < 1
    always = Classifier(*open_model(with_digit_score(DIGITS, REJECTION, shares)), refusal=0)
    far = [Place((0, 0, 28, 28), outlier_penalty=9.0)] * len(IMAGES)
    assert all(digit.label is not None for digit in always.decision.digits(outputs, far))


def test_always_answering_is_a_refusal_of_none(model: Path) -> None:
    assert all(digit.label is not None for digit in load_classifier(model, refusal=0).read_images(IMAGES))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"refusal": -0.01}, "refusal is -0.01"),
        ({"refusal": 1.0}, "refusal is 1.0"),
        ({"coverage": 0.0}, "coverage is 0.0"),
        ({"coverage": 1.0}, "coverage is 1.0"),
        ({"coverage": float("nan")}, "coverage is nan"),
    ],
)
def test_other_shares_are_refused_with_the_range(model: Path, changes: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_classifier(model, **changes)  # type: ignore[arg-type] # the keys are those of its parameters


def test_a_score_of_another_shape_is_no_model_file() -> None:
    proto = decode_model(MERGED)
    log_sum, last = proto.graph.node[-3], proto.graph.node[-1]
    log_sum.attribute[0].i = 1  # keepdims: (n, 1)
    last.input[1] = "rejection_other"  # before Squeeze
    score = next(output for output in proto.graph.output if output.name == "digit_score")
    score.type.tensor_type.shape.dim.add().dim_value = 1
    with pytest.raises(ModelFileError, match=r"expected the output digit_score to be float32 \(n,\)"):
        open_model(proto.SerializeToString())


def test_a_second_network_of_another_shape_is_no_model_file() -> None:
    proto = decode_model(MERGED)
    next(node for node in proto.graph.node if "second_logits" in node.output).input[2] = "rejection_end"  # all classes
    logits = next(output for output in proto.graph.output if output.name == "second_logits")
    logits.type.tensor_type.shape.dim[1].dim_value = 4
    with pytest.raises(ModelFileError, match=r"expected the output second_logits to be float32 \(n, 3\)"):
        open_model(proto.SerializeToString())
