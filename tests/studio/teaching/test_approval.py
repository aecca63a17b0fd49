"""The rule by which a taught copy may answer, also for copies that an older version had approved."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from digitnet.studio.teaching import BusyError, Workshop
from digitnet.studio.teaching.approval import refusal, withdrawn
from digitnet.studio.teaching.jobs import EVENTS_FILE, Jobs
from digitnet.studio.teaching.journal import read_events


class Counts(NamedTuple):
    n: int
    errors: int


@pytest.mark.parametrize(
    ("more", "before", "after", "of", "reason"),
    [
        (10, 3, 2, 3, ""),
        (11, 3, 2, 3, "The copy makes 11 more mistakes on the 10,000 test images, 0.11 points"),
        (-5, 1, 0, 1, ""),
        (0, 1, 1, 1, "The copy has learned nothing: of your 1 correction it reads 0 right, the network before it 0."),
        (-5, 2, 2, 4, "The copy has learned nothing: of your 4 corrections it reads 2 right, the network before it 2."),
        (0, 1, 3, 4, "The copy has learned nothing: of your 4 corrections it reads 1 right, the network before it 3."),
        (0, 0, 0, 1, "There was nothing to learn: the network reads your 1 correction right as it is."),
    ],
)
def test_a_copy_may_answer_that_learned_something_and_forgot_at_most_a_tenth_of_a_point(
    more: int, before: int, after: int, of: int, reason: str
) -> None:
    measured = [
        {"test": Counts(10_000, 43 + forgot), "corrections": Counts(of, wrong)}
        for forgot, wrong in ((0, before), (more, after))
    ]
    found = refusal(*measured)
    assert found.startswith(reason)
    assert (found == "") == (reason == "")


def result_of(before: int, after: int, *, more: int = 0, accepted: bool = True) -> dict[str, Any]:
    """The result of a lesson of three corrections, as a version without today's rule has kept it."""
    moments = {"before": (43, before), "after": (43 + more, after)}
    told = {
        moment: {"test": {"n": 10_000, "errors": test}, "corrections": {"n": 3, "errors": wrong}}
        for moment, (test, wrong) in moments.items()
    }
    return {**told, "accepted": accepted, "reason": ""}


def test_an_approval_stands_or_falls_by_the_rule_of_today() -> None:
    assert withdrawn(result_of(3, 1)) is None
    assert withdrawn(result_of(3, 3, accepted=False)) is None  # refused already, and told why
    without: list[Any] = [None, [], {"accepted": True}, {"accepted": True, "before": 1, "after": 2}]
    for without_figures in without:
        assert withdrawn(without_figures) is None
    for learned_nothing in (result_of(3, 3), result_of(0, 0), result_of(1, 2), result_of(3, 1, more=11)):
        found = withdrawn(learned_nothing)
        assert found is not None
        assert {**found, "accepted": True, "reason": ""} == learned_nothing  # the figures stay
        assert not found["accepted"]
        assert found["reason"].startswith("An older version had approved this copy. ")


def keep_lesson(folder: Path, result: dict[str, Any]) -> str:
    folder.joinpath("runs").mkdir(exist_ok=True)
    job = Jobs(folder / "runs").create("lesson", {"epochs": 2}, "a copy", "", {"model.onnx": b"weights"})
    rows = [
        ("state", {"status": "running", "error": ""}),
        ("result", result),
        ("state", {"status": "finished", "error": ""}),
    ]
    lines = [json.dumps({"event": kind, "data": data}) + "\n" for kind, data in rows]
    (folder / "runs" / job.id / EVENTS_FILE).write_text("".join(lines))
    return job.id


def test_older_copies_that_learned_nothing_do_not_answer_any_more(folder: Path) -> None:
    useless, useful = keep_lesson(folder, result_of(3, 3)), keep_lesson(folder, result_of(3, 1))
    (folder / "answering.json").write_text(json.dumps({"id": useless}))
    workshop = Workshop(folder, None)
    assert workshop.answering == ""  # the loaded network answers again
    assert [model["id"] for model in workshop.models()] == [useful]
    with pytest.raises(
        BusyError, match=r"may not answer\. An older version had approved this copy\. The copy has learned"
    ):
        workshop.use(useless)
    events = read_events(folder / "runs" / useless / EVENTS_FILE)
    assert [event.data.get("accepted") for event in events if event.kind == "result"] == [
        True,
        False,
    ]  # nothing is erased
    assert workshop.runs.get(useless)[1].status == "finished"
    Workshop(folder, None)  # a second start finds nothing more to do
    assert len(read_events(folder / "runs" / useless / EVENTS_FILE)) == len(events)
    assert workshop.resolve(useful).name == "model.onnx"
