"""The files of the page, and nothing else."""

import gzip
from importlib.resources import files

import pytest

from digitnet.server.routing import Application
from live_server import ask

INDEX = (files("digitnet") / "studio" / "web" / "index.html").read_bytes()


def test_the_page_is_at_the_root(app: Application) -> None:
    response = ask(app, "GET", "/", headers={"Accept-Encoding": "identity"})
    assert response.content == INDEX
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert ask(app, "GET", "/index.html").content == INDEX


def test_scripts_have_the_type_that_browsers_want(app: Application) -> None:
    assert ask(app, "GET", "/js/main.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline(app: Application) -> None:
    headers = ask(app, "GET", "/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


def test_it_is_compressed_for_those_who_understand(app: Application) -> None:
    response = ask(app, "GET", "/", headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) == len(gzip.compress(INDEX)) < len(INDEX)
    assert response.content == INDEX


def test_what_has_not_changed_is_not_sent_again(app: Application) -> None:
    tag = ask(app, "GET", "/").headers["etag"]
    response = ask(app, "GET", "/", headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")
    assert ask(app, "GET", "/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../errors.py",
        "/..%2ferrors.py",
        "/%2e%2e/errors.py",
        "/js/../../errors.py",
        "/__init__.py",
        "//etc/passwd",
        "/js/",
        "/js",
        "/index.html/",
        "/css/page.css%00",
    ],
)
def test_nothing_else_is_served(app: Application, path: str) -> None:
    response = ask(app, "GET", path)
    assert response.status_code == 404
    assert list(response.json()) == ["error"]
