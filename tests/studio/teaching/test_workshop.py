"""One door to runs, corrections and networks: which of them answers, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file.contract import bundled_model_path
from digitnet.studio.teaching import BusyError, NotFoundError, Workshop
from patience import wait_until

SEVEN = bytes(range(28)) * 28


@pytest.fixture
def workshop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr("digitnet.studio.teaching.workshop.missing_for_training", lambda: "")
    return Workshop(folder, None)


def run(workshop: Workshop, kind: str = "run", does: str = "finish") -> str:
    job_id = workshop.runs.start(kind, {"does": does}, "32", base="" if kind == "lesson" else None)  # type: ignore[arg-type]
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    return job_id


def test_the_loaded_network_is_always_there(workshop: Workshop, folder: Path, tmp_path: Path) -> None:
    assert workshop.resolve("") == bundled_model_path()
    assert Workshop(folder, tmp_path / "mine.onnx").resolve("") == tmp_path / "mine.onnx"
    assert workshop.models() == []
    assert workshop.answering == ""


def test_a_trained_network_can_answer(workshop: Workshop, folder: Path) -> None:
    job_id = run(workshop)
    assert workshop.models() == [{"id": job_id, "name": "Run 1: 32"}]
    assert workshop.resolve(job_id) == folder / "runs" / job_id / "model.onnx"


def test_a_run_without_a_network_cannot(workshop: Workshop) -> None:
    job_id = run(workshop, does="fail")
    assert workshop.models() == []
    with pytest.raises(NotFoundError, match="has no network yet"):
        workshop.resolve(job_id)


def test_a_copy_that_became_worse_never_answers(workshop: Workshop) -> None:
    good, bad = run(workshop, "lesson"), run(workshop, "lesson", "be worse")
    assert workshop.models() == [{"id": good, "name": "Taught copy 1"}]
    for ask in (workshop.resolve, workshop.use):
        with pytest.raises(BusyError, match=r"Lesson 2: 32 may not answer. It is worse\."):
            ask(bad)
    assert workshop.answering == ""


def test_one_can_go_back(workshop: Workshop, folder: Path) -> None:
    job_id = run(workshop)
    path = workshop.resolve(job_id)
    with pytest.raises(ModelFileError):
        workshop.use(job_id)  # "weights" is no model file
    path.write_bytes(bundled_model_path("float32").read_bytes())
    assert workshop.use(job_id) == ""
    assert Workshop(folder, None).answering == job_id  # also after the next start
    assert workshop.use("") == job_id
    assert workshop.answering == ""


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"id": 5}', '{"id": "run-1"}', '{"id": "../x"}', "[" * 100_000], ids=len
)
def test_a_choice_that_is_gone_leaves_the_loaded_one(workshop: Workshop, folder: Path, content: str) -> None:
    (folder / "answering.json").write_text(content)
    assert workshop.answering == ""


def test_what_answers_makes_no_room(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.runs.RUNS_MAX", 2)
    first = run(workshop)
    workshop.resolve(first).write_bytes(bundled_model_path("float32").read_bytes())
    workshop.use(first)
    second = run(workshop)
    third = workshop.start_training({"hidden_sizes": [3], "epochs": 2})
    assert [job.id for job, _ in workshop.runs.all()] == [third, first]
    assert second != first
    workshop.close()


def test_settings_are_checked_before_anything_is_made(workshop: Workshop) -> None:
    with pytest.raises(ConfigurationError, match="hidden_sizes"):
        workshop.start_training({"hidden_sizes": [9999]})
    assert workshop.runs.all() == []


def test_a_lesson_has_all_it_needs_in_its_folder(workshop: Workshop, folder: Path) -> None:
    with pytest.raises(NotFoundError, match="correct a wrong answer first"):
        workshop.teach("")
    workshop.corrections.add(SEVEN, 7, 1)
    job_id = workshop.teach("")
    job = json.loads((folder / "runs" / job_id / "job.json").read_text())
    assert (job["kind"], job["base"], job["name"]) == ("lesson", "", "Lesson 1: a copy of the loaded network")
    content = (folder / "runs" / job_id / "base.onnx").read_bytes()
    assert content == bundled_model_path("float32").read_bytes()  # not the one in 8-bit integers that is loaded
    with np.load(folder / "runs" / job_id / "corrections.npz") as arrays:
        assert arrays["labels"].tolist() == [7]
        assert arrays["images"].tobytes() == SEVEN
    workshop.close()


def test_integers_learn_where_nothing_else_is_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.workshop.missing_for_training", lambda: "")
    alone = tmp_path / "model_int8.onnx"
    alone.write_bytes(bundled_model_path("int8").read_bytes())
    workshop = Workshop(folder, alone)
    workshop.corrections.add(SEVEN, 7, 1)
    assert (folder / "runs" / workshop.teach("") / "base.onnx").read_bytes() == alone.read_bytes()
    workshop.close()
    alone.unlink()
    with pytest.raises(ModelFileError, match="the network cannot be read: No such file"):
        workshop.teach("")


@pytest.mark.parametrize("named", ["model.onnx", "model_int8.onnx", "."])
def test_the_weights_as_they_were_trained_learn(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.workshop.missing_for_training", lambda: "")
    (tmp_path / "model.onnx").write_bytes(b"float32")
    (tmp_path / "model_int8.onnx").write_bytes(b"int8")
    workshop = Workshop(folder, tmp_path / named)
    workshop.corrections.add(SEVEN, 7, 1)
    assert (folder / "runs" / workshop.teach("") / "base.onnx").read_bytes() == b"float32"
    workshop.close()


@pytest.mark.parametrize("reason", ["off", "extra"])
def test_where_nothing_can_be_trained_it_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    missing = "Training needs the training extra"
    monkeypatch.setattr("digitnet.studio.teaching.workshop.missing_for_training", lambda: missing)
    workshop = Workshop(folder, None, training=reason == "extra")
    workshop.corrections.add(SEVEN, 7, 1)  # corrections can be kept all the same
    sentence = "Training is off" if reason == "off" else missing
    assert workshop.reason.startswith(sentence)
    for refused in (
        lambda: workshop.start_training({}),
        lambda: workshop.resume_training("run-1"),
        lambda: workshop.teach(""),
    ):
        with pytest.raises(BusyError, match=sentence):
            refused()
