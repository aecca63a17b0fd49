"""The model inside the package, measured as the page is written."""

import json
from dataclasses import dataclass
from typing import Any

from digitnet import evaluate, load_classifier, load_mnist
from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import Evaluation
from digitnet.model_file.contract import DEFAULT_PRECISION, MODEL_FILE_NAMES, ModelMetadata, bundled_model_path
from digitnet.model_file.metadata import Precision

__all__ = ["Bundled", "measure_bundled"]


@dataclass(frozen=True)
class Bundled:
    """The model that a user gets who names none.

    Attributes:
        metadata: What its file says about itself.
        default: Precision of the answers of a user who asks for none.
        evaluations: On the test images, in each precision that is inside the package.
        bytes: Sizes of their files.
        run: Content of the bundled `run.json`; None of a model that was bundled without.
        test_set: The images.
    """

    metadata: ModelMetadata
    default: Precision
    evaluations: dict[Precision, Evaluation]
    bytes: dict[Precision, int]
    run: dict[str, Any] | None
    test_set: Dataset

    @property
    def evaluation(self) -> Evaluation:
        """In the default precision."""
        return self.evaluations[self.default]

    @property
    def name(self) -> str:
        """`record, seed 3`."""
        return f"{self.metadata.recipe['preset']}, seed {self.metadata.recipe['seed']}"


def measure_bundled() -> Bundled:
    """Evaluate each file of the model on all test images."""
    _, test_set = load_mnist()
    folder = bundled_model_path().parent
    there = {precision: folder / name for precision, name in MODEL_FILE_NAMES.items() if (folder / name).exists()}
    run_file = folder / "run.json"
    return Bundled(
        metadata=load_classifier().metadata,
        default=DEFAULT_PRECISION if DEFAULT_PRECISION in there else "float32",
        evaluations={precision: evaluate(load_classifier(precision=precision), test_set) for precision in there},
        bytes={precision: path.stat().st_size for precision, path in there.items()},
        run=json.loads(run_file.read_text(encoding="utf-8")) if run_file.exists() else None,
        test_set=test_set,
    )
