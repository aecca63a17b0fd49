"""The smallest change of ink that can be found to make a network answer something else.

A greedy search along gradients: the pixel that does most for another answer is inked or emptied, then the gradients are
taken anew. Ink is added near ink only, as a pen would. What flips the answer is then made smaller as long as that goes:
pixels that are not needed are put back, and of each that is needed only so much is changed as it takes. So no pixel of
what is found can be put back, but another set of pixels may need less: finding the least of all is not feasible
(it is a mixed-integer programme with one binary variable for each ReLU). There is no chance in it, and no clock: its
limits are numbers of pixels and of passes.

Source:
    S. Wachter and others, Harvard Journal of Law & Technology 31 (2018), 841-887 (counterfactual explanations);
    N. Papernot and others (2016), arXiv 1511.07528 (pixels one after the other, by their gradients).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images, Indices, Probabilities
from digitnet.errors import ConfigurationError
from digitnet.inspection.network import PIXELS, Network

__all__ = ["Counterfactual", "Search", "find_counterfactual"]

Array: TypeAlias = NDArray[np.float32]
Answers: TypeAlias = Callable[[Images], Probabilities]

_FULL = 255
_LEVELS = 15  # strengths of a change that are tried between none and all of it; chosen by hand


class Search(NamedTuple):
    """How far the search goes; chosen by hand, so that it takes at most a second on one core (docs/log.md, 2026-11-30).

    Attributes:
        rivals: Other answers that are tried, those that need least by a first estimate; all of ten digits.
        pixels: The most that may change.
        singly: So many pixels are changed one after the other; beyond, three between two looks at the gradients.
        reach: Rows and columns from ink to where ink may be added.
        ink: Level from which a pixel counts as ink for that, of 255.
        looks: Images that may be run through the network before another rival is not tried any more, if there is a
            change by then. A look at the gradients counts as three: it goes back through the network once for each.
        slack: Pixels of ink that an attempt may be above the best one so far before it is given up; making it smaller
            saves about that much.
    """

    rivals: int = 9
    pixels: int = 60
    singly: int = 24
    reach: int = 2
    ink: int = 64
    looks: int = 3500
    slack: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """An image with another answer.

    Attributes:
        image: uint8 (28, 28), the changed image.
        label: What is answered to it.
        pixels: Which pixels are changed, int64 (k,), k >= 1, those that were chosen first at the beginning.
        probabilities: With none of them changed, one, two, ... all, float32 (k + 1, classes).
        added: Ink that is added, in pixels of full ink.
        removed: Ink that is taken away, likewise.
    """

    image: Images
    label: int
    pixels: Indices
    probabilities: Probabilities
    added: float
    removed: float


def find_counterfactual(
    network: Network, answers: Answers, image: Images, *, target: int | None = None, search: Search | None = None
) -> Counterfactual | None:
    """Search for a small change of ink after which the answer is another one.

    Args:
        network: Gives the gradients.
        answers: The model that really answers: probabilities (n, classes) of uint8 images (n, 28, 28). It has the
            last word on whether an answer has flipped.
        image: uint8 (28, 28).
        target: The class to be answered; None for any but the answer of now.
        search: How far to go; None for the usual.

    Returns:
        The smallest change that was found; None where there was none within the limits of the search.

    Raises:
        ConfigurationError: There is no such class, or it is the answer already.
    """
    search = search or Search()
    classes = len(network.class_names)
    label = int(answers(image[np.newaxis])[0].argmax())
    if target is not None and not 0 <= target < classes:
        raise ConfigurationError(f"there is no class {target}: this network has {classes}, from 0")
    if target == label:
        name = network.class_names[label]
        raise ConfigurationError(f"the answer is {name} already: choose another class to change it into")
    attempt = _Attempt(network, answers, image.reshape(PIXELS), label, search)
    rivals = attempt.rivals() if target is None else [target]
    best: _Change | None = None
    for rival in rivals:
        if best is not None and attempt.looks > search.looks:
            break
        found = attempt.towards(rival, search.pixels if best is None else best.ink)
        if found is not None and (best is None or found.ink < best.ink):
            best = found
    return None if best is None else _described(answers, image, best)


@dataclass(frozen=True, slots=True, eq=False)
class _Change:
    """A changed image, uint8 (784,), and which of its pixels are changed, in the order in which they were chosen."""

    image: Images
    pixels: tuple[int, ...]
    label: int
    ink: float


class _Attempt:
    """The search on one image; `looks` counts the work, so that its end depends on no clock."""

    def __init__(self, network: Network, answers: Answers, image: Images, label: int, search: Search) -> None:
        self._network = network
        self._model = answers
        self.looks = 0
        self._image = image
        self._label = label
        self._search = search
        self._near = _near_ink(image, search)

    def rivals(self) -> list[int]:
        """The other classes that need least ink, were all gradients to stay as they are; the least first."""
        others = [label for label in range(len(self._network.class_names)) if label != self._label]
        gaps, slopes = self._look(self._image, others)
        gains = np.sort(np.abs(slopes) * self._room(self._image, slopes), axis=1)[:, ::-1].cumsum(axis=1)
        needed = [int(np.searchsorted(row, gap)) for row, gap in zip(gains, gaps, strict=True)]
        order = np.argsort(needed, kind="stable")[: self._search.rivals]
        return [others[place] for place in order]

    def towards(self, rival: int, ink_limit: float) -> _Change | None:
        """Change pixel after pixel until the rival is answered; None where that takes too many, or too much ink."""
        image, changed = self._image.copy(), list[int]()
        while _ink(image, self._image) <= ink_limit + self._search.slack:
            (gap,), (slopes,) = self._look(image, [rival])
            if gap <= 0 and _flips(self._answers, image[np.newaxis], rival)[0]:
                return self._smaller(image, changed, rival)
            worth = np.abs(slopes) * (self._room(image, slopes) > 0)
            worth[changed] = 0
            count = 1 if len(changed) < self._search.singly else 3
            chosen = np.argsort(-worth, kind="stable")[:count]
            chosen = chosen[worth[chosen] > 0][: self._search.pixels - len(changed)]
            if not len(chosen):
                return None
            image[chosen] = np.where(slopes[chosen] > 0, _FULL, 0)
            changed.extend(chosen.tolist())
        return None

    def _look(self, image: Images, rivals: Sequence[int]) -> tuple[Array, Array]:
        """How far each rival's score is below the highest, (k,), and what each pixel's ink adds to it, (k, 784)."""
        self.looks += 3 * len(rivals)
        seen = self._network.look(image[np.newaxis])
        weights = np.zeros((len(rivals), len(self._network.class_names)), np.float32)
        weights[np.arange(len(rivals)), rivals] = 1
        weights[:, self._label] = -1  # towards the rival, and away from the answer of now
        slopes = self._network.gradients(seen, len(self._network.layers) - 1, weights)[0]
        scores = seen.logits[0]
        return scores.max() - scores[list(rivals)], slopes

    def _room(self, image: Images, slopes: Array) -> Array:
        """By how much each pixel may change in the direction of its slope, in parts of full ink."""
        levels = image.astype(np.float32) / _FULL
        return np.asarray(np.where(slopes > 0, (1 - levels) * self._near, levels), np.float32)

    def _by_weights(self, images: Images) -> Probabilities:
        """What the weights answer: nearly what the model answers, whose sums may be rounded, and sooner."""
        self.looks += len(images)
        return self._network.probabilities(self._network.look(images).logits)

    def _answers(self, images: Images) -> Probabilities:
        """What the model answers."""
        self.looks += len(images)
        return self._model(images)

    def _smaller(self, image: Images, changed: Sequence[int], rival: int) -> _Change:
        """Put back what is not needed and weaken what is; by the weights, where the model bears them out."""
        found = self._smaller_by(self._by_weights, image, changed, rival)
        pixels = list(found.pixels)
        looked = np.concatenate([found.image[np.newaxis], self._without_each(found.image, pixels)])
        flips = _flips(self._answers, looked, rival)
        if flips[0] and (len(pixels) == 1 or not flips[1:].any()):
            return found
        return self._smaller_by(self._answers, image, changed, rival)

    def _smaller_by(self, answers: Answers, image: Images, changed: Sequence[int], rival: int) -> _Change:
        kept = list(changed)
        while True:
            image, kept = self._put_back(answers, image, kept, rival)
            for pixel in reversed(kept):
                image = self._weakened(answers, image, pixel, rival)
            if len(kept) == 1 or not _flips(answers, self._without_each(image, kept), rival).any():
                return _Change(image, tuple(kept), rival, _ink(image, self._image))

    def _put_back(
        self, answers: Answers, image: Images, changed: Sequence[int], rival: int
    ) -> tuple[Images, list[int]]:
        """Put pixels back as long as the rival is still answered, each time the one with the most ink."""
        kept = list(changed)
        while len(kept) > 1:
            without = self._without_each(image, kept)
            saved = np.abs(image[kept].astype(np.int64) - self._image[kept])
            saved[~_flips(answers, without, rival)] = -1
            place = int(saved.argmax())
            if saved[place] < 0:
                break
            image = without[place]
            del kept[place]
        return image, kept

    def _without_each(self, image: Images, kept: Sequence[int]) -> Images:
        """The image once for each of some pixels, with that one put back, (k, 784)."""
        without = np.repeat(image[np.newaxis], len(kept), axis=0)
        without[np.arange(len(kept)), kept] = self._image[kept]
        return without

    def _weakened(self, answers: Answers, image: Images, pixel: int, rival: int) -> Images:
        """The same with as little changed at one pixel as still gives the rival's answer."""
        before, after = int(self._image[pixel]), int(image[pixel])
        shares = np.arange(1, _LEVELS + 1) / (_LEVELS + 1)
        levels = np.unique(np.rint(before + shares * (after - before)).astype(np.uint8))
        levels = levels[(levels != before) & (levels != after)]
        if not len(levels):
            return image
        tried = np.repeat(image[np.newaxis], len(levels), axis=0)
        tried[:, pixel] = levels
        flipping = tried[_flips(answers, tried, rival)]
        if not len(flipping):
            return image
        distances = np.abs(flipping[:, pixel].astype(np.int64) - before)
        return np.asarray(flipping[int(distances.argmin())])


def _flips(answers: Answers, images: Images, rival: int) -> NDArray[np.bool_]:
    """To which of some images (n, 784) the rival is answered."""
    probabilities = answers(images.reshape(-1, IMAGE_SIDE, IMAGE_SIDE))
    return np.asarray(probabilities.argmax(axis=1) == rival)


def _described(answers: Answers, image: Images, change: _Change) -> Counterfactual:
    before = image.reshape(PIXELS)
    steps = np.repeat(before[np.newaxis], len(change.pixels) + 1, axis=0)
    for number, pixel in enumerate(change.pixels, start=1):
        steps[number:, pixel] = change.image[pixel]
    difference = (change.image.astype(np.float64) - before) / _FULL
    return Counterfactual(
        image=change.image.reshape(IMAGE_SIDE, IMAGE_SIDE),
        label=change.label,
        pixels=np.asarray(change.pixels, np.int64),
        probabilities=answers(steps.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)),
        added=float(difference.clip(min=0).sum()),
        removed=float((-difference).clip(min=0).sum()),
    )


def _near_ink(image: Images, search: Search) -> NDArray[np.bool_]:
    """Which of 784 pixels are ink, or have ink within so many rows and columns."""
    reach = search.reach
    ink = np.pad(image.reshape(IMAGE_SIDE, IMAGE_SIDE) >= search.ink, reach)
    sides = range(2 * reach + 1)
    shifted = [ink[row : row + IMAGE_SIDE, column : column + IMAGE_SIDE] for row in sides for column in sides]
    return np.asarray(np.any(shifted, axis=0).reshape(PIXELS))


def _ink(one: Images, other: Images) -> float:
    """How much ink two images differ by, in pixels of full ink."""
    return float(np.abs(one.astype(np.int64) - other).sum()) / _FULL
