"""`digitnet committee`, and that nobody takes its figures, or those of augmented inference, for a single network's."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.datasets import Dataset
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.graph import with_metadata
from in_process import Result, run_command


def run(*arguments: str | Path) -> Result:
    return run_command(*arguments)


def parameters_of_bundled() -> int:
    return sum(layer["parameters"] for layer in load_classifier(precision="int8").metadata.layers)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The bundled model, and the same network once more under another description."""
    folder = tmp_path_factory.mktemp("models")
    content = bundled_model_path("int8").read_bytes()
    metadata = load_classifier(precision="int8").metadata
    metadata.recipe.update(preset="other", seed=77)
    (folder / "a.onnx").write_bytes(content)
    (folder / "b.onnx").write_bytes(with_metadata(content, metadata))
    return folder / "a.onnx", folder / "b.onnx"


@pytest.fixture(scope="module")
def committee(models: tuple[Path, Path]) -> Path:
    out = models[0].with_name("committee.onnx")
    assert run("committee", out, *models, "--precision", "int8").exit_code == 0
    return out


@pytest.fixture
def images(mnist: tuple[Dataset, Dataset]) -> Images:
    """Training images, a quarter of which lie over another one, so that no network is sure of them."""
    images = mnist[0].images[:400].copy()
    images[::4] = images[::4] // 2 + images[1::4] // 2
    return images


@pytest.fixture
def data(tmp_path: Path, images: Images, mnist: tuple[Dataset, Dataset]) -> Path:
    labels = mnist[0].labels[:400]
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    return tmp_path / "data.npz"


def test_it_says_what_it_made(models: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "c.onnx"
    result = run("committee", out, *models, "--precision", "int8")
    size = out.stat().st_size
    assert result.stdout == f"{out}: a committee of 2 networks in int8, {size / 1e6:.1f} MB\n"
    out.unlink()
    answer = json.loads(run("committee", "--json", "--precision=int8", out, *models).stdout)
    assert answer == {"file": str(out), "members": 2, "bytes": size}


def test_figures_of_a_committee_are_labelled(committee: Path, models: tuple[Path, Path], data: Path) -> None:
    """Twice the same network answers as that network does, so all other figures must be equal."""
    single = json.loads(run("evaluate", models[0], "--data", data, "--json").stdout)
    several = json.loads(run("evaluate", committee, "--data", data, "--json").stdout)
    assert (single["committee"], several["committee"]) == (0, 2)
    assert several["errors"] == single["errors"]
    assert several["nll"] == pytest.approx(single["nll"], abs=1e-5)
    assert "Committee of 2 networks" in run("evaluate", committee, "--data", data).stdout
    assert "Committee" not in run("evaluate", models[0], "--data", data).stdout


def test_figures_from_distorted_copies_are_labelled(data: Path, images: Images, mnist: tuple[Dataset, Dataset]) -> None:
    augmented = load_classifier(augment_inference=6)
    unsure = int(augmented.is_augmented(images).sum())
    assert 20 < unsure < 200
    figures = json.loads(run("evaluate", "--data", data, "--json", "--augment-inference", "6").stdout)
    assert (figures["augment_inference"], figures["augmented_images"]) == (6, unsure)
    labels = augmented.predict(images)
    assert figures["errors"] == int((labels != mnist[0].labels[:400]).sum())
    shown = run("evaluate", "--data", data, "--augment-inference", "6").stdout
    assert f"Augmented inference: {unsure} of 400 images answered from 6 distorted copies" in " ".join(shown.split())
    plain = json.loads(run("evaluate", "--data", data, "--json").stdout)
    assert (plain["augment_inference"], plain["augmented_images"], plain["committee"]) == (0, 0, 0)
    assert "ugmented" not in run("evaluate", "--data", data).stdout


def test_info_shows_the_members(committee: Path) -> None:
    shown = run("info", committee).stdout
    assert "committee of 2 networks" in shown
    recipe, parameters = load_classifier(precision="int8").metadata.recipe, parameters_of_bundled()
    assert re.search(rf"member_1 +{recipe['preset']} +{recipe['seed']} +{parameters:,} ", shown)
    assert re.search(rf"member_2 +other +77 +{parameters:,} ", shown)
    assert re.search(rf"total +{2 * parameters:,}", shown)
    assert len(json.loads(run("info", committee, "--json").stdout)["committee"]) == 2
    assert "committee" not in run("info").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("c.onnx", "a.onnx"), 2, "a committee has at least two models, found 1"),
        (("c.onnx",), 2, "the following arguments are required: MODEL. See digitnet committee --help"),
        (("a.onnx", "b.onnx", "a.onnx"), 1, "a.onnx exists already and is never overwritten: choose another name"),
        (("c.bin", "a.onnx", "b.onnx"), 2, "c.bin is to be a model file: expected a name that ends in .onnx"),
        (("c.onnx", "a.onnx", "none.onnx", "--precision=int8"), 1, "none.onnx does not exist"),
        (("c.onnx", "a.onnx", "a.onnx", "--precision=int8"), 2, "a.onnx, a.onnx are the same model"),
        (("nowhere/c.onnx", "a.onnx", "b.onnx"), 1, "nowhere/c.onnx: No such file or directory"),
        (("c.onnx", "a.onnx", "b.onnx"), 1, "a.onnx: a model in int8, but float32 was asked for"),
        (("c.onnx", "a.onnx", "b.onnx", "--precision=half"), 2, "--precision is 'half': expected float32 or int8"),
    ],
)
def test_mistakes_are_one_line_and_an_exit_code(
    arguments: tuple[str, ...], code: int, message: str, models: tuple[Path, Path]
) -> None:
    folder = models[0].parent
    before = sorted(folder.iterdir())
    found = subprocess.run(
        [sys.executable, "-m", "digitnet", "committee", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert found.returncode == code
    assert message in " ".join(found.stderr.split())
    assert "Traceback" not in found.stderr
    assert found.stdout == ""
    assert sorted(folder.iterdir()) == before


def test_without_onnx_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['onnx'] = None; from digitnet.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code, "committee", "c.onnx", "a.onnx", "b.onnx"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "digitnet: onnx is not installed: pip install 'digitnet[train]'\n"
