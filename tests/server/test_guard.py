"""Hosts, origins, and the token."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, make_app
from digitnet.server.guard import is_loopback
from digitnet.server.routing import Application
from live_server import INFER, ask, asked, some_images

ORIGIN = "https://digits.example.org"
TOKEN = "correct horse".replace(" ", "-")


def guarded(classifier: Classifier, **settings: Any) -> Application:
    return make_app(classifier, Settings(access_log=False, **settings))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000", "digits.localhost:80"])
def test_this_machine_may_be_called_by_its_names(app: Application, host: str) -> None:
    assert ask(app, "GET", "/v2", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8000", "10.0.0.1", "localhost@evil", "[::2]"])
def test_a_name_that_somebody_pointed_here_is_refused(app: Application, host: str) -> None:
    response = ask(app, "GET", "/v2", headers={"Host": host})
    assert response.status_code == 403
    assert "--allow-host" in response.json()["error"]


def test_a_listed_name_is_served(classifier: Classifier) -> None:
    app = guarded(classifier, allow_hosts=("digits.example",), allow_origins=("https://other.example",))
    for host in ("digits.example", "digits.example:443", "other.example"):
        assert ask(app, "GET", "/v2", headers={"Host": host}).status_code == 200


def test_beyond_loopback_any_name_is_served(classifier: Classifier) -> None:
    app = guarded(classifier, host="0.0.0.0")  # noqa: S104 - nothing is bound
    assert ask(app, "GET", "/v2", headers={"Host": "digits.example"}).status_code == 200


PRIVATE = "/studio/corrections"
ELSEWHERE = "192.168.1.7"


def status_of(app: Application, client: str | None, host: str | None, path: str = PRIVATE) -> int:
    """What a client of that address gets that names that Host, without a socket."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "client": None if client is None else (client, 1234),
        "headers": [] if host is None else [(b"host", host.encode())],
    }
    asyncio.run(app(scope, receive, send))
    return int(sent[0]["status"])


def with_corrections(classifier: Classifier, **settings: Any) -> Application:
    async def corrections(_: Request) -> Response:
        return Response("mine")

    routes = [Route(PRIVATE, corrections)]
    return make_app(classifier, Settings(access_log=False, **{"host": "0.0.0.0", **settings}), routes)  # noqa: S104


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "localhost:8000", 200),
        ("::1", "[::1]:8000", 200),
        ("::ffff:127.0.0.1", "127.0.0.1:8000", 200),
        ("127.0.0.1", "evil.example:8000", 403),  # a page there had its name resolved to this machine
        ("127.0.0.1", None, 403),
        ("127.0.0.1", "", 403),
        (ELSEWHERE, "192.168.1.2:8000", 403),  # a browser on another machine
        (ELSEWHERE, "localhost:8000", 403),
        ("::ffff:192.168.1.7", "localhost", 403),
        (None, "localhost", 403),
        (ELSEWHERE, "digits.example", 200),
        (ELSEWHERE, "Digits.Example:8000", 200),
        ("127.0.0.1", "digits.example.evil", 403),
    ],
)
def test_beyond_loopback_the_page_is_for_this_machine_and_for_listed_names(
    classifier: Classifier, client: str | None, host: str | None, status: int
) -> None:
    app = with_corrections(classifier, allow_hosts=("Digits.example",))
    assert status_of(app, client, host) == status
    assert status_of(app, client, host, "/v2") == 200  # reading digits is for everybody


def test_with_the_token_the_page_is_for_everybody_who_has_it(classifier: Classifier) -> None:
    app = with_corrections(classifier, token=TOKEN)
    assert status_of(app, ELSEWHERE, "192.168.1.2") == 401
    headers = {"Host": "192.168.1.2", "Authorization": f"Bearer {TOKEN}"}
    assert ask(app, "GET", PRIVATE, headers=headers).text == "mine"


def test_below_a_prefix_the_page_is_as_private(classifier: Classifier) -> None:
    app = with_corrections(classifier, root_path="/digits")
    assert status_of(app, ELSEWHERE, "localhost", "/digits" + PRIVATE) == 403
    assert status_of(app, "127.0.0.1", "localhost", "/digits" + PRIVATE) == 200


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001", ""])
def test_pages_from_elsewhere_are_refused(app: Application, method: str, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"}
    response = ask(app, method, "/v2", headers=headers)
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_our_own_page_is_served(app: Application) -> None:
    assert ask(app, "GET", "/v2", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_our_own_page_is_served_behind_a_proxy_that_renames_the_host(app: Application) -> None:
    headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    assert ask(app, "GET", "/v2", headers=headers).status_code == 200


def test_a_listed_origin_is_served_and_told_so(classifier: Classifier) -> None:
    app = guarded(classifier, allow_origins=(ORIGIN,))
    response = ask(app, "POST", INFER, json=asked(some_images(1)), headers={"Origin": ORIGIN})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "Inference-Header-Content-Length" in response.headers["access-control-expose-headers"]
    assert ask(app, "GET", "/v2", headers={"Origin": ORIGIN + ".evil"}).status_code == 403


def test_a_browser_may_ask_before(classifier: Classifier) -> None:
    app = guarded(classifier, allow_origins=(ORIGIN,), token=TOKEN)
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,inference-header-content-length",
    }
    response = ask(app, "OPTIONS", INFER, headers=headers)  # without a token: browsers send none with it
    assert response.status_code == 204
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == headers["Access-Control-Request-Headers"]


@pytest.mark.parametrize("sent", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", "Bearer wrong"])
def test_without_the_token_nothing_is_answered(classifier: Classifier, sent: str | None) -> None:
    app = guarded(classifier, token=TOKEN)
    headers = {} if sent is None else {"Authorization": sent}
    for method, path in (("POST", INFER), ("POST", "/read"), ("GET", "/metrics"), ("GET", "/v2"), ("GET", "/studio/x")):
        response = ask(app, method, path, headers=headers)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_with_the_token_everything_is(classifier: Classifier, scheme: str) -> None:
    app = guarded(classifier, token=TOKEN)
    assert ask(app, "GET", "/v2", headers={"Authorization": f"{scheme} {TOKEN}"}).status_code == 200


def test_health_and_the_page_need_no_token(classifier: Classifier) -> None:
    app = guarded(classifier, token=TOKEN)
    for path in ("/v2/health/live", "/v2/health/ready", "/"):
        assert ask(app, "GET", path).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("::1", True),
        ("127.0.0.1", True),
        ("LOCALHOST.", True),
        ("128.0.0.1", False),
        ("", False),
        ("::", False),
        ("::ffff:127.0.0.1", True),
    ],
)
def test_what_means_this_machine(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
