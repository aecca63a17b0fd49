"""A finished run folder of a network that has learned nothing, without its figures; needs the training extra."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.training.recipes import Recipe

__all__ = ["finish_run"]


def finish_run(path: Path, recipe: Recipe, mnist: tuple[Dataset, Dataset]) -> Path:
    """Write what `digitnet train` leaves, after one epoch on 200 images.

    Args:
        path: The folder to make.
        recipe: What the folder says of itself; the network has 12 hidden units, whatever it says.
        mnist: Its test images are those that the run is measured on.

    Returns:
        The path.
    """
    # These import Keras, which may be missing.
    from digitnet.network.mlp import build_mlp  # noqa: PLC0415
    from digitnet.runs import RunFolder  # noqa: PLC0415
    from digitnet.runs.data import Data  # noqa: PLC0415
    from digitnet.runs.finish import finish  # noqa: PLC0415
    from digitnet.runs.training import PreparedRun  # noqa: PLC0415

    train_set, validation_set = (mnist[0].subset(np.arange(first, first + 200)) for first in (0, 200))
    data = Data("mnist", "mnist", "fail", train_set, validation_set, mnist[1])
    folder = RunFolder.create(path)
    options = ["--preset", recipe.preset, "--seed", str(recipe.seed), "--out", str(path), "--augment", "shift=1"]
    description = {
        "command": ["digitnet", "train", *options],
        "settings": recipe.to_dict(),
        "seed": recipe.seed,
        "class_names": list(train_set.class_names),
        "data": data.describe(),
        "versions": {"python": "3"},
        "machine": "Linux x86_64",
        "source_path": "mnist",
        "on_bad_picture": "fail",
        "started": "2026-01-02T03:04:05+00:00",
    }
    folder.write_json(folder.description_file, description)
    history = [{"loss": 1.0, "accuracy": 0.9, "val_accuracy": 0.8, "seconds": 2.0 / recipe.epochs}] * recipe.epochs
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)  # they take most of the time
        finish(folder, PreparedRun(recipe, data, train_set, build_mlp((12,), seed=1)), history)
    return path
