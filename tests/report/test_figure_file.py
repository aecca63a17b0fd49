import os
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from digitnet.errors import ConfigurationError, RunFolderError
from digitnet.report import save_figure, training_curves
from digitnet.report.style import DPI


@pytest.fixture
def figure() -> Figure:
    return training_curves({"loss": [0.5, 0.25]})


def test_the_file_is_a_png_of_the_figures_size(figure: Figure, tmp_path: Path) -> None:
    save_figure(figure, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"
        width, height = figure.get_size_inches()
        assert picture.size == (int(width * DPI), int(height * DPI))
        assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)


def test_the_file_shows_what_was_drawn(figure: Figure, tmp_path: Path) -> None:
    save_figure(figure, tmp_path / "curves.png")
    figure.savefig(tmp_path / "by_matplotlib.png")
    with Image.open(tmp_path / "by_matplotlib.png") as picture:
        drawn = np.asarray(picture.convert("RGBA"))
    assert (drawn[..., 3] == 255).all()
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.mode == "RGB"
        assert (np.asarray(picture) == drawn[..., :3]).all()
    assert (drawn[0, 0] == 255).all()
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 100


def test_the_file_is_whole(figure: Figure, tmp_path: Path) -> None:
    save_figure(figure, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        picture.verify()  # fails for a wrong check sum


def test_nothing_tells_the_machine_or_the_version(figure: Figure, tmp_path: Path) -> None:
    save_figure(figure, tmp_path / "curves.png")
    data = (tmp_path / "curves.png").read_bytes()
    assert b"tEXt" not in data
    assert b"tIME" not in data
    assert b"atplotlib" not in data


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.png", "other.png"):
        save_figure(training_curves({"loss": [0.5, 0.25]}), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_a_file_is_replaced_and_nothing_else_is_left(figure: Figure, tmp_path: Path) -> None:
    target = tmp_path / "curves.png"
    target.write_bytes(b"old")
    save_figure(figure, str(target))
    assert target.read_bytes().startswith(b"\x89PNG")
    assert os.listdir(tmp_path) == ["curves.png"]  # noqa: PTH208 - the names, hidden ones included


def test_a_figure_that_cannot_be_drawn_leaves_the_old_file(tmp_path: Path) -> None:
    class Broken(Figure):
        def savefig(self, *_: object, **__: object) -> None:
            raise ArithmeticError

    target = tmp_path / "curves.png"
    target.write_bytes(b"old")
    with pytest.raises(ArithmeticError):
        save_figure(Broken(), target)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["curves.svg", "curves", "curves.png.txt"])
def test_another_kind_of_file_is_refused(figure: Figure, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a name that ends in \.png"):
        save_figure(figure, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_reported(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"curves\.png cannot be written: No such file or directory"):
        save_figure(figure, tmp_path / "nowhere" / "curves.png")
