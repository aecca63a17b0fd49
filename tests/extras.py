"""What is installed beside the base package, for tests that need more."""

from importlib.util import find_spec

import pytest

__all__ = ["HAS_SERVER", "HAS_TRAINING", "needs_training"]

HAS_TRAINING = find_spec("keras") is not None and find_spec("jax") is not None
HAS_SERVER = all(find_spec(name) is not None for name in ("starlette", "uvicorn", "orjson", "httpx"))

needs_training = pytest.mark.skipif(not HAS_TRAINING, reason="needs the training extra")
