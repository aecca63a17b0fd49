"""Make `bundled/model_int8.onnx` anew from `bundled/model.onnx`: `.venv/bin/python scripts/quantize_bundled.py`.

Needs `onnx`, but no training framework. The scales are chosen on the images that the model was trained on; validation
and test images only give the figures that the file states about itself. The same model gives the same bytes.
"""

import dataclasses
import sys

from digitnet.classifier import Classifier
from digitnet.datasets import load_mnist, train_validation_split
from digitnet.evaluation import evaluate
from digitnet.files import write_atomically
from digitnet.model_file import MODEL_FILE_NAMES, bundled_model_path, open_model
from digitnet.onnx_graph import with_metadata
from digitnet.quantization import quantize


def main() -> None:
    """Quantise, measure and write."""
    source = bundled_model_path("float32")
    content = source.read_bytes()
    _, metadata = open_model(content)
    train_set, test_set = load_mnist()
    train_set, validation_set = train_validation_split(
        train_set, metadata.recipe["validation_fraction"], metadata.recipe["seed"]
    )
    quantized = quantize(content, train_set.images)
    classifier = Classifier(*open_model(quantized))
    figures = {"test": evaluate(classifier, test_set), "validation": evaluate(classifier, validation_set)}
    metrics = {
        part: {name: evaluation.to_dict()[name] for name in metadata.metrics[part]}
        for part, evaluation in figures.items()
    }
    target = source.with_name(MODEL_FILE_NAMES["int8"])
    write_atomically(target, with_metadata(quantized, dataclasses.replace(metadata, precision="int8", metrics=metrics)))
    for part, evaluation in figures.items():
        before = metadata.metrics[part]["errors"]
        sys.stdout.write(f"{part}: {evaluation.errors} mistakes in {evaluation.n:,} images (float32: {before})\n")
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes (float32: {len(content):,})\n")


if __name__ == "__main__":
    main()
