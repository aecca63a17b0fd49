"""A float32 model file in 8-bit integers: a quarter of the size, and several times as fast.

    images uint8 -> Flatten -> DequantizeLinear -> Gemm -> QuantizeLinear -> DequantizeLinear -> Gemm ... -> logits

This is static quantisation in ONNX's standard operators. ONNX Runtime makes one integer product, QGemm, of each Gemm
between them, and any other runtime can run them as they stand.

- Pixels are integers already: the first product takes them as they are, at a scale of 1 / 255.
- Between two products stand uint8 numbers with one scale a layer, which covers what was seen on training images. A ReLU
  costs nothing: ONNX Runtime leaves it out, since integers that begin at 0 have no room for what is negative. Other
  activations are computed in float32.
- Weights are symmetric int8 with one scale a unit, biases int32; logits, temperature and softmax stay float32.

The sums are the same integers on every processor. x86 without VNNI adds two neighbouring products, uint8 times int8, in
16 bits (VPMADDUBSW), where 255 * 127 * 2 = 64,770 would be cut to 32,767 without a word. So a unit's scale is such that
the positive weights of two neighbours sum up to 128 at most, and the negative ones to -128: 255 * 128 = 32,640.

Source:
    Jacob and others (2018), arXiv 1712.05877; the scales for pairs of weights are our own.
"""

import dataclasses
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.evaluation.metrics import log_softmax
from digitnet.model_file.contract import ModelSession, open_model, start_session
from digitnet.model_file.graph import Graph, decode_model, with_metadata, with_reference_answers

__all__ = ["quantize", "quantized_weights"]

Array: TypeAlias = NDArray[np.float32]

_IMAGES_MAX = 4096  # plenty: on MNIST's networks the error stops falling at 64
_BATCH_SIZE = 512  # images in one pass; chosen by hand
_PAIR_SUM_MAX = 127  # two weights rounded up may add 1 to it, and 255 * 128 still fits into 16 bits
_BIAS_MAX = 2**29  # with the products of 65,536 inputs, at most 32,768 * 255 * 128, it fits into 32 bits
_SCALE_MIN = 1e-20  # of a unit without weights; the products of scales stay normal numbers

# How far the answers may be from those in float32, on the images of the calibration
_LOSS_MAX = 1e-3  # nats of log loss, of which a good network has 0.04; 8 bits cost trained networks about 1e-5
_AGREEMENT_MIN = 0.99  # of the clear answers; trained networks change one in a thousand or none
_NEAR_TIE = 0.05  # lead of the most probable class, below which the second is nearly as good an answer

_NO_CHAIN = "the model is not a chain of dense layers, Gemm with constant weights and bias: it stays in float32"


def quantize(content: bytes, images: Images) -> bytes:
    """Make the int8 model file of a float32 one, and check that it answers alike.

    Args:
        content: A model file in float32, as `digitnet.training.export.encode_model` makes it.
        images: uint8 (n, 28, 28), n >= 1, like those that the model is for: some thousand of the training images,
            never of the test images. Of more than 4,096 evenly spread ones are taken.

    Returns:
        The bytes of the int8 model file, the same for the same content and images. Its metadata are those of the
        float32 one, with the precision changed; ten of the images are inside, as `reference_answers`.

    Raises:
        ConfigurationError: No images, images of another shape or dtype, or a model that is int8 already.
        ModelFileError: Not a model file of dense layers, or one that int8 would make answer otherwise.
    """
    images = _evenly_spaced(_checked(images))
    session, metadata = open_model(content)
    if metadata.precision != "float32":
        raise ConfigurationError(f"the model is in {metadata.precision} already: expected one in float32")
    chain = _Chain.from_model(decode_model(content))
    proto = _integer_graph(chain, _observed_ranges(chain, images)).to_model(len(metadata.class_names))
    quantized = with_metadata(proto.SerializeToString(), dataclasses.replace(metadata, precision="int8"))
    _check_same_answers(session, open_model(quantized)[0], images, metadata.calibration["temperature"])
    return with_reference_answers(quantized, images)


def quantized_weights(kernel: Array, bias: Array, input_scale: float) -> tuple[NDArray[np.int8], Array]:
    """Round the weights of a dense layer to integers whose sums of products are exact on every processor.

    Args:
        kernel: float32 (inputs, units), finite.
        bias: float32 (units,), finite; it takes part in the choice of the scales only.
        input_scale: Step of the layer's input.

    Returns:
        Weights int8 (inputs, units) and scales float32 (units,): kernel is about weights * scales. Of the inputs 0
        and 1, 2 and 3, ... the positive weights of one unit sum up to at most 128, the negative ones to at least -128.
    """
    inputs, units = kernel.shape
    pairs = np.zeros((inputs + inputs % 2, units), np.float64)
    pairs[:inputs] = kernel
    pairs = pairs.reshape(-1, 2, units)
    largest = np.maximum(pairs.clip(min=0).sum(axis=1).max(axis=0), -pairs.clip(max=0).sum(axis=1).min(axis=0))
    scales = np.maximum(largest / _PAIR_SUM_MAX, np.abs(bias, dtype=np.float64) / (_BIAS_MAX * input_scale))
    scales = np.maximum(scales, _SCALE_MIN).astype(np.float32)
    return np.rint(kernel / scales).astype(np.int8), scales


def _checked(images: object) -> Images:
    shape = (IMAGE_SIDE, IMAGE_SIDE)
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
        found = f"{images.shape} {images.dtype}" if isinstance(images, np.ndarray) else type(images).__name__
        raise ConfigurationError(
            f"the images to calibrate on are {found}: expected at least one, uint8 (n, {IMAGE_SIDE}, {IMAGE_SIDE})"
        )
    return images


def _evenly_spaced(images: Images) -> Images:
    """At most so many, from everywhere: data sets may be sorted by class."""
    count = min(len(images), _IMAGES_MAX)
    return images[np.linspace(0, len(images) - 1, count).astype(np.int64)]


@dataclass(frozen=True)
class _Chain:
    """A float32 graph, cut at its dense layers.

    Attributes:
        proto: The whole graph.
        constants: Its weights, by name.
        dense: Its Gemm nodes.
        between: The nodes before, between and behind them, one list more than there are of those.
    """

    proto: onnx.ModelProto
    constants: dict[str, AnyArray]
    dense: tuple[onnx.NodeProto, ...]
    between: tuple[tuple[onnx.NodeProto, ...], ...]

    @classmethod
    def from_model(cls, proto: onnx.ModelProto) -> "_Chain":
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
        nodes = tuple(proto.graph.node)
        places = [place for place, node in enumerate(nodes) if node.op_type == "Gemm"]
        if not places or not all(_is_dense(nodes[place], constants) for place in places):
            raise ModelFileError(_NO_CHAIN)
        cuts = [-1, *places, len(nodes)]
        between = tuple(nodes[before + 1 : behind] for before, behind in pairwise(cuts))
        return cls(proto, constants, tuple(nodes[place] for place in places), between)

    @property
    def outputs(self) -> set[str]:
        """Names that must stay."""
        return {output.name for output in self.proto.graph.output}

    def weights(self, layer: int) -> tuple[Array, Array]:
        """Kernel and bias of a dense layer."""
        kernel, bias = (self.constants[name] for name in self.dense[layer].input[1:])
        return kernel, bias

    def pixel_scale(self) -> tuple[float, float] | None:
        """Scale and shift, if all that happens to the pixels is x -> x * scale + shift; None if it is more."""
        scale, shift = 1.0, 0.0
        for node in self.between[0]:
            operand = self.constants.get(node.input[-1])
            if node.op_type in {"Mul", "Add"} and operand is not None and operand.size == 1:
                factor, summand = (operand.item(), 0.0) if node.op_type == "Mul" else (1.0, operand.item())
                scale, shift = scale * factor, shift * factor + summand
            elif node.op_type not in {"Cast", "Flatten"}:
                return None
        return (scale, shift) if scale > 0 else None


def _is_dense(node: onnx.NodeProto, constants: Collection[str]) -> bool:
    return len(node.input) == 3 and not node.attribute and all(name in constants for name in node.input[1:])


@dataclass(frozen=True)
class _Step:
    """What the integers of a tensor stand for: real = (integer - zero_point) * scale."""

    scale: float
    zero_point: int

    @classmethod
    def covering(cls, low: float, high: float) -> "_Step":
        """256 steps from low to high, one of which is 0."""
        low, high = min(low, 0.0), max(high, 0.0)
        if not math.isfinite(high - low):
            raise ModelFileError("a layer gives numbers that are not finite: the model's weights are damaged")
        scale = (high - low) / 255
        return cls(scale, round(-low / scale)) if scale > _SCALE_MIN else cls(1.0, 0)  # a layer that is never active


def _observed_ranges(chain: _Chain, images: Images) -> list[_Step]:
    """What the float32 graph feeds into each dense layer, on all of the images."""
    names = [node.input[0] for node in chain.dense]
    proto = onnx.ModelProto()
    proto.CopyFrom(chain.proto)
    del proto.graph.output[:]
    for name in names:
        proto.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = start_session(proto.SerializeToString())
    lows, highs = [], []
    for batch in _batches(images):
        seen = session.run(names, {"images": batch})
        lows.append([float(tensor.min()) for tensor in seen])
        highs.append([float(tensor.max()) for tensor in seen])
    extremes = zip(np.min(lows, axis=0).tolist(), np.max(highs, axis=0).tolist(), strict=True)
    return [_Step.covering(low, high) for low, high in extremes]


def _integer_graph(chain: _Chain, steps: Sequence[_Step]) -> Graph:
    """The chain with integers between QuantizeLinear and DequantizeLinear at each dense layer."""
    graph = Graph()
    renamed = {"images": "images"}
    pixel_scale = chain.pixel_scale()
    for layer, node in enumerate(chain.dense):
        kernel, bias = chain.weights(layer)
        step = steps[layer]
        if layer == 0 and pixel_scale is not None:
            step = _Step(pixel_scale[0], 0)
            bias = bias + np.float32(pixel_scale[1]) * kernel.sum(axis=0)
            graph.add("Flatten", ["images"], axis=1)
            _add_step(graph, step, from_float32=False)
        else:
            _copy(chain, chain.between[layer], graph, renamed)
            _add_step(graph, step, from_float32=True)
        _add_dense(graph, kernel, bias, step)
        _rename(node, chain, graph, renamed)
    _copy(chain, chain.between[-1], graph, renamed)
    return graph


def _add_step(graph: Graph, step: _Step, *, from_float32: bool) -> None:
    """What the integers at the tip stand for; where there are float32 numbers, the integers first."""
    constants = [graph.constant("scale", np.float32(step.scale)), graph.constant("zero", np.uint8(step.zero_point))]
    if from_float32:
        graph.add("QuantizeLinear", [graph.tip, *constants])
    graph.add("DequantizeLinear", [graph.tip, *constants])


def _add_dense(graph: Graph, kernel: Array, bias: Array, step: _Step) -> None:
    """A Gemm on the tip, its weights as int8 and its bias as int32, at the scale of their products."""
    source = graph.tip
    weights, scales = quantized_weights(kernel, bias, step.scale)
    bias_scales = np.float32(step.scale) * scales
    integers = np.rint(bias / bias_scales.astype(np.float64)).astype(np.int32)
    parts = []
    for name, values, steps in (("kernel", weights, scales), ("bias", integers, bias_scales)):
        zeros = np.zeros(len(steps), values.dtype)
        inputs = [graph.constant(name, values), graph.constant("scale", steps), graph.constant("zero", zeros)]
        parts.append(graph.add("DequantizeLinear", inputs, axis=values.ndim - 1))
    graph.add("Gemm", [source, *parts])


def _copy(chain: _Chain, nodes: Sequence[onnx.NodeProto], graph: Graph, renamed: dict[str, str]) -> None:
    """Add the nodes as they are, to float32 tensors that have other names now."""
    for node in nodes:
        if len(node.output) != 1 or not all(name in renamed or name in chain.constants for name in node.input):
            raise ModelFileError(_NO_CHAIN)
        inputs = [
            renamed.get(name) or graph.constant(name.rpartition("_")[0] or name, chain.constants[name])
            for name in node.input
        ]
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        graph.add(node.op_type, inputs, **attributes)
        _rename(node, chain, graph, renamed)


def _rename(node: onnx.NodeProto, chain: _Chain, graph: Graph, renamed: dict[str, str]) -> None:
    """Note that the graph's tip is what the node gave; the model's outputs keep their names."""
    (output,) = node.output
    if output in chain.outputs:
        graph.name_tip(output)
    renamed[output] = graph.tip


def _check_same_answers(
    session: ModelSession,
    quantized: ModelSession,
    images: Images,
    temperature: float,
) -> None:
    """Compare the answers in int8 with those in float32.

    Raises:
        ModelFileError: They would cost more than a thousandth of a nat, or change more than 1 % of the clear answers.
    """
    losses, agreed = [], []
    for batch in _batches(images):
        expected, found = (
            log_softmax(one.run(["logits"], {"images": batch})[0].astype(np.float64) / temperature)
            for one in (session, quantized)
        )
        probabilities = np.exp(expected)
        losses.append((probabilities * (expected - found)).sum(axis=1))
        ordered = np.sort(probabilities, axis=1)
        is_clear = ordered[:, -1] - ordered[:, :-1].max(axis=1, initial=0) > _NEAR_TIE
        agreed.append((expected.argmax(axis=1) == found.argmax(axis=1))[is_clear])
    loss = float(np.concatenate(losses).mean())
    answers = np.concatenate(agreed)
    agreement = float(answers.mean()) if len(answers) else 1.0
    if not (loss <= _LOSS_MAX and agreement >= _AGREEMENT_MIN):
        raise ModelFileError(
            f"in int8 the model would answer otherwise: on {len(images):,} images it agrees on "
            f"{100 * agreement:.2f} % of the clear answers and costs {loss:.1e} nats, expected at least "
            f"{100 * _AGREEMENT_MIN:.0f} % and at most {_LOSS_MAX:.0e}. It stays in float32"
        )


def _batches(images: Images) -> Iterator[Images]:
    for start in range(0, len(images), _BATCH_SIZE):
        yield images[start : start + _BATCH_SIZE]
