"""Pictures as a Dask bag: the rows of a batch, read when they are asked for."""

from pathlib import Path

import pytest

import digitnet.scale
from digitnet.errors import BatchError
from digitnet.inference.classifier import load_classifier
from extras import needs_scale

pytestmark = needs_scale


@pytest.mark.usefixtures("no_processes_left")
def test_a_bag_has_a_row_for_each_picture(scans: Path) -> None:
    bag = digitnet.scale.read_pictures([str(scans / "a.png"), str(scans / "b")])
    rows = bag.compute(scheduler="synchronous")
    assert [row["file"] for row in rows] == ["scans/a.png", "scans/b/a.png"]
    assert [row["text"] for row in rows] == [load_classifier().read_number(row["file"]).text for row in rows]


def test_a_source_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(BatchError, match=r"nowhere cannot be read"):
        digitnet.scale.read_pictures("nowhere")


def test_only_one_name_is_public() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        digitnet.scale.nonsense  # noqa: B018
