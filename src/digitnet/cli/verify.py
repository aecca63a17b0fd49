"""`digitnet verify`: whether a model file or a run folder is whole, and answers as it did when it was written."""

import hashlib
import json
from argparse import Namespace
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from digitnet.cli.command_line import Command, CommandLine
from digitnet.cli.lines import one_line, print_line, print_note
from digitnet.cli.options import MODEL_HELP, add_json
from digitnet.cli.start_up import quick_imports
from digitnet.errors import DigitnetError, ModelFileError, RunFolderError

__all__ = ["COMMAND"]

_DESCRIPTION, _METRICS = "run.json", "metrics.json"


def _describe(line: CommandLine) -> None:
    line.explain(
        "Of a model file: the SHA-256 of its bytes, and ten images whose probabilities were kept when it was written; "
        "one may differ by 0.001, since other processors round otherwise. Of a run folder: each model file, run.json, "
        "metrics.json and the checkpoint, and whether they belong together. A line for each; exit code 1 if any is not "
        "as it should be. Where a manifest.json lists the files, they are compared with it, and with --key its "
        "signature is checked.",
        examples=("digitnet verify", "digitnet verify runs/standard-20260101-120000", "digitnet verify digits.onnx"),
    )
    line.argument("model", metavar="MODEL", nargs="?", help=MODEL_HELP)
    section = line.section("Options")
    section.option("--key", metavar="PEM", type=Path, help="Public key (Ed25519) of who must have signed the files.")
    add_json(section)


def _run(arguments: Namespace) -> int:
    with quick_imports():
        from digitnet.model_file.contract import bundled_model_path

    path = bundled_model_path().parent if arguments.model is None else Path(arguments.model)
    signed = list(_signed(path, arguments.key))  # first, so that a key that is none ends the command at once
    failures = 0
    for file, finding in chain(_Verification(path).findings(), signed):
        is_right = not isinstance(finding, DigitnetError)
        failures += not is_right
        if arguments.as_json:
            print_line(json.dumps({"file": str(file), "ok": is_right, "finding": one_line(str(finding))}))
        elif is_right:
            print_line(f"{one_line(str(file))}: ok: {finding}")
        else:
            print_note(str(finding))
    if not (failures or signed or arguments.quiet):
        print_note(f"{path} is not signed: a SHA-256 tells damage, not who wrote it")
    return 1 if failures else 0


def _signed(path: Path, public_key: Path | None) -> Iterator[tuple[Path, str | DigitnetError]]:
    """What the manifest tells of the files, where there is one or a key asks for one."""
    from digitnet.model_file.manifest import MANIFEST_NAME, check_manifest, load_public_key

    key = None if public_key is None else load_public_key(public_key)
    manifest = (path if path.is_dir() else path.parent) / MANIFEST_NAME
    if key is None and not manifest.exists():
        return
    try:
        yield manifest, check_manifest(path, key)
    except ModelFileError as error:
        yield manifest, error


COMMAND = Command(_describe, _run)


class _Verification:
    """Looks at a model file, or at each file of a run folder, and says what it found or raises what is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run: dict[str, Any] = {}  # the content of run.json

    def findings(self) -> Iterator[tuple[Path, str | DigitnetError]]:
        """Each file, and a phrase about it or what is wrong with it."""
        from digitnet.model_file.contract import MODEL_FILE_NAMES
        from digitnet.training.checkpoint_file import CHECKPOINT_FILE

        if not self._path.is_dir():
            yield self._path, self._finding(self._path, self._model)
            return
        checks = {_DESCRIPTION: self._description, _METRICS: self._metrics}
        checks |= dict.fromkeys(MODEL_FILE_NAMES.values(), self._model)
        checks[f"checkpoint/{CHECKPOINT_FILE}"] = self._checkpoint
        there = [name for name in checks if (self._path / name).exists()]
        if not there:
            yield self._path, RunFolderError(f"{self._path} is no run folder: it has none of {', '.join(checks)}")
        if (self._path / _METRICS).exists() and not set(there) & set(MODEL_FILE_NAMES.values()):
            yield self._path, RunFolderError(f"{self._path} has no model file, although its run has ended")
        for name in there:
            yield self._path / name, self._finding(self._path / name, checks[name])
        for name in sorted(self._listed.keys() - set(there)):
            yield self._path / name, self._finding(self._path / name, lambda _: f"as {_DESCRIPTION} lists it")

    def _finding(self, path: Path, check: Any) -> str | DigitnetError:
        try:
            self._check_listed(path)
            return str(check(path))
        except DigitnetError as error:
            return error
        except OSError as error:
            return RunFolderError(f"{path} cannot be read: {error.strerror}")

    @property
    def _listed(self) -> dict[str, str]:
        """The SHA-256 of files in run.json."""
        files = self._run.get("files")
        return files if isinstance(files, dict) else {}

    def _check_listed(self, path: Path) -> None:
        """Compare a file with its SHA-256 in run.json, which that of the bundled model has."""
        if path.name in self._listed:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != self._listed[path.name]:
                raise RunFolderError(
                    f"{path} is not the file that {_DESCRIPTION} lists: its SHA-256 is {found[:12]}..."
                )

    def _model(self, path: Path) -> str:
        from digitnet.model_file.reference_answers import TOLERANCE
        from digitnet.model_file.verification import verify_model

        found = verify_model(path)
        for name, own in (("settings", found.metadata.recipe), ("data", found.metadata.data)):
            if name in self._run and self._run[name] != own:
                raise ModelFileError(f"{path} is not of the run that {_DESCRIPTION} tells of: their {name} differ")
        if not found.answers:
            return "its SHA-256 is right; it has no answers to be compared with"
        return f"its SHA-256 is right; {found.answers} answers as when it was written, within {TOLERANCE}"

    def _description(self, path: Path) -> str:
        run = _json_object(path)
        for name in ("settings", "data"):
            if not isinstance(run.get(name), dict):
                raise RunFolderError(f"{path} is damaged: {name} is {run.get(name)!r:.40}, expected an object")
        self._run = run
        return f"a run of seed {run.get('seed')!r:.20}"

    def _metrics(self, path: Path) -> str:
        return f"{len(_json_object(path))} entries"

    def _checkpoint(self, path: Path) -> str:
        from digitnet.training.checkpoint_file import read_checkpoint

        epochs = len(read_checkpoint(path).history)
        return f"{epochs} finished epoch{'s' if epochs != 1 else ''}, every CRC-32 right"


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} is damaged: {str(error).splitlines()[0]}") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} is damaged: expected a JSON object")
    return content
