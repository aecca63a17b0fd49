"""The repository as Triton reads it: its configuration parsed by Triton's own message, and held against the model."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from digitnet.exports.export import export_model
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.model_file.ensemble import save_committee
from exported import model_path


def triton_messages() -> ModuleType:
    """Triton's messages without its client of gRPC, which is not installed."""
    package = importlib.util.find_spec("tritonclient")
    if package is None or package.submodule_search_locations is None:
        pytest.skip("needs tritonclient: pip install 'digitnet[dev]'")
    path = Path(package.submodule_search_locations[0], "grpc", "model_config_pb2.py")
    spec = importlib.util.spec_from_file_location("model_config_pb2", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_repository(repository: Path, content: bytes) -> list[str]:
    """Hold the configuration against the model; returns the names of the outputs."""
    from google.protobuf import text_format  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415

    messages = triton_messages()
    (folder,) = repository.iterdir()
    config = text_format.Parse((folder / "config.pbtxt").read_text(), messages.ModelConfig())
    assert config.name == folder.name  # Triton refuses any other
    assert (folder / "1" / "model.onnx").read_bytes() == content
    assert (config.backend, config.max_batch_size > 0) == ("onnxruntime", True)
    session, _ = open_model(content)
    kinds = {"tensor(uint8)": messages.TYPE_UINT8, "tensor(float)": messages.TYPE_FP32}
    for stated, found in ((config.input, session.get_inputs()), (config.output, session.get_outputs())):
        shapes = {
            one.name: (one.data_type, list(one.reshape.shape) if one.HasField("reshape") else list(one.dims))
            for one in stated
        }
        assert shapes == {one.name: (kinds[one.type], one.shape[1:]) for one in found}
    return [one.name for one in config.output]


def test_it_says_what_the_model_takes_and_gives(tmp_path: Path) -> None:
    found = export_model("triton", tmp_path / "models")
    names = check_repository(tmp_path / "models", bundled_model_path("int8").read_bytes())
    assert names == ["probabilities", "logits", "second_logits", "digit_score"]
    assert (found.comparison.largest_difference, found.comparison.other_labels) == (0.0, 0)


def test_a_model_without_digit_score_and_a_committee_are_served_too(tmp_path: Path) -> None:
    members = []
    for name, sizes in (("a", (8,)), ("b", (9,))):
        (tmp_path / name).mkdir()
        members.append(model_path(tmp_path / name, sizes))
    save_committee(members, tmp_path / "both.onnx")
    for number, model in enumerate((members[0], tmp_path / "both.onnx")):
        export_model("triton", tmp_path / f"models-{number}", model, precision="float32")
        names = check_repository(tmp_path / f"models-{number}", model.read_bytes())
        assert names == ["probabilities", "logits"]
