"""Which learning rate to begin with: a short training whose rate grows at each step, in a process of its own.

`python -m digitnet.studio.teaching.rate_search` reads the settings of a run from its standard input, and writes what
`search_rates` gives.
"""

import json
import math
import sys
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError, DigitnetError, TrainingDivergedError
from digitnet.network.backend import keras
from digitnet.runs.training import compiled_model
from digitnet.studio.teaching.live_training import choose_data
from digitnet.studio.teaching.settings import RunSettings
from digitnet.training.compilation_cache import compilation_cache
from digitnet.training.loop import TrainingPlan, train_by_plan
from digitnet.training.optimizers import make_optimizer

__all__ = ["rates_of", "search_rates", "suggested_rate"]

_STEPS = 200  # forty for each factor of ten: enough for a curve that is smoothed
_FIRST, _LAST = 1e-5, 1.0  # below the first nothing moves in so few steps; the dial ends at the last
_SMOOTHING = 0.85  # part of the old mean that is kept at each step; chosen by hand
_FAR = 4.0  # times the least loss: from there on the network is gone, and the curve would be flat beside it
_MARGIN = 10.0  # the rate of the least loss is at the edge of too large: a tenth of it is safe


def rates_of(steps: int = _STEPS) -> NDArray[np.float64]:
    """The learning rate of each step: each is larger than the one before by the same factor."""
    return np.geomspace(_FIRST, _LAST, steps)


def search_rates(settings: RunSettings) -> dict[str, Any]:
    """Train for a moment with a learning rate that grows from step to step.

    Args:
        settings: Of the run that is to be started; its learning rate and epochs do not count.

    Returns:
        JSON-ready: `rates`, the smoothed `losses` at them, as far as the network was not lost, and the `suggestion`.

    Raises:
        ConfigurationError: The settings do not fit the data.

    Source:
        L. N. Smith (2017), Cyclical learning rates for training neural networks, arXiv 1506.01186, section 3.3.
    """
    recipe = settings.to_recipe()
    train_set = choose_data(load_mnist(), settings.training_images).train
    train_set = train_set.subset(np.arange(min(len(train_set), _STEPS * recipe.batch_size)))
    model = compiled_model(recipe, train_set)
    growing = keras.optimizers.schedules.ExponentialDecay(_FIRST, _STEPS - 1, _LAST / _FIRST)
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, growing, recipe.weight_decay),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    losses: list[float] = []
    epochs = -(-_STEPS // -(-len(train_set) // recipe.batch_size))
    plan = TrainingPlan(
        epochs, recipe.batch_size, recipe.seed, on_losses=lambda _, __, told, ___: losses.extend(map(float, told))
    )
    with suppress(TrainingDivergedError):  # the largest rates may do that; the curve ends before
        train_by_plan(model, train_set, plan)
    return suggested_rate(losses[:_STEPS])


def suggested_rate(losses: list[float]) -> dict[str, Any]:
    """What the losses say, one at each of `rates_of`.

    Args:
        losses: At least one; what follows the first that is not finite does not count.

    Returns:
        As `search_rates`.
    """
    smoothed: list[float] = []
    mean = 0.0
    for step, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            break
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        smoothed.append(mean / (1 - _SMOOTHING**step))  # corrected for having begun at 0
        if smoothed[-1] > _FAR * min(smoothed):
            break
    if not smoothed:
        raise ConfigurationError("no loss was finite: change the network")
    rates = rates_of()[: len(smoothed)]
    suggestion = float(f"{rates[int(np.argmin(smoothed))] / _MARGIN:.1g}")
    return {
        "rates": [float(f"{rate:.4g}") for rate in rates],
        "losses": [round(loss, 4) for loss in smoothed],
        "suggestion": max(suggestion, _FIRST),
    }


def _main() -> int:
    try:
        with compilation_cache(lambda line: print(line, file=sys.stderr)):  # noqa: T201 - to nobody
            answer = search_rates(RunSettings.from_dict(json.load(sys.stdin)))
    except DigitnetError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer, allow_nan=False))  # noqa: T201 - to the server
    return 0


if __name__ == "__main__":
    sys.exit(_main())
