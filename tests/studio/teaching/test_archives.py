"""Exports that the project's own readers of data sets take back."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import load_source
from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.archives import archive
from digitnet.studio.teaching.corrections import Corrections
from digitnet.studio.teaching.errors import NotFoundError

PNG = b"\x89PNG\r\n\x1a\n and more"


@pytest.fixture
def kept(tmp_path: Path) -> Corrections:
    corrections = Corrections(tmp_path / "corrections.sqlite")
    generator = np.random.default_rng(0)
    for label in (7, 1, 7):
        corrections.add(generator.integers(0, 256, 784, np.uint8).tobytes(), label, None, PNG if label == 1 else None)
    return corrections


@pytest.mark.parametrize("kind", ["idx", "png"])
def test_what_is_exported_is_a_data_set(kept: Corrections, kind: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(kept, kind))) as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "unpacked")
    dataset, test_set = load_source(str(tmp_path / "unpacked"))
    images, labels = kept.arrays()
    order = np.argsort(labels, kind="stable") if kind == "png" else np.arange(3)  # folder by folder
    np.testing.assert_array_equal(dataset.images, images[order])
    assert dataset.labels.tolist() == labels[order].tolist()
    assert test_set is None


def test_the_pictures_that_they_were_cut_from_go_along(kept: Corrections) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(kept, "png"))) as file:
        assert file.namelist() == ["7/00001.png", "1/00002.png", ".originals/1/00002.png", "7/00003.png"]
        assert file.read(".originals/1/00002.png") == PNG


def test_what_is_no_digit_goes_along_and_is_no_class(kept: Corrections, tmp_path: Path) -> None:
    drawing = bytes(range(196)) * 4
    kept.add(drawing, None, 7)
    for kind, name in (("idx", ".not_a_digit/images-idx3-ubyte"), ("png", ".not_a_digit/00004.png")):
        with zipfile.ZipFile(io.BytesIO(archive(kept, kind))) as file:
            content = file.read(name)
            file.extractall(tmp_path / kind)
        assert kind == "png" or content.endswith(drawing)
        dataset, _ = load_source(str(tmp_path / kind))
        assert sorted(dataset.labels.tolist()) == [1, 7, 7]
        assert "not" not in "".join(dataset.class_names)


def test_there_has_to_be_something_and_a_format(kept: Corrections, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="format is 'zip': expected idx or png"):
        archive(kept, "zip")
    with pytest.raises(NotFoundError, match="no corrections to export"):
        archive(Corrections(tmp_path / "empty.sqlite"), "idx")
