"""Examples for the networks that read pages, from pages that were put together by hand."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.augmentation.reading_examples import (
    CHARACTER_SAMPLING,
    PIXEL_SAMPLING,
    Examples,
    character_examples,
    pixel_examples,
)
from digitnet.augmentation.written_pages import INK, OTHER, RULE, WrittenCharacter, WrittenPage
from digitnet.pictures.local_contrast import NUM_FEATURES, local_contrast
from digitnet.segmentation.characters import CHARACTER_NAMES

SIZE = (80, 200)
BAR = (10, 40)  # width and height of what stands for a character
Placed = tuple[str, int, int]  # name, left edge, and width
# So that no example is left out: as many parts as there are.
ALL = CHARACTER_SAMPLING._replace(parts=100.0, several=100.0, letters_and_junk=100.0)


def page_of(*bars: Placed, stray: int | None = None, rule: int | None = None) -> WrittenPage:
    """Bars side by side, one number for each; ink of nobody at a column; a rule at a row."""
    ink, rules = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    owners = np.zeros(SIZE, np.int32)
    characters = []
    for number, (name, left, width) in enumerate(bars, start=1):
        ink[20:60, left : left + width] = 255
        owners[20:60, left : left + width] = number
        characters.append(WrittenCharacter(name, (left, 20, left + width, 60), number, 0))
    if stray is not None:
        ink[20:60, stray : stray + BAR[0]] = 255
    if rule is not None:
        rules[rule : rule + 3] = 255
    kinds = np.where(rules > 0, RULE, np.where(ink > 0, INK, 0)).astype(np.uint8)
    picture = np.asarray(230 - np.maximum(ink // 255 * 150, rules // 255 * 100), np.uint8)
    return WrittenPage(picture, ink, rules, owners, kinds, tuple(characters), 40.0)


def names_of(examples: Examples) -> list[str]:
    return sorted(CHARACTER_NAMES[label] for label in examples.labels)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_characters_apart_from_one_another_have_their_own_names() -> None:
    examples = character_examples(page_of(("1", 20, 10), ("7", 80, 10), ("(", 140, 10)), rng(), sampling=ALL)
    assert names_of(examples) == ["(", "1", "7"]
    assert len(examples.features) == 3


def test_two_neighbours_together_are_several_and_two_letters_are_a_word() -> None:
    digits = character_examples(page_of(("1", 20, 10), ("7", 42, 10)), rng(), sampling=ALL)
    assert names_of(digits) == ["1", "7", "several"]
    letters = character_examples(page_of(("letter", 20, 10), ("letter", 42, 10)), rng(), sampling=ALL)
    assert set(names_of(letters)) == {"letter"}


def test_half_of_a_character_is_a_part_of_it() -> None:
    page = page_of(("7", 20, 10))
    page.ink[20:60, 40:50], page.owners[20:60, 40:50] = 255, 1  # its other half, apart from it
    assert names_of(character_examples(page, rng(), sampling=ALL)) == ["7", "part", "part"]


def test_ink_of_nobody_and_scribble_are_junk() -> None:
    examples = character_examples(page_of(("3", 20, 10), ("junk", 80, 10), stray=140), rng(), sampling=ALL)
    assert names_of(examples) == ["3", "junk", "junk"]


def test_fewer_parts_than_asked_for_are_left_out() -> None:
    page = page_of(("7", 20, 10), ("7", 100, 10))
    page.ink[20:60, 40:50], page.owners[20:60, 40:50] = 255, 1
    page.ink[20:60, 120:130], page.owners[20:60, 120:130] = 255, 2
    few = CHARACTER_SAMPLING._replace(parts=0.5, fewest=0)
    assert names_of(character_examples(page, rng(), sampling=few)) == ["7", "7", "part"]


def test_an_empty_page_has_no_examples() -> None:
    assert character_examples(page_of(), rng()).features.shape[0] == 0
    assert pixel_examples(page_of(), rng()).features.shape == (0, NUM_FEATURES)


def test_the_pixel_network_finds_the_ink_where_it_is_asked() -> None:
    asked = []

    def all_is_rule(features: np.ndarray) -> np.ndarray:
        asked.append(len(features))
        return np.asarray(np.eye(4)[np.full(len(features), RULE)])

    page = page_of(("1", 20, 10))
    found = character_examples(page, rng(), all_is_rule, CHARACTER_SAMPLING._replace(found_ink=1.0))
    assert len(found.labels) == 0  # as there is no ink but only rules
    assert asked
    known = character_examples(page, rng(), all_is_rule, CHARACTER_SAMPLING._replace(found_ink=0.0))
    assert names_of(known) == ["1"]


def test_pixels_are_named_by_what_the_page_has_there() -> None:
    page = page_of(("1", 20, 10), ("7", 80, 10), rule=70)
    local = local_contrast(page.picture)
    kinds_of: dict[bytes, set[int]] = {}
    rows, columns = np.nonzero(local.candidates())
    for features, kind in zip(local.features(rows, columns), page.kinds[rows, columns].tolist(), strict=True):
        kinds_of.setdefault(features.tobytes(), set()).add(kind)
    examples = pixel_examples(page, rng(), PIXEL_SAMPLING._replace(inverted=0.0))
    assert len(examples.labels) == PIXEL_SAMPLING.most
    assert {INK, RULE} <= set(examples.labels.tolist())
    for features, label in zip(examples.features, examples.labels, strict=True):
        assert label in kinds_of[features.tobytes()]


@pytest.mark.parametrize("rule", [None, 70])
def test_nothing_in_a_negative_is_ink(rule: int | None) -> None:
    page = page_of(("1", 20, 10), ("7", 80, 10), rule=rule)
    # Rings, whose holes are darker than what is around them in a negative.
    picture: GrayPicture = page.picture.copy()
    cv2.circle(picture, (150, 40), 12, 60, 5)
    page = WrittenPage(picture, page.ink, page.rules, page.owners, page.kinds, page.characters, 40.0)
    examples = pixel_examples(page, rng(), PIXEL_SAMPLING._replace(inverted=1.0))
    assert 0 < len(examples.labels) <= PIXEL_SAMPLING.most // 2
    assert set(examples.labels.tolist()) == {OTHER}
