"""What the servers are sent, how answers are received, and how they are counted."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from answering_server import answering
from digitnet import load_mnist
from digitnet.arrays import Images
from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

PATIENCE = 60.0  # seconds for what takes a moment on an idle machine
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"


@pytest.fixture(scope="module")
def images() -> Images:
    return load_mnist()[1].images[:256]


def parts_of(message: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = message.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


# What is sent


def test_the_binary_form_is_that_of_the_protocol(images: Images) -> None:
    first, headers, body = parts_of(load("serving.messages").infer_binary(images[:3]))
    assert first == "POST /v2/models/digitnet/infer HTTP/1.1"
    assert int(headers["Content-Length"]) == len(body)
    end = int(headers["Inference-Header-Content-Length"])
    tensor = json.loads(body[:end])["inputs"][0]
    assert (tensor["name"], tensor["datatype"], tensor["shape"]) == ("images", "UINT8", [3, 28, 28])
    assert tensor["parameters"]["binary_data_size"] == 3 * 784
    assert body[end:] == images[:3].tobytes()


@pytest.mark.parametrize("server", ["OURS", "MLSERVER", "BENTOML", "LITSERVE"])
def test_everyone_is_sent_the_same_pixels(server: str, images: Images) -> None:
    forms = getattr(load("serving.messages"), server)
    content = json.loads(parts_of(forms.json(images[:2]))[2])
    numbers = content["inputs"][0]["data"] if "inputs" in content else content["images"]
    assert (np.array(numbers).reshape(2, 28, 28) == images[:2]).all()
    if server != "OURS":
        compact = parts_of(forms.compact(images[:2]))[2]
        texts = re.findall(rb'"([A-Za-z0-9+/=]{1000,})"', compact)
        assert b"".join(map(base64.b64decode, texts)) == images[:2].tobytes()


def test_answers_are_read_in_each_form() -> None:
    messages = load("serving.messages")
    row = [0.1] * 10
    output = {"name": "probabilities", "shape": [1, 10], "datatype": "FP32"}
    assert messages.OURS.read_json({}, json.dumps({"outputs": [{**output, "data": row}]}).encode()).shape == (1, 10)
    head = json.dumps({"outputs": [output]}).encode()
    headers = {"inference-header-content-length": str(len(head))}
    body = head + np.arange(10, dtype=np.float32).tobytes()
    assert messages.OURS.read_compact(headers, body).tolist() == [list(range(10))]
    assert messages.LITSERVE.read_json({}, json.dumps({"probabilities": [row]}).encode()).shape == (1, 10)
    assert messages.BENTOML.read_json({}, json.dumps([row]).encode()).shape == (1, 10)


def test_messages_come_back_from_their_file(tmp_path: Path) -> None:
    messages = load("serving.messages")
    written = [b"one\n2\nthree", b"", b"\r\n\x00\xff"]
    messages.write_messages(written, tmp_path / "folder" / "messages.bin")
    assert messages.read_messages(tmp_path / "folder" / "messages.bin") == written


def test_the_mixture_has_good_and_bad_requests(images: Images) -> None:
    cases = load("serving.mixture").cases(images)
    assert len({case.name for case in cases}) == len(cases)
    share = sum(case.share for case in cases if case.is_good) / sum(case.share for case in cases)
    assert 0.7 < share < 0.9
    assert {case.message for case in cases if case.is_good}.isdisjoint(
        case.message for case in cases if not case.is_good
    )
    good, bad = (next(case for case in cases if case.is_good is is_good) for is_good in (True, False))
    assert [good.is_right(status) for status in (200, 400, 500)] == [True, False, False]
    assert [bad.is_right(status) for status in (200, 400, 422, 500)] == [False, True, True, False]


def test_lies_are_lies(images: Images) -> None:
    cases = {case.name: case for case in load("serving.mixture").cases(images)}
    _, headers, body = parts_of(cases["lying binary size"].message)
    end = int(headers["Inference-Header-Content-Length"])
    assert json.loads(body[:end])["inputs"][0]["parameters"]["binary_data_size"] != len(body) - end
    _, headers, body = parts_of(cases["lying header length"].message)
    assert int(headers["Inference-Header-Content-Length"]) > len(body) == int(headers["Content-Length"])
    _, headers, body = parts_of(cases["100 GB announced"].message)
    assert (headers["Content-Length"], body) == ("99999999999", b"")
    assert len(parts_of(cases["10,000 headers"].message)[1]) > 10_000


# The clients


def test_answers_are_received_whole_and_one_by_one() -> None:
    client = load("serving.client")
    chunked = (
        b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"
    )
    with answering(OK, chunked) as port, client.Connection(port) as connection:
        answers = [connection.ask(b"GET / HTTP/1.1\r\n\r\n") for _ in range(2)]
    assert [(answer.status, answer.body, answer.is_last) for answer in answers] == [
        (200, b"ok", False),
        (404, b"abcd", True),
    ]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "no answer: the server closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "a part of an"),
        (b"HTTP/1.1 OK\r\n\r\n", "not an answer of HTTP: HTTP/1.1 OK"),
    ],
)
def test_an_answer_that_is_missing_is_an_error(answer: bytes, reason: str) -> None:
    client = load("serving.client")
    with answering(answer, b"") as port, client.Connection(port) as connection:
        connection.send(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")  # the second one closes the connection
        with pytest.raises(client.ClientError, match=reason):
            connection.receive()


def test_our_client_counts_requests_and_refusals() -> None:
    message = load("serving.messages").request("/", b"body")
    with answering(*[OK, OK, OK, REFUSED] * 10, *[b""] * 4) as port:  # in the end each connection is closed
        measured = load("serving.load").request_repeatedly(port, 4, PATIENCE, [message])
    assert (measured["requests"], measured["errors"]) == (44, 14)
    assert 0 < measured["median_ms"] <= measured["p99_ms"] <= measured["max_ms"] < 1e3 * measured["seconds"]
    assert measured["seconds"] < PATIENCE


@pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk: apt-get install wrk")
def test_wrk_sends_the_messages_of_the_file_in_turn(tmp_path: Path) -> None:
    messages, path = load("serving.messages"), tmp_path / "messages.bin"
    messages.write_messages([messages.request("/a", b"1\r\n22"), messages.request("/b")], path)
    seen: list[bytes] = []
    with answering(OK, REFUSED, seen=seen) as port:
        measured = load("serving.load").load(port, path, 2, 1.0)
    assert set(seen) == {b"POST /a HTTP/1.1\r\n", b"POST /b HTTP/1.1\r\n"}
    assert seen.count(b"POST /a HTTP/1.1\r\n") == pytest.approx(len(seen) / 2, abs=2)
    assert measured["per_second"] == pytest.approx(measured["requests"] / measured["seconds"])
    assert measured["errors"] == pytest.approx(measured["requests"] / 2, abs=2)
    assert 0 < measured["median_ms"] <= measured["p99_ms"]


class Ticking:
    """A clock that goes on by a millisecond whenever it is looked at, and by a pause as soon as there is one."""

    def __init__(self) -> None:
        self._now = 0.0

    def perf_counter(self) -> float:
        self._now += 0.001
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


def test_latency_is_that_of_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = load("serving.turns")
    monkeypatch.setattr(turns, "time", Ticking())
    with answering(OK, OK, REFUSED) as port:
        measured = turns.idle_latency(port, [b"GET / HTTP/1.1\r\n\r\n"], seconds=0.1502)
    assert [measured[name] for name in ("median_ms", "p99_ms", "max_ms")] == pytest.approx([1.0] * 3)
    assert measured["requests"] == 30  # each is 3 looks at the clock and a pause of 2 ms
    assert measured["errors"] == 10


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux says what memory is in use")
def test_memory_includes_processes_that_were_started() -> None:
    memory_of = load("serving.servers").memory_of
    alone = memory_of(os.getpid())
    code = "kept = bytearray(50_000_000); print('up', flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        both = memory_of(os.getpid())
        child.stdin.close()
    assert both.resident_mb > alone.resident_mb + 50
    assert both.processes == alone.processes + 1
    assert both.proportional_mb <= both.resident_mb
    assert memory_of(2**22 + 1) is None


# Counting


def test_what_went_wrong_is_counted() -> None:
    mixture, soak = load("serving.mixture"), load("serving.soak")
    good = mixture.Case("good", b"", is_good=True)
    bad = mixture.Case("bad", b"", is_good=False)
    cut = mixture.Case("cut", b"", is_good=False, manner=mixture.Manner.CUT)
    tally = soak.Tally()
    for case, status in ((good, 200), (good, 503), (good, None), (bad, 422), (bad, 500), (bad, 200), (cut, None)):
        tally.note(case, status, 1.0, "" if status else "no answer")
    assert tally.counts == {"sent": 7, "good": 3, "lost": 1, "wrong": 3, "cut": 1}
    assert tally.statuses == {200: 2, 503: 1, 422: 1, 500: 1}
    assert tally.examples == ["good: 503", "good: no answer", "bad: 500", "bad: 200"]
    assert len(tally.took_ms) == 1


def test_memory_is_compared_after_the_warm_up() -> None:
    memory = [100.0] * 30 + [150.0] * 30 + [170.0] * 210 + [160.0] * 30
    samples = [(float(at), value) for at, value in enumerate(memory)]
    found = load("serving.soak").flatness(samples, 300.0)
    assert found == {"memory warm": 150.0, "memory at the end": 160.0, "memory at most": 170.0}


def test_a_soak_becomes_rows() -> None:
    soak = load("serving.soak")
    tally = soak.Tally()
    tally.counts.update(sent=10, good=6, lost=1, wrong=2, cut=0)
    tally.statuses.update({200: 6, 500: 3})
    tally.took_ms += [1.0, 3.0, 2.0]
    memory = {"memory when ready": 90.0, "memory warm": 100.0, "memory at the end": 104.0, "memory at most": 110.0}
    values = {(row.subject, row.measure): row.value for row in soak.rows_of_tally(tally, 5.0, memory)}
    assert (values["digitnet", "lost"], values["digitnet", "answers of 500"], values["200", "answers"]) == (1, 3, 6)
    assert (values["digitnet", "median"], values["digitnet", "p99"]) == (2.0, 3.0)
    assert values["digitnet", "memory growth"] == pytest.approx(0.04)


def test_turns_become_ratios_in_which_more_is_faster() -> None:
    found = load("results").Rounds()
    speeds = {"digitnet": (0.5, 4000.0), "digitnet, no batching": (0.5, 2000.0), "LitServe": (3.0, 1250.0)}
    for number, drift in enumerate((1.0, 0.5, 0.8)):  # the machine's, in each round
        for who, (ms, per_second) in speeds.items():
            idle = {"idle compact median_ms": ms / drift, "idle compact p99_ms": 4.0}
            busy = {"load compact per_second": per_second * drift, "load compact errors": number}
            found.add(who, number, idle | busy)
    rows = {(row.subject, row.measure): row for row in load("serving.turns").rows_of_turns(found)}
    assert rows["LitServe", "idle compact times"].value == pytest.approx(6.0)
    assert rows["digitnet, no batching", "load compact times"].value == pytest.approx(2.0)
    assert rows["LitServe", "load compact times"].interval == pytest.approx((3.2, 3.2))
    assert rows["LitServe", "times in all measures"].range == pytest.approx((3.2, 6.0))
    assert rows["LitServe", "load compact per second"].value == pytest.approx(1000.0)
    assert rows["LitServe", "load compact errors"].value == 3
    assert ("digitnet, no batching", "times in all measures") not in rows
