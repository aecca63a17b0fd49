"""The backend is JAX, or there is a clear word about it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import load_source
from digitnet.evaluation.evaluation import evaluate
from digitnet.network.mlp import build_mlp


def run(code: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment, cwd=folder
    )


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


def test_evaluate_and_model_keras_work_with_any_backend_and_there_is_a_line_about_it(tmp_path: Path) -> None:
    model = build_mlp((8,), seed=0)
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    np.savez(tmp_path / "data.npz", x_train=images, y_train=np.arange(50) % 10)
    code = (
        "import digitnet\n"
        "images, _ = digitnet.load_source('data.npz')\n"
        "import keras\n"
        "model = keras.saving.load_model('model.keras')\n"
        "evaluation = digitnet.evaluate(model, images, batch_size=30)\n"
        "print(keras.backend.backend(), evaluation.nll)\n"
        "try:\n    digitnet.build_mlp()\nexcept ValueError as error:\n    print(error)"
    )
    done = run(code, tmp_path, KERAS_BACKEND="numpy")
    backend, nll = done.stdout.splitlines()[0].split()
    expected = evaluate(model, load_source(tmp_path / "data.npz")[0])
    assert backend == "numpy", done.stderr
    assert float(nll) == pytest.approx(expected.nll, rel=1e-5)
    assert "Keras is imported with the numpy backend, but digitnet builds and trains with jax" in done.stderr
    assert "imported with the numpy backend, but digitnet trains with jax: set KERAS_BACKEND=jax" in done.stdout
