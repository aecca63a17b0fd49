"""The runtime's package as a folder and as an archive, and what is none."""

import json
import tarfile
from pathlib import Path

import pytest

from digitnet.errors import ConfigurationError
from digitnet.exports.web_runtime import read_web_runtime
from exported import web_runtime_folder


def test_the_folder_and_the_archive_of_the_package_hold_the_same(tmp_path: Path) -> None:
    folder = web_runtime_folder(tmp_path)
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        archive.add(folder, "package")
    for path in (folder, tmp_path / "package.tgz"):
        found = read_web_runtime(path)
        assert (found.version, found.script, found.glue, found.wasm) == ("1.2.3", b"throw 1", b"export {}", b"\0asm")


def test_without_a_path_it_says_how_to_get_the_package() -> None:
    with pytest.raises(ConfigurationError, match=r"get it with `npm pack onnxruntime-web`, and name the .tgz"):
        read_web_runtime(None)


@pytest.mark.parametrize("kind", ["missing", "other package", "no wasm", "text", "cut off", "no json"])
def test_what_is_not_that_package_is_one_line(tmp_path: Path, kind: str) -> None:
    folder = web_runtime_folder(tmp_path)
    if kind == "other package":
        (folder / "package.json").write_text(json.dumps({"name": "left-pad"}))
    elif kind == "no json":
        (folder / "package.json").write_text("{")
    elif kind == "no wasm":
        (folder / "dist" / "ort-wasm-simd-threaded.wasm").unlink()
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        archive.add(folder, "package")
    path = tmp_path / "package.tgz"
    if kind == "missing":
        path = tmp_path / "none.tgz"
    elif kind == "text":
        path.write_text("no archive")
    elif kind == "cut off":
        path.write_bytes(path.read_bytes()[:-40])
    for named in (path, folder) if kind in {"other package", "no wasm", "no json"} else (path,):
        with pytest.raises(ConfigurationError) as error:
            read_web_runtime(named)
        message = str(error.value)
        assert message.startswith(f"--runtime {named}: ")
        assert message.endswith("; expected npm's package onnxruntime-web, its folder or its .tgz")
        assert "\n" not in message
