"""The contestants that several comparisons share: what the machine can do, and ways to train."""

from typing import Any

from benchmarks.environments import OURS, PYTORCH, SKLEARN, TENSORFLOW, Environment
from benchmarks.processes import Contestant
from benchmarks.results import Result
from benchmarks.rounds import Turn
from benchmarks.settings import Settings

__all__ = ["ENGINES", "best_rates", "digitnet_training", "product_engine", "rate_turns", "training_peers"]

# What multiplies matrices: name of the package, and where it runs.
ENGINES: dict[str, tuple[str, Environment]] = {
    "NumPy": ("numpy", OURS),
    "JAX": ("jax", OURS),
    "PyTorch": ("torch", PYTORCH),
}


def digitnet_training(settings: Settings, name: str = "digitnet") -> Contestant:
    """Our own training."""
    return Contestant(name, "train_digitnet.py", arguments=(str(settings.training_data),), expected=7.0)


def training_peers(settings: Settings) -> list[Contestant]:
    """Everyone else who trains the same network."""
    data = str(settings.training_data)
    keras = [
        Contestant(f"Keras fit, {name}", "train_keras.py", environment, {"KERAS_BACKEND": engine}, (data,), *expected)
        for name, environment, engine, expected in (
            ("TensorFlow", TENSORFLOW, "tensorflow", (20.0, 8.0)),
            ("JAX", OURS, "jax", (9.0, 4.0)),
            ("PyTorch", PYTORCH, "torch", (22.0, 6.0)),
        )
    ]
    by_hand = [
        Contestant(name, "train_torch.py", PYTORCH, arguments=(data, way), expected=11.0, start=start)
        for name, way, start in (("PyTorch loop", "eager", 8.0), ("PyTorch loop, compiled", "compile", 60.0))
    ]
    sklearn = Contestant("scikit-learn", "train_sklearn.py", SKLEARN, arguments=(data,), expected=20.0)
    return [*keras, *by_hand, sklearn]


def product_engine(settings: Settings, engine: str) -> Contestant:
    """What does matrix products and nothing else; `engine` is one of `ENGINES`."""
    package, environment = ENGINES[engine]
    arguments = (package, str(settings.training_data))
    return Contestant(f"products, {engine}", "products.py", environment, arguments=arguments, expected=1.5)


def rate_turns(settings: Settings) -> list[Turn]:
    """The machine's rate in large matrix products, by each engine."""
    return [
        Turn(product_engine(settings, engine), name=f"rate, {engine}", request={"task": "rate"}, show=_operations)
        for engine in ENGINES
    ]


def best_rates(result: Result) -> dict[int, float]:
    """The highest rate of each round, in operations a second; empty where none was measured."""
    by_engine = [result.by_round(f"rate, {engine}", "value") for engine in ENGINES]
    numbers = {number for rates in by_engine for number in rates}
    return {number: max(rates[number] for rates in by_engine if number in rates) for number in sorted(numbers)}


def _operations(answer: dict[str, Any]) -> str:
    return f"{answer['value'] / 1e9:.0f} GFLOP/s"
