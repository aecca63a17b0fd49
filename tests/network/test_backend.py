"""The backend is JAX, or there is a clear word about it."""

import subprocess
import sys


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


def test_jax_is_chosen_whatever_the_environment_says() -> None:
    code = "from digitnet.network.backend import keras; print(keras.backend.backend())"
    assert run(code, KERAS_BACKEND="torch").stdout == "jax\n"


def test_another_backend_that_is_already_there_is_named() -> None:
    code = (
        "import keras\n"
        "from digitnet.errors import ConfigurationError\n"
        "try:\n    import digitnet.network.backend\nexcept ConfigurationError as error:\n    print(error)"
    )
    assert "imported with the numpy backend" in run(code, KERAS_BACKEND="numpy").stdout


def test_what_keras_rarely_needs_is_imported_at_its_first_use() -> None:
    code = (
        "import sys, digitnet.network.backend\n"
        "names = ('jax.experimental.sparse.linalg', 'matplotlib.pyplot')\n"
        "print([type(sys.modules[name]).__name__ for name in names], 'scipy' in sys.modules)\n"
        "from jax.experimental.sparse.linalg import spsolve\n"
        "import matplotlib.pyplot\n"
        "print(spsolve.__name__, matplotlib.pyplot.figure.__name__)\n"
        "print(any('digitnet' in type(finder).__module__ for finder in sys.meta_path))"
    )
    done = run(code)
    expected = ["['_LazyModule', '_LazyModule'] False", "spsolve figure", "False"]
    assert done.stdout.splitlines() == expected, done.stderr
