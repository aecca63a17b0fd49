"""`digitnet train --show-augmentation`: a figure and nothing else."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets.idx import write_idx
from extras import needs_training
from in_process import run_command


def write_fashion(folder: Path) -> None:
    """Pictures of two classes with names."""
    for name, shade in (("boot", 40), ("shirt", 90)):
        (folder / "clothes" / name).mkdir(parents=True)
        for number in range(12):
            picture = np.full((28, 28), 255, np.uint8)
            picture[8:20, 6 + number : 16 + number] = shade
            Image.fromarray(picture).save(folder / "clothes" / name / f"{number}.png")


def write_digits(folder: Path) -> None:
    """IDX files of digits, of which some are missing."""
    for part in ("train", "t10k"):
        images = np.zeros((40, 28, 28), np.uint8)
        images[:, 4:24, 12:16] = 255
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", np.repeat([1, 4, 6], [20, 10, 10]).astype(np.uint8))


@needs_training
def test_a_figure_is_drawn_and_nothing_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_fashion(tmp_path)
    monkeypatch.chdir(tmp_path)
    options = ("--data", "clothes", "--augment", "rotation=15,blur=1", "--epochs", "1")
    arguments = ("train", "--show-augmentation", "shown.png", *options)
    assert run_command(*arguments) == (0, "shown.png\n")
    assert {path.name for path in tmp_path.iterdir()} == {"clothes", "shown.png"}
    first = (tmp_path / "shown.png").read_bytes()
    again = run_command(*arguments, "--json")
    assert json.loads(again.stdout) == {"figure": "shown.png"}
    assert (tmp_path / "shown.png").read_bytes() == first
    assert run_command(*arguments, "--seed", "1").exit_code == 0
    assert (tmp_path / "shown.png").read_bytes() != first


@needs_training
def test_classes_without_images_have_no_row(tmp_path: Path) -> None:
    write_digits(tmp_path)
    code = "from digitnet.cli import main; main()"
    options = ["--show-augmentation", "three.png", "--data", ".", "--preset", "quick", "--batch-size", "10"]
    run = subprocess.run(
        [sys.executable, "-c", code, "train", *options], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "three.png\n", "")
    with Image.open(tmp_path / "three.png") as figure:
        assert figure.height == round(160 * (0.85 + 3 * (0.78 + 0.26) + 2 * 0.16))  # heading, rows, a line of strengths


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("x.png", "--augment", "none"),
            "leaves training images as they are: say how to change them, for example --augment",
        ),
        (("x.png", "--preset", "quick", "--augment", "none"), "leaves training images as they are"),
        (("x.png", "--augment", "rotaton=5"), "did you mean 'rotation'"),
        (("x.png", "--preset", "quick", "--out", "run"), "trains nothing: leave --out away"),
        (("x.png", "--resume", "run"), "leave all others away"),
        pytest.param(("x.jpg", "--preset", "quick"), "expected a name that ends in .png", marks=needs_training),
    ],
)
def test_what_makes_no_sense_is_one_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path, refused: Callable[..., tuple[object, str]]
) -> None:
    code, errors = refused("train", "--show-augmentation", *arguments, cwd=tmp_path)
    assert code == 2
    (line,) = errors.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []
