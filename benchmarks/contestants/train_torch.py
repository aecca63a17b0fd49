"""A training loop in PyTorch as a good engineer writes it. Arguments: the data, and `compile` or `eager`.

The data is in memory as float32, flattened; a permutation is drawn once an epoch and batches are selected by index;
Adam is the fused one; gradients are dropped, not zeroed; nothing is asked of the loss while it trains. The number of
threads is the fastest of those tried.
"""

import itertools
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import contest

_STEPS_TO_TRY = 150  # of training, with each number of threads


class Network:
    """The network and its training; compiled once, and started afresh from another seed as often as one likes."""

    def __init__(self, *, compiled: bool) -> None:
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise((784, *contest.HIDDEN_SIZES)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(contest.DROPOUT)]
        self.model = nn.Sequential(*layers, nn.Linear(contest.HIDDEN_SIZES[-1], 10))

        def loss(images: Tensor, labels: Tensor) -> Tensor:
            return nn.functional.cross_entropy(self.model(images), labels)

        # Not dynamic: one program for whole batches, and one for the last.
        self.loss = torch.compile(loss, dynamic=False) if compiled else loss

    def train(self, images: Tensor, labels: Tensor, epochs: int, seed: int) -> Iterator[float]:
        """Train from the beginning; gives the seconds of each epoch."""
        torch.manual_seed(seed)
        for layer in self.model:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        optimizer = torch.optim.Adam(self.model.parameters(), lr=contest.LEARNING_RATE, eps=1e-7, fused=True)
        self.model.train()
        for _ in range(epochs):
            began = time.perf_counter()
            for batch in torch.randperm(len(images)).split(contest.BATCH_SIZE):
                optimizer.zero_grad(set_to_none=True)
                self.loss(images.index_select(0, batch), labels.index_select(0, batch)).backward()
                optimizer.step()
            yield time.perf_counter() - began

    def accuracy(self, images: Tensor, labels: Tensor) -> float:
        """Part of the images that is classified rightly."""
        self.model.eval()
        with torch.no_grad():
            return float((self.model(images).argmax(dim=1) == labels).float().mean())


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Load, and find the best number of threads; what is returned trains and evaluates."""
    data = contest.load_arrays(sys.argv[1])
    x_train, x_test = (torch.from_numpy(contest.pixels(data[name])) for name in ("x_train", "x_test"))
    y_train, y_test = (torch.from_numpy(data[name].astype(np.int64)) for name in ("y_train", "y_test"))
    network, sample = Network(compiled=sys.argv[2] == "compile"), _STEPS_TO_TRY * contest.BATCH_SIZE

    def tried(threads: int) -> float:
        torch.set_num_threads(threads)
        return min(network.train(x_train[:sample], y_train[:sample], 2, seed=0))

    cores = os.cpu_count() or 1
    best = min(sorted({1, max(1, cores // 2), cores}), key=tried)
    torch.set_num_threads(best)

    def respond(request: dict[str, Any]) -> contest.Answer:
        n = request.get("images", len(x_train))
        seconds = list(network.train(x_train[:n], y_train[:n], request["epochs"], request.get("seed", 0)))
        return {"seconds": seconds, "accuracy": network.accuracy(x_test, y_test)}

    return respond, {"versions": contest.versions_of("torch", "numpy"), "note": f"threads: {best}"}


contest.serve(prepare)
