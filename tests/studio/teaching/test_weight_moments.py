"""Weights that are kept of some moments of a run: as they were, few enough, close together where most is learned."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.studio.teaching import weight_moments
from digitnet.studio.teaching.weight_moments import MOMENTS_MAX, forget_after, keep_moment, kept_moments, layers_at


def weights(seed: int = 0, units: int = 3) -> list[AnyArray]:
    rng = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(784, units), (units,), (units, 10), (10,)]
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


def test_weights_come_back_in_half_precision(tmp_path: Path) -> None:
    original = weights()
    original[1][0] = 1e6  # of a run that went astray: the largest number there is takes its place
    keep_moment(tmp_path, 0.25, original)
    layers = layers_at(tmp_path, 0.25)
    assert layers is not None
    assert layers[0].bias[0] == 65504
    np.testing.assert_allclose(layers[0].kernel, original[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(layers[1].bias, original[3], rtol=1e-3, atol=1e-4)
    assert layers[0].kernel.dtype == np.float32


def test_a_long_run_keeps_few_moments_and_the_early_ones_stand_closer_together(tmp_path: Path) -> None:
    for at in (*np.arange(10) / 10, *range(1, 201)):
        keep_moment(tmp_path, at, weights())
    moments = kept_moments(tmp_path)
    assert len(moments) == MOMENTS_MAX
    assert (moments[0], moments[-1]) == (0, 200)
    growth = np.diff(np.log1p(moments))
    assert growth.max() < 0.41  # from epoch 1 to epoch 2, between which nothing was kept: log(3 / 2)
    assert growth[10:].max() < 0.3
    assert moments[5] < 1.5
    forget_after(tmp_path, 40)
    assert 20 < kept_moments(tmp_path)[-1] <= 40


def test_a_large_network_keeps_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(2 * array.size for array in weights())
    for bytes_of_run, kept in ((10 * size, 10), (3 * size, 8)):
        monkeypatch.setattr(weight_moments, "_BYTES", bytes_of_run)
        for at in range(30):
            keep_moment(tmp_path, at, weights())
        assert len(kept_moments(tmp_path)) == kept


def test_what_is_damaged_or_gone_is_none(tmp_path: Path) -> None:
    assert kept_moments(tmp_path) == []
    assert layers_at(tmp_path, 1) is None
    keep_moment(tmp_path, 1, weights())
    (file,) = (tmp_path / "weights").iterdir()
    content = file.read_bytes()
    for damaged in (content[:200], b"", b"no archive at all"):
        file.write_bytes(damaged)
        assert layers_at(tmp_path, 1) is None
    np.savez(file, np.zeros((784, 3)), np.zeros(3), np.zeros((4, 10)), np.zeros(10))
    assert layers_at(tmp_path, 1) is None  # no layer of 4 inputs stands behind one of 3 units
    (tmp_path / "weights" / "notes.npz").write_bytes(b"")
    assert kept_moments(tmp_path) == [1]


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"in the way")
    keep_moment(tmp_path, 1, weights())
    assert kept_moments(tmp_path) == []
