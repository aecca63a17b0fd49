"""The endpoints of the panels Train and Teach, over a socket."""

import base64
import contextlib
import io
import json
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from digitnet.inference.classifier import load_classifier
from extras import HAS_SERVER
from made_up_runs import use_made_up_runs
from patience import PATIENCE, wait_until

if not HAS_SERVER:
    pytest.skip("needs the serve extra", allow_module_level=True)

import httpx

from digitnet.server import Settings, make_app
from digitnet.studio.teaching import Workshop
from digitnet.studio.teaching_routes import teaching_routes
from live_server import live

if TYPE_CHECKING:
    from live_server import Live

SEVEN = bytes(range(28)) * 28
IMAGE = base64.b64encode(SEVEN).decode()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    use_made_up_runs(tmp_path, monkeypatch)
    monkeypatch.setattr("digitnet.studio.teaching.workshop.missing_for_training", lambda: "")
    workshop = Workshop(tmp_path / "studio", None)
    yield workshop
    workshop.close()


@pytest.fixture
def server(workshop: Workshop) -> "Iterator[Live]":
    settings = Settings(access_log=False, shutdown_seconds=20)
    with live(make_app(load_classifier(), settings, teaching_routes(workshop)), settings) as running:
        yield running


@pytest.fixture
def client(server: "Live") -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.url}/studio/", timeout=PATIENCE) as client:
        yield client


def start(workshop: Workshop, does: str) -> str:
    return workshop.runs.start("run", {"does": does, "epochs": 3}, "32")


def events_of(text: str) -> list[tuple[str, str, Any]]:
    """Id, kind and data of each event of a stream."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def test_a_run_from_start_to_end(client: httpx.Client, workshop: Workshop) -> None:
    job_id = client.post("training", json={"hidden_sizes": [3]}).json()["id"]
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    (run,) = client.get("training").json()["runs"]
    assert run["id"] == job_id
    assert run["settings"]["hidden_sizes"] == [3]
    assert run["status"] == "failed"  # the made up process finds nothing in its settings that it should do
    assert client.delete("training", params={"id": job_id}).json() == {"id": job_id}
    assert client.get("training").json() == {"runs": []}


def test_curves_of_several_runs_come_without_their_pictures(client: httpx.Client, workshop: Workshop) -> None:
    first = start(workshop, "finish")
    wait_until(lambda: workshop.runs.news(first, 0).is_over)
    shutil.copytree(workshop.runs.path(first), workshop.runs.path(second := f"{first}f"))
    description = workshop.runs.path(second) / "job.json"
    description.write_text(description.read_text().replace(first, second))
    told = client.get("training/curves", params={"ids": f"{first},{second}"}).json()["curves"]
    assert list(told) == [first, second]
    for curves in told.values():
        assert curves["validation_accuracy"] == [0.1, 0.2, 0.3]
        assert curves["loss"] == [1.0, 1.0, 1.0]
        assert set(curves) == {"loss", "accuracy", "validation_loss", "validation_accuracy"}
    for ids, status in (("", 400), (",".join(["run-1"] * 9), 400), ("run-1", 404), (f"{first},../x", 404)):
        assert client.get("training/curves", params={"ids": ids}).status_code == status


def test_the_search_for_a_rate_is_one_training_at_a_time(
    client: httpx.Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def search(settings: dict[str, Any]) -> dict[str, Any]:
        asked.append(settings)
        refused = client.post("training", json={})
        assert refused.status_code == 409
        return {"rates": [1.0], "losses": [2.0], "suggestion": 0.1}

    monkeypatch.setattr("digitnet.studio.teaching.workshop.searched_rates", search)
    assert client.post("training/rates", json={"hidden_sizes": [3]}).json()["suggestion"] == 0.1
    assert asked[0]["hidden_sizes"] == [3]
    assert client.post("training/rates", json={"hidden_sizes": [0]}).status_code == 422
    job_id = start(workshop, "wait")
    assert client.post("training/rates", json={}).status_code == 409
    workshop.runs.stop(job_id)
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    assert len(asked) == 1


def test_a_run_has_a_name_and_gets_another_one_while_it_is_under_way(client: httpx.Client, workshop: Workshop) -> None:
    job_id = start(workshop, "wait")
    assert client.post("training/name", json={"id": job_id, "name": "  dropout 0.5 "}).json() == {"id": job_id}
    (run,) = client.get("training").json()["runs"]
    assert (run["name"], run["status"]) == ("Run 1: dropout 0.5", "running")
    for name in ("", " ", "two\nlines", "x" * 61):
        refused = client.post("training/name", json={"id": job_id, "name": name})
        assert refused.status_code == 422
        assert "expected one line of 1 to 60 characters" in refused.json()["error"]
    assert client.post("training/name", json={"id": "run-1", "name": "x"}).status_code == 404
    workshop.runs.stop(job_id)
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    named = client.post("training", json={"hidden_sizes": [3], "name": "mine"}).json()["id"]
    assert client.get("training").json()["runs"][0]["name"] == "Run 2: mine"
    assert "name" not in workshop.runs.get(named)[0].settings
    assert client.post("training", json={"name": 3}).status_code == 400


def test_the_stream_of_a_run_ends_with_it(client: httpx.Client, workshop: Workshop) -> None:
    job_id = start(workshop, "finish")
    response = client.get("training/events", params={"id": job_id})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    kept = [event for event in events_of(response.text) if event[0]]
    assert [(number, kind) for number, kind, _ in kept] == [
        *(("1", "state"), ("2", "epoch"), ("3", "epoch"), ("4", "epoch"), ("5", "result"), ("6", "state")),
    ]
    assert kept[-1][2] == {"status": "finished", "error": ""}


@pytest.mark.parametrize(("headers", "query"), [({"Last-Event-ID": "4"}, {}), ({}, {"after": "4"})])
def test_a_stream_goes_on_behind_the_last_event(
    client: httpx.Client, workshop: Workshop, headers: dict[str, str], query: dict[str, str]
) -> None:
    job_id = start(workshop, "finish")
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    response = client.get("training/events", params={"id": job_id, **query}, headers=headers)
    assert [number for number, _, _ in events_of(response.text)] == ["5", "6"]


def test_events_come_when_they_happen_and_a_stop_is_one(client: httpx.Client, workshop: Workshop) -> None:
    job_id = start(workshop, "wait")
    seen = []
    with client.stream("GET", "training/events", params={"id": job_id}) as response:
        for line in response.iter_lines():
            seen.append(line)
            if line == "event: epoch":  # while the run waits
                assert client.post("training/stop", json={"id": job_id}).json() == {"id": job_id}
    assert 'data: {"status": "stopped", "error": ""}' in seen
    assert client.post("training/resume", json={"id": job_id}).json() == {"id": job_id}
    assert client.get("training").json()["runs"][0]["status"] == "running"
    refused = client.post("training", json={})
    assert (refused.status_code, "is under way" in refused.json()["error"]) == (409, True)


def test_a_stream_ends_when_the_server_does(workshop: Workshop) -> None:
    settings = Settings(access_log=False, shutdown_seconds=10 * PATIENCE)  # none of the waits here is as long
    app = make_app(load_classifier(), settings, teaching_routes(workshop))
    job_id = start(workshop, "wait")
    lines: list[str] = []

    def read(url: str) -> None:
        with httpx.stream("GET", url, params={"id": job_id}, timeout=PATIENCE) as response:
            lines.extend(response.iter_lines())  # one by one, as they come

    with live(app, settings) as running:
        reader = threading.Thread(target=read, args=(f"{running.url}/studio/training/events",))
        reader.start()
        wait_until(lambda: bool(lines))
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert lines[0] == "id: 1"
    assert workshop.runs.get(job_id)[1].status == "running"


def test_a_stream_that_nobody_reads_is_given_up(
    client: httpx.Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(workshop, "wait")

    def stream() -> contextlib.AbstractContextManager[httpx.Response]:
        return client.stream("GET", "training/events", params={"id": job_id})

    def status() -> int:
        with stream() as response:
            return response.status_code

    monkeypatch.setattr("digitnet.studio.run_events._STREAMS_MAX", 3)
    with contextlib.ExitStack() as streams:
        assert [streams.enter_context(stream()).status_code for _ in range(4)] == [200, 200, 200, 503]
    wait_until(lambda: status() == 200)


def test_corrections_are_kept_listed_and_deleted(client: httpx.Client) -> None:
    assert client.get("corrections").json() == {"corrections": []}
    first = {"image": IMAGE, "label": 7, "was": None, "png": None}
    assert client.post("corrections", json=first).json() == {"id": 1, "replaced": False}
    assert client.post("corrections", json={**first, "label": 1, "was": 7}).json() == {"id": 1, "replaced": True}
    (kept,) = client.get("corrections").json()["corrections"]
    assert kept.pop("when").startswith("20")
    assert kept == {"id": 1, "image": IMAGE, "label": 1, "was": 7, "has_png": False}
    assert client.delete("corrections", params={"id": 1}).json() == {"deleted": 1}
    client.post("corrections", json=first)
    assert client.delete("corrections", params={"all": 1}).json() == {"deleted": 1}


@pytest.mark.parametrize("kind", ["idx", "png"])
def test_an_export_is_a_file_to_save(client: httpx.Client, kind: str) -> None:
    client.post("corrections", json={"image": IMAGE, "label": 7, "was": 1})
    response = client.get("corrections/export", params={"format": kind})
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-disposition"] == f'attachment; filename="digitnet-corrections-{kind}.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as file:
        assert file.testzip() is None


def test_a_lesson_is_listed_like_a_run(client: httpx.Client, workshop: Workshop) -> None:
    refused = client.post("teach", json={})
    assert refused.status_code == 404
    assert "correct a wrong answer first" in refused.json()["error"]
    client.post("corrections", json={"image": IMAGE, "label": 7, "was": 1})
    job_id = client.post("teach", json={}).json()["id"]
    (lesson,) = client.get("training").json()["runs"]
    assert (lesson["id"], lesson["kind"], lesson["base"]) == (job_id, "lesson", "")
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)


def test_a_network_that_became_worse_is_not_used(client: httpx.Client, workshop: Workshop) -> None:
    job_id = workshop.runs.start("lesson", {"does": "be worse"}, "a copy", base="")
    wait_until(lambda: workshop.runs.news(job_id, 0).is_over)
    refused = client.post("models/use", json={"id": job_id})
    assert refused.status_code == 409
    assert refused.json() == {"error": "Lesson 1: a copy may not answer. It is worse."}
    assert client.post("models/use", json={"id": ""}).json() == {"id": "", "before": ""}


@pytest.mark.parametrize(
    ("method", "path", "request_", "status", "sentence"),
    [
        ("POST", "training", {"content": "{"}, 400, "not JSON"),
        ("POST", "training", {"json": []}, 400, "not an object"),
        ("POST", "training", {"json": {"epochs": 299}}, 422, "epochs is 299"),
        ("POST", "training", {"content": b" " * 5000}, 413, "too large"),
        ("POST", "training/stop", {"json": {}}, 400, "id is nothing: expected a text"),
        ("POST", "training/stop", {"json": {"id": 5}}, 400, "id is 5: expected a text"),
        ("POST", "training/stop", {"json": {"id": "run-1"}}, 404, "there is no run 'run-1'"),
        ("POST", "training/resume", {"json": {"id": "../../x"}}, 404, "there is no run"),
        ("DELETE", "training", {}, 404, "there is no run ''"),
        ("GET", "training/events", {"params": {"id": "run-1"}}, 404, "there is no run"),
        ("GET", "training/events", {"params": {"id": "..", "after": "-1"}}, 400, "the last event is '-1'"),
        ("PUT", "training", {}, 405, ""),
        ("POST", "teach", {"json": {"model": 5}}, 400, "model is 5"),
        ("POST", "models/use", {"json": {"id": "lesson-ff"}}, 404, "there is no run 'lesson-ff'"),
        ("POST", "corrections", {"json": {"image": "%", "label": 1}}, 400, "image is not base64"),
        ("POST", "corrections", {"json": {"image": 5, "label": 1}}, 400, "image is not base64"),
        ("POST", "corrections", {"json": {"label": 1}}, 422, "the image has 0 bytes"),
        ("POST", "corrections", {"json": {"image": IMAGE}}, 400, "label is missing: expected that of a digit, or null"),
        (
            "POST",
            "corrections",
            {"json": {"image": IMAGE, "label": "7"}},
            422,
            "label is '7': expected 0 to 9, or null",
        ),
        ("POST", "corrections", {"json": {"image": IMAGE, "label": 1, "png": IMAGE}}, 422, "expected a PNG file"),
        ("POST", "corrections", {"json": {"image": IMAGE, "label": 1, "lable": 1}}, 400, "'lable' is not known"),
        ("DELETE", "corrections", {}, 400, "id is ''"),
        ("DELETE", "corrections", {"params": {"id": "1", "all": "1"}}, 404, "there is no correction 1"),
        ("DELETE", "corrections", {"params": {"id": "9" * 30}}, 400, "expected the number of a correction"),
        ("GET", "corrections/export", {}, 404, "no corrections to export"),
        ("GET", "corrections/export", {"params": {"format": "../x"}}, 422, "format is '../x'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    client: httpx.Client, method: str, path: str, request_: dict[str, Any], status: int, sentence: str
) -> None:
    response = client.request(method, path, **request_)
    assert response.status_code == status
    assert sentence in response.json()["error"]
    assert client.get("corrections").json() == {"corrections": []}


def test_a_damaged_file_of_corrections_is_not_a_mistake_of_the_servers_own(
    client: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "studio" / "corrections.sqlite").write_bytes(b"damage" * 100)
    response = client.get("corrections")
    assert response.status_code == 503
    assert str(tmp_path) not in response.text


def test_training_can_be_off(tmp_path: Path) -> None:
    settings = Settings(access_log=False)
    workshop = Workshop(tmp_path / "off", None, training=False)
    app = make_app(load_classifier(), settings, teaching_routes(workshop))
    with live(app, settings) as running, httpx.Client(base_url=f"{running.url}/studio/", timeout=PATIENCE) as client:
        for path, content in (("training", {}), ("training/resume", {"id": "run-1"}), ("teach", {})):
            response = client.post(path, json=content)
            assert response.status_code == 409
            assert response.json()["error"].startswith("Training is off at this server")
        assert client.get("training").json() == {"runs": []}
        assert client.post("corrections", json={"image": IMAGE, "label": 7, "was": 1}).status_code == 200
