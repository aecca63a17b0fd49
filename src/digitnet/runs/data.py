"""The data of a run: training, validation and test images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitnet.datasets import Dataset, OnBadPicture, load_source, train_validation_split
from digitnet.training.recipes import Recipe

__all__ = ["Data", "load_data"]


@dataclass(frozen=True)
class Data:
    """What a run learns from and is measured on.

    Attributes:
        source: As the user named it.
        path: The same from any working directory.
        on_bad_picture: What an unreadable picture does: `fail` or `skip`.
        train: Images to learn from.
        validation: Images held out to watch and to calibrate; None where none were.
        test: Images opened once, at the end; None where the source has none.
    """

    source: str
    path: str
    on_bad_picture: OnBadPicture
    train: Dataset
    validation: Dataset | None
    test: Dataset | None

    def describe(self) -> dict[str, Any]:
        """Digests and sizes, for `run.json`."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {
            "source": self.source,
            **{f"{name}_digest": part.digest if part else None for name, part in parts.items()},
            **{f"num_{name}": len(part) if part else 0 for name, part in parts.items()},
        }


def load_data(
    source: str, recipe: Recipe, on_bad_picture: OnBadPicture, loaded: tuple[Dataset, Dataset | None] | None = None
) -> Data:
    """Load and split: step one.

    Args:
        source: `mnist`, or the path of a folder or file.
        recipe: Says how much is held out.
        on_bad_picture: `fail` or `skip`, for folders of pictures.
        loaded: What `load_source` made of the source, where that is done already.

    Returns:
        The data of a run.

    Raises:
        DatasetError: The source cannot be used.
    """
    train_set, test_set = loaded or load_source(source, on_bad_picture=on_bad_picture)
    validation_set = None
    if recipe.validation_fraction:
        train_set, validation_set = train_validation_split(train_set, recipe.validation_fraction, recipe.seed)
    path = source if source == "mnist" else str(Path(source).absolute())
    return Data(source, path, on_bad_picture, train_set, validation_set, test_set)
