"""What is installed beside the base package, for tests that need more."""

from importlib.util import find_spec

import pytest

__all__ = ["HAS_SCALE", "HAS_SERVER", "HAS_TRAINING", "needs_scale", "needs_training", "skip_where_nothing_is_kept"]

HAS_TRAINING = find_spec("keras") is not None and find_spec("jax") is not None
HAS_SERVER = all(find_spec(name) is not None for name in ("starlette", "uvicorn", "orjson", "httpx"))
HAS_SCALE = all(find_spec(name) is not None for name in ("distributed", "fsspec", "pyarrow"))

needs_scale = pytest.mark.skipif(not HAS_SCALE, reason="needs the extra scale: pip install 'digitnet[scale]'")
needs_training = pytest.mark.skipif(not HAS_TRAINING, reason="needs the training extra")


def skip_where_nothing_is_kept() -> None:
    """Skip the test that runs where JAX is so old that digitnet keeps none of the programs that it compiles."""
    import jaxlib.version  # noqa: PLC0415 - not there without the training extra

    from digitnet.training import compilation_cache  # noqa: PLC0415

    if jaxlib.version.__version_info__ < compilation_cache._OLDEST_JAXLIB:  # noqa: SLF001 - the cause, not a copy
        pytest.skip("with a JAX as old as this no compiled program is kept")
