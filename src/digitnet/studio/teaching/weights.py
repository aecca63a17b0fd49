"""A model file as a Keras model that goes on learning; `digitnet.inspection` reads its matrices."""

import numpy as np

from digitnet.arrays import Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.inspection import read_network
from digitnet.model_file.contract import open_model
from digitnet.model_file.metadata import Precision
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import KerasPredictor, build_mlp

__all__ = ["keras_from_model_file"]

# The largest accepted difference in a logit, relative to the largest. Rounding gives 1e-6 in float32; in int8, where
# the file rounds between its layers too, 0.02 on digits. On noise it is ten times that: the file cuts off what is
# larger than anything that digits do to a unit.
_TOLERANCES: dict[Precision, float] = {"float32": 1e-3, "int8": 0.1}


def keras_from_model_file(content: bytes, digits: Images) -> KerasModel:
    """Build the network of a model file in float32, and check that it answers alike.

    Batch normalisation, which the file has folded into its dense layers, stays folded. Of a file in 8-bit integers each
    weight begins as what its integer stands for.

    Args:
        content: The bytes of a model file, in either precision.
        digits: uint8 (n, 28, 28), what both are asked about: images of the kind that the network learned.

    Returns:
        A keras.Model as `build_mlp` makes it, uncompiled, with the weights of the file.

    Raises:
        ConfigurationError: It has no hidden layer, or not the same activation function behind each.
        ModelFileError: It is damaged or no chain of dense layers, as a committee is not; or what was built does not
            answer as the file does.
    """
    network = read_network(content)
    activations = {activation.name for activation in network.activations}
    if len(activations) != 1:
        raise ConfigurationError(
            f"no copy of this model can learn: expected one activation function behind all of its hidden layers, found "
            f"{', '.join(sorted(activations)) or 'no hidden layer'}. Choose another network"
        )
    model = build_mlp(
        [layer.units for layer in network.hidden],
        num_classes=len(network.class_names),
        activation=activations.pop(),
        seed=0,
    )
    dense = [layer for layer in model.layers if hasattr(layer, "kernel")]
    for layer, read in zip(dense, network.layers, strict=True):
        layer.kernel.assign(read.kernel)
        layer.bias.assign(read.bias)
    _check_same_answers(model, content, digits)
    return model


def _check_same_answers(model: KerasModel, content: bytes, digits: Images) -> None:
    session, metadata = open_model(content)
    (expected,) = session.run(["logits"], {"images": digits})
    found = KerasPredictor(model).predict_logits(digits)
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not difference < _TOLERANCES[metadata.precision]:
        raise ModelFileError(
            f"the network read from this model file does not answer as the file does: a logit differs by "
            f"{difference:.1e} of the largest. It was not made by digitnet, or is damaged"
        )
