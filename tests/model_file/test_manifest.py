"""Signed manifests, beside OpenSSL, which reads and writes the same files."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from digitnet.errors import ConfigurationError, DigitnetError, ModelFileError
from digitnet.model_file.manifest import check_manifest, load_public_key, sign_folder
from in_process import run_command
from made_up_model_files import model_file

pytest.importorskip("cryptography", reason="needs the extra sign")
OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs openssl, which makes the keys and judges the signatures")


def openssl(*arguments: str | Path) -> int:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, check=False).returncode


def make_keys(folder: Path, name: str) -> tuple[Path, Path]:
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    assert openssl("genpkey", "-algorithm", "ed25519", "-out", private) == 0
    assert openssl("pkey", "-in", private, "-pubout", "-out", public) == 0
    return private, public


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """A private and a public key."""
    return make_keys(tmp_path, "own")


@pytest.fixture
def signed(tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    """A folder of a model file and its description, signed."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model_file((6,)))
    (folder / "MODEL_CARD.md").write_text("A model.")
    (folder / ".hidden").write_text("")
    assert sign_folder(folder, keys[0]) == ["MODEL_CARD.md", "model.onnx"]
    return folder


def test_openssl_takes_the_signature_and_refuses_a_changed_manifest(signed: Path, keys: tuple[Path, Path]) -> None:
    manifest = signed / "manifest.json"
    command: list[str | Path] = ["pkeyutl", "-verify", "-pubin", "-inkey", keys[1], "-rawin", "-in", manifest]
    assert openssl(*command, "-sigfile", signed / "manifest.sig") == 0
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert openssl(*command, "-sigfile", signed / "manifest.sig") != 0


def test_a_signed_folder_and_each_of_its_files_is_verified(signed: Path, keys: tuple[Path, Path]) -> None:
    key = load_public_key(keys[1])
    for path in (signed, signed / "model.onnx"):
        assert check_manifest(path, key).startswith("signed by the owner of the key")
        assert "give the public key by --key" in check_manifest(path, None)


def test_whatever_is_changed_is_found_out(signed: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    key = load_public_key(keys[1])

    def refused(match: str, name: str, content: bytes | None, use: object = key) -> None:
        folder = tmp_path / "changed"
        shutil.copytree(signed, folder)
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
        with pytest.raises(ModelFileError, match=match) as caught:
            check_manifest(folder, use)
        assert "\n" not in str(caught.value)
        shutil.rmtree(folder)

    manifest = (signed / "manifest.json").read_bytes()
    refused("model.onnx is not the file that", "model.onnx", model_file((7,)))
    refused("MODEL_CARD.md is not the file that", "MODEL_CARD.md", b"Another.", None)
    refused("other.onnx is not listed in", "other.onnx", b"")
    refused("MODEL_CARD.md cannot be read", "MODEL_CARD.md", None)
    refused(
        "was not signed by the owner of this key", "manifest.json", manifest.replace(b'"version": 1', b'"version":1')
    )
    refused("was not signed by the owner of this key", "manifest.sig", b"short")
    refused("manifest.sig cannot be read", "manifest.sig", None)
    refused("manifest.json cannot be read", "manifest.json", None)
    refused("is no JSON", "manifest.json", b"{", None)
    for damaged in (b"[]", b'{"version": 2, "files": {}}', b'{"version": 1, "files": {"../x": "0"}}'):
        refused("is no manifest of version 1", "manifest.json", damaged, None)
    refused("signed by the owner", "manifest.json", manifest, load_public_key(make_keys(tmp_path, "other")[1]))


def test_what_is_no_key_or_no_folder_of_models_is_one_line(
    signed: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    assert openssl("genpkey", "-algorithm", "x25519", "-out", tmp_path / "x.pem") == 0
    (tmp_path / "empty").mkdir()
    cases: list[tuple[type[DigitnetError], str, Path, Path]] = [
        (ConfigurationError, "cannot be read as a key", signed, tmp_path / "none.pem"),
        (ConfigurationError, "is no private key in a PEM file", signed, keys[1]),
        (ConfigurationError, "is a private key of another kind: expected Ed25519", signed, tmp_path / "x.pem"),
        (ModelFileError, "holds no model file", tmp_path / "empty", keys[0]),
        (ModelFileError, "holds no model file", tmp_path / "none", keys[0]),
    ]
    for kind, match, folder, key in cases:
        with pytest.raises(kind, match=match):
            sign_folder(folder, key)
    with pytest.raises(ConfigurationError, match="is no public key in a PEM file"):
        load_public_key(keys[0])


def test_the_command_checks_a_signature_and_says_where_there_is_none(
    signed: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = run_command("verify", signed, "--key", keys[1], "--json")
    assert code == 0
    assert json.loads(printed.splitlines()[-1])["finding"].startswith("signed by the owner of the key")
    (signed / "manifest.sig").unlink()
    assert run_command("verify", signed).exit_code == 0
    assert run_command("verify", signed, "--key", keys[1]).exit_code == 1
    assert "manifest.sig cannot be read, so nobody vouches for" in capsys.readouterr().err
    (signed / "manifest.json").unlink()
    assert run_command("verify", signed / "model.onnx").exit_code == 0
    assert capsys.readouterr().err.endswith("is not signed: a SHA-256 tells damage, not who wrote it\n")
    assert run_command("verify", signed / "model.onnx", "--key", keys[1]).exit_code == 1
    assert run_command("verify", signed / "model.onnx", "--quiet").exit_code == 0
    assert "is not signed" not in capsys.readouterr().err
