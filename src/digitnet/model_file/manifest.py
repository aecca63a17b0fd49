"""The signed manifest of a folder of model files: who vouches for which bytes.

    manifest.json    {"version": 1, "files": {"model.onnx": SHA-256, ...}}
    manifest.sig     the Ed25519 signature of the bytes of manifest.json, 64 bytes

The SHA-256 inside a model file tells damage, but whoever changes a file can write a new one. Only who has the private
key can write a signature. OpenSSL checks the same two files:

    openssl pkeyutl -verify -pubin -inkey PUBLIC.pem -rawin -in manifest.json -sigfile manifest.sig

Source:
    RFC 8032, Edwards-Curve Digital Signature Algorithm; keys are PEM files as OpenSSL writes them (RFC 8410).
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from digitnet.errors import ConfigurationError, MissingExtraError, ModelFileError
from digitnet.files import write_atomically

__all__ = ["MANIFEST_NAME", "SIGNATURE_NAME", "check_manifest", "load_public_key", "sign_folder"]

MANIFEST_NAME, SIGNATURE_NAME = "manifest.json", "manifest.sig"
_VERSION = 1
_MODELS = "*.onnx"


def sign_folder(folder: Path, private_key: Path) -> list[str]:
    """Write the manifest of a folder and its signature.

    Args:
        folder: Holds at least one model file. All files directly in it are listed, except hidden ones.
        private_key: An Ed25519 key as a PEM file without a password.

    Returns:
        The names of the files that are listed.

    Raises:
        ModelFileError: There is no model file, or the folder cannot be read or written.
        ConfigurationError: The key cannot be used.
        MissingExtraError: The package `cryptography` is not installed.
    """
    key = _load_key(private_key, "private")
    try:
        if not folder.is_dir() or not any(folder.glob(_MODELS)):
            raise ModelFileError(f"{folder} holds no model file: expected a folder with at least one .onnx file")
        own = {MANIFEST_NAME, SIGNATURE_NAME}
        names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        files = {name: _sha256(folder / name) for name in names if name not in own}
        content = (json.dumps({"version": _VERSION, "files": files}, indent=2) + "\n").encode()
        # A signature without its manifest, or with an older one, does not verify: no reader takes a half for the whole.
        write_atomically(folder / SIGNATURE_NAME, key.sign(content))
        write_atomically(folder / MANIFEST_NAME, content)
    except OSError as error:
        raise ModelFileError(f"{folder} cannot be signed: {error.strerror}") from error
    return list(files)


def check_manifest(path: Path, key: Any | None) -> str:
    """Compare a model file, or all files of a folder, with the manifest beside them.

    Args:
        path: A model file or a folder.
        key: From `load_public_key`; None leaves the signature unchecked.

    Returns:
        What was found, as a phrase.

    Raises:
        ModelFileError: There is no manifest; it is damaged or signed by another key; or a file is missing, not listed
            or another one.
    """
    folder = path if path.is_dir() else path.parent
    manifest = folder / MANIFEST_NAME
    try:
        content = manifest.read_bytes()
        if key is not None:
            _check_signature(manifest, content, (folder / SIGNATURE_NAME).read_bytes(), key)
        listed = _files(manifest, content)
        models = {one.name for one in folder.glob(_MODELS)}
        for name in sorted(models | listed.keys()) if path.is_dir() else [path.name]:
            if name not in listed:
                raise ModelFileError(f"{folder / name} is not listed in {manifest}: nobody vouches for it")
            if _sha256(folder / name) != listed[name]:
                raise ModelFileError(f"{folder / name} is not the file that {manifest} lists: its SHA-256 is another")
    except OSError as error:
        missing = error.filename or manifest
        raise ModelFileError(f"{missing} cannot be read, so nobody vouches for {path}: {error.strerror}") from error
    if key is None:
        return "the files are those that it lists; who signed it was not checked: give the public key by --key"
    return "signed by the owner of the key; the files are those that it lists"


def load_public_key(path: Path) -> Any:
    """An Ed25519 public key, for `check_manifest`.

    Args:
        path: A PEM file, such as `openssl pkey -in PRIVATE.pem -pubout` writes.

    Raises:
        ConfigurationError: There is no such key at `path`.
        MissingExtraError: The package `cryptography` is not installed.
    """
    return _load_key(path, "public")


def _load_key(path: Path, kind: str) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra, of this module alone
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("cryptography is not installed: pip install 'digitnet[sign]'") from error
    try:
        content = path.read_bytes()
        key = (
            serialization.load_pem_public_key(content)
            if kind == "public"
            else serialization.load_pem_private_key(content, password=None)
        )
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read as a key: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it has a password
        raise ConfigurationError(f"{path} is no {kind} key in a PEM file without a password") from error
    expected = ed25519.Ed25519PublicKey if kind == "public" else ed25519.Ed25519PrivateKey
    if not isinstance(key, expected):
        raise ConfigurationError(f"{path} is a {kind} key of another kind: expected Ed25519")
    return key


def _check_signature(manifest: Path, content: bytes, signature: bytes, key: Any) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - there, since the key was loaded by it

    try:
        key.verify(signature, content)
    except InvalidSignature as error:
        raise ModelFileError(
            f"{manifest} was not signed by the owner of this key, or was changed since: do not use these files"
        ) from error


def _files(manifest: Path, content: bytes) -> dict[str, str]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{manifest} is damaged: it is no JSON") from error
    files = found.get("files") if isinstance(found, dict) and found.get("version") == _VERSION else None
    is_usable = isinstance(files, dict) and all(
        isinstance(digest, str) and Path(name).name == name for name, digest in files.items()
    )
    if not isinstance(files, dict) or not is_usable:
        raise ModelFileError(
            f"{manifest} is no manifest of version {_VERSION}: expected the SHA-256 of each file by name"
        )
    return files


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
