"""The training engine: Keras 3 on the JAX backend, chosen before Keras is first imported.

Every module that builds or trains takes `keras` from here, so that no path can import it with another backend.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any, TypeAlias

from digitnet.errors import ConfigurationError, MissingExtraError

__all__ = ["KerasModel", "Tensor", "keras"]

KerasModel: TypeAlias = Any  # a keras.Model; Keras ships no type information
Tensor: TypeAlias = Any  # a jax.Array, or a tracer that stands for one

_INSTALL_HINT = "Building and training need the training extra: pip install 'digitnet[train]'"

# Keras and JAX import these for functions that few programs call: a fifth of the time that `import keras` takes, and
# all of scikit-learn where it is installed.
_DEFERRED = frozenset({"jax.experimental.sparse.linalg", "keras.wrappers", "matplotlib.pyplot"})


class _DeferringFinder(MetaPathFinder):
    """Finds the modules of `_DEFERRED` so that each runs when something in it is first used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _DEFERRED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def _deferred_imports() -> Iterator[None]:
    finder = _DeferringFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _import_keras() -> Any:
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "jax"
    try:
        with _deferred_imports():
            import keras  # noqa: PLC0415 - only after the backend is chosen
    except ImportError as error:
        raise MissingExtraError(f"{error.name or 'keras'} is not installed. {_INSTALL_HINT}") from error
    chosen = keras.backend.backend()
    if chosen != "jax":
        raise ConfigurationError(
            f"keras was imported with the {chosen} backend, but digitnet trains with jax: "
            "set KERAS_BACKEND=jax before the first import of keras"
        )
    return keras


keras = _import_keras()
