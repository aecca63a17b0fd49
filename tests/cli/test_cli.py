"""The command line as a user meets it: whole processes, exit codes, stdout and stderr."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitnet.datasets import load_mnist
from digitnet.datasets.idx import write_idx
from extras import needs_training


def digitnet(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    code = "from digitnet.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def draw_seven(path: Path) -> Path:
    """A 7 as somebody would draw it: dark on light, 300 x 400, not in the middle."""
    picture = Image.new("RGB", (300, 400), (250, 248, 240))
    ImageDraw.Draw(picture).line([(70, 90), (215, 85), (130, 300)], fill=(20, 30, 90), width=22, joint="curve")
    picture.save(path)
    return path


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    return draw_seven(tmp_path / "seven.png")


def test_a_drawn_digit_is_named(seven: Path) -> None:
    run = digitnet("predict", str(seven))
    assert run.returncode == 0
    assert re.fullmatch(r"7  \d+\.\d\d %\n", run.stdout)
    assert run.stderr == ""


def test_json_has_the_promised_keys(seven: Path) -> None:
    run = digitnet("predict", str(seven), "--json")
    answer = json.loads(run.stdout)
    assert set(answer) == {"file", "status", "text", "digits", "notes", "error"}
    (digit,) = answer["digits"]
    assert set(digit) == {"label", "confidence", "candidates", "probabilities", "box", "line", "status"}
    assert (answer["file"], answer["status"], answer["text"], digit["label"]) == (str(seven), "ok", "7", 7)
    assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_one_bad_picture_does_not_stop_the_others(seven: Path, tmp_path: Path) -> None:
    (tmp_path / "note.png").write_text("hello")
    run = digitnet("predict", str(tmp_path / "note.png"), str(seven), str(tmp_path / "missing.png"))
    assert run.returncode == 1
    assert run.stdout.splitlines() == [next(line for line in run.stdout.splitlines() if ": 7  " in line)]
    assert run.stderr.splitlines()[-1] == "digitnet: 2 of 3 files could not be read"
    assert "note.png" in run.stderr
    assert "missing.png" in run.stderr
    answers = digitnet("predict", "--json", str(tmp_path / "note.png"), str(seven)).stdout.splitlines()
    assert [json.loads(line)["status"] for line in answers] == ["error", "ok"]


def test_a_blank_picture_is_not_a_digit(tmp_path: Path) -> None:
    Image.new("L", (200, 100), 255).save(tmp_path / "blank.png")
    run = digitnet("predict", str(tmp_path / "blank.png"))
    assert (run.returncode, run.stdout) == (0, "not a digit\n")


def test_evaluate_counts_as_numpy_does(tmp_path: Path) -> None:
    """On ten images whose labels are right, and the same ten with two of them made wrong."""
    _, test_set = load_mnist()
    ten = test_set.subset(np.arange(10))
    labels = ten.labels.copy()
    labels[:2] = (labels[:2] + 1) % 10
    for name, part in (("train", ten.labels), ("t10k", labels)):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte.gz", ten.images)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte.gz", part)
    run = digitnet("evaluate", "--data", str(tmp_path), "--json")
    figures = json.loads(run.stdout)
    assert (figures["n"], figures["errors"], figures["accuracy"]) == (10, 2, 0.8)
    assert "2 mistakes in 10 images" in digitnet("evaluate", "--data", str(tmp_path)).stdout


def test_info_lists_layers_and_parameters() -> None:
    layers = json.loads(digitnet("info", "--json").stdout)["layers"]
    total = sum(layer["parameters"] for layer in layers)
    run = digitnet("info")
    assert all(layer["name"] in run.stdout for layer in layers)
    assert f"{total:,}" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("predict",), 2, "the following arguments are required: PICTURE. See digitnet predict --help"),
        (("prdict",), 2, "'prdict' is no command of digitnet (did you mean 'predict'?). See digitnet --help"),
        (("predict", "x.png", "--modle", "m"), 2, "--modle is no option of digitnet predict (did you mean '--model'?)"),
        (("--verbos", "predict"), 2, "--verbos is no option of digitnet (did you mean '--verbose'?)"),
        (("info", "a.onnx", "b.onnx"), 2, "'b.onnx' is one word more than digitnet info takes"),
        (("info", "-q", "--verbose"), 2, "--quiet and --verbose exclude each other"),
        (("-q", "info", "-v"), 2, "--quiet and --verbose exclude each other"),
        (("predict", "x.png", "--model", "nowhere.onnx"), 1, "nowhere.onnx"),
        (("predict", "x.png", "--model=nowhere.onnx"), 1, "nowhere.onnx"),
        (
            ("predict", "x.png", "--precision", "int9"),
            2,
            "--precision is 'int9' (did you mean 'int8'?): expected float32",
        ),
        (("predict", "x.png", "--array", "x"), 2, "x.png is no .npz"),
        (("info", "--precision", "half"), 2, "--precision is 'half': expected float32 or int8"),
        (("evaluate", "--data", "nowhere"), 1, "nowhere"),
        (("train", "--preset", "quik"), 2, "did you mean 'quick'"),
        (("train", "--hidden-sizes", "5,x"), 2, "--hidden-sizes is '5,x'"),
        (("train", "--hidden-sizes", "0"), 2, "hidden_sizes is [0]"),
        (("train", "--epochs", "many"), 2, "--epochs is 'many': expected a whole number"),
        (("train", "--epochs", "0"), 2, "epochs is 0: expected at least 1"),
        (("train", "--learning-rate", "fast"), 2, "--learning-rate is 'fast': expected a number"),
        (("train", "--receptive-fields", "6;10"), 2, "--receptive-fields is '6;10': expected numbers with commas"),
        pytest.param(("train", "--resume", "nowhere"), 1, "nowhere is not a run folder", marks=needs_training),
        (("train", "--resume", "nowhere", "--epochs", "3"), 2, "leave all others away"),
        (("train", "--resume", "nowhere", "--preset", "quick"), 2, "leave all others away"),
        (("train", "--resume", "nowhere", "--data", "mnist"), 2, "leave all others away"),
        pytest.param(("train", "--data", "nowhere"), 1, "nowhere", marks=needs_training),
        (("train", "--on-bad-picture", "ignore", "--data", "mnist"), 2, "ignore"),
    ],
)
def test_mistakes_are_one_line_and_an_exit_code(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path, refused: Callable[..., tuple[object, str]]
) -> None:
    found, errors = refused(*arguments, cwd=tmp_path)
    assert found == code
    assert_one_line(errors, message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("train", "--preset", "quik"), 2, "did you mean 'quick'"),
        (("evaluate", "--data", "nowhere"), 1, "nowhere"),
    ],
)
def test_a_mistake_ends_a_whole_process_in_the_same_way(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path
) -> None:
    run = digitnet(*arguments, cwd=tmp_path)
    assert run.returncode == code
    assert_one_line(run.stderr, message)
    assert run.stdout == ""
    assert list(tmp_path.iterdir()) == []


def assert_one_line(errors: str, message: str) -> None:
    assert "Traceback" not in errors
    assert message in errors
    assert len(errors.splitlines()) == 1


@needs_training
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--optimizer", "adm"), "did you mean 'adam'"),
        (("--batch-size", "999"), "batch_size is 999"),
        (("--activation", "rellu"), "did you mean 'relu'"),
        (("--schedule", "cosin"), "did you mean 'cosine'"),
    ],
)
def test_a_wrong_dial_leaves_no_folder(
    arguments: tuple[str, ...], message: str, tmp_path: Path, refused: Callable[..., tuple[object, str]]
) -> None:
    images = np.zeros((40, 28, 28), np.uint8)
    (tmp_path / "data").mkdir()
    np.savez(
        tmp_path / "data.npz",
        x_train=images,
        y_train=np.arange(40) % 10,
        x_test=images,
        y_test=np.arange(40) % 10,
    )
    code, errors = refused("train", "--data", "data.npz", *arguments, cwd=tmp_path)
    assert code == 2
    assert message in errors
    assert not (tmp_path / "runs").exists()


@needs_training
def test_train_prints_its_result_and_the_folder(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200) % 5
    images = generator.integers(0, 99, (200, 28, 28), dtype=np.uint8)
    images[np.arange(200), labels * 3] = 250
    np.savez(tmp_path / "data.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    arguments = ("--hidden-sizes", "8", "--epochs", "2", "--batch-size", "20", "--data", "data.npz")
    run = digitnet("train", *arguments, "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["test"]["n"] == 200
    assert json.loads((tmp_path / result["run"] / "metrics.json").read_bytes())["test"] == result["test"]
    assert re.search(r"^ +2/2 ", run.stderr, re.MULTILINE)
    assert not re.search(r"\x1b", run.stderr)  # plain lines where there is no terminal
    again = digitnet("-q", "train", *arguments, cwd=tmp_path)
    assert again.stdout.startswith("Test accuracy ")
    assert again.stderr == ""
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_precision_can_be_chosen(seven: Path, precision: str) -> None:
    for arguments in (
        ("predict", str(seven), "--precision", precision),
        ("predict", str(seven), f"--precision={precision}"),
    ):
        assert digitnet(*arguments).stdout.startswith("7  ")
    assert f"precision {precision}\n" in digitnet("info", "--precision", precision).stdout
    assert json.loads(digitnet("info", "--precision", precision, "--json").stdout)["precision"] == precision
    assert json.loads(digitnet("evaluate", "--precision", precision, "--json").stdout)["n"] == 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGPIPE's kind of pipe")
def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.zeros((20_000, 28, 28), np.uint8))
    command = [sys.executable, "-m", "digitnet", "predict", str(tmp_path / "many.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"many.npy[0]" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_without_the_training_extra_train_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['keras'] = None; from digitnet.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, "train"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith("pip install 'digitnet[train]'")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("arguments", [("info", "--json"), ("info",), ("--version",), ("predict", "seven.png")])
def test_output_that_cannot_be_written_is_one_line_and_exit_1(arguments: tuple[str, ...], seven: Path) -> None:
    code = "from digitnet.cli import main; main()"
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=seven.parent,
        )
    assert run.returncode == 1
    assert run.stderr == "digitnet: cannot write the result: No space left on device\n"


def test_a_file_name_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    names = [b"\xff.png", b"seven.png"]
    for name in names:
        draw_seven(tmp_path / "x.png").rename(tmp_path / os.fsdecode(name))
    run = subprocess.run(
        [sys.executable, "-c", "from digitnet.cli import main; main()", "predict", *names],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
    )
    assert run.returncode == 0, run.stderr
    assert [line.split(b":")[1].split()[0] for line in run.stdout.splitlines()] == [b"7", b"7"]


def test_the_version_is_printed() -> None:
    assert re.fullmatch(r"digitnet \d+\.\d+\.\d+\n", digitnet("--version").stdout)


def test_quiet_leaves_errors_alone_on_stderr(seven: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.png"
    run = digitnet("predict", "--quiet", str(seven), str(missing))
    assert run.returncode == 1
    assert run.stdout.startswith(f"{seven}: 7  ")
    assert run.stderr == f"digitnet: {missing} does not exist: expected a picture file\n"


def test_verbose_puts_notes_of_pictures_on_stderr(seven: Path) -> None:
    plain, verbose = digitnet("predict", str(seven), "--json"), digitnet("predict", str(seven), "--json", "-v")
    assert verbose.stdout == plain.stdout
    assert plain.stderr == ""
    notes = json.loads(plain.stdout)["notes"]
    assert notes
    assert verbose.stderr.splitlines() == [f"digitnet: {seven}: {note}" for note in notes]


def test_verbose_numbers_the_images_of_a_file_of_many(tmp_path: Path) -> None:
    np.save(tmp_path / "blank.npy", np.zeros((2, 28, 28), np.uint8))
    run = digitnet("predict", str(tmp_path / "blank.npy"), "-v")
    assert [line.split("  ")[0] for line in run.stdout.splitlines()] == [
        f"{tmp_path / 'blank.npy'}[{place}]" for place in (0, 1)
    ]
    assert all(line.startswith(f"digitnet: {tmp_path / 'blank.npy'}[") for line in run.stderr.splitlines())


def test_verbose_shows_where_an_error_arose() -> None:
    run = digitnet("info", "nowhere.onnx", "-v")
    assert (run.returncode, run.stdout) == (1, "")
    first, *_, last = run.stderr.splitlines()
    assert first.startswith("Traceback")
    assert last == "digitnet: nowhere.onnx does not exist: expected a model file or a run folder"
    hidden = digitnet("info", "\x1b[2Jnowhere.onnx", "-v").stderr
    assert r"\x1b[2Jnowhere.onnx does not exist" in hidden
    assert "\x1b" not in hidden


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_without_colour_where_nobody_wants_it(tmp_path: Path) -> None:
    """The bar of progress on a terminal has colours, unless NO_COLOR is set."""
    for place in range(7):
        draw_seven(tmp_path / f"{place}.png")

    def on_terminal(**variables: str) -> str:
        import pty  # noqa: PLC0415 - not there on Windows

        ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", **variables}
        command = [sys.executable, "-m", "digitnet", "predict", str(tmp_path)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, check=True, env=environment)
        os.close(theirs)
        shown = os.read(ours, 1 << 20).decode()
        os.close(ours)
        return shown

    colour = re.compile(r"\x1b\[(3[0-9]|38;)")
    assert colour.search(on_terminal())
    without = on_terminal(NO_COLOR="1")
    assert "reading" in without
    assert not colour.search(without)


def test_a_key_that_stops_is_one_line() -> None:
    code = (
        "from digitnet.cli import commands, main\n"
        "def stopped(words): raise KeyboardInterrupt\n"
        "import digitnet.cli.entry\n"
        "digitnet.cli.entry.parse = stopped\n"
        "main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "digitnet: stopped\n")
