"""benchmarks/serving: what is sent, how it is counted, the targets and docs/serving.md, from made-up results."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet import load_mnist
from digitnet.arrays import Images
from made_up_benchmarks import REPOSITORY, load
from made_up_serving import all_results, answering, page_result, soak_result, start_result, turns_result
from patience import PATIENCE

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / "benchmarks").exists(), reason="the benchmarks are part of the checkout, not of the wheel"
)

PAGE = REPOSITORY / "docs" / "serving.md"
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
        measured = load("serving.hammer").hammer(port, connections=4, seconds=PATIENCE, messages=[message])
    assert (measured["requests"], measured["errors"]) == (44, 14)
    assert 0 < measured["median_ms"] <= measured["p99_ms"] <= measured["max_ms"] < 1e3 * measured["seconds"]


def test_our_client_goes_on_without_connections_that_were_closed() -> None:
    with answering(b"") as port:
        measured = load("serving.hammer").hammer(port, 3, seconds=PATIENCE, messages=[b"GET / HTTP/1.1\r\n\r\n"])
    assert (measured["requests"], measured["errors"]) == (3, 3)
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
    latency = load("serving.latency")
    monkeypatch.setattr(latency, "time", Ticking())
    with answering(OK, OK, REFUSED) as port:
        measured = latency.idle_latency(port, [b"GET / HTTP/1.1\r\n\r\n"], seconds=0.1502)
    assert [measured[name] for name in ("median_ms", "p99_ms", "max_ms")] == pytest.approx([1.0] * 3)
    assert measured["requests"] == 30  # each is 3 looks at the clock and a pause of 2 ms
    assert measured["errors"] == 10


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux says what memory is in use")
def test_memory_includes_processes_that_were_started() -> None:
    memory_of = load("serving.memory").memory_of
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
    assert (tally.sent, tally.good, tally.lost, tally.wrong, tally.cut) == (7, 3, 1, 3, 1)
    assert tally.statuses == {200: 2, 503: 1, 422: 1, 500: 1}
    assert tally.examples == ["good: 503", "good: no answer", "bad: 500", "bad: 200"]
    assert len(tally.took_ms) == 1


def test_memory_is_compared_after_the_warm_up() -> None:
    memory = [100.0] * 30 + [150.0] * 30 + [170.0] * 210 + [160.0] * 30
    samples = [(float(at), value) for at, value in enumerate(memory)]
    found = load("serving.soak").flatness(samples, 300.0)
    assert found == {"warm_mb": 150.0, "end_mb": 160.0, "most_mb": 170.0}


# Targets


def verdicts(results: dict[str, Any]) -> dict[str, bool | None]:
    return {target.what + target.wanted: target.met for target in load("serving.targets").targets(results)}


def missed(**results: Any) -> set[str]:
    return {what for what, met in verdicts(all_results() | results).items() if met is False}


def test_all_targets_can_be_met_and_nothing_measured_is_not_missed() -> None:
    assert set(verdicts(all_results()).values()) == {True}
    assert len(verdicts({})) == len(verdicts(all_results())) == 25
    assert set(verdicts({}).values()) == {None}


def test_each_target_of_latency_and_load_can_be_missed() -> None:
    slow = turns_result(digitnet=(2.1, 2.6, 1300.0, 2499.0, 230.0))
    assert {what.split(" at ")[0].split("at most")[0] for what in missed(turns=slow)} >= {
        "`infer`, one image, JSON, idle server: median",
        "`infer`, one image, binary, idle server: p99",
    }
    assert any("connections, one worker" in what for what in missed(turns=slow))
    assert any("batches of 256" in what for what in missed(turns=slow))  # 0.8 * 230 * 256 = 47,104


def test_being_behind_in_one_measure_is_not_ahead() -> None:
    ahead = missed(turns=turns_result(LitServe=(3.0, 3.0, 2100.0, 1250.0, 90.0)))
    assert ahead == {"speed against LitServe, same model fileahead in each measure"}


@pytest.mark.parametrize(
    ("unbatched", "what"),
    [
        ((1.0, 0.5, 1500.0, 4100.0, 300.0), "batching, 32 connections: speedmore than without"),
        ((1.0, 0.4, 1500.0, 2000.0, 300.0), "batching, idle server: speedas without (0.95 times or more)"),
    ],
)
def test_batching_has_to_help_and_must_not_cost(unbatched: tuple[float, ...], what: str) -> None:
    assert missed(turns=turns_result(**{"digitnet, no batching": unbatched})) == {what}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"lost": 1}, "0 lost"),
        ({"statuses": {"200": 5, "500": 1}}, "0 answers of 500"),
        ({"wrong": 2}, "each the status that is due"),
        ({"end_mb": 158.0}, "memory flat (within 5 %)"),
        ({"end_mb": 142.0}, "memory flat (within 5 %)"),
    ],
)
def test_each_target_of_the_soak_can_be_missed(changes: dict[str, Any], wanted: str) -> None:
    (what,) = missed(soak=soak_result(**changes))
    assert what.endswith(wanted)


def test_start_and_page_can_be_missed() -> None:
    assert len(missed(start_up=start_result(1.6, 260.0))) == 3
    assert len(missed(start_up=start_result(1.4, 240.0))) == 1  # 260 MB under load
    assert len(missed(page=page_result(bytes=300_001, elsewhere=1, after_pointer_ms=51.0))) == 3


# The page


def page(results: dict[str, Any]) -> str:
    text: str = load("serving.page").page_text(results)
    return text


def test_the_page_says_what_was_measured() -> None:
    text = page(all_results())
    assert "**missed**" not in text
    assert "Not measured" not in text
    # Medians over rounds of 4000 * (1, 0.5, 0.8); ratios are 2 and 3.2 in every round.
    assert "| digitnet, no batching | 1,600 | 25.0 ms | 0 | 1,200 | 25.0 ms | 0 | 2.00 | 2.00 to 2.00 |" in text
    assert "| LitServe | 1,000 | 25.0 ms | 0 | 960 | 25.0 ms | 0 | 3.20 | 3.20 to 3.20 |" in text
    assert "| MLServer | 2.50 ms | 4.00 ms | 2.50 ms | 4.00 ms | 4.00 |" in text
    assert "wrk 4.1.0" in text
    assert "| mlserver | 9.9 |" in text
    assert "36 times by 408" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith(("|", "-"))) <= 120


def test_a_page_of_nothing_says_so() -> None:
    assert page({}).count("Not measured.") == 5
    assert page({}).count("| not measured |") == 25


def test_a_peer_that_was_skipped_is_named_without_the_folders_of_the_machine() -> None:
    result = turns_result()
    result.measured = {name: rows for name, rows in result.measured.items() if "MLServer" not in name}
    result.skipped = {"MLServer": "ImportError: /home/someone/lib/libthing.so: cannot open"}
    text = page(all_results() | {"turns": result})
    assert "- MLServer: `ImportError: libthing.so: cannot open`" in text
    assert "| speed against MLServer, same model file | ahead in each measure | - | not measured |" in text


def test_a_quick_page_warns() -> None:
    result = start_result()
    result.quick = True
    assert "the figures on this page mean nothing" in page({"start_up": result})


def test_results_are_kept_one_on_a_line_and_replaced(tmp_path: Path) -> None:
    measured, path = load("serving.measured"), tmp_path / "serving.json"
    measured.save_measured(all_results().values(), path)
    measured.save_measured([soak_result(lost=7)], path)
    found = measured.load_measured(path)
    assert set(found) == {"turns", "soak", "start_up", "page"}
    assert found["soak"].measured["digitnet"][0]["lost"] == 7
    assert found["turns"] == turns_result()
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2 + len(found)


@pytest.mark.skipif(not PAGE.exists(), reason="nothing of serving has been measured yet")
def test_the_published_page_is_what_was_recorded() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load("serving.measured").load_measured())


def test_the_command_writes_the_page_from_what_was_recorded(tmp_path: Path) -> None:
    load("serving.measured").save_measured(all_results().values(), tmp_path / "serving.json")
    arguments = ["write", "--measured", str(tmp_path / "serving.json"), "--page", str(tmp_path / "serving.md")]
    assert load("serving.__main__").main(arguments) == 0
    assert (tmp_path / "serving.md").read_text(encoding="utf-8") == page(all_results())


def test_why_a_peer_could_not_be_installed_is_told() -> None:
    result = turns_result()
    result.skipped = {"BentoML, batching": "no environment", "LitServe": "answers with status 500"}
    load("serving.__main__").explain(result, {"bentoml": "pip could not install it"})
    assert result.skipped == {"BentoML, batching": "pip could not install it", "LitServe": "answers with status 500"}


def test_every_comparison_is_described() -> None:
    readme = (REPOSITORY / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in load("serving.__main__").COMPARISONS:
        assert f"`.venv/bin/python -m benchmarks.serving {name}`" in readme
