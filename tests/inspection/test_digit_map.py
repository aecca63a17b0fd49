"""The map of test digits: its planes are those of the network that ships, and a damaged file is told so."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import read_network
from digitnet.inspection.digit_map import (
    DigitMap,
    digit_map_file,
    mapped_numbers,
    principal_plane,
    quantized_places,
    read_digit_map,
    weighted_place,
)
from digitnet.model_file.contract import bundled_model_path

BYTES_MAX = 60_000  # of the file


@pytest.fixture(scope="module")
def bundled() -> DigitMap:
    return read_digit_map()


@pytest.fixture
def small() -> DigitMap:
    places = np.array([[0, 0], [65535, 100], [5, 30000]], np.uint16)
    labels = np.array([1, 2, 3], np.uint8)
    return DigitMap(np.array([0, 2, 4]), labels, places, places[::-1], np.array([0.5, 0.25], np.float32))


def test_the_bundled_map_is_of_the_bundled_network(bundled: DigitMap, mnist: tuple[Dataset, Dataset]) -> None:
    """PCA computed anew gives the same places; a map of other weights, or of other digits, gives others."""
    pytest.importorskip("onnx", reason="needs the serve extra")
    test_set = mnist[1]
    np.testing.assert_array_equal(bundled.numbers, mapped_numbers(len(test_set.images)))
    images = test_set.images[bundled.numbers]
    network = read_network(bundled_model_path())
    seen = [network.look(images[start : start + 500]) for start in range(0, len(images), 500)]
    places, shares = principal_plane(np.concatenate([part.activations[-1] for part in seen]))
    difference = np.abs(quantized_places(places).astype(int) - bundled.pca)
    assert difference.max() <= 20  # of 65,535: what other orders of a sum make of it
    np.testing.assert_allclose(bundled.pca_shares, shares, rtol=1e-3)
    answered = np.concatenate([part.logits for part in seen]).argmax(axis=1)
    assert (answered != bundled.predicted_labels).sum() <= 2  # weights here, sums in whole numbers there
    np.testing.assert_array_equal(load_classifier().predict(images[::50]), bundled.predicted_labels[::50])


def test_on_umaps_plane_digits_of_a_class_stand_together(bundled: DigitMap, mnist: tuple[Dataset, Dataset]) -> None:
    labels = mnist[1].labels[bundled.numbers]
    places = bundled.umap.astype(np.float64)
    right = 0
    for index in range(0, len(places), 10):
        distances = ((places - places[index]) ** 2).sum(axis=1)
        nearest = np.argsort(distances)[1:6]
        right += int(np.bincount(labels[nearest]).argmax() == labels[index])
    assert right >= 0.98 * len(places[::10])  # of shuffled places a tenth


def test_the_bundled_map_is_small(bundled: DigitMap) -> None:
    path = bundled_model_path().parent / "digit_map.npz"
    assert path.stat().st_size <= BYTES_MAX
    for places in (bundled.pca, bundled.umap):
        assert places.min() == 0
        assert places.max() == 65535


def test_the_plane_is_that_of_the_largest_differences() -> None:
    """Points of an ellipse in space, whose axes are known."""
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    long, short = np.array([0.6, 0.8, 0.0]), np.array([0.0, 0.0, -1.0])
    points = 5 + np.outer(3 * np.cos(angles), long) + np.outer(np.sin(angles), short)
    places, shares = principal_plane(points)
    np.testing.assert_allclose(places[:, 0], 3 * np.cos(angles), atol=1e-9)
    np.testing.assert_allclose(places[:, 1], -np.sin(angles), atol=1e-9)  # turned: its strongest component is above 0
    np.testing.assert_allclose(shares, [0.9, 0.1], rtol=1e-6)


def test_places_keep_their_shape() -> None:
    found = quantized_places(np.array([[1.0, 10.0], [3.0, 10.5], [2.0, 11.0]]))
    np.testing.assert_array_equal(found, [[0, 0], [65535, 16384], [32768, 32768]])


@pytest.mark.parametrize(
    ("distances", "expected"), [([1.0, 1.0], (50, 100)), ([1.0, 3.0], (25, 50)), ([0.0, 2.0], (0, 0))]
)
def test_the_nearer_a_neighbour_the_more_it_counts(distances: list[float], expected: tuple[float, float]) -> None:
    places = np.array([[0, 0], [100, 200]], np.uint16)
    assert weighted_place(places, np.array(distances)) == pytest.approx(expected, abs=0.01)


def test_what_is_written_is_read(small: DigitMap, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    path.write_bytes(digit_map_file(small))
    found = read_digit_map(path)
    for name in ("numbers", "predicted_labels", "pca", "umap", "pca_shares"):
        np.testing.assert_array_equal(getattr(found, name), getattr(small, name))


def _saved(path: Path, **parts: AnyArray) -> None:
    np.savez(path, **parts)  # type: ignore[arg-type,unused-ignore]


def test_a_file_that_is_no_map_is_told_so(small: DigitMap, tmp_path: Path) -> None:
    path = tmp_path / "map.npz"
    with pytest.raises(ModelFileError, match=r"map\.npz cannot be read"):
        read_digit_map(path)
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ModelFileError, match="no map of digits"):
        read_digit_map(path)
    _saved(path, numbers=small.numbers)
    with pytest.raises(ModelFileError, match="no map of digits"):
        read_digit_map(path)
    lacking = DigitMap(small.numbers[:2], small.predicted_labels, small.pca, small.umap, small.pca_shares)
    path.write_bytes(digit_map_file(lacking))
    with pytest.raises(ModelFileError, match="not of the same number"):
        read_digit_map(path)
