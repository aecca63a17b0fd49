"""Segmentation of drawn scenes: a few figures of each are what they were, so that no setting moves unnoticed."""

import json

import pytest

from scene_figures import KEPT, KINDS, SAME, differences

FIGURES = json.loads(KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind in FIGURES for seed in FIGURES[kind]])
def test_the_figures_of_a_scene_are_those_that_are_kept(kind: str, seed: str) -> None:
    assert differences(KINDS[kind](int(seed)), FIGURES[kind][seed]) == []


def test_a_figure_that_moves_or_goes_is_named() -> None:
    kept = {"ink": 10.0, "lines": 3.0}
    assert differences({"ink": 10 + 10 * SAME / 2, "lines": 3.0}, kept) == []
    assert differences({"ink": 10 + 10 * SAME * 2}, kept) == ["ink: 10.4 instead of 10.0", "lines: None instead of 3.0"]
