"""What the networks that read pages learn from: pixels, and candidates for characters, with their names."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.augmentation.written_pages import INK, NOTHING, OTHER, RULE, WrittenPage
from digitnet.pictures.local_contrast import NUM_FEATURES as NUM_PIXEL_FEATURES
from digitnet.pictures.local_contrast import local_contrast
from digitnet.pictures.written_ink import PIXEL_KINDS, PixelClassifier, find_written_ink
from digitnet.segmentation.character_views import NUM_FEATURES as NUM_CHARACTER_FEATURES
from digitnet.segmentation.character_views import character_features, line_centres
from digitnet.segmentation.characters import CHARACTER_NAMES
from digitnet.segmentation.components import INK_FROM, typical_height
from digitnet.segmentation.lattice import Group
from digitnet.segmentation.page import PAGE_LIMITS, Page, segment_written

# What the labels of both kinds of examples stand for belongs to the examples, so it can be had here too.
__all__ = [
    "CHARACTER_NAMES",
    "CHARACTER_SAMPLING",
    "PIXEL_KINDS",
    "PIXEL_SAMPLING",
    "CharacterSampling",
    "Examples",
    "PixelSampling",
    "character_examples",
    "pixel_examples",
]


class Examples(NamedTuple):
    """What a network sees, and what it should answer.

    Attributes:
        features: uint8 (n, k).
        labels: uint8 (n,).
    """

    features: NDArray[np.uint8]
    labels: NDArray[np.uint8]


class PixelSampling(NamedTuple):
    """Which pixels of a page are examples. All numbers were chosen by hand."""

    # Greatest number of examples of a page.
    most: int = 350
    # Share of the pages that are shown as negatives: all that is darker than its surroundings there is paper between
    # strokes, so none of it is ink. Whether ink is dark follows from that.
    inverted: float = 0.2
    # Part of the examples of a page that its negative gives.
    inverted_part: float = 0.5
    # How often a pixel is taken for each one of paper: ink and rules are what has to be told apart.
    ink_and_rules: float = 1.5


class CharacterSampling(NamedTuple):
    """How a candidate of a line is named, and which are examples. All numbers were chosen by hand."""

    # Share of the pages whose ink the pixel network finds; of the others it is known.
    found_ink: float = 0.5
    # Share of a candidate's ink that must be of characters, for it to be more than junk.
    owned: float = 0.5
    # Share of a character's ink, and part of the candidate's ink, from which the candidate holds that character.
    held: float = 0.5
    held_part: float = 0.1
    # Part of the candidate's ink that must be of one word or scribble.
    same: float = 0.7
    # Part of the candidate's ink that must be of one character, and share of that character's ink that must be in it.
    pure: float = 0.88
    whole: float = 0.85
    # Number of examples of each other kind, for each one with a name of its own; not fewer than `fewest` if there are.
    parts: float = 1.0
    several: float = 0.5
    letters_and_junk: float = 1.0
    fewest: int = 4


PIXEL_SAMPLING = PixelSampling()
CHARACTER_SAMPLING = CharacterSampling()
_NEVER_TURNED = PAGE_LIMITS._replace(level=math.inf)  # the owners of pixels are known on the page as it is
_INK_BLUR = 0.7  # standard deviation in pixels of known ink, which is as soft as ink that was found; chosen by hand


def pixel_examples(page: WrittenPage, rng: np.random.Generator, sampling: PixelSampling = PIXEL_SAMPLING) -> Examples:
    """Pixels of a page that may be anything but paper, and what they are.

    Args:
        page: As `write_page` gives it.
        rng: What the choice follows from.
        sampling: Which pixels are chosen.

    Returns:
        Features as in `local_contrast`, and indices in `written_ink.PIXEL_KINDS`.
    """
    is_inverted = rng.random() < sampling.inverted
    local = local_contrast(np.asarray(255 - page.picture, np.uint8) if is_inverted else page.picture)
    rows, columns = np.nonzero(local.candidates())
    if not len(rows):
        return Examples(np.zeros((0, NUM_PIXEL_FEATURES), np.uint8), np.zeros(0, np.uint8))
    kinds = np.full(len(rows), OTHER, np.uint8) if is_inverted else page.kinds[rows, columns]
    weights = np.ones(4)
    weights[[INK, RULE]] = sampling.ink_and_rules
    weights[[NOTHING, OTHER]] = 1
    chances = weights[kinds] / weights[kinds].sum()
    most = int(sampling.most * (sampling.inverted_part if is_inverted else 1))
    chosen = rng.choice(len(rows), min(most, len(rows)), replace=False, p=chances)
    return Examples(local.features(rows[chosen], columns[chosen]), kinds[chosen])


def character_examples(
    page: WrittenPage,
    rng: np.random.Generator,
    classify: PixelClassifier | None = None,
    sampling: CharacterSampling = CHARACTER_SAMPLING,
) -> Examples:
    """Candidates for characters of a page, and what they are.

    Args:
        page: As `write_page` gives it.
        rng: What the choice follows from.
        classify: The pixel network, whose mistakes the examples then show; without it the ink is the known one.
        sampling: How candidates are named and chosen.

    Returns:
        Features as in `character_views`, and indices in `characters.CHARACTER_NAMES`.
    """
    nothing = Examples(np.zeros((0, NUM_CHARACTER_FEATURES), np.uint8), np.zeros(0, np.uint8))
    if classify is not None and rng.random() < sampling.found_ink:
        ink = find_written_ink(page.picture, classify).ink
    else:
        ink = np.where(page.ink > 0, cv2.GaussianBlur(page.ink, (0, 0), _INK_BLUR), 0).astype(np.uint8)
    owners = _Owners(page, ink, sampling)
    found = [nothing]
    for line in _segmented(ink).lines:
        if not line.groups:
            continue
        names = np.array([owners.name_of(group) for group in line.groups])
        chosen = _chosen(names, rng, sampling).tolist()
        groups, frames = [line.groups[n] for n in chosen], [line.frames[n].image for n in chosen]
        centres = line_centres(line.tall, np.array([group.left + group.ink.shape[1] / 2 for group in groups]))
        features = character_features(groups, frames, ink, centres, line.height)
        found.append(Examples(features, np.array([CHARACTER_NAMES.index(names[n]) for n in chosen], np.uint8)))
    return Examples(np.concatenate([own.features for own in found]), np.concatenate([own.labels for own in found]))


def _segmented(ink: GrayPicture) -> Page:
    """The lattices of a page's lines, in its own pixels."""
    strokes = np.asarray((ink >= INK_FROM) * np.uint8(1), np.uint8)
    count, _, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    shape = (ink.shape[0], ink.shape[1])
    if count < 2:
        return Page((), 0.0, np.eye(2, 3), shape)
    height = typical_height(statistics[1:, cv2.CC_STAT_HEIGHT])
    return segment_written(ink, height, np.eye(2, 3), shape, limits=_NEVER_TURNED)


class _Owners:
    """Which characters the ink of a page belongs to.

    Attributes:
        page: The page.
        names: Of its characters by their numbers.
        total: int (n,), pixels of ink of each number; 0 is ink of none.
        sampling: How a candidate is named.
    """

    def __init__(self, page: WrittenPage, ink: GrayPicture, sampling: CharacterSampling) -> None:
        self.page, self.sampling = page, sampling
        self.names = {character.number: character.name for character in page.characters}
        size = int(page.owners.max()) + 1
        self.total = np.bincount(page.owners[ink >= INK_FROM], minlength=size)

    def name_of(self, group: Group) -> str:
        """Which of `CHARACTER_NAMES` a candidate is."""
        sampling = self.sampling
        height, width = group.ink.shape
        window = self.page.owners[group.top : group.top + height, group.left : group.left + width]
        pixels = np.bincount(window[group.ink >= INK_FROM], minlength=len(self.total))
        owned = int(pixels[1:].sum())
        if owned == 0 or owned < sampling.owned * pixels.sum():
            return "junk"
        covered = pixels / np.maximum(self.total, 1)
        is_held = (covered > sampling.held) & (pixels > sampling.held_part * owned)
        held = {self.names[number] for number in (np.flatnonzero(is_held[1:]) + 1).tolist()}
        if is_held[1:].sum() >= 2:
            return "letter" if held == {"letter"} else "several"
        most = int(pixels[1:].argmax()) + 1
        name, pure = self.names[most], pixels[most] / owned
        if name in {"letter", "junk"} and pure > sampling.same:
            return name
        return name if pure > sampling.pure and covered[most] > sampling.whole else "part"


def _chosen(names: AnyArray, rng: np.random.Generator, sampling: CharacterSampling) -> AnyArray:
    """Candidates of a line that are examples: all with a name, and of the others some of each kind."""
    is_kept = ~np.isin(names, ["part", "several", "letter", "junk"])
    count = int(is_kept.sum())
    for kinds, share in (
        (["part"], sampling.parts),
        (["several"], sampling.several),
        (["letter", "junk"], sampling.letters_and_junk),
    ):
        others = np.flatnonzero(np.isin(names, kinds))
        most = min(len(others), max(sampling.fewest, int(share * count)))
        if most:
            is_kept[rng.choice(others, most, replace=False)] = True
    return np.flatnonzero(is_kept)
