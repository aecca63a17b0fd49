"""The paired comparison, beside SciPy's own tests."""

import numpy as np
import pytest
from scipy import stats

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


@pytest.mark.parametrize(("mended", "broken"), [(0, 0), (7, 0), (0, 7), (12, 25), (30, 30), (172, 72)])
def test_the_test_and_the_interval_are_those_of_scipy(mended: int, broken: int) -> None:
    n = 2 * (mended + broken) + 10
    is_wrong, is_wrong_of_other = np.zeros((2, n), bool)
    is_wrong_of_other[:mended] = True
    is_wrong[mended : mended + broken] = True
    is_wrong[-3:] = is_wrong_of_other[-3:] = True  # misread by both, which says nothing of a difference
    found = load("accuracy.comparison").compare(is_wrong, is_wrong_of_other)
    assert (found.mended, found.broken) == (mended, broken)
    if mended + broken == 0:
        assert (found.p_value, found.low, found.high) == (1.0, 0.0, 0.0)
        return
    expected = stats.binomtest(broken, mended + broken)
    interval = expected.proportion_ci()
    share = (mended + broken) / n
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.low == pytest.approx((2 * interval.low - 1) * share)
    assert found.high == pytest.approx((2 * interval.high - 1) * share)
