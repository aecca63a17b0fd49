"""The training engine: Keras 3 on the JAX backend, chosen before Keras is first imported.

Every module that builds or trains takes `keras` from here, so that no path can import it with another backend.
"""

import os
import sys
from typing import Any, TypeAlias

from digitnet.errors import ConfigurationError, MissingExtraError

__all__ = ["KerasModel", "Tensor", "keras"]

KerasModel: TypeAlias = Any  # a keras.Model; Keras ships no type information
Tensor: TypeAlias = Any  # a jax.Array, or a tracer that stands for one

_INSTALL_HINT = "Building and training need the training extra: pip install 'digitnet[train]'"


def _import_keras() -> Any:
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "jax"
    try:
        import keras  # noqa: PLC0415 - only after the backend is chosen
    except ImportError as error:
        raise MissingExtraError(f"{error.name or 'keras'} is not installed. {_INSTALL_HINT}") from error
    chosen = keras.backend.backend()
    if chosen != "jax":
        raise ConfigurationError(
            f"keras was imported with the {chosen} backend, but digitnet trains with jax: "
            "set KERAS_BACKEND=jax before the first import of keras, or import digitnet's functions first"
        )
    return keras


keras = _import_keras()
