"""The environments that the peers run in: a virtual environment for each framework, made with pip."""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
_STAMP = "installed-by-digitnet.txt"
_REASON_MAX = 160  # letters of a reason that is shown


@dataclass(frozen=True)
class Environment:
    """Where a contestant runs."""

    name: str = ""  # of the folder, and of the requirement file; empty for digitnet's own environment
    modules: tuple[str, ...] = ()  # what must be importable; the first is the framework

    def python(self, environments: Path) -> Path:
        """The interpreter, which need not exist."""
        if not self.name:
            return Path(sys.executable)
        return environments / self.name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def requirements(self) -> list[str]:
        """What to install; Keras in the version that digitnet has, so that only the engine below it differs."""
        text = (_REQUIREMENTS / f"{self.name}.txt").read_text(encoding="utf-8")
        lines = [line.partition("#")[0].strip() for line in text.splitlines()]
        ours = [f"keras=={version('keras')}"] if "keras" in self.modules else []
        return [*filter(None, lines), *ours]


OURS = Environment()
TENSORFLOW = Environment("tensorflow", ("tensorflow", "keras"))
PYTORCH = Environment("pytorch", ("torch", "keras"))
SKLEARN = Environment("scikit-learn", ("sklearn",))
MLSERVER = Environment("mlserver", ("mlserver", "onnxruntime"))
BENTOML = Environment("bentoml", ("bentoml", "onnxruntime"))
LITSERVE = Environment("litserve", ("litserve", "onnxruntime"))
RAPIDOCR = Environment("rapidocr", ("rapidocr_onnxruntime",))
TESSERACT = Environment("tesseract", ("pytesseract",))
DDDDOCR = Environment("ddddocr", ("ddddocr",))
DIGIT_RECOGNIZER = Environment("digit-recognizer", ("torch",))  # its own module wants what answer_reader.py does first


def make_environments(environments: Path, asked: Sequence[Environment]) -> dict[str, str]:
    """Make each peer's environment, or bring it up to date; stderr names those that could not be made.

    An environment that this function did not make is used as it is. Returns by the name of each that could not be made,
    the reason.
    """
    problems = {}
    for environment in asked:
        if problem := _make(environment, environments / environment.name) or _missing(environment, environments):
            sys.stderr.write(f"{environment.name}: skipped, {problem}\n")
            problems[environment.name] = problem
    return problems


def _make(environment: Environment, folder: Path) -> str:
    """Empty, or the reason of a failure."""
    requirements, stamp = environment.requirements, folder / _STAMP
    digest = hashlib.sha256("\n".join(requirements).encode()).hexdigest()
    is_ours = stamp.exists()
    if folder.exists() and (not is_ours or stamp.read_text(encoding="ascii") == digest):
        return ""
    sys.stderr.write(f"{environment.name}: installing {' '.join(requirements)}\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text("", encoding="ascii")  # ours, and not finished
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"its environment could not be made: {error}"
    pip = [str(environment.python(folder.parent)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    finished = subprocess.run([*pip, *requirements], check=False, stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
    if finished.returncode:
        return f"pip could not install it: {last_line(finished.stderr)}"
    stamp.write_text(digest, encoding="ascii")
    return ""


def _missing(environment: Environment, environments: Path) -> str:
    """Empty, or what of the environment cannot be imported."""
    command = [str(environment.python(environments)), "-c", f"import {', '.join(environment.modules)}"]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": environment.modules[0]}
    try:
        finished = subprocess.run(command, check=False, capture_output=True, text=True, env=quiet)
    except OSError as error:
        return f"it has no interpreter: {error.strerror}"
    return last_line(finished.stderr) or "it ended without a message" if finished.returncode else ""


def last_line(text: str) -> str:
    """The last line that is not empty, which is where Python puts the reason of an error."""
    return next((line.strip()[:_REASON_MAX] for line in reversed(text.splitlines()) if line.strip()), "")
