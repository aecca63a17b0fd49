import re

import numpy as np

from digitnet.training.history import History
from seen_html import HOSTILE, seen


def history(**values: list[float]) -> History:
    made = History()
    made.history = dict(values)
    made.epoch = list(range(max(map(len, values.values()), default=0)))
    return made


def test_a_history_shows_its_last_values_and_its_curves() -> None:
    shown = history(loss=[0.5, 0.25, 0.125], val_loss=[0.6, 0.3, 0.35], accuracy=[0.8, 0.9, 0.95])
    html = shown._repr_html_()
    text = seen(html)
    for part in ("History of 3 epochs", "0.125", "loss from 0.5 to 0.125, val_loss from 0.6 to 0.35", "epoch 1", "0.6"):
        assert part in text
    assert html.count("<svg") == 2  # loss with its validation, and accuracy
    assert html.count("<polyline") == 3
    assert repr(shown) == "History(3 epochs: loss 0.125, val_loss 0.35, accuracy 0.95)"


def test_a_curve_stands_where_its_values_are() -> None:
    html = history(loss=[3.0, 1.0, 2.0])._repr_html_()
    points = re.findall(r'points="([^"]+)"', html)[0].split()
    (x0, y0), (x1, y1), (x2, y2) = ([float(part) for part in point.split(",")] for point in points)
    assert x1 - x0 == x2 - x1 > 50
    assert y1 - y2 == y2 - y0 > 40  # pixels are counted downwards


def test_values_that_have_no_line_are_left_out() -> None:
    shown = history(loss=[0.5, float("nan")], matrix=[np.zeros(3), np.zeros(3)], flat=[1.0, 1.0])  # type: ignore[list-item]
    html = shown._repr_html_()
    assert html.count("<svg") == 1
    assert "nan" not in html
    assert repr(shown) == "History(2 epochs: flat 1)"


def test_a_single_epoch_and_none_have_no_curve() -> None:
    assert "<svg" not in history(loss=[0.5])._repr_html_()
    assert repr(history()) == "History(0 epochs)"


def test_names_of_metrics_are_escaped() -> None:
    assert HOSTILE in seen(history(**{HOSTILE: [0.5, 0.25]})._repr_html_())
