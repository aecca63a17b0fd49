"""The nearest images, against a search through all of them."""

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.datasets import load_mnist
from digitnet.inspection import Neighbours, Network
from made_up_networks import made_up_images, made_up_network


def searched(network: Network, images: Images, image: Images, count: int) -> list[int]:
    seen = network.look(np.concatenate([image, images]))
    answers = (seen.activations[-1] if seen.activations else seen.inputs).astype(np.float64)
    distances = ((answers[1:] - answers[0]) ** 2).sum(axis=1)
    nearest: list[int] = distances.argsort(kind="stable")[:count].tolist()
    return nearest


@pytest.mark.parametrize("sizes", [(), (8,), (200, 120)])
def test_the_nearest_of_digits_are_those_of_a_full_search(sizes: tuple[int, ...]) -> None:
    train, test = load_mnist()
    network = made_up_network(sizes)
    images = train.images[:1500]
    index = Neighbours(network, images)
    right = 0
    for image in test.images[:20, np.newaxis]:
        right += len({*index.nearest(image, 8).tolist()} & {*searched(network, images, image, 8)})
    assert right >= 0.97 * 160  # few directions choose; all of them, as in the layer of 8, choose without a mistake
    if sizes == (8,):
        assert right == 160


def test_the_nearest_come_first() -> None:
    network = made_up_network((24, 16))
    images = made_up_images(300)
    assert Neighbours(network, images).nearest(images[41:42], 5).tolist() == searched(network, images, images[41:42], 5)
    assert Neighbours(network, images).nearest(images[41:42], 5)[0] == 41


def test_no_more_are_found_than_there_are() -> None:
    images = made_up_images(4)
    assert sorted(Neighbours(made_up_network(), images).nearest(images[:1], 12).tolist()) == [0, 1, 2, 3]
