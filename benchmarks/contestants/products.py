"""Matrix products and nothing else: what the machine can do. Arguments: the engine (numpy, jax or torch), the data.

A request has `task`:
`rate`    float32 operations a second, of the best of a few large square products;
`epoch`   seconds of the eight products of every step of an epoch, at their real shapes and in one program;
`gather`  seconds of shuffling, of gathering every batch as uint8 and of converting it to float32.
"""

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import contest
from contest import BATCH_SIZE, HIDDEN_SIZES, load_arrays, pixels

Task = Callable[[], object]

_SIDES = (1024, 2048, 3072)
_REPEATS = 4
_SIZES = (784, *HIDDEN_SIZES, 10)


def best_rate(product_of: Callable[[NDArray[np.float32], NDArray[np.float32]], Task]) -> float:
    """The highest rate that any single product reaches, in operations a second."""
    rates = []
    for side in _SIDES:
        left, right = np.random.default_rng(side).random((2, side, side), dtype=np.float32)
        product = product_of(left, right)
        rates += [2 * side**3 / seconds(product) for _ in range(_REPEATS + 1)][1:]
    return max(rates)


def seconds(task: Task) -> float:
    """How long it takes."""
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


def some_weights() -> list[NDArray[np.float32]]:
    """Weights of a size at which nothing grows from layer to layer."""
    random = np.random.default_rng(0)
    return [
        random.standard_normal((inputs, outputs), dtype=np.float32) / np.float32(inputs**0.5)
        for inputs, outputs in pairwise(_SIZES)
    ]


def numpy_tasks(_: str) -> dict[str, Callable[[], float]]:
    """Square products with NumPy's own library (OpenBLAS in its wheels)."""
    return {"rate": lambda: best_rate(lambda left, right: lambda: left @ right)}


def jax_tasks(path: str) -> dict[str, Callable[[], float]]:
    """All tasks, in JAX as digitnet sets it up."""
    import jax  # noqa: PLC0415 - only one of the engines is there

    import digitnet.network.backend  # noqa: F401, PLC0415 - its settings hold from here on

    def product_of(left: NDArray[np.float32], right: NDArray[np.float32]) -> Task:
        product, arrays = jax.jit(jax.numpy.matmul), jax.device_put((left, right))
        return lambda: product(*arrays).block_until_ready()

    images = load_arrays(path)["x_train"]
    steps = len(images) // BATCH_SIZE
    floats = jax.device_put(pixels(images))
    weights = jax.device_put(some_weights())
    bytes_ = jax.device_put(images.reshape(len(images), -1))

    @partial(jax.jit, static_argnums=2)
    def all_products(floats: Any, weights: Any, transposed: bool) -> Any:
        def one(carry: Any, step: Any) -> Any:
            x = jax.lax.dynamic_slice_in_dim(carry[0], step * BATCH_SIZE, BATCH_SIZE)
            gradients = eight_products(x, carry[1], jax.numpy.matmul, transposed=transposed)
            return (carry[0], carry[1], gradients), None

        empty = [jax.numpy.zeros_like(weight.T if transposed else weight) for weight in weights]
        return jax.lax.scan(one, (floats, weights, empty), jax.numpy.arange(steps))[0][2]

    def fastest_products() -> float:
        ways = (False, True)
        return min(warm(lambda way=way: jax.block_until_ready(all_products(floats, weights, way))) for way in ways)

    @jax.jit
    def gather(images: Any, order: Any) -> Any:
        def one(_: Any, batch: Any) -> Any:
            return images[batch].astype(jax.numpy.float32) * (1 / 255), None

        batches = order[: steps * BATCH_SIZE].reshape(steps, BATCH_SIZE)
        return jax.lax.scan(one, jax.numpy.zeros((BATCH_SIZE, images.shape[1])), batches)[0]

    whole = len(images) / (steps * BATCH_SIZE)  # the last step, smaller than the others, in proportion

    def shuffle_and_gather() -> object:
        order = np.random.default_rng(0).permutation(len(images)).astype(np.int32)
        return gather(bytes_, order).block_until_ready()

    return {
        "rate": lambda: best_rate(product_of),
        "epoch": lambda: whole * fastest_products(),
        "gather": lambda: whole * warm(shuffle_and_gather),
    }


def torch_tasks(path: str) -> dict[str, Callable[[], float]]:
    """Square products, and those of an epoch, in PyTorch (MKL in its wheels for x86)."""
    import torch  # noqa: PLC0415 - only one of the engines is there

    def product_of(left: NDArray[np.float32], right: NDArray[np.float32]) -> Task:
        tensors = torch.from_numpy(left), torch.from_numpy(right)
        return lambda: torch.mm(*tensors)

    floats = torch.from_numpy(pixels(load_arrays(path)["x_train"]))
    weights = [torch.from_numpy(weight) for weight in some_weights()]

    def all_products() -> None:
        for x in floats.split(BATCH_SIZE):
            eight_products(x, weights, torch.mm)

    def fastest_products() -> float:
        """With one thread or with all of them: on small matrices one may be faster."""
        all_threads = torch.get_num_threads()
        try:
            return min((torch.set_num_threads(threads), warm(all_products))[1] for threads in {1, all_threads})
        finally:
            torch.set_num_threads(all_threads)

    return {"rate": lambda: best_rate(product_of), "epoch": fastest_products}


def warm(task: Task) -> float:
    """Seconds of the faster of two, after one that does not count."""
    task()
    return min(seconds(task) for _ in range(2))


def eight_products(
    x: Any, weights: Sequence[Any], product: Callable[[Any, Any], Any], *, transposed: bool = False
) -> list[Any]:
    """Three products forward, three for the gradients of the weights, two for those of the inputs of a layer.

    Returns what stands for the gradients of the weights.
    """
    first, second, last = weights
    h1 = product(x, first)
    h2 = product(h1, second)
    delta = product(h2, last)
    delta2 = product(delta, last.T)
    delta1 = product(delta2, second.T)
    pairs = ((x, delta1), (h1, delta2), (h2, delta))
    return [product(after.T, before) if transposed else product(before.T, after) for before, after in pairs]


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Set the engine up."""
    engine, path = sys.argv[1:3]
    tasks = {"numpy": numpy_tasks, "jax": jax_tasks, "torch": torch_tasks}[engine](path)
    return lambda request: {"value": tasks[request["task"]]()}, {"versions": contest.versions_of(engine)}


contest.serve(prepare)
