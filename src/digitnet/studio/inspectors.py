"""Inspectors of networks: weights are read at the first question, the index of nearest digits is built in a thread."""

import threading
from functools import cached_property

from digitnet.arrays import Images
from digitnet.inspection import ExcitingImages, Neighbours, Network, exciting_images, read_network
from digitnet.studio.file_cache import FileCache
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.networks import Networks

__all__ = ["NetworkInspector", "NetworkInspectors"]


class NetworkInspector:
    """One network, and the images of MNIST that matter for its answers; safe to use from any thread.

    Args:
        network: Its weights.
        mnist: The images to compare with.

    Attributes:
        network: Its weights.
        has_digit_classes: Whether it has ten classes, as MNIST has.
    """

    def __init__(self, network: Network, mnist: LazyMnist) -> None:
        self.network = network
        self.has_digit_classes = len(network.class_names) == 10
        self._mnist = mnist
        self._lock = threading.Lock()
        self._search: threading.Thread | None = None
        self._neighbours: Neighbours | None = None

    @cached_property
    def _exciting(self) -> ExcitingImages:
        return exciting_images(self.network, self._mnist.test.images)

    def exciting(self, layer: int, unit: int) -> list[int]:
        """Positions of the test images that activate a neuron most; none for a network of other classes."""
        if not self.has_digit_classes:
            return []
        with self._lock:  # so that the images are run through the network once
            exciting = self._exciting
        places: list[int] = exciting.of(layer, unit).tolist()
        return places

    def nearest(self, image: Images, count: int) -> list[int] | None:
        """The training images nearest to one.

        Args:
            image: uint8 (28, 28).
            count: How many.

        Returns:
            Their positions, the nearest first; empty for a network of other classes. None while the index is built,
            which the first question begins.
        """
        if not self.has_digit_classes:
            return []
        with self._lock:
            if self._search is None:
                self._search = threading.Thread(target=self._build_index, name="digitnet-neighbours", daemon=True)
                self._search.start()
            neighbours = self._neighbours
        return None if neighbours is None else neighbours.nearest(image[None], count).tolist()

    def _build_index(self) -> None:
        self._neighbours = Neighbours(self.network, self._mnist.train.images)


class NetworkInspectors:
    """The inspectors of all networks; safe to use from any thread.

    Args:
        networks: The networks that can answer.
        mnist: The images to compare with.
    """

    def __init__(self, networks: Networks, mnist: LazyMnist) -> None:
        self._networks = networks
        self._mnist = mnist
        self._kept: FileCache[NetworkInspector] = FileCache()

    def get(self, model_id: str) -> NetworkInspector:
        """The inspector of a network.

        Args:
            model_id: "" is the loaded one.

        Returns:
            It.

        Raises:
            NotFoundError: There is no such network.
            BusyError: It may not answer.
            ModelFileError: Its file is damaged, or is no single network.
        """
        path = self._networks.file(model_id)
        return self._kept.get(path, lambda: NetworkInspector(read_network(path), self._mnist))
