"""Format `hub`: a folder as a model hub wants it, to be uploaded as it is.

README.md           the model card, with metadata that the hub searches and shows
model.onnx          the model file, byte for byte; beside it model_int8.onnx, where there is one
model.safetensors   the weights by name
config.json         what the weights do not say
"""

from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from digitnet.errors import ModelFileError
from digitnet.exports.safetensors_folder import read_folder, write_folder
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.model_file.contract import BUNDLED_FOLDER, MODEL_FILE_NAMES, open_model

__all__ = ["write"]

_RUN_CARD = "MODEL_CARD.md"  # of a run folder, and of the package
_MODEL_NAME = "digitnet-mlp"
_DATASET = "ylecun/mnist"  # the name of MNIST on the hub
_NO_LICENCE = (
    "README.md names no licence, as only you can choose one: add a line such as `license: apache-2.0` to its head "
    "before you publish it"
)


def write(source: ExportSource, place: Place) -> Written:
    """Write the folder; see `digitnet.exports.export`."""
    write_folder(source, source.network(), place.now)
    float32, int8 = MODEL_FILE_NAMES["float32"], MODEL_FILE_NAMES["int8"]
    (place.now / float32).write_bytes(source.content)
    beside = source.path.with_name(int8)
    if source.path.name == float32 and beside.is_file():
        open_model(beside, precision="int8")  # a damaged one is found here
        (place.now / int8).write_bytes(beside.read_bytes())
    _write_card(source, place.now / "README.md")
    network = read_folder(place.now)
    images = "digitnet.load_mnist()[1].images[:5]"
    line = f"import digitnet; print(digitnet.load_classifier('{place.out / float32}').predict({images}))"
    return Written(
        answer=lambda images: network.probabilities(network.look(images).logits),
        how_to_run=f'python -c "{line}"; to publish it: hf upload USER/NAME {place.out}',
        compared_by="NumPy from the weights by name",
        notes=() if _is_bundled(source) else (_NO_LICENCE,),
    )


def _is_bundled(source: ExportSource) -> bool:
    return source.path.parent == BUNDLED_FOLDER


def _write_card(source: ExportSource, path: Path) -> None:
    """Write the card, and read it again as the hub does."""
    data = _card_data(source)
    card = ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_body(source)}")
    card.save(path)
    if ModelCard.load(path).data.to_yaml() != data.to_yaml():
        raise ModelFileError(f"{path.name}: the hub's own reader finds other metadata than were written")


def _card_data(source: ExportSource) -> ModelCardData:
    """The metadata that a hub searches; only what the model file says, or what is so of all of them."""
    metadata = source.metadata
    known: dict[str, Any] = {"license": "apache-2.0"} if _is_bundled(source) else {}
    test = metadata.metrics.get("test")
    if metadata.data.get("source") == "mnist":
        known |= {"datasets": [_DATASET], "metrics": ["accuracy"]}
        if isinstance(test, dict) and "accuracy" in test:
            result = EvalResult(
                task_type="image-classification",
                dataset_type=_DATASET,
                dataset_name="MNIST",
                dataset_split="test",
                metric_type="accuracy",
                metric_value=test["accuracy"],
            )
            known |= {"model_name": _MODEL_NAME, "eval_results": [result]}
    return ModelCardData(
        library_name="onnx",
        pipeline_tag="image-classification",
        tags=["digitnet", "handwritten-digits", "multilayer-perceptron", "onnx", "safetensors"],
        **known,
    )


def _body(source: ExportSource) -> str:
    """The card of the run, where it lies beside the model file; else what the file itself says."""
    card = source.path.with_name(_RUN_CARD)
    if source.path.name == MODEL_FILE_NAMES["float32"] and card.is_file():
        return card.read_text(encoding="utf-8")
    metadata = source.metadata
    sizes = "-".join(str(layer.units) for layer in source.network().layers)
    return (
        "# Model card\n\n"
        f"A multilayer perceptron 784-{sizes} that tells apart {', '.join(metadata.class_names)}.\n\n"
        "`model.onnx` takes `images`, uint8 (n, 28, 28), 0 = paper, 255 = ink, and gives calibrated `probabilities`. "
        "`model.safetensors` has the same weights by name, and `config.json` says how they are multiplied.\n\n"
        f"SHA-256 of `model.onnx`: `{source.sha256}`\n"
    )
