"""Pieces, lines, cuts and rows on ink whose parts are known; the network's part is played by rules here."""

import time

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.segmentation import take_apart
from digitnet.segmentation.cuts import Cut, between, find_cuts
from digitnet.segmentation.group_costs import doubts
from digitnet.segmentation.lattice import Group, Part, best_row, likely_groups, parts_of
from digitnet.segmentation.lines import group_into_lines, page_slope
from digitnet.segmentation.pieces import Piece, find_pieces, pieces_apart, to_working_size, typical_height

NAMES = tuple("0123456789")


def bars(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (200, 400)) -> GrayPicture:
    """Black rectangles: left, top, width, height."""
    ink = np.zeros(size, np.uint8)
    for left, top, width, height in boxes:
        ink[top : top + height, left : left + width] = 255
    return ink


def sure(images: AnyArray) -> AnyArray:
    """What a network says that takes everything for a 1, and knows it well."""
    logits = np.zeros((len(images), 10), np.float32)
    logits[:, 1] = 12
    return logits


def found(ink: GrayPicture) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Line and box of each digit, as far as shape and place tell."""
    page = take_apart(ink)
    return [(digit.line, digit.box) for digit in page.choose(sure(page.images), NAMES)]


def test_thousands_of_specks_do_not_tell_how_high_digits_are() -> None:
    assert typical_height(np.array([3] * 5000 + [60] * 4)) == 60
    assert typical_height(np.array([40, 44, 48])) == 44  # 64,000, 85,184 and 110,592: half of it is within the second


@pytest.mark.parametrize("scale", [1, 4, 20])
def test_large_digits_are_worked_on_at_a_common_size(scale: int) -> None:
    working = to_working_size(np.kron(bars((20, 50, 10, 80)), np.ones((scale, scale), np.uint8)))
    assert working is not None
    assert working.digit_height == pytest.approx(min(80 * scale, 96), abs=1)
    assert working.scale == pytest.approx(working.digit_height / (80 * scale))


def test_without_ink_there_is_no_page() -> None:
    page = take_apart(np.zeros((40, 50), np.uint8))
    assert page.images.shape == (0, 28, 28)
    assert page.choose(np.zeros((0, 10), np.float32), NAMES) == []


def test_specks_are_no_pieces_and_short_gaps_are_bridged() -> None:
    # Bars 80 high: a gap of 4 is bridged, one of 30 is not; what is less than 0.14 of 80 = 11 both ways is dirt.
    ink = bars((20, 50, 10, 40), (20, 94, 10, 36), (60, 50, 10, 80), (100, 60, 10, 10), (130, 60, 5, 30))
    working = to_working_size(ink)
    assert working is not None
    boxes = sorted((piece.left, piece.top, piece.width, piece.height) for piece in find_pieces(working))
    assert boxes == [(20, 50, 10, 80), (60, 50, 10, 80), (130, 60, 5, 30)]


def boxes_along(slope: float, count: int, rows: int = 1) -> AnyArray:
    """Squares of side 20 on sloping lines, 40 apart, lines 50 apart."""
    tangent = np.tan(np.radians(slope))
    return np.array([[40 * k, 50 * row + 40 * k * tangent, 20, 20] for row in range(rows) for k in range(count)])


@pytest.mark.parametrize("slope", [-20.0, -8.0, 0.0, 5.0, 15.0])
def test_the_slope_of_long_lines_is_found(slope: float) -> None:
    assert page_slope(boxes_along(slope, 8, rows=3), 20) == pytest.approx(slope, abs=0.5)


def test_a_single_digit_and_a_pair_say_little_about_the_slope() -> None:
    assert page_slope(boxes_along(15, 1), 20) == 0
    assert 0 <= page_slope(np.array([[0, 0, 20, 20], [30, 4, 20, 20]]), 20) < 4  # seen: 7.6 degrees


@pytest.mark.parametrize("slope", [-12.0, 0.0, 12.0])
def test_lines_are_followed_from_the_top_down_and_from_left_to_right(slope: float) -> None:
    boxes = boxes_along(slope, 6, rows=3)
    order = np.random.default_rng(0).permutation(len(boxes))
    lines = group_into_lines(boxes[order], 20, slope)
    assert [[int(order[piece]) for piece in line] for line in lines] == [
        list(range(6 * k, 6 * k + 6)) for k in range(3)
    ]


def test_low_pieces_belong_to_the_line_they_are_in_and_dust_is_no_line() -> None:
    boxes = np.array([[0, 0, 20, 40], [30, 20, 20, 20], [25, 2, 8, 4], [0, 100, 20, 40], [60, 70, 5, 4]], float)
    assert group_into_lines(boxes, 40, 0) == [[0, 2, 1], [3]]


def test_a_low_piece_far_from_all_digits_is_in_no_line() -> None:
    tall, tall_too, near, far = (0, 0, 20, 60), (40, 0, 20, 60), (70, 25, 20, 10), (300, 25, 20, 10)
    assert group_into_lines(np.array([tall, tall_too, near, far], np.float64), 60, 0.0) == [[0, 1, 2]]


def test_digits_of_different_heights_stand_in_one_line() -> None:
    ink = bars((20, 40, 12, 90), (60, 80, 8, 45), (100, 60, 10, 70), (140, 100, 6, 30))
    assert [box for _, box in found(ink)] == [(20, 40, 12, 90), (60, 80, 8, 45), (100, 60, 10, 70), (140, 100, 6, 30)]


def test_two_lines_keep_their_order_and_their_places() -> None:
    ink = bars((20, 20, 10, 60), (60, 24, 10, 60), (22, 120, 10, 60), (62, 116, 10, 60))
    assert found(ink) == [
        (0, (20, 20, 10, 60)),
        (0, (60, 24, 10, 60)),
        (1, (22, 120, 10, 60)),
        (1, (62, 116, 10, 60)),
    ]


def test_boxes_are_those_of_the_picture_when_it_was_shrunk_and_turned() -> None:
    flat = bars(*((60 + 150 * k, 500, 30, 200) for k in range(8)), size=(1200, 1300))
    turn = cv2.getRotationMatrix2D((650, 600), -10, 1)
    ink = np.asarray(cv2.warpAffine(flat, turn, (1300, 1200)), np.uint8)
    for k, (_, box) in enumerate(found(ink)):
        corners = np.array([[60 + 150 * k + x, 500 + y, 1] for x in (0, 30) for y in (0, 200)]) @ turn.T
        expected = [*corners.min(axis=0), *(corners.max(axis=0) - corners.min(axis=0))]
        np.testing.assert_allclose(box, expected, atol=40)  # the box of a turned box is larger: 200 sin 10 = 35
    assert len(found(ink)) == 8


def touching(gap: int) -> Piece:
    """Two rings of radius 20, whose outlines overlap by -gap columns."""
    ink = np.zeros((50, 100), np.uint8)
    cv2.circle(ink, (25, 25), 20, 255, 4)
    cv2.circle(ink, (67 + gap, 25), 20, 255, 4)
    left, top, width, height = cv2.boundingRect(ink)
    return Piece(np.ascontiguousarray(ink[top : top + height, left : left + width]), left, top, 7)


@pytest.mark.parametrize("scale", [1, 5])
def test_pieces_that_stand_apart(scale: int) -> None:
    ink = np.zeros((100, 200), np.uint8)
    ink[20:80, 20:30] = 255  # two strokes of one digit, ...
    ink[20:80, 34:40] = 200
    ink[10:90, 120:160] = 255  # ... more ink far away, ...
    ink[95:98, 90:93] = 255  # ... and a speck
    ink = np.repeat(np.repeat(ink, scale, axis=0), scale, axis=1)
    found = [(piece.left, piece.top, piece.width, piece.height) for piece in pieces_apart(ink)]
    assert found == [tuple(scale * side for side in box) for box in ((120, 10, 40, 80), (20, 20, 20, 60))]
    assert pieces_apart(ink)[1].ink.max() == 255
    ink[:, : 90 * scale] = 0
    ink[95 * scale :] = 0
    assert pieces_apart(ink) == []  # one alone stands apart from nothing
    assert pieces_apart(np.zeros_like(ink)) == []


def cut(piece: Piece, line_height: float) -> tuple[list[Piece], list[float]]:
    """What is between all likely cuts, and the prices of these."""
    parts = parts_of(piece, find_cuts(piece, line_height))
    return [part.piece for part in parts], [each.price for each in parts[0].whole.cuts]


def alone(piece: Piece) -> Part:
    (part,) = parts_of(piece, [])
    return part


def test_touching_rings_can_be_cut_where_they_touch() -> None:
    parts, prices = cut(touching(0), 45)
    assert len(prices) == len(parts) - 1
    assert all(part.source == 7 for part in parts)
    ends = [part.left + part.width for part in parts[:-1]]
    assert min(abs(end - 46) for end in ends) <= 2


def test_of_two_gaps_side_by_side_the_one_with_less_ink_is_cut() -> None:
    """The middle row, at which the two halves of a path meet, counts once."""
    ink = np.full((40, 61), 255, np.uint8)
    ink[:, 25:29] = ink[:, 31:35] = 0
    ink[20, 25:29] = 255  # one row of ink
    ink[5:7, 31:35] = 191  # one and a half
    parts, _ = cut(Piece(ink, 0, 0, 0), 100)
    edges = [part.left + part.width for part in parts[:-1]]
    assert any(25 <= edge < 29 for edge in edges)
    assert not any(31 <= edge < 35 for edge in edges)


def test_a_narrow_piece_is_not_cut() -> None:
    piece = Piece(np.full((60, 12), 255, np.uint8), 0, 0, 0)
    assert find_cuts(piece, 60) == []


def test_nothing_is_lost_by_cutting() -> None:
    """Where two cuts cross, what is between them belongs to both sides."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        ink = np.zeros((60, 150), np.uint8)
        points = rng.integers((0, 0), (150, 60), (8, 2))
        cv2.polylines(ink, [points.reshape(-1, 1, 2).astype(np.int32)], isClosed=False, color=255, thickness=3)
        parts, _ = cut(Piece(ink, 0, 0, 0), 60)
        together = np.zeros(ink.shape, int)
        for part in parts:
            window = together[part.top : part.top + part.height, part.left : part.left + part.width]
            np.maximum(window, part.ink, out=window)
        np.testing.assert_array_equal(together, ink)


def test_two_cuts_that_are_far_apart_leave_one_digit_whole_though_a_third_one_crosses_them() -> None:
    ink = np.full((40, 60), 255, np.uint8)
    upright = [Cut(np.full(40, column), 1.0) for column in (20, 40)]
    crossing = Cut(np.linspace(10, 50, 40).astype(np.int64), 1.0)
    parts = parts_of(Piece(ink, 5, 3, 0), [upright[0], crossing, upright[1]])
    middle = next(each for each in likely_groups(parts, 40) if (each.first, each.last) == (1, 2))
    assert (middle.left, middle.top, middle.ink.shape) == (25, 3, (40, 20))
    assert middle.is_cut
    assert (middle.ink == 255).all()


def test_what_was_cut_off_is_no_digit_if_it_is_low_narrow_or_very_wide() -> None:
    ink = np.full((40, 110), 255, np.uint8)
    ink[:20, :30] = 0  # half as high as the line
    cuts = [Cut(np.full(40, column), 0.0) for column in (30, 33, 86)]
    groups = {(each.first, each.last) for each in likely_groups(parts_of(Piece(ink, 0, 0, 0), cuts), 40)}
    assert groups == {(0, 1), (3, 3)}  # 0 is low, 1 is 3 wide, 2 is 53 wide, and 1.3 of 40 is 52


def test_between_two_cuts_without_ink_there_is_nothing() -> None:
    ink = np.full((10, 30), 255, np.uint8)
    ink[:, 10:20] = 0
    first, second = (Cut(np.full(10, column), 0.0) for column in (10, 20))
    piece = Piece(ink, 0, 0, 0)
    assert between(piece, first, second) is None
    parts = parts_of(piece, [first, second])
    assert [part.piece.left for part in parts] == [0, 20]
    assert len(parts[0].whole.cuts) == 1


def test_a_leaning_cut_parts_each_row_at_its_own_column() -> None:
    piece = Piece(np.full((10, 30), 255, np.uint8), 2, 4, 0)
    leaning = Cut(np.arange(10, 20), 0.0)
    left, right = between(piece, None, leaning), between(piece, leaning, None)
    assert left is not None
    assert right is not None
    assert (left.left, right.left) == (2, 12)
    np.testing.assert_array_equal((left.ink > 0).sum(axis=1), np.arange(10, 20))
    np.testing.assert_array_equal((right.ink > 0).sum(axis=1), np.arange(20, 10, -1))


def group(first: int, last: int, price: float) -> Group:
    return Group(first, last, np.zeros((1, 1), np.uint8), 0, 0, price, is_cut=False)


def test_the_cheapest_row_wins() -> None:
    groups = [group(0, 0, 0), group(1, 1, 0), group(2, 2, 0), group(0, 1, 0), group(1, 2, 0)]
    # 0 | 1-2: 1 + 2; 0-1 | 2: 4 + 1; 0 | 1 | 2: 1 + 3 + 1.
    assert best_row(groups, [1, 3, 1, 4, 2], [9, 9, 9]) == [0, 4]
    assert best_row(groups, [1, 3, 1, 2.5, 9], [9, 9, 9]) == [3, 2]
    assert best_row(groups, [1, 3, 1, 9, 9], [9, 1, 9]) == [0, 2]  # the middle one is left out
    assert best_row([], [], [1.0]) == []


def test_parts_far_apart_are_never_one_digit() -> None:
    pieces = [Piece(np.full((60, 10), 255, np.uint8), left, 0, k) for k, left in enumerate((0, 14, 80))]
    groups = likely_groups([alone(piece) for piece in pieces], 60)
    assert [(each.first, each.last) for each in groups] == [(0, 0), (0, 1), (1, 1), (2, 2)]
    single, joined = groups[0], groups[1]
    assert joined.ink.shape == (60, 24)
    assert joined.price > single.price + 1  # they never touched, and stand side by side


def test_pieces_that_never_touched_are_dearer_together_than_one_that_was_cut() -> None:
    def price_together(*sources: int) -> float:
        pieces = [Piece(np.full((30, 10), 255, np.uint8), 10 * k, 0, source) for k, source in enumerate(sources)]
        return likely_groups([alone(piece) for piece in pieces], 60)[1].price

    assert price_together(0, 1) - price_together(0, 0) == pytest.approx(0.75)  # 1.5 for what is as high as the line


def test_a_bar_above_a_body_is_joined_for_nothing() -> None:
    body = Piece(np.full((52, 20), 255, np.uint8), 0, 8, 0)
    bar = Piece(np.full((5, 20), 255, np.uint8), 8, 2, 1)
    groups = likely_groups([alone(body), alone(bar)], 60)
    assert groups[1].price == pytest.approx(groups[0].price, abs=0.01)


def test_what_is_strange_odd_or_too_wide_is_dear() -> None:
    logits = np.zeros((5, 10))
    logits[[0, 1, 3, 4], 1] = 20  # sure, and familiar
    logits[2, 1] = 9  # sure, but strange
    prices = doubts(logits, np.array([0.0, 1.0, 0.0, 0.0, 0.0]), np.array([0.4, 0.4, 0.4, 1.2, 0.2]), NAMES)
    assert prices[1] - prices[0] == pytest.approx(2.0)  # odd: as one digit in a hundred is, not one in five
    assert prices[2] - prices[0] == pytest.approx(0.6 * 11, abs=0.01)  # 20 - 9 in the log-sum-exp
    deviation = (np.log(1.2) + 0.892) / 0.459
    assert prices[3] - prices[0] == pytest.approx(0.4 * deviation**2, abs=1e-3)
    assert prices[4] == pytest.approx(prices[0])  # narrow is no fault
    untold = doubts(logits, None, np.full(5, 9.0), tuple("abcdefghij"))
    np.testing.assert_allclose(untold[[0, 1, 3, 4]], prices[0])  # neither score nor widths


def test_a_page_is_read_otherwise_where_the_whole_looks_like_no_digit() -> None:
    """Two rings that touch: the network is as sure of all, so what looks like no digit decides."""
    piece = touching(0)
    page = take_apart(np.pad(piece.ink, 10))
    groups = [group for line in page.lines for group in line.groups]
    ends = np.array([[group.left, group.left + group.ink.shape[1]] for group in groups]) - 10
    is_ring = (np.abs(ends - (0, 44)).max(axis=1) <= 4) | (np.abs(ends - (43, 87)).max(axis=1) <= 4)
    digits = page.choose(sure(page.images), tuple("abcdefghij"), np.where(is_ring, 0.0, 3.0))
    assert [abs(digit.box[2] - 44) <= 4 for digit in digits] == [True, True]
    whole = page.choose(sure(page.images), tuple("abcdefghij"), np.where(is_ring, 3.0, 0.0))
    assert [digit.box for digit in whole] != [digit.box for digit in digits]


def test_five_thousand_specks_are_left_out_in_time() -> None:
    rng = np.random.default_rng(1)
    ink = bars(*((200 + 200 * k, 300, 30, 200) for k in range(4)), size=(1000, 1200))
    rows, columns = rng.integers(0, 997, 5000), rng.integers(0, 1197, 5000)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        ink[row : row + 3, column : column + 3] = 255
    started = time.process_time()
    assert len(found(ink)) == 4
    assert time.process_time() - started < 2
