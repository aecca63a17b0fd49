"""Small pictures to read many of, and one local cluster that all tests share."""

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets import Dataset
from digitnet.parallel import keep_to_cores
from digitnet.scale.work import end_processes


def page_of(digits: Any) -> Image.Image:
    """Digits side by side in dark ink on light paper, uint8 (56, 28 n + 56)."""
    line = np.hstack(list(digits))
    page = np.full((56, line.shape[1] + 56), 235, np.uint8)
    page[14:42, 28:-28] = np.minimum(235, 255 - line)
    return Image.fromarray(page)


def png_of(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def pngs(mnist: tuple[Dataset, Dataset]) -> list[bytes]:
    """Six pictures of two digits each."""
    images = mnist[0].images
    return [png_of(page_of(images[2 * place : 2 * place + 2])) for place in range(6)]


@pytest.fixture
def scans(tmp_path: Path, pngs: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The name of a folder of six pictures, one of them deeper down, in the folder where the test runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans" / "b").mkdir(parents=True)
    for name, png in zip(("a.png", "b.png", "b/a.png", "c.PNG", "d.png", "e.png"), pngs, strict=True):
        (tmp_path / "scans" / name).write_bytes(png)
    (tmp_path / "scans" / "notes.txt").write_text("no picture")
    return Path("scans")


@pytest.fixture
def no_processes_left() -> Iterator[None]:
    yield
    end_processes()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A client of a local cluster of two workers, each on one core."""
    pytest.importorskip("distributed", reason="needs the extra scale: pip install 'digitnet[scale]'")
    from digitnet.scale.cluster import local_cluster  # noqa: PLC0415

    with local_cluster(2, partial(keep_to_cores, cores=1)) as client:
        yield client
