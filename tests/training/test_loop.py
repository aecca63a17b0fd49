"""Training against Keras's own, step by step, and what an epoch promises."""

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.distortion import Distortion
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, TrainingDivergedError
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.loop import TrainingPlan, order_of_epoch, train, train_by_plan

OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(1e-3),
    "adamw": lambda: keras.optimizers.AdamW(1e-3, weight_decay=0.1),
    "sgd": lambda: keras.optimizers.SGD(0.05),
    "nesterov": lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(1e-3),
    "muon": lambda: keras.optimizers.Muon(1e-3, exclude_layers=["output"]),
    "lion": lambda: keras.optimizers.Lion(1e-4),
    "ema": lambda: keras.optimizers.Adam(1e-3, use_ema=True, ema_momentum=0.5),
}
OPTIMIZED = ("adamw", "sgd")  # compiled as users' programs are; all presets train with the first


def compiled(optimizer: Any = "adam", loss: Any = "categorical_crossentropy", **build: Any) -> Any:
    model = build_mlp((16, 12), seed=5, **build)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    return model


def keras_fit(model: Any, data: Dataset, batch_size: int, epochs: int = 1, *, one_hot: bool = True) -> Any:
    """Keras's own loop, over the same images in the same order."""
    losses = []
    for epoch in range(epochs):
        order = order_of_epoch(0, epoch, len(data))
        labels = np.eye(10, dtype=np.float32)[data.labels[order]] if one_hot else data.labels[order]
        history = model.fit(data.images[order], labels, batch_size=batch_size, shuffle=False, verbose=0)
        losses.append(history.history["loss"][0])
    return losses


def assert_same_weights(ours: Any, theirs: Any, tolerance: float) -> None:
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize("optimizer", OPTIMIZED)
def test_one_epoch_is_one_epoch_of_keras(optimizer: str, stripes: Dataset) -> None:
    ours, theirs = (compiled(OPTIMIZERS[optimizer]()) for _ in range(2))
    history = train(ours, stripes, epochs=1, batch_size=50)  # 230 images: four whole batches and one of 30
    losses = keras_fit(theirs, stripes, batch_size=50)
    assert_same_weights(ours, theirs, 2e-5)
    assert history.history["loss"][0] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name not in OPTIMIZED])
def test_every_optimizer_is_followed(optimizer: str, stripes: Dataset) -> None:
    """Over five whole batches: what becomes of a remainder does not depend on the optimiser."""
    ours, theirs = (compiled(OPTIMIZERS[optimizer]()) for _ in range(2))
    history = train(ours, stripes, epochs=1, batch_size=46)
    losses = keras_fit(theirs, stripes, batch_size=46)
    assert_same_weights(ours, theirs, 2e-5)
    assert history.history["loss"][0] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize(
    "build",
    [{"batch_normalization": True}, {"weight_decay": 0.1}],  # dropout: test_fast_layers.py
    ids=["batch normalisation", "weight decay"],
)
def test_layers_with_a_state_of_their_own_follow_keras(build: dict[str, Any], stripes: Dataset) -> None:
    ours, theirs = compiled(**build), compiled(**build)
    train(ours, stripes, epochs=2, batch_size=50)
    keras_fit(theirs, stripes, batch_size=50, epochs=2)
    assert_same_weights(ours, theirs, 5e-5)


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize(
    ("loss", "one_hot", "batch_size"),
    [
        # Of 230 images: five whole batches. Their remainders: test_one_epoch_is_one_epoch_of_keras.
        (lambda: keras.losses.CategoricalCrossentropy(label_smoothing=0.2), True, 46),
        (lambda: "sparse_categorical_crossentropy", False, 46),
        (lambda: keras.losses.categorical_crossentropy, True, 46),
        (lambda: "mean_squared_error", True, 50),  # the one that Keras itself computes, here with a remainder of 30
    ],
    ids=["label smoothing", "sparse", "function", "squared error"],
)
def test_every_keras_loss_is_followed(loss: Any, one_hot: bool, batch_size: int, stripes: Dataset) -> None:
    ours, theirs = compiled(loss=loss()), compiled(loss=loss())
    history = train(ours, stripes, epochs=1, batch_size=batch_size)
    losses = keras_fit(theirs, stripes, batch_size=batch_size, one_hot=one_hot)
    assert_same_weights(ours, theirs, 2e-5)
    assert history.history["loss"][0] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize("kind", ["loss scale", "dynamic loss scale", "loss weights", "output penalty", "own loss"])
def test_whatever_was_compiled_counts(kind: str, stripes: Dataset) -> None:
    """Each of these changes the loss or the gradients outside of the cross-entropy itself."""

    class OwnLoss(keras.Model):  # type: ignore[misc]
        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: Any = True
        ) -> Any:
            return 3 * super().compute_loss(x, y, y_pred, sample_weight, training)

    def make() -> Any:
        inputs = keras.Input((28, 28))
        x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
        penalty = keras.regularizers.L2(0.1) if kind == "output penalty" else None
        seeded = keras.initializers.GlorotUniform(seed=1)
        x = keras.layers.Dense(10, "softmax", kernel_initializer=seeded, activity_regularizer=penalty)(x)
        model = (OwnLoss if kind == "own loss" else keras.Model)(inputs, x)
        optimizer = keras.optimizers.SGD(0.1, loss_scale_factor=1000 if kind == "loss scale" else None)
        if kind == "dynamic loss scale":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        weights = 0.1 if kind == "loss weights" else None
        model.compile(optimizer, "categorical_crossentropy", loss_weights=weights, metrics=["accuracy"])
        return model

    ours, theirs = make(), make()
    history = train(ours, stripes, epochs=1, batch_size=46)
    losses = keras_fit(theirs, stripes, batch_size=46)
    assert_same_weights(ours, theirs, 2e-5)
    assert history.history["loss"][0] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize("kind", ["classes", "images", "images, by Keras's own loss"])
def test_weights_mean_what_they_mean_to_keras(kind: str, stripes: Dataset) -> None:
    """Also in the loss of the epoch, in metrics that are weighted and in those that are not."""

    def make() -> Any:
        model = build_mlp((16, 12), seed=5)
        loss = "mean_squared_error" if "own loss" in kind else "categorical_crossentropy"
        weighted = [keras.metrics.CategoricalAccuracy(name="weighted")]
        model.compile(keras.optimizers.SGD(0.05), loss, metrics=["accuracy"], weighted_metrics=weighted)
        return model

    ours, theirs = make(), make()
    order = order_of_epoch(0, 0, len(stripes))
    of_images = np.random.default_rng(0).exponential(size=len(stripes))
    of_images[::5] = 0
    asked: dict[str, Any] = {"class_weight": {3: 5.0, 7: 0.0}} if kind == "classes" else {"sample_weight": of_images}
    theirs_asked = asked if kind == "classes" else {"sample_weight": of_images[order]}
    history = train(ours, stripes, epochs=1, batch_size=50, **asked).history
    targets = np.eye(10, dtype=np.float32)[stripes.labels[order]]
    expected = theirs.fit(stripes.images[order], targets, batch_size=50, shuffle=False, verbose=0, **theirs_asked)
    assert_same_weights(ours, theirs, 2e-5)
    for name in ("loss", "accuracy", "weighted"):
        assert history[name][0] == pytest.approx(expected.history[name][0], rel=1e-4), name
    assert history["accuracy"] != history["weighted"]


@pytest.mark.usefixtures("compiled_quickly")
def test_a_metric_with_a_value_for_each_class_is_kept_whole(stripes: Dataset) -> None:
    model = build_mlp((8,), seed=0)
    model.compile("adam", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    history = train(model, stripes, epochs=1)
    assert history.history["f1_score"][0].shape == (10,)


def test_the_loss_is_exact_where_a_softmax_has_rounded_to_nothing(stripes: Dataset) -> None:
    """One step away from logits 0 and 200 the softmax is exactly 0: its logarithm would be clipped at 16.1."""
    model = build_mlp((4,), seed=0)
    bias = np.zeros(10, np.float32)
    bias[3] = 200
    model.set_weights([np.zeros((784, 4)), np.zeros(4), np.zeros((4, 10)), bias])
    model.compile("sgd", "categorical_crossentropy")
    wrong = float(np.mean(stripes.labels != 3))
    history = train(model, stripes, epochs=1, batch_size=230)
    assert history.history["loss"][0] == pytest.approx(200 * wrong, rel=1e-5)


def test_loss_and_accuracy_are_means_over_all_images(stripes: Dataset) -> None:
    """At a learning rate of almost 0 the model stays as it is, so an epoch must report what NumPy counts."""
    model = compiled(keras.optimizers.SGD(1e-12))
    probabilities = np.asarray(model(stripes.images), np.float64)
    expected_loss = -np.log(probabilities[np.arange(230), stripes.labels]).mean()
    expected_accuracy = (probabilities.argmax(axis=1) == stripes.labels).mean()
    history = train(model, stripes, epochs=1, batch_size=50, validation_set=stripes)
    assert history.history["loss"] == [pytest.approx(expected_loss, rel=1e-5)]
    assert history.history["val_loss"] == [pytest.approx(expected_loss, rel=1e-5)]
    assert history.history["accuracy"] == [pytest.approx(expected_accuracy, abs=1e-6)]
    assert history.history["val_accuracy"] == [pytest.approx(expected_accuracy, abs=1e-6)]


def test_the_same_seed_gives_the_same_bits(stripes: Dataset) -> None:
    first, second, other = (compiled(dropout=0.3, batch_normalization=True) for _ in range(3))
    train(first, stripes, epochs=3, batch_size=32, seed=7)
    train(second, stripes, epochs=3, batch_size=32, seed=7)
    train(other, stripes, epochs=3, batch_size=32, seed=8)
    assert_same_weights(first, second, 0)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


@pytest.mark.usefixtures("compiled_quickly")
def test_reports_inside_an_epoch_change_no_bit(stripes: Dataset) -> None:
    heard: list[tuple[int, int, Any, Any]] = []
    augmentation = make_augmentation(Distortion(shift=2))
    weights = []
    for on_losses in (None, lambda *report: heard.append(report)):
        model = compiled(dropout=0.3)
        # 230 images: 46 steps, and reports after 10, 20, 30, 40 and all of them
        plan = TrainingPlan(2, batch_size=5, validation_set=stripes, augmentation=augmentation, on_losses=on_losses)
        history = train_by_plan(model, stripes, plan).history
        weights.append((model.get_weights(), history["loss"], history["accuracy"]))
    for one, other in zip(*(found[0] for found in weights), strict=True):
        np.testing.assert_array_equal(one, other)
    assert weights[0][1:] == weights[1][1:]
    kept = [np.asarray(value) for value in heard[-1][3]]  # the weights of now, which are those of the end
    assert [value.shape for value in kept] == [variable.shape for variable in model.trainable_variables]
    for value, variable in zip(kept, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(value, variable)
    assert not np.array_equal(kept[0], heard[-2][3][0])
    assert [report[:2] for report in heard] == [(steps, 46) for _ in range(2) for steps in (10, 20, 30, 40, 46)]
    for epoch in (0, 1):  # all steps have five images, so the loss of the epoch is the mean of theirs
        losses = np.concatenate([report[2] for report in heard[5 * epoch : 5 * epoch + 5]])
        assert len(losses) == 46
        assert losses.mean() == pytest.approx(weights[0][1][epoch], rel=1e-5)


def test_weights_that_begin_at_zero_stay_there_if_asked(stripes: Dataset) -> None:
    """What is outside of a unit's receptive field stays outside, whatever the optimiser; all else learns."""
    for optimizer in ("adam", "sgd", keras.optimizers.AdamW(1e-2, weight_decay=0.1)):
        model = compiled(optimizer, batch_normalization=True, receptive_fields=(4, 8))
        before = [np.array(value) for value in model.get_weights()]
        train(model, stripes, epochs=2, batch_size=32, keep_zeros=True)
        for old, new in zip(before, model.get_weights(), strict=True):
            if old.ndim > 1:
                assert not new[old == 0].any()
                assert (new[old != 0] != old[old != 0]).mean() > 0.2  # SGD does not move what sees no ink
            else:
                assert (new != old).any()  # biases and statistics, many of which begin at 0
    assert (before[0] == 0).mean() > 0.5


@pytest.mark.usefixtures("compiled_quickly")
def test_weights_that_begin_at_zero_are_learned_otherwise(stripes: Dataset) -> None:
    model = compiled(receptive_fields=(4,))
    outside = np.array(model.get_weights()[0]) == 0
    train(model, stripes, epochs=1, batch_size=32)
    assert (model.get_weights()[0][outside] != 0).mean() > 0.9


def test_every_epoch_sees_every_image_in_an_order_of_its_own() -> None:
    orders = [order_of_epoch(0, epoch, 100) for epoch in range(3)]
    for order in orders:
        assert sorted(order) == list(range(100))
    for one, other in itertools.combinations(orders, 2):
        assert not np.array_equal(one, other)


def test_training_learns(stripes: Dataset) -> None:
    history = train(compiled(), stripes, epochs=30, batch_size=32)
    assert history.history["accuracy"][0] < 0.5
    assert history.history["accuracy"][-1] > 0.95


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (784,)])
def test_a_model_of_the_users_own_is_trained(shape: tuple[int, ...], stripes: Dataset) -> None:
    model = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(10),
            keras.layers.Softmax(),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "sparse_top_k_categorical_accuracy"])
    history = train(model, stripes, epochs=20, batch_size=23)
    assert history.history["accuracy"][-1] > 0.8
    top_5 = history.history["sparse_top_k_categorical_accuracy"]
    assert all(top >= one for top, one in zip(top_5, history.history["accuracy"], strict=True))


def test_early_stopping_stops_and_restores_the_best_weights(stripes: Dataset) -> None:
    model = compiled(keras.optimizers.SGD(1e-12))
    stopping = keras.callbacks.EarlyStopping("loss", patience=2, min_delta=0.1, restore_best_weights=True)
    before = model.get_weights()[0]
    history = train(model, stripes, epochs=50, batch_size=50, callbacks=[stopping])
    assert len(history.history["loss"]) == 3  # the first is the best, and two more are waited for
    np.testing.assert_allclose(model.get_weights()[0], before, atol=1e-9)


def test_reduce_on_plateau_changes_the_learning_rate_of_the_next_epoch(stripes: Dataset) -> None:
    model = compiled(keras.optimizers.SGD(1e-12))
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.1)
    train(model, stripes, epochs=4, batch_size=50, callbacks=[plateau])
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-12 / 8)


@pytest.mark.usefixtures("compiled_quickly")
def test_checkpoints_and_logs_of_keras_callbacks(stripes: Dataset, tmp_path: Path) -> None:
    model = compiled()
    seen: list[int] = []
    train(
        model,
        stripes,
        epochs=3,
        batch_size=50,
        validation_set=stripes,
        callbacks=[
            keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}.keras")),
            keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: seen.append(epoch)),
        ],
    )
    assert seen == [0, 1, 2]
    loaded = keras.saving.load_model(tmp_path / "3.keras")
    assert_same_weights(loaded, model, 0)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert len(rows) == 3


@pytest.mark.usefixtures("compiled_quickly")
def test_a_callback_between_batches_is_told_that_it_is_never_called(stripes: Dataset) -> None:
    with pytest.warns(UserWarning, match=r"TerminateOnNaN\.on_batch_end is never called"):
        train(compiled(), stripes, epochs=1, callbacks=[keras.callbacks.TerminateOnNaN()])


def test_divergence_names_the_epoch_and_keeps_the_last_good_weights(stripes: Dataset) -> None:
    model = compiled(keras.optimizers.SGD(1e9), loss="mean_squared_error", activation="linear")
    model.layers[-1].activation = keras.activations.linear
    with pytest.raises(TrainingDivergedError, match=r"epoch \d+ diverged.*Lower the learning rate"):
        train(model, stripes, epochs=50, batch_size=10)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 231}, "batch_size is 231: expected 1 to 230"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"epochs": 1.5}, r"epochs is 1\.5: expected a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"epochs": 2, "initial_epoch": 3}, "initial_epoch 3"),
    ],
)
def test_settings_that_make_no_sense_are_named(arguments: dict[str, int], message: str, stripes: Dataset) -> None:
    with pytest.raises(ConfigurationError, match=message):
        train(compiled(), stripes, **{"epochs": 1, **arguments})  # type: ignore[arg-type]


def test_a_model_that_was_not_compiled_is_told_how(stripes: Dataset) -> None:
    with pytest.raises(ConfigurationError, match=r"call model\.compile"):
        train(build_mlp((4,)), stripes, epochs=1)


def test_a_model_with_too_few_outputs_is_refused(stripes: Dataset) -> None:
    with pytest.raises(ConfigurationError, match="9 outputs, but the data has 10 classes"):
        train(compiled(num_classes=9), stripes, epochs=1)


def test_a_model_of_another_input_is_refused(stripes: Dataset) -> None:
    model = keras.Sequential([keras.Input((32, 32)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    with pytest.raises(ConfigurationError, match=r"inputs of shape \(32, 32\), but the images are \(28, 28\)"):
        train(model, stripes, epochs=1)
