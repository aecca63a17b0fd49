"""Handwritten digits, read by a network of plain dense layers.

Importing this package loads none of its modules: each name below is fetched from its module at first use, so that
predicting never pays for the training framework.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitnet.datasets import Dataset, load_mnist, load_source, stream_images, train_validation_split
    from digitnet.evaluation.evaluation import Evaluation, evaluate
    from digitnet.exports.export import export_model
    from digitnet.inference.classifier import Classifier, Digit, Reading, load_classifier
    from digitnet.model_file.ensemble import save_committee
    from digitnet.network.mlp import build_mlp
    from digitnet.runs.reproduction import reproduce_run
    from digitnet.training.export import save_model
    from digitnet.training.loop import train

__all__ = [
    "Classifier",
    "Dataset",
    "Digit",
    "Evaluation",
    "Reading",
    "__version__",
    "build_mlp",
    "evaluate",
    "export_model",
    "load_classifier",
    "load_mnist",
    "load_source",
    "reproduce_run",
    "save_committee",
    "save_model",
    "stream_images",
    "train",
    "train_validation_split",
]

_MODULE_OF = {
    "Classifier": "digitnet.inference.classifier",
    "Dataset": "digitnet.datasets",
    "Digit": "digitnet.inference.classifier",
    "Evaluation": "digitnet.evaluation.evaluation",
    "Reading": "digitnet.inference.classifier",
    "build_mlp": "digitnet.network.mlp",
    "evaluate": "digitnet.evaluation.evaluation",
    "export_model": "digitnet.exports.export",
    "load_classifier": "digitnet.inference.classifier",
    "load_mnist": "digitnet.datasets",
    "load_source": "digitnet.datasets",
    "reproduce_run": "digitnet.runs.reproduction",
    "save_committee": "digitnet.model_file.ensemble",
    "save_model": "digitnet.training.export",
    "stream_images": "digitnet.datasets",
    "train": "digitnet.training.loop",
    "train_validation_split": "digitnet.datasets",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - takes longer than all the rest of this file

        return version("digitnet")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'digitnet' has no attribute {name!r}")
    from digitnet.network.keras_watch import watch_for_keras  # noqa: PLC0415 - only who uses something is warned

    watch_for_keras()
    try:
        module = import_module(_MODULE_OF[name])
    except ModuleNotFoundError as error:
        from digitnet.errors import MissingExtraError  # noqa: PLC0415 - only when it is needed

        raise MissingExtraError(f"{error.name} is not installed: pip install 'digitnet[train]'") from error
    value = vars(module)[name]
    globals()[name] = value  # the next access does not come here again
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
