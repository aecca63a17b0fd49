"""Rows of outputs that are numbered, so that each can be told from the others."""

import numpy as np
import pytest

from digitnet.inference.outputs import Outputs


def numbered(*, with_second: bool) -> Outputs:
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    digit_score, second = (rows[:, 0] + 200, rows + 300) if with_second else (None, None)
    return Outputs(rows, rows + 100, digit_score, second, np.array([True, False, True, False]), 8)


@pytest.mark.parametrize("with_second", [True, False])
@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True, True]), np.array([], np.intp)])
def test_taking_rows_takes_them_from_every_output(rows: np.ndarray, with_second: bool) -> None:
    whole = numbered(with_second=with_second)
    part = whole.take(rows)
    assert (len(whole), len(part), part.copies) == (4, np.arange(4)[rows].size, 8)
    for name in ("probabilities", "logits", "digit_score", "second_logits", "is_averaged"):
        before, after = getattr(whole, name), getattr(part, name)
        if before is None:
            assert after is None
        else:
            np.testing.assert_array_equal(after, before[rows])
