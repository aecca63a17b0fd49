"""A request to stop stays made, and is heard while an epoch runs."""

import threading

import numpy as np
import pytest

from digitnet.training.stopping import StopRequest
from extras import HAS_TRAINING


def test_what_was_asked_stays_asked() -> None:
    stop = StopRequest()
    assert (stop.requested, stop.at_once) == (False, False)
    stop.request()
    assert (stop.requested, stop.at_once) == (True, False)
    stop.request(at_once=True)
    stop.request()
    assert (stop.requested, stop.at_once) == (True, True)


@pytest.mark.skipif(not HAS_TRAINING, reason="needs the training extra")
def test_an_epoch_is_given_up_when_another_thread_asks_for_it() -> None:
    from digitnet.datasets import Dataset  # noqa: PLC0415 - with the next ones, since those import Keras
    from digitnet.network.backend import keras  # noqa: PLC0415
    from digitnet.network.mlp import build_mlp  # noqa: PLC0415
    from digitnet.training.loop import TrainingPlan, train_by_plan  # noqa: PLC0415

    model = build_mlp((512, 512), seed=0)
    model.compile("sgd", "categorical_crossentropy")
    before = [np.asarray(variable.value) for variable in model.trainable_variables]
    images = np.random.default_rng(0).integers(0, 256, (30_000, 28, 28), dtype=np.uint8)
    stop = StopRequest()

    def ask_soon(*_: object) -> None:
        threading.Timer(0.01, stop.request, kwargs={"at_once": True}).start()

    callbacks = [keras.callbacks.LambdaCallback(on_epoch_begin=ask_soon)]
    plan = TrainingPlan(epochs=3)
    history = train_by_plan(model, Dataset(images, (np.arange(30_000) % 10).astype(np.uint8)), plan, callbacks, stop)
    assert history.history == {}  # the epoch was not finished, and no other was begun
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)
