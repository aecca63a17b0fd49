"""Flipped bits in a model file: each outcome on a file that was made for it, and the page as it is written today."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from digitnet.model_file.digest import without_digest
from digitnet.model_file.wire_format import fields
from made_up_benchmarks import REPOSITORY, load, needs_checkout
from made_up_model_files import model_file
from made_up_networks import made_up_images

pytestmark = needs_checkout

IMAGES = made_up_images(20)
CONTENT = model_file((6,))
BARE = without_digest(CONTENT)


def place_of(raw: bytes) -> int:
    """The first bit of these bytes in the file without a digest."""
    return 8 * BARE.index(raw)


def test_each_outcome_is_told_apart() -> None:
    flips = load("reliability.flips")
    expected = flips.answers_of(BARE, IMAGES)
    # The bias of a digit; in the highest bit of its exponent that digit becomes the answer to everything.
    raw = next(one.raw_data for one in onnx.load_from_string(BARE).graph.initializer if len(one.raw_data) == 40)
    largest = int(np.frombuffer(raw, "<f4").argmax())
    lowest, highest = (place_of(raw) + 32 * largest + bit for bit in (0, 30))
    assert flips.outcome_of(flips.flipped(BARE, lowest), IMAGES, expected) == ("without effect", 0)
    wrong = flips.outcome_of(flips.flipped(BARE, highest), IMAGES, expected)
    assert (wrong.kind, wrong.changed > 5) == ("silently wrong", True)
    graph = next(field for field in fields(memoryview(BARE)) if field.number == 7)
    assert flips.outcome_of(flips.flipped(BARE, place_of(bytes(graph.encoded))), IMAGES, expected).kind == "refused"
    assert flips.outcome_of(flips.flipped(CONTENT, 8 * len(CONTENT) // 2), IMAGES, expected).kind == "refused"


def test_every_bit_has_one_outcome() -> None:
    flips, seen = load("reliability.flips"), list[int]()
    bare, whole = (
        {
            row.measure: row
            for row in flips.flip_rows("file", content, flips.any_bits(content, 40, 3), IMAGES, seen.append)
        }
        for content in (BARE, CONTENT)
    )
    assert seen == [*range(1, 41), *range(1, 41)]
    kinds = ("refused", "without effect", "silently wrong")
    assert [whole[kind].value for kind in kinds] == [40, 0, 0]
    assert sum(bare[kind].value for kind in kinds) == 40
    assert all(bare[kind].n == 40 for kind in kinds)
    assert bare["without effect"].value > 10


def test_exponent_bits_make_numbers_huge_or_tiny() -> None:
    flips = load("reliability.flips")
    tensors = {
        tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(BARE).graph.initializer
    }
    touched = set()
    for bit in flips.exponent_bits(BARE, 60, 0):
        graph = onnx.load_from_string(flips.flipped(BARE, bit)).graph
        changed = [(one.name, onnx.numpy_helper.to_array(one)) for one in graph.initializer]
        different = [(name, array != tensors[name], array) for name, array in changed if (array != tensors[name]).any()]
        ((name, places, array),) = different
        assert places.sum() == 1
        before, after = np.abs(tensors[name][places]).item(), np.abs(array[places]).item()
        assert before == 0 or not 1e-30 < after / before < 1e30
        touched.add(name)
    assert touched == set(tensors)


def test_a_flipped_bit_is_one_bit() -> None:
    flips = load("reliability.flips")
    assert flips.flipped(b"\x00\x00", 9) == b"\x00\x02"
    assert flips.flipped(flips.flipped(CONTENT, 777), 777) == CONTENT


def test_the_command_prints_or_records_and_writes_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = load("reliability.__main__")
    monkeypatch.setattr(command, "_IMAGES", 20)
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    options = [f"--model={tmp_path / 'model.onnx'}", f"--measured={tmp_path / 'm.json'}", f"--page={tmp_path / 'p.md'}"]
    assert command.main(["flips", "--n=5", "--dry-run", *options]) == 0
    assert "the file, with its digest, exponent bit: refused 5 errors of 5\n" in capsys.readouterr().out
    assert not (tmp_path / "m.json").exists()
    assert command.main(["flips", "--n=5", *options]) == 0
    assert "| the file, with its digest, any bit | 5 | 5 | 0 | 0 | 0 |" in (tmp_path / "p.md").read_text(
        encoding="utf-8"
    )
    capsys.readouterr()
    assert command.main(["flips", "--n=5", f"--model={tmp_path / 'p.md'}"]) == 1
    assert capsys.readouterr().err.endswith(
        "not an ONNX model, or a damaged one: a field is of no kind that ONNX has\n"
    )


def test_the_page_is_current() -> None:
    results = load("results")
    runs = results.load_runs(results.MEASURED / "reliability.json")
    page = REPOSITORY / "docs" / "reliability.md"
    assert page.read_text(encoding="utf-8") == load("pages").page_text("reliability", runs)
    for run in runs:
        wrong = [row.value for row in run.rows if "with its digest" in row.subject and row.measure == "silently wrong"]
        assert not np.any(wrong)
