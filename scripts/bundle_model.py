"""Put a finished run into the package as its bundled model: `.venv/bin/python scripts/bundle_model.py RUN_DIR`.

Each model file gets the score that tells digits from everything else. The network behind it is trained here, on digits
and on what is made from them, in some four minutes; `--score-from MODEL` takes it from another model file instead.

A run that held no images out, as `record`, does not know how probable right labels are on images it has not seen.
`--held-out RUN` takes that from a run that did. Where that one makes more mistakes, as `standard` does, its right
labels are less probable, so that sets of candidates hold the right one more often than promised, and are larger.

`--small` makes of the run the network that the page draws as a diagram: float32 alone and without the score, in
src/digitnet/bundled/small, which `make small-network` does with a run of its own.

The map of test digits that the page shows is computed anew, for which umap-learn has to be installed.

The model files, `run.json` and `MODEL_CARD.md` go to src/digitnet/bundled, each in one step, in place of what was
there. Both precisions are bundled where they have at most 20 MB together; otherwise only int8, which is the default.
`run.json` gets the figures of the run and the SHA-256 of each file beside it, and loses the folders of this machine;
the card is written anew from it.
"""

import argparse
import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from digitnet.datasets import load_mnist
from digitnet.errors import DigitnetError, MissingExtraError, RunFolderError
from digitnet.files import write_atomically
from digitnet.model_file.contract import DIGIT_SCORE, MODEL_FILE_NAMES, SECOND_LOGITS, has_output, open_model
from digitnet.model_file.digest import with_digest
from digitnet.model_file.digit_score import with_digit_score_of, without_digit_score
from digitnet.model_file.graph import with_metadata
from digitnet.model_file.metadata import Precision
from digitnet.report.model_card import model_card
from digitnet.training.outlier_detector import HELD_OUT, train_outlier_detector

BYTES_MAX = 20_000_000  # of the files together
RUN_NAME, CARD_NAME = "run.json", "MODEL_CARD.md"
_BUNDLED = Path(__file__).resolve().parents[1] / "src" / "digitnet" / "bundled"
_MAP_SCRIPT = Path(__file__).with_name("bundle_map.py")
_SMALL = _BUNDLED / "small"
_NUMBERS_TO_RENEW = "ERRORS in tests/test_bundled_model.py, and python -m benchmarks.accuracy page"
_ONLY_INT8 = f"""
## Inside the package

The package has the model in int8 only, since both files together have more than {BYTES_MAX / 1e6:g} MB. The figures of
the float32 model are those of the run; training it again, as above, gives its file.
"""
_NOT_A_DIGIT = f"""
## Not a digit

A second network in the same file gives the output `digit_score`, which tells digits from everything else: the logarithm
of the odds that an image is any of the digits. It was trained on MNIST's training images without the last {HELD_OUT:,},
as they are and in other pens, against images that were made up: pieces of digits, several at once, scribbles, zigzags,
lines, strokes as in letters, emblems, stars, filled shapes, noise. The thresholds come from those {HELD_OUT:,} images.
"""
_SECOND_OPINION = """
Its logits of the ten digits are the output `second_logits`. A digit in a picture is answered by the mean of both
networks' probabilities, since digits in other pens than MNIST's are read better so; images in MNIST's frame are
answered by the first network alone, whose figures stand above.
"""
_PRECISIONS: tuple[Precision, ...] = tuple(MODEL_FILE_NAMES)
_FIGURES = ("n", "errors", "accuracy", "nll", "ece")


Change: TypeAlias = Callable[[bytes], bytes]  # of a model file


def bundle(
    run_folder: Path, target: Path, changes: Sequence[Change] = (), *, precisions: Sequence[Precision] = _PRECISIONS
) -> dict[Precision, int]:
    """Copy a run into the package.

    Args:
        run_folder: A finished run of `digitnet train` on MNIST.
        target: The folder of the bundled model.
        changes: What is done to each model file on the way, one after the other.
        precisions: Which of the model files may be taken.

    Returns:
        Bytes of each model file that was bundled.

    Raises:
        RunFolderError: The run is not finished, not of MNIST, too large, or its files do not belong together.
        ModelFileError: A model file is damaged.
    """
    run, metrics = (_read_json(run_folder / name) for name in (RUN_NAME, "metrics.json"))
    _check_data(run, run_folder)
    if "int8" not in precisions:
        metrics["int8"] = {}  # the card is silent about a file that is not there
    models = {name: content for name, content in _models(run_folder, run).items() if name in precisions}
    for change in changes:
        models = {precision: change(content) for precision, content in models.items()}
    models = _chosen({precision: with_digest(content) for precision, content in models.items()}, run_folder)
    metrics["refuses_non_digits"] = DIGIT_SCORE in open_model(next(iter(models.values())))[1].thresholds
    run = {**run, "command": [_without_folders(argument) for argument in run["command"]]}
    files: dict[str, bytes] = {MODEL_FILE_NAMES[precision]: content for precision, content in models.items()}
    files[CARD_NAME] = (model_card(run, metrics) + _more_on_the_card(models)).encode()
    run["metrics"] = _summary(metrics)
    run["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name in MODEL_FILE_NAMES.values():
        if name not in files:
            (target / name).unlink(missing_ok=True)  # it would be another model's
    for name, content in files.items():
        write_atomically(target / name, content)
    write_atomically(target / RUN_NAME, json.dumps(run, indent=2, allow_nan=False) + "\n")
    return {precision: len(content) for precision, content in models.items()}


def with_probabilities_of(held_out: Path) -> Change:
    """What adds to a model file how probable right labels are, as a run knows it that held images out.

    Args:
        held_out: Its folder.

    Raises:
        RunFolderError: It does not know that either.
        ModelFileError: It has no such model file, or a damaged one.
    """

    def add(content: bytes) -> bytes:
        _, metadata = open_model(content)
        _, other = open_model(held_out, precision=metadata.precision)
        if "probability" not in other.thresholds:
            raise RunFolderError(f"{held_out} held no images out: expected a run with a validation part")
        thresholds = {**metadata.thresholds, "probability": other.thresholds["probability"]}
        return with_metadata(content, dataclasses.replace(metadata, thresholds=thresholds))

    return add


def with_score_of(model: Path) -> Change:
    """What adds the score of another model, which is the same in both precisions.

    Args:
        model: A model file, or a folder with one.

    Raises:
        RunFolderError: It has no score.
    """
    files = [model / name for name in MODEL_FILE_NAMES.values()] if model.is_dir() else [model]
    contents = [file.read_bytes() for file in files if file.exists()]
    scored = [content for content in contents if DIGIT_SCORE in open_model(content)[1].thresholds]
    if not scored:
        raise RunFolderError(f"{model} has no model that tells digits from everything else: leave --score-from out")
    return lambda content: with_digit_score_of(content, scored[0])


def _more_on_the_card(models: dict[Precision, bytes]) -> str:
    session, metadata = open_model(next(iter(models.values())))  # in both precisions it is the same second network
    said = [(DIGIT_SCORE in metadata.thresholds, _NOT_A_DIGIT), (has_output(session, SECOND_LOGITS), _SECOND_OPINION)]
    return "".join(text for is_true, text in [*said, ("float32" not in models, _ONLY_INT8)] if is_true)


def _check_data(run: dict[str, Any], run_folder: Path) -> None:
    """Only a model of the bundled MNIST can be repeated by whoever has the package."""
    _, test_set = load_mnist()
    data = run["data"]
    if (data["source"], run["source_path"], data["test_digest"]) != ("mnist", "mnist", test_set.digest):
        raise RunFolderError(f"{run_folder} was trained on {data['source']}: only a model of mnist is bundled")


def _models(run_folder: Path, run: dict[str, Any]) -> dict[Precision, bytes]:
    """The run's model files, which must be those of its `run.json`."""
    models: dict[Precision, bytes] = {}
    for precision, name in MODEL_FILE_NAMES.items():
        if not (run_folder / name).exists():
            continue
        content = (run_folder / name).read_bytes()
        _, metadata = open_model(content, precision=precision)
        if (metadata.recipe, metadata.data) != (run["settings"], run["data"]):
            raise RunFolderError(f"{run_folder / name} is not of the run that {RUN_NAME} tells of: train it again")
        models[precision] = content
    if not models:
        raise RunFolderError(f"{run_folder} has no model file: expected a finished run of digitnet train")
    return models


def _chosen(models: dict[Precision, bytes], run_folder: Path) -> dict[Precision, bytes]:
    """Both files where they are small enough together, else the one in int8."""
    if sum(map(len, models.values())) <= BYTES_MAX:
        return models
    if "int8" in models and len(models["int8"]) <= BYTES_MAX:
        return {"int8": models["int8"]}
    sizes = ", ".join(f"{name} {len(content) / 1e6:.1f} MB" for name, content in models.items())
    raise RunFolderError(f"{run_folder} is too large to be bundled ({sizes}): expected at most {BYTES_MAX / 1e6:g} MB")


def _without_folders(argument: str) -> str:
    """An argument of the command; of a path only its last part."""
    option, equals, value = argument.rpartition("=")
    parts = value.replace("\\", "/").rstrip("/").rpartition("/")
    return option + equals + parts[2]


def _summary(metrics: dict[str, Any]) -> dict[str, Any]:
    """Of the run's metrics what says how good it is and what it took."""
    parts = {"test": metrics["test"], "validation": metrics["validation"], "int8": metrics["int8"].get("test")}
    return {
        **{name: {key: part[key] for key in _FIGURES} if part else None for name, part in parts.items()},
        **{name: metrics[name] for name in ("train_seconds", "epochs", "parameters")},
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise RunFolderError(f"{path.parent} is not a finished run folder: it has no {path.name}") from error
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} is damaged: expected a JSON object")
    return content


def main() -> int:
    """Bundle, and say what is left to do."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, metavar="RUN_DIR", help="a finished run folder")
    parser.add_argument(
        "--held-out", type=Path, metavar="RUN_DIR", help="a run that knows how probable right labels are"
    )
    scores = parser.add_mutually_exclusive_group()
    scores.add_argument("--score-from", type=Path, metavar="MODEL", help="take the score from there")
    scores.add_argument("--no-score", action="store_true", help="leave the model without a score")
    scores.add_argument("--small", action="store_true", help="bundle it as the network that the page draws")
    arguments = parser.parse_args()
    try:
        if not arguments.small and find_spec("umap") is None:  # known before some minutes of training
            raise MissingExtraError("umap-learn is not installed: .venv/bin/pip install umap-learn")
        changes = [] if arguments.held_out is None else [with_probabilities_of(arguments.held_out)]
        if arguments.score_from is not None:
            changes.append(with_score_of(arguments.score_from))
        elif arguments.no_score or arguments.small:
            changes.append(without_digit_score)
        else:
            sys.stderr.write("training the network that tells digits from everything else: some four minutes\n")
            changes.append(train_outlier_detector(load_mnist()[0]).add_to)
        target, precisions = (_SMALL, _PRECISIONS[:1]) if arguments.small else (_BUNDLED, _PRECISIONS)
        sizes = bundle(arguments.run, target, changes, precisions=precisions)
    except DigitnetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not arguments.small:
        sys.stderr.write("computing the map of test digits: some minutes\n")
        subprocess.run([sys.executable, _MAP_SCRIPT], check=True)  # noqa: S603 - ours
    for precision, size in sizes.items():
        sys.stdout.write(f"{target / MODEL_FILE_NAMES[precision]}: {size:,} bytes\n")
    if "float32" not in sizes:
        sys.stdout.write(f"float32 is left out: with it there would be more than {BYTES_MAX / 1e6:g} MB\n")
    numbers = "MISTAKES in tests/studio/test_diagram_routes.py" if arguments.small else _NUMBERS_TO_RENEW
    sys.stdout.write(f"now: {numbers}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
