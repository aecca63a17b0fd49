"""The inside of each network: read when it is first looked at, and searched through in the background."""

import threading
from functools import cached_property

from digitnet.arrays import Images
from digitnet.inspection import Exciting, Neighbours, Network, exciting_images, read_network
from digitnet.studio.digits import Mnist
from digitnet.studio.file_cache import Kept
from digitnet.studio.networks import Networks

__all__ = ["Inside", "Insides"]


class Inside:
    """One network, and how it sees MNIST.

    Args:
        network: Its matrices.
        mnist: The digits.

    Attributes:
        network: Its matrices.
        knows_digits: Whether MNIST's digits are of its classes at all.
    """

    def __init__(self, network: Network, mnist: Mnist) -> None:
        self.network = network
        self.knows_digits = len(network.class_names) == 10
        self._mnist = mnist
        self._lock = threading.Lock()
        self._search: threading.Thread | None = None
        self._neighbours: Neighbours | None = None

    @cached_property
    def _exciting(self) -> Exciting:
        return exciting_images(self.network, self._mnist.test.images)

    def exciting(self, layer: int, unit: int) -> list[int]:
        """The test images that excite a neuron most; of a network of other classes none."""
        if not self.knows_digits:
            return []
        with self._lock:  # so that they are looked at once
            exciting = self._exciting
        places: list[int] = exciting.of(layer, unit).tolist()
        return places

    def nearest(self, image: Images, count: int) -> list[int] | None:
        """The training images nearest to one.

        Args:
            image: uint8 (28, 28).
            count: How many.

        Returns:
            Their numbers, the nearest first; none for a network of other classes. None where all of them are still
            being looked at, which the first question begins.
        """
        if not self.knows_digits:
            return []
        with self._lock:
            if self._search is None:
                self._search = threading.Thread(target=self._look_at_all, name="digitnet-neighbours", daemon=True)
                self._search.start()
            neighbours = self._neighbours
        return None if neighbours is None else neighbours.nearest(image[None], count).tolist()

    def _look_at_all(self) -> None:
        self._neighbours = Neighbours(self.network, self._mnist.train.images)


class Insides:
    """The insides of all networks; for any thread.

    Args:
        networks: Which there are.
        mnist: The digits.
    """

    def __init__(self, networks: Networks, mnist: Mnist) -> None:
        self._networks = networks
        self._mnist = mnist
        self._kept: Kept[Inside] = Kept()

    def get(self, model_id: str) -> Inside:
        """The inside of a network.

        Args:
            model_id: "" is the loaded one.

        Returns:
            It.

        Raises:
            NotThereError: There is no such network.
            BusyError: It may not answer.
            ModelFileError: Its file is damaged, or is no single network.
        """
        path = self._networks.file(model_id)
        return self._kept.get(path, lambda: Inside(read_network(path), self._mnist))
