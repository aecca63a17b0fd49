"""Routes, errors and limits of the application as a whole."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from digitnet.errors import ConfigurationError, ModelFileError, RequestError
from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, in_thread, json_response, make_app, read_body, read_json, serving_of
from digitnet.server.replies import without_folders
from digitnet.server.routing import Application
from live_server import INFER, ask, asked, live, some_images
from patience import PATIENCE


async def echo(request: Request) -> Response:
    return json_response({"given": await read_json(request), "at": request.url.path})


async def refuse(_: Request) -> Response:
    raise RequestError("not today", 409, (("X-Reason", "rain"),))


async def misconfigured(_: Request) -> Response:
    raise ConfigurationError("hidden_sizes is empty")


async def misplaced(_: Request) -> Response:
    raise ModelFileError("/srv/digitnet/models/seven.onnx does not exist: expected a model file")


async def broken(_: Request) -> Response:
    raise ZeroDivisionError("/home/someone/secret.py")


async def stream(_: Request) -> Response:
    async def events() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"data: %d\n\n" % number

    return StreamingResponse(events(), media_type="text/event-stream")


async def small(request: Request) -> Response:
    return json_response({"size": len(await read_body(request, 10))})


async def waits(request: Request) -> Response:
    held: threading.Event = request.app.held
    return json_response({"came": await in_thread(request, held.wait, PATIENCE)})


ROUTES: Sequence[BaseRoute] = [
    Route("/studio/echo", echo, methods=["POST"]),
    Route("/studio/refuse", refuse),
    Route("/studio/misconfigured", misconfigured),
    Route("/studio/misplaced", misplaced),
    Route("/studio/broken", broken),
    Route("/studio/stream", stream),
    Route("/studio/small", small, methods=["POST"]),
    Route("/studio/waits", waits),
    Route("/v2", broken),  # our own come first
]


@pytest.fixture(scope="module")
def studio(classifier: Classifier) -> Application:
    return make_app(classifier, Settings(access_log=False), ROUTES)


def test_routes_of_others_are_served(studio: Application) -> None:
    response = ask(studio, "POST", "/studio/echo", json={"a": [1]})
    assert response.json() == {"given": {"a": [1]}, "at": "/studio/echo"}
    assert response.headers["x-content-type-options"] == "nosniff"
    assert ask(studio, "GET", "/v2").json()["name"] == "digitnet"


def test_streams_are_passed_on(studio: Application) -> None:
    assert ask(studio, "GET", "/studio/stream").text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_their_errors_become_responses(studio: Application) -> None:
    response = ask(studio, "GET", "/studio/refuse")
    assert (response.status_code, response.json(), response.headers["x-reason"]) == (
        409,
        {"error": "not today"},
        "rain",
    )
    response = ask(studio, "GET", "/studio/misconfigured")
    assert (response.status_code, response.json()) == (422, {"error": "hidden_sizes is empty"})


def test_folders_of_this_machine_are_not_told(studio: Application) -> None:
    response = ask(studio, "GET", "/studio/misplaced")
    assert response.json() == {"error": "seven.onnx does not exist: expected a model file"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("C:\\Users\\someone\\model.onnx is damaged", "model.onnx is damaged"),
        ("/a/b/c: gone", "c: gone"),
        ("expected 1/2, or image/png at /read", "expected 1/2, or image/png at /read"),
    ],
)
def test_only_folders_are_left_out(text: str, told: str) -> None:
    assert without_folders(text) == told


def test_a_mistake_of_ours_says_nothing_of_this_machine(studio: Application, caplog: pytest.LogCaptureFixture) -> None:
    response = ask(studio, "GET", "/studio/broken")
    assert response.status_code == 500
    assert response.json() == {"error": "the server failed; the error is in its log"}
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"nan", b'"text"', b"\x00", b'{"a": Infinity}'])
def test_a_body_that_is_no_object_of_json(studio: Application, body: bytes) -> None:
    response = ask(studio, "POST", "/studio/echo", content=body)
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


def test_a_limit_is_told_and_kept(studio: Application) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield b"123"

    assert ask(studio, "POST", "/studio/small", content=b"1234567890").json() == {"size": 10}
    for content in (b"12345678901", in_parts()):  # announced, and not announced
        response = ask(studio, "POST", "/studio/small", content=content)
        assert response.status_code == 413
        assert response.json() == {"error": "the body is too large: at most 10 bytes are read"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", INFER, "POST"),
        ("DELETE", "/v2", "GET, HEAD"),
        ("PUT", "/", "GET, HEAD"),
        ("BREW", "/metrics", "GET, HEAD"),
        ("GET", "/studio/echo", "POST"),
        ("OPTIONS", "/read", "POST"),
    ],
)
def test_a_method_that_is_not_offered(studio: Application, method: str, path: str, allowed: str) -> None:
    response = ask(studio, method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert list(response.json()) == ["error"]


def test_a_path_that_there_is_not(studio: Application) -> None:
    for path in ("/v3", "/studio/nothing", "/%00", "/v2/"):
        response = ask(studio, "GET", path)
        assert response.status_code == 404
        assert "there is nothing at this path" in response.json()["error"]


@pytest.mark.parametrize("root_path", ["/digits", "digits/", "/a/b"])
def test_behind_a_prefix_that_a_proxy_removes_or_not(classifier: Classifier, root_path: str) -> None:
    app = make_app(classifier, Settings(access_log=False, root_path=root_path), ROUTES)
    prefix = "/" + root_path.strip("/")
    for path in ("/v2", f"{prefix}/v2"):
        assert ask(app, "GET", path).json()["name"] == "digitnet"
    assert ask(app, "POST", f"{prefix}/studio/echo", json={}).status_code == 200
    assert ask(app, "GET", prefix + "/").status_code == 200
    redirected = ask(app, "GET", prefix)
    assert (redirected.status_code, redirected.headers["location"]) == (308, prefix + "/")
    assert ask(app, "GET", prefix + "s/v2").status_code == 404
    assert ask(app, "GET", "/openapi.json").json()["servers"] == [{"url": prefix}]


def asked_while_held(app: Application, paths: Sequence[str], answered: int) -> list[httpx.Response]:
    """Ask for all of the paths at once; what waits there is let go when so many others have been answered."""
    held = app.held = threading.Event()  # type: ignore[attr-defined]

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            requests = [asyncio.create_task(client.get(path)) for path in paths]
            waiting = set(requests)
            while len(requests) - len(waiting) < answered:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            held.set()
            return await asyncio.gather(*requests)

    try:
        return asyncio.run(all_of_them())
    finally:
        held.set()


def test_more_requests_than_it_takes_are_told_to_come_back(classifier: Classifier) -> None:
    app = make_app(classifier, Settings(access_log=False, requests=3), ROUTES)
    *responses, health = asked_while_held(app, [*["/studio/waits"] * 5, "/v2/health/live"], answered=3)
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 503, 503]
    assert health.status_code == 200
    assert {response.headers.get("retry-after") for response in responses} == {None, "1"}
    assert ask(app, "GET", "/v2").status_code == 200


def test_more_calls_than_may_wait_are_told_to_come_back(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitnet.server.app.available_cores", lambda: 2)
    app = make_app(classifier, Settings(access_log=False, waiting_calls=1), ROUTES)
    responses = asked_while_held(app, ["/studio/waits"] * 9, answered=6)
    statuses = [response.status_code for response in responses]
    assert sorted(statuses) == [200] * 3 + [503] * 6  # two run, and one may wait
    assert "more to do" in next(r for r in responses if r.status_code == 503).json()["error"]


def test_bodies_are_counted_together_and_forgotten(classifier: Classifier) -> None:
    app = make_app(classifier, Settings(access_log=False, all_bodies_bytes=15_000), ROUTES)
    for _ in range(3):
        assert ask(app, "POST", INFER, json=asked(some_images(1))).status_code == 200
        assert app.serving.held_bytes == 0
    response = ask(app, "POST", INFER, json=asked(some_images(8)))
    assert response.status_code == 503
    assert app.serving.held_bytes == 0


def test_it_lives_and_ends_with_the_server(classifier: Classifier) -> None:
    closed: list[str] = []
    settings = Settings(access_log=False)
    app = make_app(classifier, settings, closing=[lambda: closed.append("closed")])
    with live(app, settings):
        assert closed == []
    assert closed == ["closed"]
    assert app.serving.stopping.is_set()
    assert ask(app, "GET", "/v2/health/ready").status_code == 503
    assert ask(app, "GET", "/v2/health/live").status_code == 200


def test_websockets_are_closed(studio: Application) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(studio({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1000}]


def test_serving_is_known_to_endpoints(classifier: Classifier) -> None:
    async def tell(request: Request) -> Response:
        return json_response({"same": serving_of(request).classifier is classifier})

    app = make_app(classifier, Settings(access_log=False), [Route("/studio/tell", tell)])
    assert ask(app, "GET", "/studio/tell").json() == {"same": True}
