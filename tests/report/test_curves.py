from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_allclose

from digitnet.errors import ConfigurationError
from digitnet.report import training_curves
from digitnet.report.style import DPI

History = dict[str, list[float]]


def history_of(epochs: int) -> History:
    epoch = np.arange(1, epochs + 1)
    return {
        "loss": (0.5 / epoch).tolist(),
        "accuracy": (1 - 0.15 / epoch).tolist(),
        "val_loss": (0.05 + 0.3 / epoch).tolist(),
        "val_accuracy": (0.985 - 0.1 / epoch).tolist(),
        "learning_rate": (0.001 * (1 - (epoch - 1) / epochs)).tolist(),
        "seconds": [1.5] * epochs,
    }


def panel(figure: Figure, title: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def values_of(axes: Axes, name: str) -> list[float]:
    line = next(line for line in axes.lines if line.get_label() == name)
    values: list[float] = np.asarray(line.get_ydata()).tolist()
    return values


@pytest.mark.parametrize("epochs", [1, 2, 12, 16, 100, 1000])
def test_every_epoch_is_drawn_and_the_text_is_readable(epochs: int, assert_readable: Callable[[Figure], None]) -> None:
    history = history_of(epochs)
    figure = training_curves(history)
    errors, losses = panel(figure, "Error"), panel(figure, "Loss")
    assert_allclose(values_of(errors, "training"), 100 * (1 - np.array(history["accuracy"])))
    assert_allclose(values_of(errors, "validation"), 100 * (1 - np.array(history["val_accuracy"])))
    assert values_of(losses, "training") == history["loss"]
    assert values_of(losses, "validation") == history["val_loss"]
    assert values_of(panel(figure, "Learning rate"), "learning rate") == history["learning_rate"]
    assert_readable(figure)


@pytest.mark.parametrize("epochs", [1, 3, 20, 1000])
def test_the_axes_are_logarithmic_and_hold_every_value_between_round_ticks(epochs: int) -> None:
    figure = training_curves(history_of(epochs))
    for axes in (panel(figure, "Error"), panel(figure, "Loss")):
        low, high = axes.get_ylim()
        ticks = axes.get_yticks()
        assert axes.get_yscale() == "log"
        assert ticks[0] == low
        assert ticks[-1] == high
        assert 2 <= len(ticks) <= 10
        assert {f"{tick:e}"[0] for tick in ticks} <= {"1", "2", "5"}
        for line in axes.lines:
            values = np.asarray(line.get_ydata())
            assert (values >= low).all()
            assert (values <= high).all()


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, ["1"]),
        (5, ["1", "2", "3", "4", "5"]),
        (12, ["2", "4", "6", "8", "10", "12"]),
        (40, ["1", "5", "10", "15", "20", "25", "30", "35", "40"]),
        (1000, ["1", "200", "400", "600", "800", "1,000"]),
    ],
)
def test_epochs_are_counted_in_whole_round_numbers(epochs: int, expected: list[str]) -> None:
    figure = training_curves(history_of(epochs))
    for axes in figure.axes:
        assert [label.get_text() for label in axes.get_xticklabels()] == expected


def test_titles_stand_above_the_panels(texts_of: Callable[[Figure], list[str]]) -> None:
    figure = training_curves(history_of(3))
    assert {"Loss", "Error", "Learning rate"} <= set(texts_of(figure))
    for axes in figure.axes:
        for title in axes.findobj(match=Text):
            if title.get_text() in {"Loss", "Error", "Learning rate"}:
                above = title.get_window_extent().y0 - axes.bbox.y1
                assert 0 < above < 0.2 * DPI


def test_a_wide_range_keeps_few_ticks_and_its_ends(assert_readable: Callable[[Figure], None]) -> None:
    figure = training_curves({"loss": [3.0, 1e-7]})
    axes = panel(figure, "Loss")
    assert axes.get_ylim() == (1e-7, 10.0)
    assert len(axes.get_yticks()) <= 10
    assert_readable(figure)


def test_the_best_epoch_and_the_last_value_are_told(texts_of: Callable[[Figure], list[str]]) -> None:
    figure = training_curves(
        {
            "loss": [0.5, 0.25, 0.125],
            "val_loss": [0.4, 0.3, 0.35],
            "accuracy": [0.9, 0.95, 0.99],
            "val_accuracy": [0.91, 0.9625, 0.96],
        }
    )
    texts = texts_of(figure)
    assert "4 % validation error after 3 epochs" in texts
    assert "best validation 3.75 %, epoch 2" in texts
    assert "best validation 0.3, epoch 2" in texts
    assert {"training 1 %", "validation 4 %", "training 0.125", "validation 0.35"} <= set(texts)
    ring = panel(figure, "Loss").lines[-1]
    assert (np.asarray(ring.get_xdata()).tolist(), np.asarray(ring.get_ydata()).tolist()) == ([2], [0.3])


def test_no_error_at_all_lies_on_a_line_that_is_called_zero(
    texts_of: Callable[[Figure], list[str]], assert_readable: Callable[[Figure], None]
) -> None:
    figure = training_curves({"accuracy": [0.99, 0.9995, 1.0], "val_accuracy": [0.97, 0.98, 0.98]})
    axes = panel(figure, "Error")
    assert axes.get_ylim()[0] == 0.02
    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["0 %", "0.05 %"]
    assert values_of(axes, "training")[2] == 0.02
    assert "training 0 %" in texts_of(figure)
    assert_readable(figure)


def test_a_perfect_run_is_drawn(assert_readable: Callable[[Figure], None]) -> None:
    assert_readable(training_curves({"accuracy": [1.0, 1.0], "learning_rate": [0.0, 0.0]}))


@pytest.mark.parametrize("gap", [0.0, 1e-6, 1e-3])
def test_names_of_lines_that_end_together_do_not_overlap(gap: float, assert_readable: Callable[[Figure], None]) -> None:
    assert_readable(training_curves({"loss": [1.0, 0.1], "val_loss": [0.9, 0.1 + gap]}))


def test_what_is_absent_is_left_out() -> None:
    figure = training_curves({"loss": [0.5, 0.4]})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss"]
    assert figure.axes[0].lines[0].get_label() == "training"


def test_epochs_that_were_not_measured_are_gaps() -> None:
    figure = training_curves({"loss": [0.5, 0.4, 0.3], "val_loss": [float("nan"), 0.35, float("nan")]})
    drawn = values_of(panel(figure, "Loss"), "validation")
    assert np.isnan(drawn).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "neither loss nor accuracy"),
        ({"learning_rate": [0.1]}, "neither loss nor accuracy"),
        ({"loss": []}, "one number an epoch"),
        ({"loss": [1.0, 2.0], "val_loss": [1.0]}, "one number an epoch in every series"),
        ({"loss": [[1.0, 2.0]]}, "one number an epoch in every series"),
        ({"loss": ["high"]}, "'loss' must hold one number an epoch"),
    ],
)
def test_a_history_that_cannot_be_drawn_is_refused(history: History, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        training_curves(history)


def test_the_users_own_settings_neither_change_the_figure_nor_are_changed() -> None:
    with mpl.rc_context({"font.size": 31.0, "lines.linewidth": 17.0, "axes.facecolor": "red"}):
        figure = training_curves(history_of(3))
        assert mpl.rcParams["font.size"] == 31.0
    assert panel(figure, "Loss").lines[0].get_linewidth() < 5
    assert panel(figure, "Loss").get_facecolor() == (1.0, 1.0, 1.0, 1.0)
