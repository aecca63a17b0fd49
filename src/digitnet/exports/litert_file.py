"""Format `litert`: a `.tflite` file in float32, for phones and other devices; made by TensorFlow, run by LiteRT."""

import tempfile
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from digitnet.arrays import Images, Probabilities
from digitnet.exports.saved_model import SIGNATURE, save_model_folder, tf
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written

__all__ = ["write", "write_file"]


def write(source: ExportSource, place: Place) -> Written:
    """Write the file; see `digitnet.exports.export`."""
    return write_file(source, place, in_8_bits=False)


def write_file(source: ExportSource, place: Place, *, in_8_bits: bool) -> Written:
    """Write the file, with weights in float32 or in 8-bit integers.

    Args:
        source: The model file.
        place: Where to.
        in_8_bits: Whether weights are 8-bit integers, and inputs of layers are rounded to 8 bits image by image.

    Returns:
        What waits for its comparison.
    """
    with tempfile.TemporaryDirectory(prefix="digitnet-") as folder:
        save_model_folder(source.network(), folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if in_8_bits:
            # Without examples, which would make the logits integers too: that changes five labels of 10,000, this one.
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        place.now.write_bytes(converter.convert())
    runner: Any = Interpreter(model_path=str(place.now)).get_signature_runner(SIGNATURE)

    def answer(images: Images) -> Probabilities:
        return np.array(runner(images=images)["probabilities"], np.float32)

    model = f"Interpreter(model_path='{place.out}').get_signature_runner()"
    images = "images=digitnet.load_mnist()[1].images[:5]"
    imported = "import digitnet; from ai_edge_litert.interpreter import Interpreter"
    line = f"{imported}; print({model}({images})['probabilities'].argmax(axis=1))"
    return Written(answer, f'python -c "{line}"', "LiteRT")
