"""The networks of the package that read pictures: their files, and that rows do not depend on one another."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import digitnet
from digitnet.augmentation import frame_examples
from digitnet.model_file import reading_networks as module
from digitnet.model_file.reading_networks import ReadingNetwork, reading_networks
from digitnet.pictures import local_contrast, written_ink
from digitnet.segmentation import character_views, characters

FOLDER = Path(digitnet.__file__).parent / "bundled" / "reading"
MAX_BYTES = 3_000_000
KINDS = {
    "pixels": (local_contrast.NUM_FEATURES, len(written_ink.PIXEL_KINDS)),
    "characters": (character_views.NUM_FEATURES, len(characters.CHARACTER_NAMES)),
    "frames": (28 * 28, len(frame_examples.FRAME_KINDS)),
}


def features_for(name: str, rows: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (rows, KINDS[name][0]), dtype=np.uint8)


def network_of(name: str) -> ReadingNetwork:
    return {
        "pixels": lambda: reading_networks().pixels,
        "characters": lambda: reading_networks().characters,
        "frames": lambda: reading_networks().frames,
    }[name]()


def test_the_files_are_small_and_loaded_once() -> None:
    files = {path.name: path.stat().st_size for path in FOLDER.glob("*")}
    assert set(files) == {"pixels.onnx", "characters.onnx", "frames.onnx"}
    assert files["frames.onnx"] <= 300_000
    assert sum(files.values()) <= MAX_BYTES
    assert reading_networks() is reading_networks()


@pytest.mark.parametrize("name", KINDS)
def test_a_network_takes_what_the_package_makes_and_names_what_it_knows(name: str) -> None:
    logits = network_of(name)(features_for(name, 3))
    assert logits.shape == (3, KINDS[name][1])
    assert logits.dtype == np.float32
    assert network_of(name)(features_for(name, 0)).shape == (0, KINDS[name][1])


@pytest.mark.parametrize("name", KINDS)
def test_logits_are_the_same_however_many_rows_there_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    features = features_for(name, 50)
    together = network_of(name)(features)
    monkeypatch.setattr(module, "_ROWS", 7)
    assert_allclose(network_of(name)(features), together, rtol=1e-5, atol=1e-4)
    assert_array_equal(network_of(name)(features).argmax(axis=1), together.argmax(axis=1))


@pytest.mark.parametrize("name", KINDS)
def test_logits_are_those_of_dense_layers_with_relu(name: str) -> None:
    """By NumPy, from the numbers in the file."""
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(FOLDER / f"{name}.onnx").graph
    arrays = {array.name: onnx.numpy_helper.to_array(array) for array in graph.initializer}
    features = np.concatenate([features_for(name, 20), np.full((1, KINDS[name][0]), 255, np.uint8)])
    x = features.astype(np.float64)
    for layer in range(3):
        weights, zero = arrays[f"q{layer}"].astype(float), float(arrays["z0"]) if layer == 0 else 0.0
        assert np.abs(weights - zero).max() <= 127
        x = np.maximum(x, 0) @ ((weights - zero) * arrays[f"s{layer}"].astype(float)) + arrays[f"b{layer}"]
    # A first layer of int8 would be far off on x86 without VNNI, which adds two products in 16 bits.
    assert np.abs(network_of(name)(features) - x).max() < 1e-5 * np.abs(x).max()


def test_one_core_answers() -> None:
    session = network_of("pixels").session
    assert isinstance(session, onnxruntime.InferenceSession)
    assert session.get_session_options().intra_op_num_threads == 1
