"""Format `triton`: a model repository that Triton and KServe load as it is.

OUT/digitnet/config.pbtxt
OUT/digitnet/1/model.onnx      the model file, byte for byte
"""

from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.model_file.contract import DIGIT_SCORE, SECOND_LOGITS, has_output, open_model

__all__ = ["MODEL_NAME", "write"]

MODEL_NAME = "digitnet"
_BATCH_MAX = 1024  # images that Triton may put together; a batch of so many takes as long an image as any larger one

# Triton states shapes without the batch; a number for each image has none, which it wants written as a reshape.
_CONFIG = """\
name: "{name}"
backend: "onnxruntime"
max_batch_size: {batch}
input [
  {{ name: "images" data_type: TYPE_UINT8 dims: [ 28, 28 ] }}
]
output [
{outputs}
]
dynamic_batching {{ }}
"""


def write(source: ExportSource, place: Place) -> Written:
    """Write the repository; see `digitnet.exports.export`."""
    folder = place.now / MODEL_NAME
    model = folder / "1" / "model.onnx"
    model.parent.mkdir(parents=True)
    model.write_bytes(source.content)
    (folder / "config.pbtxt").write_text(_config(source), encoding="ascii")
    session, _ = open_model(model)
    return Written(
        answer=lambda images: session.run(["probabilities"], {"images": images})[0],
        how_to_run=f"tritonserver --model-repository={place.out}",
        compared_by="ONNX Runtime, which Triton runs it with",
    )


def _config(source: ExportSource) -> str:
    classes = len(source.metadata.class_names)
    shapes = {"probabilities": f"dims: [ {classes} ]", "logits": f"dims: [ {classes} ]"}
    optional = {SECOND_LOGITS: shapes["logits"], DIGIT_SCORE: "dims: [ 1 ] reshape: { shape: [ ] }"}
    shapes |= {name: shape for name, shape in optional.items() if has_output(source.session, name)}
    outputs = [f'  {{ name: "{name}" data_type: TYPE_FP32 {shape} }}' for name, shape in shapes.items()]
    return _CONFIG.format(name=MODEL_NAME, batch=_BATCH_MAX, outputs=",\n".join(outputs))
