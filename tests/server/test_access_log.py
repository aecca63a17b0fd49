"""A line of JSON for each request."""

import json

import pytest

from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, make_app
from live_server import live, raw
from patience import PATIENCE


def test_each_request_is_a_line(classifier: Classifier, capfd: pytest.CaptureFixture[str]) -> None:
    settings = Settings()
    with live(make_app(classifier, settings), settings) as server:
        raw(server.port, b"GET /v2?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        raw(server.port, b'GET /%0a%22x"y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    first, second = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert first["method"] == "GET"
    assert (first["path"], first["status"], first["client"]) == ("/v2", 200, "127.0.0.1")
    assert first["bytes"] > 50
    assert 0 < first["milliseconds"] < 1e3 * PATIENCE
    assert first["time"].endswith("+00:00")
    assert (second["path"], second["status"]) == ('/\n"x"y', 404)  # a line break in a path makes no line


def test_a_path_sends_nothing_to_the_terminal_that_shows_the_log(
    classifier: Classifier, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings()
    with live(make_app(classifier, settings), settings) as server:
        raw(server.port, b"GET /%1b[2J%c2%9b31m%7f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    line = capfd.readouterr().err
    assert all(character.isprintable() for character in line.rstrip("\n").replace("\x7f", ""))
    assert json.loads(line)["path"] == "/\x1b[2J\x9b31m\x7f"


def test_there_is_none_if_none_is_wanted(classifier: Classifier, capfd: pytest.CaptureFixture[str]) -> None:
    settings = Settings(access_log=False)
    with live(make_app(classifier, settings), settings) as server:
        raw(server.port, b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert capfd.readouterr().err == ""
