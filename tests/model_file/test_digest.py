"""The digest inside a model file: every flipped bit is found, and every writer gives the file one."""

import hashlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import read_network
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.model_file.digest import DIGEST_KEY, check_digest, with_digest, without_digest
from digitnet.model_file.digit_score import with_digit_score_of, without_digit_score
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import with_metadata, with_reference_answers
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.model_file.quantization import quantize
from digitnet.model_file.reading_networks import ReadingNetwork
from in_process import run_command
from made_up_model_files import model_file
from made_up_networks import made_up_images

SMALL = model_file((6,))
RENEW = Path(__file__).parents[2] / "scripts" / "renew_bundled_models.py"


def flipped(content: bytes, bit: int) -> bytes:
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def test_a_digest_is_two_more_fields_of_the_same_model() -> None:
    bare = without_digest(SMALL)
    assert SMALL[8:].startswith(bare)
    assert with_digest(bare) == with_digest(SMALL) == SMALL
    proto, before = onnx.load_from_string(SMALL), onnx.load_from_string(bare)
    assert proto.producer_version == "sha256"
    last = proto.metadata_props.pop()
    assert (last.key, last.value) == (DIGEST_KEY, hashlib.sha256(SMALL[:-64]).hexdigest())
    proto.ClearField("producer_version")
    assert proto == before


def test_each_flipped_bit_of_a_small_file_is_refused() -> None:
    """Of the digest's own fields every bit, of the rest a part."""
    size = 8 * len(SMALL)
    bits = {*range(64), *range(size - 8 * 93, size), *np.random.default_rng(0).integers(0, size, 2000).tolist()}
    for bit in bits:
        with pytest.raises(ModelFileError, match="damaged"):
            check_digest(flipped(SMALL, bit))


@pytest.mark.parametrize("lost", [1, 64, 85, 93, 5000])
def test_a_file_that_was_cut_off_is_refused(lost: int) -> None:
    """Also at 85 bytes, the last entry, without which the file is a whole one of ONNX."""
    with pytest.raises(ModelFileError, match=r"promises a SHA-256 of its bytes, which does not stand at its end"):
        open_model(SMALL[:-lost])


def test_what_another_program_added_is_found_out() -> None:
    with pytest.raises(ModelFileError, match="promises a SHA-256"):
        open_model(SMALL + b"\x32\x04test")
    with pytest.raises(ModelFileError, match="changed by another program"):
        open_model(onnx.load_from_string(SMALL).SerializeToString())


def test_a_file_without_a_digest_opens_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = tmp_path / "bare.onnx"
    bare.write_bytes(without_digest(SMALL))
    assert not check_digest(bare.read_bytes())
    assert open_model(bare)[0].digest is None
    assert not load_classifier(bare).has_digest
    assert run_command("info", str(bare)).exit_code == 0
    assert capsys.readouterr().err.startswith(f"digitnet: {bare} has no SHA-256 of its bytes: it is older than that")
    assert run_command("info", "-q", str(bare)).exit_code == 0
    assert capsys.readouterr().err == ""
    (tmp_path / "whole.onnx").write_bytes(SMALL)
    assert load_classifier(tmp_path / "whole.onnx").has_digest
    assert run_command("info", str(tmp_path / "whole.onnx")).exit_code == 0
    assert capsys.readouterr().err == ""


def test_a_flipped_bit_in_a_weight_changes_answers_and_is_refused(tmp_path: Path) -> None:
    """The highest bit of a float's exponent, in the last layer."""
    tensor = onnx.load_from_string(SMALL).graph.initializer[-3].raw_data
    damaged = flipped(SMALL, 8 * (SMALL.index(tensor) + 3) + 6)
    images = made_up_images(5)
    before, after = (open_model(without_digest(one))[0] for one in (SMALL, damaged))
    was, now = (session.run(["logits"], {"images": images})[0] for session in (before, after))
    assert not np.array_equal(was, now)
    path = tmp_path / "damaged.onnx"
    path.write_bytes(damaged)
    with pytest.raises(ModelFileError, match=rf"^{re.escape(str(path))}: damaged, or changed by another program"):
        open_model(path)
    with pytest.raises(ModelFileError, match="damaged, or changed by another program"):
        read_network(path)


def written_files(tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    """What each writer of model files gives, that of a run excepted."""
    yield "metadata", with_metadata(without_digest(SMALL), open_model(SMALL)[1])
    yield "int8", quantize(SMALL, made_up_images(300))
    scored = with_digit_score_of(SMALL, bundled_model_path().read_bytes())
    yield "score", scored
    yield "no score", without_digit_score(scored)
    for name, content in (("a", SMALL), ("b", model_file((7,)))):
        (tmp_path / f"{name}.onnx").write_bytes(content)
    save_committee([tmp_path / "a.onnx", tmp_path / "b.onnx"], tmp_path / "both.onnx")
    yield "committee", (tmp_path / "both.onnx").read_bytes()


def test_every_writer_gives_the_file_a_digest(tmp_path: Path) -> None:
    for name, content in written_files(tmp_path):
        assert check_digest(content), name
        keys = [entry.key for entry in onnx.load_from_string(content).metadata_props]
        assert keys.count(DIGEST_KEY) == 1, name


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_bundled_files_have_a_digest(precision: Precision) -> None:
    content = bundled_model_path(precision).read_bytes()
    assert check_digest(content)
    for bit in np.random.default_rng(1).integers(0, 8 * len(content), 5).tolist():
        with pytest.raises(ModelFileError, match="damaged"):
            open_model(flipped(content, bit))


def test_a_reading_network_is_checked_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "reading.onnx"
    path.write_bytes(SMALL)
    assert ReadingNetwork(path).session.get_outputs()
    path.write_bytes(flipped(SMALL, 4000))
    with pytest.raises(ModelFileError, match=rf"^{re.escape(str(path))}: damaged"):
        ReadingNetwork(path)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    if not RENEW.exists():
        pytest.skip("the scripts are part of the checkout, not of the wheel")
    specification = importlib.util.spec_from_file_location("renew_bundled_models", RENEW)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_renewing_adds_what_is_missing_and_brings_what_names_the_file_along(
    script: ModuleType, tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> None:
    bare = without_digest(SMALL)
    (tmp_path / "model.onnx").write_bytes(bare)
    before = hashlib.sha256(bare).hexdigest()
    for name in ("run.json", "measured.json"):
        (tmp_path / name).write_text(f'"{before}", "{before[::-1]}"')
    images = [dataset.images[:100] for dataset in mnist]
    assert script.renew(tmp_path, tmp_path / "measured.json", *images) == ["model.onnx"]
    content = (tmp_path / "model.onnx").read_bytes()
    assert content == with_reference_answers(SMALL, images[0])
    for name in ("run.json", "measured.json"):
        assert (tmp_path / name).read_text() == f'"{hashlib.sha256(content).hexdigest()}", "{before[::-1]}"'
    assert script.renew(tmp_path, tmp_path / "measured.json", *images) == []
    with_own_answers = with_reference_answers(SMALL, images[1])
    (tmp_path / "model.onnx").write_bytes(without_digest(with_own_answers))
    assert script.renew(tmp_path, tmp_path / "measured.json", *images) == ["model.onnx"]
    assert (tmp_path / "model.onnx").read_bytes() == with_own_answers


def test_renewing_refuses_a_file_that_would_answer_otherwise(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.onnx").write_bytes(SMALL)
    proto = onnx.load_from_string(SMALL)
    proto.graph.initializer[-3].raw_data = bytes(len(proto.graph.initializer[-3].raw_data))
    changed = without_digest(proto.SerializeToString())
    monkeypatch.setattr(script, "with_reference_answers", lambda *_: with_digest(changed))
    with pytest.raises(ModelFileError, match=r"model\.onnx would give another"):
        script.renew(tmp_path, tmp_path / "measured.json", made_up_images(20), made_up_images(20))
    assert (tmp_path / "model.onnx").read_bytes() == SMALL
