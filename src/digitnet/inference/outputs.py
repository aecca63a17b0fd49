"""What the networks of a model file give for some images: the arrays that pass from the predictor to the decision."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Logits, Probabilities

__all__ = ["Outputs"]


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """Outputs of a model file, one row for each image; no row depends on the images beside it.

    Attributes:
        probabilities: float32 (n, classes), calibrated; each row sums to 1.
        logits: float32 (n, classes), before the division by the temperature.
        digit_score: float32 (n,), the higher, the more the image looks like a digit at all; None where the model file
            has no such output, or it was not asked for.
        second_logits: float32 (n, classes), those of the second network; None as above.
        is_averaged: bool (n,), True where probabilities and logits are means over the image and distorted copies of it.
        copies: How many copies those are.
    """

    probabilities: Probabilities
    logits: Logits
    digit_score: AnyArray | None
    second_logits: Logits | None
    is_averaged: NDArray[np.bool_]
    copies: int = 0

    def __len__(self) -> int:
        return len(self.probabilities)

    def take(self, rows: AnyArray) -> "Outputs":
        """Those of some of the images.

        Args:
            rows: Their positions, or bool (n,), True for those to take.
        """
        return replace(
            self,
            probabilities=self.probabilities[rows],
            logits=self.logits[rows],
            digit_score=None if self.digit_score is None else self.digit_score[rows],
            second_logits=None if self.second_logits is None else self.second_logits[rows],
            is_averaged=self.is_averaged[rows],
        )
