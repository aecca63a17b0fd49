"""The options of `digitnet serve` and `digitnet studio`, and how they fail: in one line."""

import socket
import subprocess
import sys
import webbrowser
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from digitnet.cli import serve, studio  # here, since a module loaded while the other is patched keeps what it saw
from digitnet.errors import ConfigurationError
from extras import HAS_SERVER
from in_process import run_command
from patience import PATIENCE

pytestmark = pytest.mark.skipif(not HAS_SERVER, reason="needs the serve extra")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be served, instead of serving it."""
    services: list[Any] = []
    monkeypatch.setattr(serve, "start", services.append)
    monkeypatch.setattr(studio, "start", services.append)
    monkeypatch.delenv("DIGITNET_TOKEN", raising=False)
    return services


def run(*arguments: str) -> None:
    assert run_command(*arguments) == (0, "")


def test_it_is_for_this_machine_alone_by_default(started: list[Any]) -> None:
    run("serve")
    (service,) = started
    assert (service.settings.host, service.port, service.workers, service.training) == ("127.0.0.1", 8000, 1, True)
    assert (service.settings.token, service.settings.allow_origins) == (None, ())
    assert service.settings.batching
    assert service.settings.access_log


def test_options_become_settings(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITNET_TOKEN", "correct-horse")
    run(
        *("serve", "--host", "::", "--port", "0", "--workers", "3", "--no-training", "--root-path", "/digits"),
        *(
            "--allow-origin",
            "https://a.example/",
            "--allow-origin",
            "http://b.example:8080",
            "--allow-host",
            "c.example",
        ),
        *(
            "--no-batching",
            "--no-access-log",
            "--max-body",
            "2",
            "--body-timeout",
            "5",
            "--max-requests",
            "7",
            "--answer-timeout",
            "3.5",
            "--coverage",
            "0.9",
            "--always-answer",
        ),
    )
    (service,) = started
    settings = service.settings
    assert (service.port, service.workers, service.training) == (0, 3, False)
    assert (service.coverage, service.always_answer) == (0.9, True)
    assert settings.allow_origins == ("https://a.example", "http://b.example:8080")
    assert (settings.allow_hosts, settings.root_path, settings.token) == (("c.example",), "/digits", "correct-horse")
    assert (settings.body_bytes, settings.body_seconds, settings.requests) == (2 << 20, 5, 7)
    assert settings.answer_seconds == 3.5
    assert not settings.batching
    assert not settings.access_log


def test_the_studio_opens_the_page_or_not(started: list[Any]) -> None:
    run("studio")
    run("studio", "--no-browser", "--no-training", "--allow-host", "a.example")
    assert [(service.browser, service.training) for service in started] == [(True, True), (False, False)]
    assert started[1].settings.allow_hosts == ("a.example",)


@pytest.mark.parametrize("origin", ["example.org", "*", "https://*", "https://a.example/page", "ftp://a.example"])
def test_what_is_no_origin_is_refused(started: list[Any], origin: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an origin"):
        run("serve", "--allow-origin", origin)
    assert started == []


@pytest.mark.parametrize("token", ["", "short", "with a space in it", "tôken-with-an-accent", "line\nbreak--"])
def test_a_token_that_protects_nothing_is_refused(
    started: list[Any], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DIGITNET_TOKEN", token)
    with pytest.raises(ConfigurationError, match="DIGITNET_TOKEN is not a token") as refused:
        run("serve")
    assert not token or token not in str(refused.value)
    assert started == []


def failed(*arguments: str) -> str:
    """What a command says on stderr that fails with 1."""
    command = [sys.executable, "-m", "digitnet", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert finished.returncode == 1
    assert finished.stdout == ""
    return finished.stderr


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = failed("serve", "--port", str(port), "--studio-dir", str(tmp_path))
    assert said == (
        f"digitnet: cannot listen on 127.0.0.1, port {port}: Address already in use. "
        "Choose another one with --port, or 0 for any that is free\n"
    )


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    said = failed("serve", "--port", "0", "--model", str(tmp_path / "none.onnx"), "--studio-dir", str(tmp_path))
    assert said == f"digitnet: {tmp_path / 'none.onnx'} does not exist: expected a model file or a run folder\n"


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = failed("serve", "--port", "0", "--studio-dir", str(tmp_path / "file" / "below"))
    assert said == (
        f"digitnet: {tmp_path / 'file' / 'below'} cannot be used as the studio's folder (Not a directory): "
        "choose another with --studio-dir\n"
    )


@pytest.mark.parametrize(
    ("host", "token", "quiet", "told"),
    [
        ("0.0.0.0", None, (), True),  # noqa: S104 - nothing is served
        ("0.0.0.0", "correct-horse", (), False),  # noqa: S104
        ("0.0.0.0", None, ("--quiet",), False),  # noqa: S104
        ("localhost", None, (), False),
    ],
)
def test_one_line_tells_whom_the_host_check_stops_and_whom_not(
    *,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    host: str,
    token: str | None,
    quiet: tuple[str, ...],
    told: bool,
) -> None:
    monkeypatch.delenv("DIGITNET_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("DIGITNET_TOKEN", token)
    monkeypatch.setattr("digitnet.server.run", lambda _, listening, *__: listening.close())
    run("serve", "--host", host, "--port", "0", "--studio-dir", str(tmp_path), *quiet)
    lines = [line for line in capsys.readouterr().err.splitlines() if "--allow-host" in line]
    assert len(lines) == told
    for line in lines:
        assert "stops browsers elsewhere" in line
        assert "nobody who can forge a header" in line


def test_a_damaged_corrections_file_is_told_at_the_start_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "corrections.sqlite").write_bytes(b"no database at all " * 100)
    monkeypatch.setattr("digitnet.server.run", lambda make, listening, *_: (make(), listening.close()))
    run("serve", "--port", "0", "--studio-dir", str(tmp_path))
    _, note = capsys.readouterr().err.splitlines()
    assert note.startswith(
        "digitnet: corrections.sqlite in the studio's folder cannot be used (file is not a database)"
    )


@pytest.mark.parametrize("quiet", [(), ("--quiet",)], ids=["with the address", "quiet"])
def test_the_page_is_opened_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], quiet: tuple[str, ...]
) -> None:
    opened: Queue[str] = Queue()
    monkeypatch.setattr(webbrowser, "open", opened.put)
    monkeypatch.setattr("digitnet.server.run", lambda make, listening, *_: (make(), listening.close()))
    run("studio", "--port", "0", "--studio-dir", str(tmp_path), *quiet)
    address = opened.get(timeout=60)  # a thread opens the page
    assert address.startswith("http://127.0.0.1:")
    assert capsys.readouterr().err == ("" if quiet else f"digitnet: {address} (Ctrl-C ends it)\n")


def test_a_quiet_server_keeps_no_log_of_requests(started: list[Any]) -> None:
    run("serve", "-q")
    assert not started[0].settings.access_log
