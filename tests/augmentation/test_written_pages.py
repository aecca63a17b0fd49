"""Pages of which every pixel is known: what is said of them is what they show."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from digitnet.augmentation.page_layouts import LAYOUTS, draw_frame
from digitnet.augmentation.written_pages import INK, NOTHING, OTHER, RULE, WrittenPage, write_page
from digitnet.augmentation.written_sheet import Sheet
from digitnet.segmentation.characters import CHARACTER_NAMES
from written_hand import writer

SIZE = (128, 192)


@pytest.fixture(scope="module")
def pages() -> list[WrittenPage]:
    hand = writer(seed=1)
    return [write_page(hand, SIZE) for _ in range(24)]


def test_the_same_random_numbers_write_the_same_page(pages: list[WrittenPage]) -> None:
    again = write_page(writer(seed=1), SIZE)
    assert_array_equal(again.picture, pages[0].picture)
    assert again.characters[0].box == pages[0].characters[0].box
    assert not np.array_equal(write_page(writer(seed=2), SIZE).picture, pages[0].picture)


def test_each_character_owns_the_pixels_in_its_box(pages: list[WrittenPage]) -> None:
    for page in pages:
        assert {c.number for c in page.characters} == set(np.unique(page.owners).tolist()) - {0}
        for character in page.characters:
            rows, columns = np.nonzero(page.owners == character.number)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert character.box == box


def test_the_kind_of_a_pixel_is_what_covers_it(pages: list[WrittenPage]) -> None:
    for page in pages:
        assert ((page.kinds == INK) <= ((page.ink > 90) & (page.owners > 0))).all()
        assert ((page.kinds == RULE) <= (page.rules > 45)).all()
        assert page.rules[page.kinds == OTHER].max(initial=0) <= 90
    every = np.concatenate([page.kinds.ravel() for page in pages])
    assert (np.bincount(every, minlength=4) > 0.005 * every.size).all()


def test_ink_is_darker_than_the_paper_around_it(pages: list[WrittenPage]) -> None:
    darker = []
    for page in pages:
        ink = page.kinds == INK
        near = cv2.dilate(ink.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
        paper = near & (page.ink == 0) & (page.kinds == NOTHING)
        if ink.sum() > 50 and paper.sum() > 50:
            darker.append(np.median(page.picture[ink]) < np.median(page.picture[paper]))
    assert len(darker) > 12
    assert all(darker)


def test_characters_have_the_names_that_the_network_learns(pages: list[WrittenPage]) -> None:
    names = {character.name for page in pages for character in page.characters}
    assert names <= set(CHARACTER_NAMES) - {"part", "several"}
    assert {*"0123456789", "letter"} <= names


def test_without_a_typeface_there_are_no_letters() -> None:
    hand = writer(seed=3, has_typeface=False)
    names = {character.name for _ in range(6) for character in write_page(hand, SIZE).characters}
    assert "letter" not in names
    assert len(names) > 10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_writes_on_the_sheet(layout: Callable[[Sheet], None]) -> None:
    for seed in range(2):
        sheet = Sheet(writer(seed), SIZE)
        layout(sheet)
        assert len(sheet.characters) > 0
        assert (sheet.owners > 0).sum() > 100
        assert (sheet.ink[sheet.owners > 0] > 40).all()
        if layout.__name__ in {"_table", "_comb"}:
            assert (sheet.rules > 0).sum() > 0.01 * sheet.rules.size


def test_a_frame_runs_along_all_four_borders() -> None:
    sheet = Sheet(writer(0), SIZE)
    draw_frame(sheet)
    rows, columns = np.nonzero(sheet.rules)
    assert min(rows.min(), columns.min()) < 16
    assert rows.max() > SIZE[0] - 17
    assert columns.max() > SIZE[1] - 17
    assert not sheet.rules[20:-20, 20:-20].any()


def test_the_strongest_of_two_characters_owns_a_pixel() -> None:
    sheet = Sheet(writer(0), (10, 10))
    sheet.put("1", np.full((4, 4), 100, np.uint8), 0, 0, 0)
    sheet.put("7", np.full((4, 4), 200, np.uint8), 2, 0, 0)
    sheet.put("9", np.full((4, 4), 150, np.uint8), 4, 0, 0)  # weaker than the 7 where both are
    assert sheet.owners[0].tolist() == [1, 1, 2, 2, 2, 2, 3, 3, 0, 0]
    assert sheet.ink[0].tolist() == [100, 100, 200, 200, 200, 200, 150, 150, 0, 0]
