"""Clients that are slow, liars, or worse, over real sockets; what this relies on in uvicorn is listed at the end."""

import ast
import inspect
import json
import re
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import requires
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl

from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, connections, make_app
from live_server import HOST, INFER, Live, asked, live, raw, some_images
from patience import PATIENCE, wait_until

SETTINGS = Settings(
    access_log=False, body_seconds=20, header_seconds=10, idle_seconds=30, body_bytes=100_000, connections=4
)


@pytest.fixture(scope="module")
def small_server(classifier: Classifier) -> Iterator[Live]:
    """A server that holds four connections, and whose time passes only as the tests let it."""
    with live(make_app(classifier, SETTINGS), SETTINGS, time_stands_still=True) as server:
        yield server
        assert status(raw(server.port, get("/v2"))) == 200  # after all that


@pytest.fixture
def small(small_server: Live) -> Live:
    """The same, without a connection of another test."""
    clock = small_server.clock
    assert clock is not None

    def all_have_gone() -> bool:
        clock.let_pass(SETTINGS.idle_seconds)  # until then it waits for clients that have been refused
        return not connections_of(small_server)

    wait_until(all_have_gone)
    return small_server


def connections_of(server: Live) -> int:
    """How many it holds now."""
    return len(server.server.server_state.connections)


def get(path: str, *headers: str) -> bytes:
    """A request that closes the connection."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]).encode()


def post(path: str, body: bytes, length: int | None = None, *headers: str) -> bytes:
    """A request with a body, whose length may be a lie."""
    size = len(body) if length is None else length
    head = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def status(answer: bytes) -> int:
    """Of the first response in it."""
    return int(answer.split(b" ", 2)[1])


def sentence(answer: bytes) -> str:
    """Of the last response in it, which is an error."""
    text = json.loads(answer.rpartition(b"\r\n\r\n")[2])["error"]
    assert isinstance(text, str)
    return text


BODY = json.dumps(asked(some_images(1))).encode()


@pytest.mark.parametrize(
    ("sent", "expected", "said"),
    [
        (get("/v2", *[f"X-{number}: value" for number in range(10_000)]), 431, "too many headers"),
        (get("/v2", "X-Large: " + "x" * 100_000), 431, "headers are too large"),
        (get("/" + "x" * 100_000), 431, "headers are too large"),
        (b"HELLO\r\n\r\n", 400, "not a request of HTTP/1.1"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "not a request of HTTP/1.1"),  # TLS
        (b"GET /v2 HTTP/1.1\r\nBad Header\r\n\r\n", 400, "not a request of HTTP/1.1"),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "not a request of HTTP/1.1"),
        (post(INFER, b"", 10**11), 413, "at most 8,388,608 bytes"),
        (post("/read", b"x" * 2_000_000, 10**11, "Content-Type: image/png"), 413, "at most 33,554,432 bytes"),
        (b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400, "not a request"),
        (b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n", 400, "not a request"),
        (
            b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "not a request",
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
def test_what_is_no_request_is_answered_and_closed(server: Live, sent: bytes, expected: int, said: str) -> None:
    answer = raw(server.port, sent)
    assert status(answer) == expected
    assert said in sentence(answer)
    assert status(raw(server.port, get("/v2"))) == 200


POST = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
NO_VERSION = "the request line does not end in HTTP/1.1"
UNKNOWN_CODING = "the Transfer-Encoding is not known here"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"GET /v2 HTTP/1.1\r\n\r\n", "there is no Host header"),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "there are 2 Host headers"),
        (b"GET /v2 HTTP/1.0\r\nHost: localhost\r\nhost: evil.example\r\n\r\n", "there are 2 Host headers"),
        (b"GET /v2\r\n\r\n", NO_VERSION),
        (b"GET /v2\r\nHost: localhost\r\n\r\n", NO_VERSION),
        (b"GET /v2 HTTP/0.9\r\nHost: localhost\r\n\r\n", NO_VERSION),
        (b"GET /v2 HTTP/2.0\r\nHost: localhost\r\n\r\n", NO_VERSION),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "not a request of HTTP/1.1"),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", UNKNOWN_CODING),
        (POST + b"Transfer-Encoding: identity\r\n\r\n", UNKNOWN_CODING),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", UNKNOWN_CODING),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", UNKNOWN_CODING),
        (b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: foo\r\n\r\n", UNKNOWN_CODING),
        (
            b"POST /read HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            UNKNOWN_CODING,
        ),
        *(
            (POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, "the body is not in chunks")
            for chunks in (
                *(
                    size + b"\r\nabc\r\n0\r\n\r\n"
                    for size in (b"zz", b"0x3", b"+3", b"-3", b" 3", b"", b"2", b"f" * 17)
                ),
                b"3\nabc\n0\n\n",
                b"3\r\nabc\r\nzz\r\n0\r\n\r\n",
            )
        ),
    ],
)
def test_what_a_proxy_might_read_otherwise_is_refused_and_logged(
    logging_server: Live, capfd: pytest.CaptureFixture[str], sent: bytes, said: str
) -> None:
    answer = raw(logging_server.port, sent)
    assert status(answer) == 400
    assert said in sentence(answer)
    assert answer.count(b"HTTP/1.1 400") == 1
    lines: list[dict[str, Any]] = []

    def has_been_logged() -> bool:
        lines.extend(json.loads(line) for line in capfd.readouterr().err.splitlines())
        return bool(lines)

    wait_until(has_been_logged)
    (line,) = lines
    assert (line["status"], line["client"]) == (400, HOST)
    assert line["bytes"] == len(answer.rpartition(b"\r\n\r\n")[2])
    assert said in line["error"] if line["path"] is None else line["path"] == "/read"


@pytest.fixture(scope="module")
def logging_server(classifier: Classifier) -> Iterator[Live]:
    """A server with an access log."""
    settings = Settings(idle_seconds=5)
    with live(make_app(classifier, settings), settings) as server:
        yield server


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n3;name=value\r\nabc\r\n0\r\n\r\n",
        b"POST /read HTTP/1.0\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\nabc",  # HTTP/1.0 has no Host
    ],
)
def test_what_is_allowed_is_a_request(server: Live, sent: bytes) -> None:
    answer = raw(server.port, sent)
    assert status(answer) == 422
    assert b"is not a picture" in answer


def test_a_refusal_waits_for_the_answers_to_earlier_requests(server: Live) -> None:
    answer = raw(server.port, post(INFER, BODY) + get("/v2").replace(b"close", b"keep-alive") + b"HELLO\r\n\r\n")
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:4]] == [200, 200, 400]
    assert "not a request" in sentence(answer)
    answer = raw(server.port, post(INFER, BODY) + POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 400]
    assert "not in chunks" in sentence(answer)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (post(INFER, BODY[:100], len(BODY)), f"cut off after 100 bytes: expected {len(BODY):,} bytes"),
        (post("/read", b"\x89PNG", 100, "Content-Type: image/png"), "cut off after 4 bytes: expected 100 bytes"),
        (
            b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\x89PNG\r\n",
            "cut off after 4 bytes",
        ),
        (b"GET /v2 HTTP/1.1\r\nHost: loc", "ended within its headers"),
    ],
    ids=["JSON", "picture", "chunked", "headers"],
)
def test_a_request_that_was_cut_off_is_told_so(server: Live, sent: bytes, said: str) -> None:
    answer = raw(server.port, sent, end=True)
    assert status(answer) == 400
    assert said in sentence(answer)


def test_what_is_left_of_a_refused_request_is_no_other_request(server: Live) -> None:
    answer = raw(server.port, post("/nowhere", get("/v2")[:20], 500))
    assert status(answer) == 404  # and then the connection ends, though the client has not
    assert answer.count(b"HTTP/1.1") == 1


def test_a_client_that_ends_its_side_still_gets_its_answer(server: Live) -> None:
    answer = raw(server.port, post(INFER, BODY), end=True)
    assert status(answer) == 200
    assert b"probabilities" in answer


def test_a_client_that_goes_leaves_nothing_behind(server: Live) -> None:
    for sent in (post(INFER, BODY[:50], len(BODY)), post(INFER, BODY), b"GET"):
        with socket.create_connection((HOST, server.port)) as connection:
            connection.sendall(sent)
    assert status(raw(server.port, get("/v2"))) == 200  # by now it has seen them all
    wait_until(lambda: server.app.serving.held_bytes == 0)


def test_requests_one_after_the_other_without_waiting(server: Live) -> None:
    answer = raw(server.port, post(INFER, BODY) + post(INFER, b"{}") + get("/v2/health/live"))
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 400, 200]


def test_a_body_is_asked_for_when_it_is_wanted(server: Live) -> None:
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as connection:
        connection.sendall(post(INFER, b"", len(BODY), "Expect: 100-continue"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert status(connection.recv(10_000)) == 200
    answer = raw(server.port, post(INFER, b"", 10**10, "Expect: 100-continue"))
    assert status(answer) == 413  # and it was never asked for


def after_waiting(server: Live, first: bytes, trickle: bytes = b"") -> tuple[float, bytes]:
    """What a client gets that sends something, and then a byte a second or nothing at all.

    Args:
        server: Whose time passes meanwhile.
        first: Sent at once.
        trickle: Sent slowly; there must be an answer before the end of it.

    Returns:
        How many of the server's seconds have passed until the connection was closed, and all that came until then.
    """
    assert server.clock is not None
    seconds, answer = 0.0, b""
    with socket.create_connection((HOST, server.port), timeout=PATIENCE) as connection:
        connection.sendall(first)
        for place in range(len(trickle) or 100):
            with suppress(ConnectionError):  # it has been answered and let go: the answer is there to be read
                connection.send(trickle[place : place + 1])
            server.clock.let_pass(1.0)
            seconds += 1.0
            while select.select([connection], [], [], 0)[0]:
                part = connection.recv(1 << 16)
                if not part:
                    return seconds, answer
                answer += part
    raise AssertionError(f"after {seconds} seconds the connection is still open, and this has come: {answer!r}")


def test_a_slow_body_is_not_waited_for(small: Live) -> None:
    seconds, answer = after_waiting(small, post(INFER, b"", len(BODY)), BODY[:100])
    assert status(answer) == 408
    assert "did not arrive within 20 seconds" in sentence(answer)
    assert seconds >= SETTINGS.body_seconds


def test_slow_headers_are_not_waited_for(small: Live) -> None:
    seconds, answer = after_waiting(small, b"GET /v2 HTTP/1.1\r\n", b"X-Slow: " + b"x" * 92)
    assert status(answer) == 408
    assert "did not arrive within 10 seconds" in sentence(answer)
    assert seconds >= SETTINGS.header_seconds


def test_who_says_nothing_is_let_go(small: Live) -> None:
    seconds, answer = after_waiting(small, b"")
    assert answer == b""
    assert seconds >= SETTINGS.header_seconds
    seconds, answer = after_waiting(small, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")  # and then nothing
    assert status(answer) == 200
    assert seconds >= SETTINGS.idle_seconds


def test_a_body_above_the_limit_is_answered_even_while_it_is_sent(small: Live) -> None:
    answer = raw(small.port, post("/read", b"x" * 3_000_000, None, "Content-Type: image/png"))
    assert status(answer) == 413
    assert "at most 100,000 bytes" in sentence(answer)
    head = b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(small.port, head + b"30000\r\n" + b"x" * 0x30000 + b"\r\n0\r\n\r\n")
    assert status(answer) == 413


def test_more_connections_than_it_holds_are_told_so(small: Live) -> None:
    held = [socket.create_connection((HOST, small.port)) for _ in range(4)]
    try:
        wait_until(lambda: connections_of(small) == 4)
        answer = raw(small.port, b"")
        assert status(answer) == 503
        assert "as many connections as it allows" in sentence(answer)
        assert b"retry-after: 1\r\n" in answer
    finally:
        for connection in held:
            connection.close()


# The oldest and the newest uvicorn with which the tests of this folder passed; the oldest is pyproject's lower bound.
VERIFIED = ("0.34.0", "0.54.0")
ADVICE = (
    "server/connections.py overrides parts of uvicorn that are not public, and was verified with uvicorn "
    f"{VERIFIED[0]} and {VERIFIED[1]}; installed is {uvicorn.__version__}. If that is another version, compare its "
    "uvicorn/protocols/http/httptools_impl.py with the verified one, adapt connections.py and the tables of this file "
    "until tests/server passes, and write the new version into VERIFIED. Until then install the verified version "
    "(an upper bound for uvicorn in pyproject.toml)."
)

# The methods of uvicorn's protocol that `Connection` overrides or extends, with the names of their parameters.
OVERRIDDEN: dict[str, list[str]] = {
    "__init__": ["config", "server_state", "app_state", "_loop"],
    "connection_made": ["transport"],
    "connection_lost": ["exc"],
    "data_received": ["data"],
    "eof_received": [],
    "on_message_begin": [],
    "on_url": ["url"],
    "on_header": ["name", "value"],
    "on_headers_complete": [],
    "on_message_complete": [],
    "on_response_complete": [],
    "send_400_response": ["msg"],
    "timeout_keep_alive_handler": [],
}
# What it uses of uvicorn's protocol beside them, and of the objects that the protocol holds.
USED: dict[str, set[str]] = {
    "self": {
        *("_unset_keepalive_if_required", "client", "connections", "cycle", "flow", "headers", "loop", "parser"),
        *("pipeline", "server_state", "transport"),
    },
    "self.parser": {"get_http_version"},
    "self.cycle": {"keep_alive", "message_event", "more_body", "response_complete", "scope", "transport"},
    "self.flow": {"resume_reading"},
    "self.server_state": {"total_requests"},
}


def class_of_connections() -> ast.ClassDef:
    """The source of `Connection`."""
    tree = ast.parse(inspect.getsource(connections))
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Connection")


def test_the_tables_name_all_that_is_used_of_uvicorn() -> None:
    nodes = list(ast.walk(class_of_connections()))
    methods = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    assigned = {
        node.attr for node in attributes if isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
    used: dict[str, set[str]] = {owner: set() for owner in USED}
    for node in attributes:
        used.get(ast.unparse(node.value), set()).add(node.attr)
    used["self"] -= methods | assigned
    assert used == USED
    assert methods & set(dir(httptools_impl.HttpToolsProtocol)) == set(OVERRIDDEN)


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_uvicorn_has_the_methods_that_are_overridden(name: str) -> None:
    method = getattr(httptools_impl.HttpToolsProtocol, name, None)
    assert method is not None, f"uvicorn's protocol has no method {name}. {ADVICE}"
    parameters = list(inspect.signature(method).parameters)[1:]
    assert parameters == OVERRIDDEN[name], f"uvicorn's {name} has the parameters {parameters}. {ADVICE}"


def test_uvicorn_has_the_attributes_that_are_used(small: Live) -> None:
    with socket.create_connection((HOST, small.port), timeout=PATIENCE) as client:
        client.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert status(client.recv(10_000)) == 200
        (connection,) = small.server.server_state.connections
        for owner, names in USED.items():
            held = connection if owner == "self" else getattr(connection, owner.removeprefix("self."))
            lacking = {name for name in names if not hasattr(held, name)}
            assert not lacking, f"{owner} of uvicorn's protocol lacks {sorted(lacking)}. {ADVICE}"
        assert isinstance(connection, connections.Connection)
        assert connection.cycle.transport is not connection.transport, f"The response has uvicorn's transport. {ADVICE}"


def test_a_response_of_uvicorn_uses_no_more_of_its_transport_than_it_is_given() -> None:
    used = set(re.findall(r"self\.transport\.(\w+)", inspect.getsource(httptools_impl.RequestResponseCycle)))
    given = set(connections._LingeringTransport.__slots__)  # noqa: SLF001 - what uvicorn gets in place of a transport
    assert used == given, (
        f"uvicorn's response uses {sorted(used)} of its transport, and is given {sorted(given)}. {ADVICE}"
    )


def test_the_oldest_verified_version_is_the_lower_bound() -> None:
    lines = [line for line in requires("digitnet") or [] if line.startswith("uvicorn>=")]
    bounds = {re.split(r"[;\s]", line.removeprefix("uvicorn>="))[0] for line in lines}
    assert bounds == {VERIFIED[0].removesuffix(".0")}
