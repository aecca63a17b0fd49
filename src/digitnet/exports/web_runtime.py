"""The runtime that goes into a page: three files of npm's package onnxruntime-web, from its folder or its .tgz."""

import json
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from digitnet.errors import ConfigurationError, reason_of

__all__ = ["PACKAGE", "WebRuntime", "read_web_runtime"]

PACKAGE = "onnxruntime-web"
_SCRIPT, _GLUE = "dist/ort.wasm.min.js", "dist/ort-wasm-simd-threaded.mjs"
_WASM = "dist/ort-wasm-simd-threaded.wasm"
_BYTES_MAX = 64 << 20  # of one file; the largest of version 1.30 has 14 MB

_Reader: TypeAlias = Callable[[str], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class WebRuntime:
    """What a browser needs to run a model file.

    Attributes:
        version: Of the package.
        script: JavaScript that gives the page `ort`.
        glue: The JavaScript module that loads the WebAssembly.
        wasm: The WebAssembly.
    """

    version: str
    script: bytes
    glue: bytes
    wasm: bytes


def read_web_runtime(path: Path | None) -> WebRuntime:
    """Read the files of the package.

    Args:
        path: Its folder, as `npm install` makes it, or its .tgz, as `npm pack` gets it.

    Raises:
        ConfigurationError: No path, or not that package.
    """
    if path is None:
        raise ConfigurationError(
            f"html puts {PACKAGE} into the page: get it with `npm pack {PACKAGE}`, and name the .tgz, or the folder of "
            "the installed package, with --runtime"
        )
    expected = f"expected npm's package {PACKAGE}, its folder or its .tgz"
    try:
        if path.is_dir():
            return _runtime(lambda name: (path / name).read_bytes())
        with tarfile.open(path, "r:gz") as archive:
            return _runtime(lambda name: _member(archive, name))
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, ValueError) as error:
        reason = getattr(error, "strerror", None) or reason_of(error).strip("'\"")
        raise ConfigurationError(f"--runtime {path}: {reason}; {expected}") from error


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.getmember(f"package/{name}")
    file = archive.extractfile(member)
    if file is None or member.size > _BYTES_MAX:
        raise ValueError(f"{name} is no file of at most {_BYTES_MAX:,} bytes")
    return file.read()


def _runtime(read: _Reader) -> WebRuntime:
    about = json.loads(read("package.json"))
    if not isinstance(about, dict) or about.get("name") != PACKAGE:
        raise ValueError("its package.json is that of another package")
    return WebRuntime(str(about.get("version"))[:40], read(_SCRIPT), read(_GLUE), read(_WASM))
