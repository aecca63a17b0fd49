"""Sockets, start and graceful shutdown."""

import asyncio
import functools
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable
from importlib.util import find_spec
from types import FrameType

import uvicorn

from digitnet.errors import ServerStartError
from digitnet.server.connections import Connection
from digitnet.server.routing import Application
from digitnet.server.settings import Settings
from digitnet.server.workers import supervise

__all__ = ["make_server", "open_socket", "run"]

_HINT = "Choose another one with --port, or 0 for any that is free"
_BACKLOG = 2048  # connections that may wait to be accepted; uvicorn's own default


def open_socket(host: str, port: int) -> socket.socket:
    """Listen for connections.

    Args:
        host: A name or an address of this machine, of IPv4 or IPv6.
        port: 0 takes a free one.

    Returns:
        The socket.

    Raises:
        ServerStartError: The port is in use or needs more rights, or the address is not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise ServerStartError(f"{host} is no name or address of this machine: try --host 127.0.0.1") from error
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # on Windows it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ServerStartError(f"cannot listen on {host}, port {port}: {error.strerror}. {_HINT}") from error
    listening.setblocking(False)
    return listening


class _Server(uvicorn.Server):
    """Exits with code 0 after SIGTERM or Ctrl-C, and lets endless streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, app: Application) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Begin to shut down; a second Ctrl-C does not wait for requests."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests that were accepted, and end."""
        self._app.serving.stopping.set()
        await super().shutdown(sockets)


def run(make: Callable[[], Application], listening: socket.socket, settings: Settings, workers: int = 1) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that were accepted by then are finished.

    Args:
        make: Makes the application, in the process and on the event loop that it is for.
        listening: From `open_socket`; closed at the end.
        settings: The server's settings.
        workers: Number of processes.

    Raises:
        ServerStartError: The workers end at once, or this system cannot fork.
    """
    gc.freeze()  # what was imported stays; each full collection would search it again, for 20 ms
    try:
        if workers == 1:
            _work(make, listening, settings)
        else:
            supervise(lambda: _work(make, listening, settings), workers, settings.shutdown_seconds)
    finally:
        listening.close()


def _work(make: Callable[[], Application], listening: socket.socket, settings: Settings) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(make, listening, settings))


async def _serve(make: Callable[[], Application], listening: socket.socket, settings: Settings) -> None:
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # the access log tells of malformed forms
    await make_server(make(), settings).serve([listening])


def make_server(app: Application, settings: Settings) -> uvicorn.Server:
    """Make a server for an event loop of one's own, on which `serve` is awaited with a list of sockets.

    Args:
        app: The application.
        settings: The server's settings.

    Returns:
        The server; it ends when its `should_exit` is set.
    """
    config = uvicorn.Config(
        app,
        http=functools.partial(Connection, settings=settings, refused=app.refused),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        log_level="error",  # the access log tells of malformed requests
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.idle_seconds,  # type: ignore[arg-type]
        timeout_graceful_shutdown=settings.shutdown_seconds,  # type: ignore[arg-type]
    )
    return _Server(config, app)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:  # it does not exist for Windows
        return None
    import uvloop  # noqa: PLC0415

    return uvloop.new_event_loop
