"""Which images an epoch shows: more often those that the network does not read yet.

After a few epochs a network is sure of 49 images in 50, and most of an epoch teaches it nothing. Here a part of each
epoch is drawn in proportion to how little the network lately believed the true label of each image.
"""

from typing import Any

import numpy as np

from digitnet.arrays import AnyArray

__all__ = ["HardExamples"]

_KEPT = 0.9  # of an image's doubt at each new look: one unlucky distortion does not make an image a hard one
_FIRST_DOUBT = 0.5  # of every image, so that training starts with all alike


class HardExamples:
    """Draws the images of each epoch, and remembers how each was read.

    Args:
        n: Training images.
        share: Part of each epoch that goes by doubt, in [0, 1]; the rest goes through all images alike.

    Attributes:
        doubts: float32 (n,), in [0, 1]: 1 minus the probability that the network gave the true label, averaged over
            the latest looks at the image. All that the next epochs depend on, besides the seed.

    Source:
        Choosing by the latest known loss: Loshchilov and Hutter (2015), arXiv 1511.06343. Without the weights that
        would make the gradient that of the plain mean, since what is wanted is fewer mistakes and not a lower mean.
    """

    def __init__(self, n: int, share: float) -> None:
        self.share = share
        self.doubts = np.full(n, _FIRST_DOUBT, np.float32)

    def order_of_epoch(self, seed: int, epoch: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        """As many images as there are, some of them more than once.

        Args:
            seed: With the epoch and the doubts it decides the draw.
            epoch: Counted from 0.

        Returns:
            int32 (n,), indices of images. Image i occurs n * p[i] times, rounded up or down at random, where
            p[i] = (1 - share) / n + share * doubts[i] / sum(doubts); 1 / n where nothing is in doubt any more.
        """
        n = len(self.doubts)
        doubts = self.doubts.astype(np.float64).clip(min=0)  # a softmax may round to a little more than 1
        total = doubts.sum()
        by_doubt = doubts / total if total > 0 else np.full(n, 1 / n)
        probabilities = (1 - self.share) / n + self.share * by_doubt
        generator = np.random.default_rng([seed, epoch])
        # Systematic sampling: evenly spaced points on the line of all probabilities laid end to end.
        ends = np.cumsum(probabilities)
        points = (np.arange(n) + generator.random()) / n * ends[-1]
        return generator.permutation(np.searchsorted(ends, points).clip(max=n - 1)).astype(np.int32)

    def learn(self, order: AnyArray, doubts: AnyArray) -> None:
        """Take in how the images of an epoch were read.

        Args:
            order: int (m,), what `order_of_epoch` gave.
            doubts: float (m,), one look each.
        """
        n = len(self.doubts)
        looks = np.bincount(order, minlength=n)
        seen = looks > 0
        mean = np.bincount(order, doubts, minlength=n)[seen] / looks[seen]
        kept = _KEPT ** looks[seen]
        self.doubts[seen] = kept * self.doubts[seen] + (1 - kept) * mean
