"""Format `openvino`: OpenVINO's own files, `model.xml` and `model.bin`, with all outputs of the model file."""

from typing import Any

import numpy as np
import openvino

from digitnet.arrays import Images, Probabilities
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written

__all__ = ["write"]

_FILE = "model.xml"


def write(source: ExportSource, place: Place) -> Written:
    """Write the folder; see `digitnet.exports.export`."""
    core = openvino.Core()
    # read_model and not convert_model, which reports each use to its makers where it can.
    openvino.save_model(core.read_model(source.content), place.now / _FILE, compress_to_fp16=False)
    # Without the hint, processors that can compute in half precision do so, and answer a little differently.
    compiled: Any = core.compile_model(place.now / _FILE, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def answer(images: Images) -> Probabilities:
        return np.array(compiled(images)["probabilities"], np.float32)  # a copy: the next call writes to the same place

    model = f"openvino.Core().compile_model('{place.out / _FILE}', 'CPU')"
    images = "digitnet.load_mnist()[1].images[:5]"
    line = f"import digitnet, openvino; print({model}({images})['probabilities'].argmax(axis=1))"
    return Written(answer, f'python -c "{line}"', "OpenVINO on the processor")
