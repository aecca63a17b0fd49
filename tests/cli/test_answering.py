"""answer, in this process: what it prints for pictures and for files of many images, and what it returns."""

import dataclasses
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.arrays import Images
from digitnet.cli.answering import Request, answer
from digitnet.cli.wording import digit_in_words, line_in_words
from digitnet.datasets import Dataset
from digitnet.datasets.idx import encode_idx, write_idx
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.inference.answers import Digit, Status
from digitnet.inference.classifier import Classifier, load_classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture
def images(mnist: tuple[Dataset, Dataset]) -> Images:
    return mnist[1].images[:40]


@pytest.fixture
def seven(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> Path:
    Image.fromarray(255 - mnist[1].images[0]).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def digit(label: int, confidence: float, *candidates: int) -> Digit:
    status: Status = "ok" if confidence > 0.8 else "unsure"
    return Digit(label, ("apple", "pear", "plum", "fig")[label], confidence, candidates, (), (0, 0, 1, 1), 0, status)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (digit(1, 0.99984, 1), "pear  99.98 %"),
        (digit(0, 0.6, 0, 2, 1, 3), "apple  60.00 %  unsure: apple or plum or pear"),
        (Digit(None, "", 0.0, (), (), (0, 0, 1, 1), 0, "not_a_digit"), "not a digit"),
    ],
)
def test_an_answer_in_words(read: Digit, expected: str) -> None:
    assert digit_in_words(read, ("apple", "pear", "plum", "fig")) == expected


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ((0.7, 0.02, 0.28, 0.0), "apple  70.00 %  unsure: apple or plum"),  # the next most probable one
        ((0.7, 0.0, 0.0, 0.0), "apple  70.00 %  unsure: apple or no digit"),
    ],
)
def test_one_candidate_alone_is_not_what_makes_an_answer_unsure(
    probabilities: tuple[float, ...], expected: str
) -> None:
    read = dataclasses.replace(digit(0, 0.7, 0), probabilities=probabilities)
    assert digit_in_words(read, ("apple", "pear", "plum", "fig")) == expected


def test_what_is_no_digit_has_no_part_in_how_sure_a_line_is() -> None:
    blot = Digit(None, "", 0.0, (), (), (0, 0, 1, 1), 0, "not_a_digit")
    line = [digit(1, 0.9, 1), blot, digit(0, 0.95, 0)]
    assert line_in_words(line, ("apple", "pear")) == "pear ? apple  90.00 %"
    assert line_in_words([blot], ("apple", "pear")) == "?  0.00 %"


def save(folder: Path, kind: str, images: Images) -> Path:
    path = folder / f"images.{kind}"
    if kind == "npz":
        np.savez_compressed(path, x_test=images)
    elif kind == "npy":
        np.save(path, images)
    else:
        write_idx(path, images)
    return path


@pytest.mark.parametrize("kind", ["idx", "idx.gz", "npz", "npy"])
def test_each_image_of_a_file_has_its_line(
    tmp_path: Path, images: Images, classifier: Classifier, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path, kind, images)
    assert answer(Request((str(path),), always_answer=True)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    labels = classifier.predict(images)
    assert len(lines) == len(images)
    for index, (line, label) in enumerate(zip(lines, labels, strict=True)):
        assert re.match(rf"{re.escape(str(path))}\[{index}\]  {label}  \d+\.\d\d %", line)


def test_each_image_of_a_file_has_its_object(
    tmp_path: Path, images: Images, classifier: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    images = np.concatenate([images, np.zeros((1, 28, 28), np.uint8)])
    path = save(tmp_path, "npy", images)
    assert answer(Request((str(path),), as_json=True, always_answer=True)) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(found["file"], found["index"]) for found in answers] == [(str(path), k) for k in range(len(images))]
    probabilities = classifier.predict_proba(images)
    for found, row in zip(answers[:-1], probabilities, strict=False):
        (read,) = found["digits"]
        assert read["probabilities"] == row.tolist()
        assert read["label"] == row.argmax()
        assert found["status"] == read["status"]
    assert (answers[-1]["status"], answers[-1]["text"]) == ("not_a_digit", "")


def test_unsure_images_are_answered_from_copies(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], capsys: pytest.CaptureFixture[str]
) -> None:
    images = mnist[1].images[:100] // 2 + mnist[1].images[100:200] // 2  # two digits in one, to be unsure of
    path = save(tmp_path, "npy", images)
    assert answer(Request((str(path),), as_json=True, always_answer=True, augment_inference=5)) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    augmented = load_classifier(augment_inference=5)
    assert [found["digits"][0]["probabilities"] for found in answers] == augmented.predict_proba(images).tolist()
    note = "unsure at first: averaged over 5 distorted copies"
    assert [found["notes"] == [note] for found in answers] == augmented.is_augmented(images).tolist()
    assert any(found["notes"] for found in answers)


def test_pictures_and_files_of_many_in_the_order_given(
    tmp_path: Path, images: Images, seven: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path, "npy", images[:2])
    assert answer(Request((str(seven), str(path), str(seven)))) == 0
    starts = [line.split("  ")[0].rsplit("/", 1)[-1] for line in capsys.readouterr().out.splitlines()]
    assert starts == ["seven.png: 7", "images.npy[0]", "images.npy[1]", "seven.png: 7"]
    assert answer(Request((str(seven),))) == 0
    assert capsys.readouterr().out.startswith("7  ")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_file_that_ends_early_is_answered_as_far_as_it_is_whole(
    tmp_path: Path,
    mnist: tuple[Dataset, Dataset],
    classifier: Classifier,
    as_json: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    images = mnist[1].images
    packed = gzip.compress(encode_idx(images), 0)
    path = tmp_path / "images.gz"
    path.write_bytes(packed[: len(packed) * 9 // 10])
    assert answer(Request((str(path),), as_json=as_json, always_answer=True)) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    stop = re.fullmatch(rf"digitnet: {path}: stopped after ([\d,]+) of 10,000 images: .*\n", err)
    assert stop is not None
    done = int(stop[1].replace(",", ""))
    assert done == 8192  # two chunks
    lines = out.splitlines()
    if as_json:
        *answers, error = [json.loads(line) for line in lines]
        assert (error["index"], error["status"], error["digits"]) == (done, "error", [])
        assert f"digitnet: {error['error']}\n" == err
        labels = [found["digits"][0]["label"] for found in answers]
    else:
        labels = [int(line.split("  ")[1]) for line in lines]
    assert labels == classifier.predict(images[:done]).tolist()


def test_a_bad_file_does_not_stop_the_others(
    tmp_path: Path, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.npy"
    np.save(bad, images / 255)
    good = save(tmp_path, "npz", images)
    assert answer(Request((str(bad), str(good), str(tmp_path / "none.png")))) == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == len(images)
    first, second, last = err.splitlines()
    assert "bad.npy holds pixels of type float64" in first
    assert "none.png does not exist" in second
    assert last == "digitnet: 2 of 3 files could not be read"


def test_the_array_can_be_chosen(tmp_path: Path, images: Images, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "a.npz", x_test=images[:3], x_train=images[3:10])
    for array, count in ((None, 3), ("x_train", 7)):
        assert answer(Request((str(tmp_path / "a.npz"),), array=array)) == 0
        assert len(capsys.readouterr().out.splitlines()) == count


def test_an_array_of_a_picture_is_wrong_usage(seven: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"seven\.png is no \.npz"):
        answer(Request((str(seven),), array="x"))


def test_a_model_that_is_not_there_is_no_answer(tmp_path: Path, seven: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        answer(Request((str(seven),), model=str(tmp_path / "none.onnx")))


class Recorder(io.StringIO):
    """A stream that knows what had been written at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.at_flush: list[int] = []

    def flush(self) -> None:
        self.at_flush.append(len(self.getvalue().splitlines()))


def test_answers_are_out_as_soon_as_their_chunk_is_read(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr(sys, "stdout", recorder)
    assert answer(Request((str(save(tmp_path, "npy", mnist[1].images)),))) == 0
    assert recorder.at_flush == [4096, 8192, 10_000]


def peak_of(arguments: list[str]) -> Iterator[int]:
    """Peak memory in MB of `digitnet` with these arguments, and how many lines it printed."""
    code = (
        "import resource, subprocess, sys\n"
        "run = subprocess.Popen([sys.executable, '-m', 'digitnet', *sys.argv[1:]], stdout=subprocess.PIPE)\n"
        "lines = sum(1 for _ in run.stdout); assert run.wait() == 0\n"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(peak // (1024**2 if sys.platform == 'darwin' else 1024), lines)"
    )
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return map(int, run.stdout.split())


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_a_hundred_thousand_images_take_little_more_memory_than_a_few(tmp_path: Path) -> None:
    few, many = tmp_path / "few.npz", tmp_path / "many.npz"
    np.savez_compressed(few, np.zeros((10, 28, 28), np.uint8))
    np.savez_compressed(many, np.zeros((100_000, 28, 28), np.uint8))  # 78 MB
    small, _ = peak_of(["predict", str(few), "--precision", "int8"])
    large, lines = peak_of(["predict", str(many), "--precision", "int8"])
    assert lines == 100_000
    assert large - small < 40
