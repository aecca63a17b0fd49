"""What docs/ecosystem.md says of other tools works as it stands there."""

import re
import struct
from pathlib import Path
from typing import Any

import pytest

from digitnet.datasets import Dataset
from extras import HAS_TRAINING

PAGE = Path(__file__).parents[1] / "docs" / "ecosystem.md"

pytestmark = [
    pytest.mark.skipif(not PAGE.exists(), reason="the page is part of the checkout, not of the wheel"),
    pytest.mark.skipif(not HAS_TRAINING, reason="needs the training extra"),
    pytest.mark.usefixtures("compiled_quickly"),
]


def block_with(word: str) -> str:
    """The one block of Python on the page with that word."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if word in block)
    return str(block)


def small_names(thirty_digits: Dataset) -> dict[str, Any]:
    """What the blocks have at hand: a model and data, but little ones."""
    import digitnet  # noqa: PLC0415 - Keras is only there with the training extra

    model = digitnet.build_mlp((4,), seed=0)
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return {"digitnet": _FewImages(digitnet), "model": model, "train_set": thirty_digits, "test_set": thirty_digits}


class _FewImages:
    """digitnet, whose `train` takes smaller batches."""

    def __init__(self, package: Any) -> None:
        self._package = package

    def train(self, *arguments: Any, **settings: Any) -> Any:
        return self._package.train(*arguments, **settings, batch_size=10)


def events_of(content: bytes) -> list[bytes]:
    """The records of a TensorBoard file: length, its checksum, the record, its checksum."""
    records = []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        records.append(content[12 : 12 + length])
        content = content[16 + length :]
    return records


def test_tensorboard_gets_every_value_of_every_epoch(
    thirty_digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboardX", reason="of the extra dev")
    from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    names = small_names(thirty_digits)
    exec(compile(block_with("tensorboardX"), str(PAGE), "exec"), names)  # noqa: S102 - the page's own code
    (file,) = (tmp_path / "logs").iterdir()
    written = [
        (value.tag, event.step, pytest.approx(value.simple_value))
        for event in map(Event.FromString, events_of(file.read_bytes()))
        for value in event.summary.value
    ]
    history = names["history"].history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert sorted(written, key=lambda row: row[:2]) == [
        (name, epoch, value) for name in sorted(history) for epoch, value in enumerate(history[name], start=1)
    ]
