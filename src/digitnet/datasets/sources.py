"""load_source: every kind of data that `--data SOURCE` accepts, told apart."""

from pathlib import Path

from digitnet.datasets.bundled import load_mnist
from digitnet.datasets.csv_file import load_csv
from digitnet.datasets.idx_folder import idx_role, list_idx_collections, load_idx_folder
from digitnet.datasets.npz import load_npz
from digitnet.datasets.pairing import DatasetPair
from digitnet.datasets.picture_folder import OnBadPicture, load_picture_folder
from digitnet.errors import ConfigurationError, DatasetError, DatasetFormatError, DatasetNotFoundError

__all__ = ["load_source"]

_EXPECTED = (
    "expected the word mnist, a folder of IDX files, a Keras-style .npz, a Kaggle-style .csv, "
    "or a folder with one sub-folder a class"
)


def load_source(
    source: str | Path, *, on_bad_picture: OnBadPicture = "fail", for_evaluation: bool = False
) -> DatasetPair:
    """Load the training and test set of any source.

    Args:
        source: The text `mnist` for the bundled data, or the path of one of
            a folder of IDX files, plain or gzipped (MNIST, Fashion-MNIST, KMNIST, EMNIST, QMNIST names), or
            one of those files where the folder holds several data sets: see `idx_folder`;
            a Keras-style `.npz`: see `npz`;
            a Kaggle-style `.csv` or `.csv.gz`: see `csv_file`;
            a folder with one sub-folder a class: see `picture_folder`.
            A folder of one's own called mnist is `./mnist` or a `Path`.
        on_bad_picture: What to do about a file in a picture folder that is not a usable picture: "fail", or
            "skip" to leave it out, warn, and name it in `Dataset.skipped`.
        for_evaluation: Whether a source will do that nothing could be learned from: one that holds a test part alone,
            which is then all there is, or images of a single class.

    Returns:
        The training set, or all there is, and the test set or None. Both have the same classes.

    Raises:
        DatasetNotFoundError: Nothing there.
        DatasetFormatError: Not one of these kinds, or a malformed one.
        DatasetIntegrityError: The bundled MNIST was altered.
        DatasetError: The system refuses to read it.
        ConfigurationError: `on_bad_picture` is neither "fail" nor "skip".
    """
    if on_bad_picture not in ("fail", "skip"):
        raise ConfigurationError(f"on_bad_picture: expected 'fail' or 'skip', found {on_bad_picture!r}.")
    try:
        return _load(source, on_bad_picture, for_evaluation)
    except DatasetError:
        raise
    except OSError as error:  # such as a folder without the right to look into it
        raise DatasetError(f"{source} cannot be read: {error.strerror}. Check its permissions and the disk.") from error


def _load(source: str | Path, on_bad_picture: OnBadPicture, for_evaluation: bool) -> DatasetPair:
    if source == "mnist":
        return load_mnist()
    path = Path(source)
    if source == "" or not path.exists():  # Path("") would be the current folder
        raise DatasetNotFoundError(f"{source or 'The empty path'} does not exist: {_EXPECTED}. Check the path.")
    if path.is_dir():
        return _load_folder(path, on_bad_picture, for_evaluation)
    return _load_file(path, for_evaluation)


def _load_folder(path: Path, on_bad_picture: OnBadPicture, for_evaluation: bool) -> DatasetPair:
    if list_idx_collections(path):
        return load_idx_folder(path, for_evaluation=for_evaluation)
    # torchvision keeps MNIST in MNIST/raw below the folder it is given.
    for pattern in ("*/*-images?idx3-ubyte*", "*/*/*-images?idx3-ubyte*"):
        for below in path.glob(pattern):
            raise DatasetFormatError(
                f"{path} has its IDX files further down: expected them inside. Name {below.parent} instead."
            )
    return load_picture_folder(path, on_bad_picture, for_evaluation=for_evaluation)


def _load_file(path: Path, for_evaluation: bool) -> DatasetPair:
    name = path.name.lower()
    role = idx_role(path.name)
    if role is not None:
        return load_idx_folder(path.parent, role.collection, for_evaluation=for_evaluation)
    if name.endswith(".npz"):
        return load_npz(path, for_evaluation=for_evaluation)
    if name.endswith((".csv", ".csv.gz")):
        return load_csv(path, for_evaluation=for_evaluation)
    raise DatasetFormatError(f"{path} is no data set that digitnet knows: {_EXPECTED}. Convert it.")
