"""EMNIST's three peculiarities: pictures lie on their side, letters count from 1, classes are characters.

A source is taken to be EMNIST when its file names begin with `emnist-`, as its publishers named them.

Source:
    G. Cohen, S. Afshar, J. Tapson, A. van Schaik: EMNIST: an extension of MNIST to handwritten letters.
    IJCNN 2017, 2921-2926. The classes are those of its `emnist-*-mapping.txt` files.
"""

from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np

from digitnet.datasets.pairing import DatasetPair, Part, pair

__all__ = ["is_emnist", "pair_emnist"]

_MERGED = digits + ascii_uppercase + "abdefghnqrt"  # the other small letters look like their capitals
_CLASSES = {
    "emnist-balanced": _MERGED,
    "emnist-byclass": digits + ascii_uppercase + ascii_lowercase,
    "emnist-bymerge": _MERGED,
    "emnist-letters": ascii_uppercase,
}


def is_emnist(name: str) -> bool:
    """Whether a file name is one of EMNIST's."""
    return name.startswith("emnist-")


def pair_emnist(name: str, train: Part, test: Part | None, *, for_evaluation: bool = False) -> DatasetPair:
    """Build the data sets of an EMNIST source as those of any other: upright, and counted from 0.

    The images are transposed. Labels are lowered by one when the smallest is 1 and no image of either part is
    labelled 0: so in `letters`, whose labels are 1 = A to 26 = Z, and nowhere else. For an evaluation, where the first
    and the last classes may be missing, the labels of `letters` are lowered without an A too, and all names are kept.

    Args:
        name: Name of the source, beginning with the split: `emnist-letters`.
        train: Training part, or all there is, as stored.
        test: Test part as stored, or None.
        for_evaluation: As for `pair`.

    Returns:
        Training and test set, with characters for class names where the split is known.

    Raises:
        DatasetError: As `pair`.
    """
    stored = [part.labels for part in (train, test) if part is not None and len(part.labels)]
    smallest = min((int(labels.min()) for labels in stored), default=0)
    is_lowered = smallest == 1 or (for_evaluation and smallest > 1 and name.startswith("emnist-letters"))
    first_label = 1 if is_lowered else 0
    characters = next((text for split, text in _CLASSES.items() if name.startswith(split)), "")
    num_classes = int(np.max(train.labels, initial=0)) + 1 - first_label
    is_named = len(characters) == num_classes or (for_evaluation and len(characters) > num_classes)
    class_names = tuple(characters) if is_named else ()
    upright_test = None if test is None else _upright(test, first_label)
    upright = _upright(train, first_label)
    return pair(name, upright, upright_test, class_names, for_evaluation=for_evaluation)


def _upright(part: Part, first_label: int) -> Part:
    return Part(np.swapaxes(part.images, 1, 2), part.labels - first_label, part.skipped)
