"""A network in the format of another program: `python -m digitnet.studio.model_export FORMAT MODEL OUT` makes it.

That is a process of its own, since some formats load TensorFlow or Keras, which the server has no use for afterwards.
"""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError, DigitnetError, MissingExtraError
from digitnet.exports.export import export_model
from digitnet.exports.formats import FORMATS, find_format
from digitnet.model_file.contract import MODEL_FILE_NAMES, open_model
from digitnet.model_file.quantization import quantize
from digitnet.studio.teaching import BusyError

__all__ = ["described_formats", "exported"]

Download: TypeAlias = tuple[str, bytes]

_ONNX = {"name": "onnx", "summary": "ONNX, the model file itself", "reason": ""}
_WITH_RUNTIME = {"html": "It needs npm's package onnxruntime-web: digitnet export html, on the command line."}
_SECONDS_MAX = 300.0  # TensorFlow starts in 20 s on a busy machine
_LINE_MAX = 400  # characters of a reason
_one_at_a_time = threading.Lock()


def described_formats() -> list[dict[str, str]]:
    """All formats for the page.

    Returns:
        JSON-ready: `name`, `summary`, and the `reason` why it cannot be made here, "" where it can.
    """
    found = [dict(_ONNX)]
    for name, form in FORMATS.items():
        reason = _WITH_RUNTIME.get(name, "")
        try:
            find_format(name)
        except MissingExtraError as error:
            reason = reason or str(error)
        found.append({"name": name, "summary": form.summary, "reason": reason})
    return found


def exported(model: Path, format_name: str, stem: str) -> Download:
    """A network as a file to save; a format that is a folder becomes a zip.

    Args:
        model: Its model file, or a run folder.
        format_name: One of `described_formats`.
        stem: Of the name of the file.

    Returns:
        The name of the file, and its bytes. They have been compared with the model file on 2,000 images.

    Raises:
        ConfigurationError: There is no such format, it cannot be made here, or this network does not fit into it.
        BusyError: Another one is being made.
    """
    if format_name == _ONNX["name"]:
        file = model / MODEL_FILE_NAMES["float32"] if model.is_dir() else model
        return f"{stem}.onnx", file.read_bytes()
    if format_name in _WITH_RUNTIME:
        raise ConfigurationError(_WITH_RUNTIME[format_name])
    suffix = find_format(format_name).suffix
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("another network is being exported: try again in a moment")
    try:
        with tempfile.TemporaryDirectory(prefix="digitnet-export-") as folder:
            out = Path(folder) / f"{stem}{suffix}"
            _run([format_name, str(model), str(out)])
            return (out.name, out.read_bytes()) if suffix else (f"{stem}.zip", _zipped(out))
    finally:
        _one_at_a_time.release()


def _run(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "digitnet.studio.model_export", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS_MAX, check=False)  # noqa: S603 - our own
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"the export took more than {_SECONDS_MAX:.0f} s, and was given up") from error
    if done.returncode:
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise ConfigurationError(_reason(lines[-1] if lines else ""))


def _reason(line: str) -> str:
    try:
        content: Any = json.loads(line)
        return str(content["error"])[:_LINE_MAX]
    except (ValueError, TypeError, KeyError):
        return "the export broke off without saying why"


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, path.relative_to(folder.parent))
    return buffer.getvalue()


def _with_integers(model: Path, folder: Path) -> Path:
    """A folder that has the network in float32 and in int8, as formats want the one or the other."""
    files = {name: model.parent / name for name in MODEL_FILE_NAMES.values()}
    if model.is_dir():
        files = {name: model / name for name in MODEL_FILE_NAMES.values()}
    elif model.name not in files:
        files = {MODEL_FILE_NAMES[open_model(model)[1].precision]: model}
    for name, file in files.items():
        if file.is_file():
            shutil.copyfile(file, folder / name)
    whole, integers = (folder / MODEL_FILE_NAMES[precision] for precision in ("float32", "int8"))
    if whole.is_file() and not integers.is_file():
        integers.write_bytes(quantize(whole.read_bytes(), load_mnist()[0].images))
    return folder


def _main(format_name: str, model: str, out: str) -> int:
    with tempfile.TemporaryDirectory(dir=Path(out).parent) as folder:
        try:
            export_model(format_name, out, _with_integers(Path(model), Path(folder)))
        except DigitnetError as error:
            print(json.dumps({"error": str(error).replace(folder, "the network")}))  # noqa: T201 - to the server
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
