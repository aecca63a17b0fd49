"""MNIST, loaded when an image of it is first needed."""

from functools import cached_property

from digitnet.datasets import Dataset, load_mnist

__all__ = ["LazyMnist"]


class LazyMnist:
    """The bundled data set; its 55 MB are loaded when `train` or `test` is first used."""

    @cached_property
    def _parts(self) -> tuple[Dataset, Dataset]:
        return load_mnist()

    @property
    def train(self) -> Dataset:
        """The 60,000 training digits."""
        return self._parts[0]

    @property
    def test(self) -> Dataset:
        """The 10,000 test digits."""
        return self._parts[1]
