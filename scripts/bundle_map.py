"""Compute the map of test digits that the page shows, anew: `.venv/bin/python scripts/bundle_map.py`.

Takes the activations of the last hidden layer of the bundled network for every second test digit, and writes their
places by PCA and by UMAP to src/digitnet/bundled/digit_map.npz; `scripts/bundle_model.py` does so too, after it has
bundled a model. Needs umap-learn, which is no dependency of the package: `.venv/bin/pip install umap-learn`. Takes some
minutes. UMAP gives other places with another version of it or on another machine; those of PCA are held against the
network by tests/inspection/test_digit_map.py.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import digitnet
from digitnet.datasets import load_mnist
from digitnet.errors import DigitnetError, MissingExtraError
from digitnet.files import write_atomically
from digitnet.inspection import read_network
from digitnet.inspection.digit_map import (
    DIGIT_MAP_PATH,
    DigitMap,
    digit_map_file,
    mapped_numbers,
    principal_plane,
    quantized_places,
)
from digitnet.model_file.contract import bundled_model_path

_NEIGHBOURS = 15  # of UMAP, its default
_MIN_DISTANCE = 0.8  # of UMAP: groups as wide as the screen has room for; chosen by eye


def write_map(target: Path = DIGIT_MAP_PATH) -> int:
    """Compute the map of the bundled network.

    Args:
        target: The file.

    Returns:
        Its bytes.

    Raises:
        MissingExtraError: UMAP is not installed.
        ModelFileError: There is no bundled network, or a damaged one.
    """
    if find_spec("umap") is None:
        raise MissingExtraError("umap-learn is not installed: .venv/bin/pip install umap-learn")
    _, test_set = load_mnist()
    classifier = digitnet.load_classifier()
    network = read_network(bundled_model_path(classifier.metadata.precision))
    numbers = mapped_numbers(len(test_set.images))
    images = test_set.images[numbers]
    activations = network.look(images).activations[-1]
    places, shares = principal_plane(activations)
    predicted = classifier.predict(images).astype(np.uint8)
    found = DigitMap(numbers, predicted, quantized_places(places), quantized_places(_umap_places(activations)), shares)
    content = digit_map_file(found)
    write_atomically(target, content)
    return len(content)


def _umap_places(activations: NDArray[np.float32]) -> NDArray[np.float32]:
    import umap  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - takes seconds, and may be missing

    reducer = umap.UMAP(n_neighbors=_NEIGHBOURS, min_dist=_MIN_DISTANCE, random_state=0, n_jobs=1)
    return np.asarray(reducer.fit_transform(activations), np.float32)


def main() -> int:
    """Write the map, and say how large it is."""
    try:
        size = write_map()
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{DIGIT_MAP_PATH}: {size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
