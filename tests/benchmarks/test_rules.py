"""Lines that are printed or drawn on a sheet."""

import numpy as np
import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def test_a_grid_has_every_line_and_thicker_ones_where_asked() -> None:
    lines = load("rendering.rules").grid_lines(range(0, 100, 10), range(0, 100, 10), 0.5, every=3)
    assert len(lines) == 20
    upright = {line[0]: line[4] for line in lines if line[0] == line[2]}
    assert [place for place, width in upright.items() if width == 1.0] == [0, 30, 60, 90]
    assert all(line[:4] in {(line[0], 0, line[0], 90), (0, line[1], 90, line[1])} for line in lines)


def test_a_table_without_a_border_keeps_its_inner_lines() -> None:
    lines = load("rendering.rules").grid_lines((0, 10, 20), (0, 30, 60), 1.0, has_border=False)
    assert [line[:4] for line in lines] == [(10, 0, 10, 60), (0, 30, 20, 30)]


def test_an_open_comb_has_dividers_and_a_line_below() -> None:
    comb = load("rendering.rules").comb_lines
    assert [line[:4] for line in comb((0, 20, 40), (0, 30), 1.0, 0.5)] == [
        (0, 15, 0, 30),
        (20, 15, 20, 30),
        (40, 15, 40, 30),
        (0, 30, 40, 30),
    ]
    assert (0, 0, 40, 0) in [line[:4] for line in comb((0, 20, 40), (0, 30), 1.0, 1.0)]


def test_the_coverage_is_where_the_line_is_and_as_wide() -> None:
    rules = load("rendering.rules")
    drawn = rules.Rules([(5.0, 10.0, 25.0, 10.0, 1.0)], 1.0, None)
    coverage = rules.rule_coverage(drawn, (160, 240), np.random.default_rng(0))
    assert coverage[:, 120].sum() / 255 == pytest.approx(8, abs=1.1)  # 1 unit is 8 points
    assert np.flatnonzero(coverage[:, 120] > 200).mean() == pytest.approx(80, abs=1)
    assert coverage[80, :30].max() == 0
    assert coverage[80, 60] == 255
    assert drawn.extent == (4.5, 9.5, 25.5, 10.5)


def test_a_hand_strays_and_print_does_not() -> None:
    rules = load("rendering.rules")
    line = [(5.0, 10.0, 95.0, 10.0, 1.0)]
    rows = []
    for wobble in (0.0, 0.5):
        drawn = rules.Rules(line, 1.0, None, wobble)
        coverage = rules.rule_coverage(drawn, (160, 800), np.random.default_rng(1))
        rows.append(np.argmax(coverage[:, 60:740] > 127, axis=0))
    assert np.ptp(rows[0]) == 0
    assert 2 < np.ptp(rows[1]) < 40
