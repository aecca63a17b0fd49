"""Arrays as text."""

import base64

import numpy as np

from digitnet.studio.teaching.encoding import encoded_bytes, encoded_fields


def test_bytes_are_in_row_order() -> None:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert base64.b64decode(encoded_bytes(array.T)) == bytes([0, 3, 1, 4, 2, 5])


def test_each_unit_has_a_scale_of_its_own() -> None:
    weights = np.array([[0.5, -1.0, 0.25], [0.0, 0.0, 0.0], [3.0, 0.0, 1.5]])
    expected = [[64, -127, 32], [0, 0, 0], [127, 0, 64]]
    assert encoded_fields(weights).tolist() == expected
    assert encoded_fields(weights).dtype == np.int8
