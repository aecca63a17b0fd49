"""Edges of boxes that were taken for ink, in drawn combs."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.segmentation.comb_edges import comb_edges

HEIGHT = 40.0
TOP, LEFT, SIDE, BOXES = 30, 30, 56, 6


def comb(apart: int = 0) -> GrayPicture:
    rules = np.zeros((TOP + SIDE + 40, LEFT + (SIDE + apart) * BOXES + 40), np.uint8)
    for box in range(BOXES):
        x = LEFT + (SIDE + apart) * box
        cv2.rectangle(rules, (x, TOP), (x + SIDE, TOP + SIDE), 255, 3)
    return rules


def moved(rules: GrayPicture, x: int, top: int, bottom: int, width: int = 9) -> tuple[GrayPicture, GrayPicture]:
    """Ink and rules, once a stretch of an upright rule was taken for ink."""
    window = np.zeros_like(rules)
    window[top:bottom, x - width // 2 : x + width // 2 + 1] = 255
    return rules & window, rules & ~window


def written(shape: tuple[int, ...], x: int, top: int, bottom: int) -> GrayPicture:
    ink = np.zeros(shape, np.uint8)
    cv2.line(ink, (x, top), (x, bottom), 255, 5)
    return ink


@pytest.mark.parametrize("apart", [0, 16])
@pytest.mark.parametrize("box", [0, 2, 5])
def test_the_edge_of_a_box_is_no_ink(apart: int, box: int) -> None:
    piece, rules = moved(comb(apart), LEFT + (SIDE + apart) * box, TOP + 8, TOP + SIDE - 8)
    ink = np.maximum(piece, written(rules.shape, LEFT + SIDE // 2, TOP + 10, TOP + 46))
    assert (comb_edges(ink, rules, HEIGHT) == piece).all()


def test_a_piece_on_the_inner_side_of_an_edge_is_one_of_it() -> None:
    rules = comb()
    x = LEFT + 2 * SIDE + 4
    piece = np.zeros_like(rules)
    piece[TOP + 10 : TOP + 46, x - 2 : x + 2] = 255
    piece &= ~rules
    assert (comb_edges(piece, rules, HEIGHT) == piece).all()


@pytest.mark.parametrize("bottom", [TOP + 46, TOP + SIDE - 4])
def test_a_one_in_a_box_is_ink_even_where_it_touches_a_rule(bottom: int) -> None:
    rules = comb()
    ink = written(rules.shape, LEFT + 3 * SIDE + SIDE // 2, TOP + 8, bottom)
    assert not comb_edges(ink, rules, HEIGHT).any()


def test_ones_from_rule_to_rule_are_ink_though_they_divide_their_boxes() -> None:
    rules = comb()
    ink = written(rules.shape, LEFT + 3 * SIDE + SIDE // 2, TOP, TOP + SIDE) & ~rules
    assert not comb_edges(ink, rules, HEIGHT).any()


def test_what_is_thick_or_touches_no_rule_is_ink() -> None:
    piece, rules = moved(comb(), LEFT + 2 * SIDE, TOP + 8, TOP + SIDE - 8)
    thick = np.asarray(cv2.dilate(piece, np.ones((15, 15), np.uint8)), np.uint8) & ~rules
    assert not comb_edges(thick, rules, HEIGHT).any()
    free = written(rules.shape, LEFT + SIDE * BOXES + 20, TOP + 10, TOP + 40)
    assert not comb_edges(free, rules, HEIGHT).any()


@pytest.mark.parametrize(("x", "expected"), [(10, True), (50, False)])
def test_a_piece_at_the_edge_of_the_page_beside_boxes_is_the_edge_of_a_sheet(x: int, expected: bool) -> None:
    rules = np.pad(comb(), ((0, 0), (100, 0)))
    ink = written(rules.shape, x, TOP + 10, TOP + 50)
    cv2.line(rules, (x, TOP + 53), (x, TOP + 90), 255, 5)
    assert bool(comb_edges(ink, rules, HEIGHT).any()) is expected
    assert not comb_edges(ink, np.where(np.arange(rules.shape[1]) < 100, rules, 0), HEIGHT).any()


def test_without_boxes_nothing_is_an_edge() -> None:
    piece, rules = moved(comb(), LEFT + 2 * SIDE, TOP + 8, TOP + SIDE - 8)
    level = np.zeros_like(rules)
    level[TOP + SIDE - 8 : TOP + SIDE - 5] = 255
    assert not comb_edges(piece, level, HEIGHT).any()
    assert not comb_edges(piece, np.zeros_like(rules), HEIGHT).any()
    tall = np.zeros((300, 400), np.uint8)  # cells of a table are no boxes
    for y in range(4):
        cv2.line(tall, (30, 30 + SIDE * y), (30 + 5 * SIDE, 30 + SIDE * y), 255, 3)
    for x in range(6):
        cv2.line(tall, (30 + SIDE * x, 30), (30 + SIDE * x, 30 + 3 * SIDE), 255, 3)
    piece, tall = moved(tall, 30 + SIDE, 38, 78)
    assert not comb_edges(piece, tall, HEIGHT).any()
