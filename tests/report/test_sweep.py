"""A sweep as a table and a figure: figures worked by hand, and only what differs in the names."""

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from digitnet.evaluation.metrics import wilson_interval
from digitnet.report.sweep import SettingResult, names_of_settings, sweep_csv, sweep_figure, sweep_table

GOOD = SettingResult({"learning_rate": "0.1", "epochs": "3"}, ("a", "b"), (2, 4), (100, 100), (0.1, 0.3))
FAILED = SettingResult({"learning_rate": "9", "epochs": "3"}, ("c", "d"), (50,), (100,), (2.0,), ("diverged",))
NOTHING = SettingResult({"learning_rate": "=1+1", "epochs": "3"}, ("e",), (), (), (), ("diverged",))


def test_all_runs_of_a_setting_count_together() -> None:
    assert GOOD.error_rate == 6 / 200
    assert GOOD.interval == wilson_interval(6, 200)
    assert GOOD.log_loss == pytest.approx(0.2)
    assert NOTHING.error_rate == 1


def test_the_csv_has_every_setting_with_its_figures() -> None:
    good, failed, nothing = csv.DictReader(sweep_csv([GOOD, FAILED, NOTHING]).splitlines())
    assert (good["runs"], good["errors"], good["images"], good["error_rate"]) == ("2", "6", "200", "0.030000")
    assert [float(good[name]) for name in ("low", "high")] == pytest.approx(wilson_interval(6, 200), abs=1e-6)
    assert (good["folders"], good["failures"]) == ("a b", "")
    assert (failed["runs"], failed["failures"]) == ("1", "diverged")
    assert (nothing["runs"], nothing["error_rate"]) == ("0", "")


def test_names_have_what_differs() -> None:
    assert names_of_settings([GOOD, FAILED]) == ["learning_rate=0.1", "learning_rate=9"]
    assert names_of_settings([GOOD]) == ["the one setting"]


def test_the_table_says_how_many_runs_there_are() -> None:
    text = io.StringIO()
    Console(width=80, file=text).print(sweep_table([GOOD, FAILED, NOTHING]))
    lines = [" ".join(line.split()) for line in text.getvalue().splitlines()]
    assert lines[:3] == [
        "learning_rate runs error % 95 % interval log loss",
        "0.1 2 3.00 1.38 to 6.39 0.2000",
        "9 1 of 2 50.00 40.38 to 59.62 2.0000",
    ]


def test_the_figure_has_the_runs_and_the_interval_of_each_setting() -> None:
    figure = sweep_figure([GOOD, FAILED, NOTHING])
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["learning_rate=0.1", "learning_rate=9"]
    interval, runs, mean = axes.lines[:3]
    assert np.asarray(interval.get_xdata()).tolist() == pytest.approx([100 * bound for bound in GOOD.interval])
    assert np.asarray(runs.get_xdata()).tolist() == [2.0, 4.0]
    assert np.asarray(mean.get_xdata()).tolist() == [3.0]
    assert figure.texts[0].get_text() == "3.00 % wrong with learning_rate=0.1"
