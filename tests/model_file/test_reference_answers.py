"""Answers that a model file keeps: the same bits when they are read again, and a look at them that can fail."""

import base64
import json
from typing import Any

import numpy as np
import onnx
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.model_file.graph import with_metadata, with_reference_answers
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.model_file.quantization import quantize
from digitnet.model_file.reference_answers import REFERENCE_KEY, TOLERANCE, ReferenceAnswers, evenly_spaced
from made_up_model_files import model_file
from made_up_networks import made_up_images, made_up_network

IMAGES = made_up_images(95)
CONTENT = with_reference_answers(model_file((6,)), IMAGES)


def kept_by(content: bytes) -> ReferenceAnswers:
    found = ReferenceAnswers.of(open_model(content)[0])
    assert found is not None
    return found


def test_ten_images_from_everywhere_are_kept_with_their_probabilities() -> None:
    found = kept_by(CONTENT)
    places = [0, 10, 20, 31, 41, 52, 62, 73, 83, 94]  # of 95, by hand
    np.testing.assert_array_equal(found.images, IMAGES[places])
    network = made_up_network((6,), temperature=1.7)
    expected = network.probabilities(network.look(IMAGES[places]).logits)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)
    assert len(evenly_spaced(IMAGES[:4])) == 4


def test_they_are_the_same_bits_when_they_are_read_again() -> None:
    found = kept_by(CONTENT)
    again = ReferenceAnswers.from_json(found.to_json())
    np.testing.assert_array_equal(again.images, found.images)
    np.testing.assert_array_equal(again.probabilities, found.probabilities)
    assert found.largest_difference(open_model(CONTENT)[0]) == 0


def test_a_file_without_them_has_none_and_other_metadata_leave_them() -> None:
    assert ReferenceAnswers.of(open_model(model_file((6,)))[0]) is None
    described = with_metadata(CONTENT, open_model(CONTENT)[1])
    np.testing.assert_array_equal(kept_by(described).images, kept_by(CONTENT).images)


def test_the_answers_in_int8_are_those_of_the_int8_file() -> None:
    quantized = quantize(CONTENT, IMAGES)
    assert not np.array_equal(kept_by(quantized).probabilities, kept_by(CONTENT).probabilities)
    assert kept_by(quantized).largest_difference(open_model(quantized)[0]) == 0


def test_another_network_answers_otherwise() -> None:
    other = open_model(model_file((7,)))[0]
    assert kept_by(CONTENT).largest_difference(other) > 100 * TOLERANCE
    with pytest.raises(ModelFileError, match=r"answers with shape \(10, 3\), its file has \(10, 10\)"):
        kept_by(CONTENT).largest_difference(open_model(model_file((6,), names=tuple("abc")))[0])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_bundled_files_keep_training_images(precision: Precision, mnist: tuple[Dataset, Dataset]) -> None:
    found = kept_by(bundled_model_path(precision).read_bytes())
    np.testing.assert_array_equal(found.images, evenly_spaced(mnist[0].images))
    session, _ = open_model(bundled_model_path(precision))
    assert found.largest_difference(session) <= TOLERANCE


def content_with(**changes: Any) -> str:
    return json.dumps({**json.loads(kept_by(CONTENT).to_json()), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        content_with(n=0),
        content_with(n=True),
        content_with(n=9),
        content_with(n="10"),
        content_with(images="nonsense!"),
        content_with(images=7),
        content_with(images="Ä"),
        content_with(probabilities=base64.b64encode(bytes(401)).decode()),
        content_with(probabilities=base64.b64encode(np.full((10, 10), np.nan, "<f4").tobytes()).decode()),
        "1" * (5 << 20),
    ],
    ids=range(14),
)
def test_damaged_ones_are_one_clear_line(text: str) -> None:
    with pytest.raises(ModelFileError, match="the reference answers in the file are damaged: ") as error:
        ReferenceAnswers.from_json(text)
    assert "\n" not in str(error.value)


def test_they_stand_in_the_metadata_under_a_key_of_their_own() -> None:
    entries = {entry.key: entry.value for entry in onnx.load_from_string(CONTENT).metadata_props}
    assert json.loads(entries[REFERENCE_KEY])["n"] == 10
