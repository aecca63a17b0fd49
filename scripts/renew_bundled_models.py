"""Write the bundled model files anew, with the same weights: `.venv/bin/python scripts/renew_bundled_models.py`.

A file that was bundled by an older version lacks what newer ones carry beside the network, such as the digest of its
bytes, and answers to be compared with. This adds it, once all outputs for MNIST's 10,000 test images have been found to
be the same bits as before. The network in the file is not touched, so that what was measured of it still holds: the
SHA-256 of each file is brought along in `run.json` and in the results of `benchmarks.accuracy`.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitnet.datasets import load_mnist
from digitnet.errors import DigitnetError, ModelFileError
from digitnet.files import write_atomically
from digitnet.model_file.contract import MODEL_FILE_NAMES, open_model
from digitnet.model_file.digest import with_digest
from digitnet.model_file.graph import with_reference_answers
from digitnet.model_file.reference_answers import ReferenceAnswers

_CHECKOUT = Path(__file__).resolve().parents[1]
_BUNDLED = _CHECKOUT / "src" / "digitnet" / "bundled"
_MEASURED = _CHECKOUT / "benchmarks" / "measured" / "accuracy.json"
_BATCH_SIZE = 512  # images in one pass; chosen by hand


def renew(folder: Path, measured: Path, training_images: NDArray[np.uint8], images: NDArray[np.uint8]) -> list[str]:
    """Write the model files of a folder anew.

    Args:
        folder: The folder of the bundled model, with its `run.json`.
        measured: A file in which the SHA-256 of model files stand.
        training_images: uint8 (n, 28, 28), of which a file keeps some, where it has none yet.
        images: uint8 (n, 28, 28), on which every output has to stay the same.

    Returns:
        The names of the files that changed.

    Raises:
        ModelFileError: A file is damaged, or its outputs would change.
    """
    changed: dict[str, tuple[bytes, bytes]] = {}
    for name in MODEL_FILE_NAMES.values():
        if (folder / name).exists():
            before = (folder / name).read_bytes()
            session, _ = open_model(before)
            has_answers = ReferenceAnswers.of(session) is not None
            after = with_digest(before) if has_answers else with_reference_answers(before, training_images)
            if after != before:
                _check_same_outputs(name, before, after, images)
                changed[name] = (before, after)
    for name, (_, after) in changed.items():
        write_atomically(folder / name, after)
    for path in (folder / "run.json", measured):
        text = path.read_text(encoding="utf-8")
        for before, after in changed.values():
            text = text.replace(hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest())
        write_atomically(path, text)
    return list(changed)


def _check_same_outputs(name: str, before: bytes, after: bytes, images: NDArray[np.uint8]) -> None:
    """Compare every output of both files, bit by bit."""
    (old, described), (new, described_anew) = (open_model(content) for content in (before, after))
    outputs = [output.name for output in old.get_outputs()]
    if described != described_anew or outputs != [output.name for output in new.get_outputs()]:
        raise ModelFileError(f"{name} would say something else about itself")
    for first in range(0, len(images), _BATCH_SIZE):
        feeds = {"images": images[first : first + _BATCH_SIZE]}
        for output, was, now in zip(outputs, old.run(outputs, feeds), new.run(outputs, feeds), strict=True):
            if not np.array_equal(was, now):
                raise ModelFileError(f"{name} would give another {output}, for images from number {first} on")


def main() -> int:
    """Renew the bundled files, and say which have changed."""
    train_set, test_set = load_mnist()
    images = test_set.images
    try:
        changed = renew(_BUNDLED, _MEASURED, train_set.images, images)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name in changed:
        sys.stdout.write(f"{name}: written anew, every output the same for {len(images):,} test images\n")
    if not changed:
        sys.stdout.write("every file is as it should be\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
