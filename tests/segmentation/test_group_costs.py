"""recognition_costs on outputs made by hand."""

from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.segmentation.group_costs import RECOGNITION_COSTS, recognition_costs
from drawn_ink import NAMES


def test_what_is_strange_odd_or_too_wide_is_dear() -> None:
    logits = np.zeros((5, 10))
    logits[[0, 1, 3, 4], 1] = 20  # sure, and familiar
    logits[2, 1] = 9  # sure, but strange
    costs = recognition_costs(logits, np.array([0.0, 1.0, 0.0, 0.0, 0.0]), np.array([0.4, 0.4, 0.4, 1.2, 0.2]), NAMES)
    assert costs[1] - costs[0] == pytest.approx(2.0)  # odd: as one digit in a hundred is, not one in five
    assert costs[2] - costs[0] == pytest.approx(0.6 * 11, abs=0.01)  # 20 - 9 in the log-sum-exp
    deviation = (np.log(1.2) + 0.892) / 0.459
    assert costs[3] - costs[0] == pytest.approx(0.4 * deviation**2, abs=1e-3)
    assert costs[4] == pytest.approx(costs[0])  # narrow is no fault
    untold = recognition_costs(logits, None, np.full(5, 9.0), tuple("abcdefghij"))
    np.testing.assert_allclose(untold[[0, 1, 3, 4]], costs[0])  # neither score nor widths


def test_each_weight_counts() -> None:
    """Of a confident and familiar digit, of an unfamiliar one, an outlier, and one that is too wide."""
    logits = np.zeros((4, 10))
    logits[:, 1] = [20, 9, 20, 20]
    scores, aspects = np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.4, 0.4, 0.4, 1.2])

    def costs(**weights: Any) -> AnyArray:
        return recognition_costs(logits, scores, aspects, NAMES, RECOGNITION_COSTS._replace(**weights))

    for number, name in ((1, "per_unfamiliarity"), (2, "per_outlier_score"), (3, "per_width_squared")):
        assert costs()[number] > costs()[0] + 1
        assert costs(**{name: 0.0})[number] == pytest.approx(costs(**{name: 0.0})[0])
    assert costs(unfamiliarity_range=(-4.0, 2.0))[1] < costs()[1] - 1
    assert costs(outlier_range=(-2.0, 0.5))[2] < costs()[2]
    assert costs(max_width_deviation=1.0)[3] < costs()[3]
    assert (costs(familiar_slack=2.0) < costs()).all()
