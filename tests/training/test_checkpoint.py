"""A checkpoint is whole or absent, and brings training back to the same bits."""

import errno
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import RunFolderError
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.checkpoint import CHECKPOINT_FILE, Checkpoint, restore
from digitnet.training.loop import train
from digitnet.training.schedules import WarmupCosine

# Classes, since `keras.optimizers.get` of Keras 3.10 knows no Muon.
_OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "muon": keras.optimizers.Muon}


def compiled(optimizer: str = "adam", sizes: tuple[int, ...] = (16,)) -> Any:
    model = build_mlp(sizes, dropout=0.3, batch_normalization=True, seed=2)
    schedule = WarmupCosine(0.01, total_steps=30)
    model.compile(_OPTIMIZERS[optimizer](learning_rate=0.01), "mse")
    model.optimizer.learning_rate = schedule if optimizer == "adam" else 0.01
    return model


def state(model: Any) -> list[Any]:
    return [np.array(variable.value) for variable in [*model.variables, *model.optimizer.variables]]


@pytest.mark.parametrize("optimizer", _OPTIMIZERS)
@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_resumed_run_ends_in_the_same_bits(optimizer: str, stop_after: int, stripes: Dataset, tmp_path: Path) -> None:
    uninterrupted = compiled(optimizer)
    train(uninterrupted, stripes, epochs=4, batch_size=32)

    train(compiled(optimizer), stripes, epochs=stop_after, batch_size=32, callbacks=[Checkpoint(tmp_path)])
    resumed = compiled(optimizer)
    history = restore(resumed, tmp_path)
    assert len(history) == stop_after
    train(resumed, stripes, epochs=4, batch_size=32, initial_epoch=stop_after)
    for mine, other in zip(state(resumed), state(uninterrupted), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_without_a_checkpoint_nothing_changes(tmp_path: Path) -> None:
    model = compiled()
    before = state(model)
    assert restore(model, tmp_path) == []
    for mine, other in zip(state(model), before, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_the_history_goes_on_where_it_was(stripes: Dataset, tmp_path: Path) -> None:
    first = Checkpoint(tmp_path)
    train(compiled(), stripes, epochs=2, callbacks=[first])
    model = compiled()
    second = Checkpoint(tmp_path, restore(model, tmp_path))
    train(model, stripes, epochs=3, initial_epoch=2, callbacks=[second])
    assert second.history[:2] == first.history
    assert len(restore(compiled(), tmp_path)) == 3


def test_a_full_disk_loses_no_finished_epoch(stripes: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(compiled(), stripes, epochs=1, callbacks=[Checkpoint(tmp_path)])
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("digitnet.files.os.fsync", no_space)
    model = compiled()
    history = restore(model, tmp_path)
    checkpoint = Checkpoint(tmp_path, history)
    with pytest.raises(RunFolderError, match=r"epoch 2 could not be saved \(No space left on device\); 1 finished"):
        train(model, stripes, epochs=2, initial_epoch=1, callbacks=[checkpoint])
    assert checkpoint.history == history  # an epoch that is not on disk is not counted as kept
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [CHECKPOINT_FILE]  # no temporary file is left


def test_a_checkpoint_of_another_network_is_refused(stripes: Dataset, tmp_path: Path) -> None:
    train(compiled(), stripes, epochs=1, callbacks=[Checkpoint(tmp_path)])
    with pytest.raises(RunFolderError, match="of another network or optimiser"):
        restore(compiled(sizes=(17,)), tmp_path)
    with pytest.raises(RunFolderError, match="of another network or optimiser"):
        restore(compiled("sgd"), tmp_path)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "another zip", "pickle"])
def test_a_damaged_checkpoint_is_named(damage: str, stripes: Dataset, tmp_path: Path) -> None:
    train(compiled(), stripes, epochs=1, callbacks=[Checkpoint(tmp_path)])
    path = tmp_path / CHECKPOINT_FILE
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"hello"}.get(damage, b""))
    if damage == "another zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "b")
    if damage == "pickle":
        with path.open("wb") as file:
            np.savez(file, description=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RunFolderError, match=f"{CHECKPOINT_FILE} is damaged.*start a new one"):
        restore(compiled(), tmp_path)
