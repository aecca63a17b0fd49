"""Example difficulty: difficult training images are shown more often than the others.

After a few epochs a network is sure of 49 images in 50, and most of an epoch teaches it nothing. Here a part of each
epoch is drawn in proportion to the difficulty of each image: 1 minus the probability that the network gave its true
label, averaged over the last times it was shown.
"""

from typing import Any

import numpy as np

from digitnet.arrays import AnyArray

__all__ = ["ExampleDifficulty"]

# Weight of the old difficulty in the moving average when an image is seen again, so that one unlucky distortion does
# not make it a hard one; chosen by hand.
_MOMENTUM = 0.9
_INITIAL_DIFFICULTY = 0.5  # of every image: any number above 0 starts training with all alike


class ExampleDifficulty:
    """Draws the images of each epoch by their difficulty, which it keeps up to date.

    Args:
        n: Training images.
        share: Part of each epoch that goes by difficulty, in [0, 1]; the rest goes through all images alike.

    Attributes:
        difficulties: float32 (n,), in [0, 1]: 1 minus the probability that the network gave the true label, as a
            moving average over the times the image was seen. All that the next epochs depend on, besides the seed.

    Source:
        Choosing by the latest known loss: Loshchilov and Hutter (2015), arXiv 1511.06343. Without the weights that
        would make the gradient that of the plain mean, since what is wanted is fewer mistakes and not a lower mean.
    """

    def __init__(self, n: int, share: float) -> None:
        self.share = share
        self.difficulties = np.full(n, _INITIAL_DIFFICULTY, np.float32)

    def order_of_epoch(self, seed: int, epoch: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        """As many images as there are, some of them more than once.

        Args:
            seed: With the epoch and the difficulties it decides the draw.
            epoch: Counted from 0.

        Returns:
            int32 (n,), indices of images. Image i occurs n * p[i] times, rounded up or down at random, where
            p[i] = (1 - share) / n + share * difficulties[i] / sum(difficulties); 1 / n where all of them are 0.
        """
        n = len(self.difficulties)
        difficulties = self.difficulties.astype(np.float64).clip(min=0)  # a softmax may round to a little more than 1
        total = difficulties.sum()
        by_difficulty = difficulties / total if total > 0 else np.full(n, 1 / n)
        probabilities = (1 - self.share) / n + self.share * by_difficulty
        generator = np.random.default_rng([seed, epoch])
        # Systematic sampling: evenly spaced points on the line of all probabilities laid end to end.
        ends = np.cumsum(probabilities)
        points = (np.arange(n) + generator.random()) / n * ends[-1]
        return generator.permutation(np.searchsorted(ends, points).clip(max=n - 1)).astype(np.int32)

    def update(self, order: AnyArray, difficulties: AnyArray) -> None:
        """Update the difficulties after an epoch.

        Args:
            order: int (m,), what `order_of_epoch` gave.
            difficulties: float (m,), of the image of each place of the order when it was shown there.
        """
        n = len(self.difficulties)
        times = np.bincount(order, minlength=n)
        seen = times > 0
        mean = np.bincount(order, difficulties, minlength=n)[seen] / times[seen]
        kept = _MOMENTUM ** times[seen]
        self.difficulties[seen] = kept * self.difficulties[seen] + (1 - kept) * mean
