"""History: Keras's record of a training, which can be read and looked at."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from digitnet.errors.markup import ACCENT, ALERT, Markup, card, element, facts, joined
from digitnet.network.backend import keras

__all__ = ["History"]

_WIDTH, _HEIGHT = 300, 130  # pixels of a chart
_LEFT, _FOOT = 44, 18  # pixels for the numbers beside and below it
_VALIDATION = "val_"


class History(keras.callbacks.History):  # type: ignore[misc] # Keras ships no type information
    """A keras.callbacks.History: `history` has a list of one value an epoch for each name.

    Attributes:
        history: Loss and metrics; those of validation images with `val_` in front.
        epoch: The number of each epoch, from 0.
    """

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {_short(value)}" for name, value in _last(self.history).items())
        return f"History({len(self.epoch)} epochs{': ' if last else ''}{last})"

    def _repr_html_(self) -> str:
        curves = {name: _numbers(values) for name, values in self.history.items()}
        charts = [
            _chart(name, self.epoch, {key: curves[key] for key in (name, f"{_VALIDATION}{name}") if key in curves})
            for name in curves
            if not name.startswith(_VALIDATION) and len(curves[name]) > 1
        ]
        line = "display:flex;flex-wrap:wrap;gap:4px 20px;align-items:flex-start"
        last: dict[str, object] = {name: _short(value) for name, value in _last(self.history).items()}
        return card(
            f"History of {len(self.epoch)} epochs, with the values after the last",
            element("div", facts(last), *charts, style=line),
        )


def _last(history: Mapping[str, Sequence[Any]]) -> dict[str, float]:
    """The last value of each name that has one number an epoch."""
    return {name: numbers[-1] for name, values in history.items() if (numbers := _numbers(values))}


def _numbers(values: Sequence[Any]) -> list[float]:
    """The values, if each is a finite number; a metric of several numbers has no line."""
    is_plain = all(isinstance(value, int | float) and math.isfinite(value) for value in values)
    return [float(value) for value in values] if is_plain else []


def _short(value: float) -> str:
    return f"{value:.4g}"


def _chart(name: str, epochs: Sequence[int], curves: Mapping[str, Sequence[float]]) -> Markup:
    """The curve of the training images, and that of the validation images where there is one."""
    values = [value for curve in curves.values() for value in curve]
    low, high = min(values), max(values)
    span = high - low or 1.0

    def place(position: int, value: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - 8) * position / (len(epochs) - 1)
        return f"{x:.1f},{8 + (_HEIGHT - _FOOT - 16) * (high - value) / span:.1f}"

    lines = [
        element(
            "polyline",
            points=" ".join(place(position, value) for position, value in enumerate(curve)),
            fill="none",
            stroke=ALERT if key.startswith(_VALIDATION) else ACCENT,
            stroke_width=2,
            stroke_dasharray="5 3" if key.startswith(_VALIDATION) else None,
        )
        for key, curve in curves.items()
    ]
    texts = [
        _label(_LEFT - 6, 12, _short(high), "end"),
        _label(_LEFT - 6, _HEIGHT - _FOOT - 4, _short(low), "end"),
        _label(_LEFT, _HEIGHT - 4, f"epoch {epochs[0] + 1}", "start"),
        _label(_WIDTH - 8, _HEIGHT - 4, f"{epochs[-1] + 1}", "end"),
    ]
    about = ", ".join(f"{key} from {_short(curve[0])} to {_short(curve[-1])}" for key, curve in curves.items())
    drawing = element(
        "svg",
        *lines,
        *texts,
        width=_WIDTH,
        height=_HEIGHT,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=about,
        style="display:block;max-width:100%",
    )
    return element("div", _legend(name, curves), drawing)


def _legend(name: str, curves: Mapping[str, Sequence[float]]) -> Markup:
    """The names of the curves, each in its colour."""
    named: list[object] = [element("span", name, style=f"color:{ACCENT};font-weight:600")]
    if len(curves) > 1:
        named.append(element("span", "validation (dashed)", style=f"color:{ALERT};font-weight:600"))
    return joined(named, " · ")


def _label(x: int, y: int, text: str, anchor: str) -> Markup:
    return element("text", text, x=x, y=y, text_anchor=anchor, fill="currentColor", opacity=0.75, font_size=11)
