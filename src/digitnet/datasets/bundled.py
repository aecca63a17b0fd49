"""The MNIST data set that ships inside the package."""

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from digitnet.datasets.dataset import Dataset
from digitnet.datasets.idx import decode_idx, gunzip
from digitnet.errors import DatasetFormatError, DatasetIntegrityError

__all__ = ["load_mnist", "read_verified"]

# SHA-256 of the unpacked bytes of the four canonical files, as published by Y. LeCun and C. Cortes.
_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_mnist() -> tuple[Dataset, Dataset]:
    """Load the bundled MNIST, no network needed.

    Returns:
        Training set (60,000 images) and test set (10,000), ten classes each, in the canonical order.

    Raises:
        DatasetIntegrityError: The installed files are not MNIST, byte for byte.

    Source:
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Proceedings of the IEEE 86 (1998), 2278-2324.
        CC BY-SA 3.0.
    """
    folder = files("digitnet") / "bundled" / "mnist"
    arrays = {
        name: decode_idx(read_verified(folder / f"{name}.gz", sha256), where=name) for name, sha256 in _SHA256.items()
    }
    train = Dataset(arrays["train-images-idx3-ubyte"], arrays["train-labels-idx1-ubyte"], "mnist/train", num_classes=10)
    test = Dataset(arrays["t10k-images-idx3-ubyte"], arrays["t10k-labels-idx1-ubyte"], "mnist/test", num_classes=10)
    return train, test


def read_verified(resource: Traversable, sha256: str) -> bytes:
    """Read a gzipped file and make sure that it holds exactly the bytes it should.

    Args:
        resource: The gzipped file.
        sha256: SHA-256 of the unpacked bytes, in hexadecimal.

    Returns:
        The unpacked bytes.

    Raises:
        DatasetIntegrityError: The file is missing, damaged, or holds other bytes.
    """
    repair = "Install digitnet again."
    try:
        data = gunzip(resource.read_bytes(), where=str(resource))
    except OSError as error:
        raise DatasetIntegrityError(
            f"{resource} cannot be read: expected a file of the installed package, found {error.strerror}. {repair}"
        ) from error
    except DatasetFormatError as error:
        raise DatasetIntegrityError(f"{error} {repair}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise DatasetIntegrityError(f"{resource} was altered: expected SHA-256 {sha256}, found {found}. {repair}")
    return data
