"""A watch for the import of Keras after digitnet: with another backend than JAX nothing could be trained.

Keras takes TensorFlow where nobody has chosen, and then cannot be imported at all where TensorFlow is missing.
"""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

__all__ = ["watch_for_keras"]

_PACKAGES = {"tensorflow": "tensorflow", "torch": "torch", "openvino": "openvino", "numpy": "numpy"}


class _KerasWatch:
    """A finder that finds nothing, but looks at the backend when Keras is about to be imported, once."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:  # noqa: ARG002
        if fullname == "keras":
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            _look_at_backend()


def watch_for_keras() -> None:
    """Warn when Keras is imported later with a backend that digitnet cannot train with.

    Where nobody has chosen a backend and the one that Keras would take is not installed, JAX is chosen.
    """
    if "keras" not in sys.modules and not any(isinstance(finder, _KerasWatch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasWatch())


def _look_at_backend() -> None:
    from importlib.util import find_spec  # noqa: PLC0415 - only when Keras, which takes seconds, is imported

    backend = os.environ.get("KERAS_BACKEND") or _configured_backend()
    if backend == "jax" or find_spec("jax") is None:  # without JAX nothing of ours trains anyway
        return
    if not os.environ.get("KERAS_BACKEND") and find_spec(_PACKAGES.get(backend, backend)) is None:
        os.environ["KERAS_BACKEND"] = "jax"
        return
    warnings.warn(
        f"Keras is imported with the {backend} backend, but digitnet builds and trains with jax: set KERAS_BACKEND=jax "
        "before the first import of keras. Reading pictures and digitnet.evaluate work with any backend",
        stacklevel=2,
    )


def _configured_backend() -> str:
    """What Keras takes by itself: the backend of its configuration file, or TensorFlow."""
    import json  # noqa: PLC0415 - as above

    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        configured = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        configured = None
    return configured if isinstance(configured, str) else "tensorflow"
