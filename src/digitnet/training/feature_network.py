"""Small dense networks that see uint8 features instead of images: how one is trained, and the file that it becomes.

    features uint8 (n, k) -> Cast -> (MatMul + bias -> ReLU) ... -> MatMul + bias -> logits (n, classes)

The division of the features by 255 is part of the first weights. All weights are symmetric int8 with one scale a unit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError
from digitnet.model_file.digest import with_digest
from digitnet.network.backend import KerasModel, keras
from digitnet.network.initialization import kernel_initializer, layer_seeds
from digitnet.training.optimizers import make_optimizer
from digitnet.training.schedules import WarmupCosine

__all__ = ["FeatureRecipe", "averaged_network", "encode_feature_network", "train_feature_network"]

_Batch: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]

_OPSET, _IR_VERSION = 17, 8  # of ONNX; old enough for every ONNX Runtime that digitnet accepts
_WEIGHT_MAX = 127  # symmetric int8
_ZERO = 128  # in uint8, half of what it holds
_CLASS_WEIGHTS = (0.5, 3.0)  # bounds of the weight of a class; chosen by hand


@dataclass(frozen=True, slots=True)
class FeatureRecipe:
    """How a network is built and trained.

    Attributes:
        hidden_sizes: Units of each hidden layer.
        epochs: Passes through the examples.
        learning_rate: The peak, after a tenth of the steps or fewer.
        batch_size: Examples in one step.
        dropout: Fraction of the first hidden layer's outputs set to 0 while training.
        rarity: Exponent of the weight of a class, by how much rarer than the mean it is; 0 for equal weights.
        weight_decay: Fraction (times the learning rate) by which kernels shrink at each step.
        warmup: Part of the steps in which the learning rate rises.
    """

    hidden_sizes: tuple[int, ...]
    epochs: int
    learning_rate: float
    batch_size: int
    dropout: float = 0.0
    rarity: float = 0.0
    weight_decay: float = 1e-4
    warmup: float = 0.02


def train_feature_network(
    features: NDArray[np.uint8], labels: NDArray[np.uint8], num_classes: int, recipe: FeatureRecipe, seed: int
) -> KerasModel:
    """Train a network of dense layers with ReLU.

    Args:
        features: uint8 (n, k), n at least 1.
        labels: uint8 (n,), each below `num_classes`.
        num_classes: Outputs.
        recipe: How.
        seed: What the first weights, dropout and the order of the examples follow from.

    Returns:
        A keras.Model from features uint8 (n, k) to logits (n, num_classes).

    Raises:
        ConfigurationError: There are no examples, or not as many labels.
    """
    if not len(features) or len(features) != len(labels):
        raise ConfigurationError(
            f"there are {len(features)} rows of features and {len(labels)} labels: expected as many, at least one"
        )
    model = _network(features.shape[1], num_classes, recipe, seed)
    batches = _Batches(features, labels, _class_weights(labels, num_classes, recipe.rarity), recipe.batch_size, seed)
    schedule = WarmupCosine(recipe.learning_rate, recipe.epochs * len(batches), recipe.warmup)
    model.compile(
        optimizer=make_optimizer("adamw", schedule, recipe.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0)
    return model


def _network(num_features: int, num_classes: int, recipe: FeatureRecipe, seed: int) -> KerasModel:
    seeds = layer_seeds(seed, count=2 + len(recipe.hidden_sizes))
    inputs = keras.Input((num_features,), dtype="uint8", name="features")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    for number, size in enumerate(recipe.hidden_sizes, start=1):
        start = kernel_initializer("relu", next(seeds))
        x = keras.layers.Dense(size, activation="relu", kernel_initializer=start, name=f"hidden_{number}")(x)
        if number == 1 and recipe.dropout:
            x = keras.layers.Dropout(recipe.dropout, seed=next(seeds), name="dropout")(x)
    start = kernel_initializer("linear", next(seeds))
    return keras.Model(inputs, keras.layers.Dense(num_classes, kernel_initializer=start, name="logits")(x))


def _class_weights(labels: AnyArray, num_classes: int, rarity: float) -> NDArray[np.float32]:
    """What an example of each class counts: more where there are few of them."""
    counts = np.bincount(labels, minlength=num_classes)
    weights = (counts.mean() / np.maximum(counts, 1)) ** rarity
    return np.asarray(np.clip(weights, *_CLASS_WEIGHTS), np.float32)


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The examples in an order that follows from the seed and the epoch; a remainder is a batch of its own."""

    def __init__(self, features: AnyArray, labels: AnyArray, weights: AnyArray, batch_size: int, seed: int) -> None:
        super().__init__()
        self._features, self._labels, self._weights = features, labels, weights
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0
        self._shuffle()

    def _shuffle(self) -> None:
        self._order = np.random.default_rng([self._seed, self._epoch]).permutation(len(self._features))

    def __len__(self) -> int:
        return math.ceil(len(self._features) / self._batch_size)

    def __getitem__(self, number: int) -> _Batch:
        # In the order of the memory, which is faster to read; within a batch the order means nothing.
        rows = np.sort(self._order[number * self._batch_size : (number + 1) * self._batch_size])
        labels = self._labels[rows]
        return self._features[rows], labels, self._weights[labels]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._shuffle()


def averaged_network(models: Sequence[KerasModel]) -> KerasModel:
    """One network of dense layers whose logits are the mean of those of several.

    The networks stand side by side in it: each hidden layer is as wide as theirs together, and a weight between two of
    them is 0.

    Args:
        models: As `train_feature_network` gives them, at least one, with as many features, layers and classes.

    Returns:
        A keras.Model of the same inputs and outputs.
    """
    layers = [[layer for layer in model.layers if isinstance(layer, keras.layers.Dense)] for model in models]
    sizes = tuple(sum(layer.units for layer in side) for side in zip(*(own[:-1] for own in layers), strict=True))
    recipe = FeatureRecipe(sizes, epochs=0, learning_rate=0.0, batch_size=1)
    merged = _network(models[0].input_shape[1], layers[0][-1].units, recipe, seed=0)
    targets = [layer for layer in merged.layers if isinstance(layer, keras.layers.Dense)]
    for place, (target, side) in enumerate(zip(targets, zip(*layers, strict=True), strict=True)):
        kernels = [np.asarray(layer.get_weights()[0], np.float32) for layer in side]
        biases = [np.asarray(layer.get_weights()[1], np.float32) for layer in side]
        is_first, is_last = place == 0, place == len(targets) - 1
        kernel = np.zeros(target.kernel.shape, np.float32)
        row = column = 0
        for own in kernels:
            kernel[row : row + own.shape[0], column : column + own.shape[1]] = own / (len(models) if is_last else 1)
            row += 0 if is_first else own.shape[0]
            column += 0 if is_last else own.shape[1]
        target.set_weights([kernel, np.mean(biases, axis=0) if is_last else np.concatenate(biases)])
    return merged


def encode_feature_network(model: KerasModel) -> bytes:
    """The network as a file of ONNX.

    Args:
        model: As `train_feature_network` gives it.

    Returns:
        The file with its digest, from `features`, uint8 (n, k), to `logits`, float32 (n, classes).
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    nodes: list[onnx.NodeProto] = []
    weights: list[Any] = []
    x = "features"
    for k, layer in enumerate(layers):
        kernel, bias = (np.asarray(variable, np.float32) for variable in layer.get_weights())
        rounded, scales = _rounded(kernel / np.float32(255 if k == 0 else 1))
        named: dict[str, AnyArray] = {f"q{k}": rounded, f"s{k}": scales, f"b{k}": bias}
        if k == 0:
            named |= {"q0": _from_zero(rounded), "z0": np.array(_ZERO, np.uint8), "zx": np.array(0, np.uint8)}
        weights += [numpy_helper.from_array(array, name) for name, array in named.items()]
        is_last = layer is layers[-1]
        y = "logits" if is_last else f"h{k}"
        nodes += _integer_product(x) if k == 0 else _float_product(x, k)
        nodes.append(helper.make_node("Add", [f"m{k}", f"b{k}"], [y]))
        if not is_last:
            x = f"r{k}"
            nodes.append(helper.make_node("Relu", [y], [x]))
    features = helper.make_tensor_value_info("features", TensorProto.UINT8, ["n", layers[0].kernel.shape[0]])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", layers[-1].kernel.shape[1]])
    graph = helper.make_graph(nodes, "reading", [features], [logits], weights)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(file)
    return with_digest(file.SerializeToString())


def _integer_product(x: str) -> list[onnx.NodeProto]:
    """The first layer's product, of integers: exact, and on x86 about twice as fast as of floats."""
    return [
        helper.make_node("MatMulInteger", [x, "q0", "zx", "z0"], ["i0"]),
        helper.make_node("Cast", ["i0"], ["f0"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["f0", "s0"], ["m0"]),
    ]


def _float_product(x: str, k: int) -> list[onnx.NodeProto]:
    """The product of another layer, whose inputs are no integers."""
    return [
        helper.make_node("DequantizeLinear", [f"q{k}", f"s{k}"], [f"w{k}"], axis=1),
        helper.make_node("MatMul", [x, f"w{k}"], [f"m{k}"]),
    ]


def _from_zero(rounded: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Weights in uint8, of which `_ZERO` is 0.

    Of int8 x86 without VNNI would add two products at a time in 16 bits, which they overflow.
    """
    return np.asarray(rounded.astype(np.int16) + _ZERO, np.uint8)


def _rounded(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A kernel in int8, and the scale of each of its columns."""
    scales = np.maximum(np.abs(kernel).max(axis=0), np.float32(1e-12)) / np.float32(_WEIGHT_MAX)
    return np.rint(kernel / scales).astype(np.int8), np.asarray(scales, np.float32)
