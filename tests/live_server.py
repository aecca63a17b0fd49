"""A server in a thread, on a socket of this machine; and the application without a socket."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import uvicorn
from numpy.typing import NDArray

from digitnet.server.routing import Application
from digitnet.server.running import make_server, open_socket
from digitnet.server.settings import Settings
from patience import PATIENCE, wait_until

__all__ = ["HOST", "INFER", "Clock", "Live", "ask", "asked", "live", "many", "raw", "some_images"]

HOST = "127.0.0.1"
INFER = "/v2/models/digitnet/infer"


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time stands still until a test lets it pass: no limit is met because the machine is busy."""

    _ROUNDS = 10  # of the loop, in which what has become due is done, and what follows from it

    def __init__(self) -> None:
        super().__init__()
        self._stands_at: float | None = super().time()
        self._ahead = 0.0

    def time(self) -> float:
        """What all limits of time are measured with."""
        return super().time() + self._ahead if self._stands_at is None else self._stands_at

    def let_pass(self, seconds: float) -> None:
        """Let time pass, and wait until all that became due by it is done; from another thread than the loop's."""
        done: Future[None] = Future()

        def pass_time() -> None:
            assert self._stands_at is not None
            self._stands_at += seconds
            look_again(self._ROUNDS)

        def look_again(rounds: int) -> None:
            if rounds:
                self.call_soon(look_again, rounds - 1)
            else:
                done.set_result(None)

        self.call_soon_threadsafe(pass_time)
        done.result(PATIENCE)

    def go_on(self) -> None:
        """Let time pass by itself from now on; from another thread than the loop's."""

        def start() -> None:
            assert self._stands_at is not None
            self._ahead = self._stands_at - super(Clock, self).time()
            self._stands_at = None

        self.call_soon_threadsafe(start)


@dataclass(frozen=True)
class Live:
    """A server that runs.

    Attributes:
        port: Where.
        app: Its application.
        server: What holds its connections.
        clock: Its time, where that stands still; else None.
    """

    port: int
    app: Application
    server: uvicorn.Server
    clock: Clock | None = None

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def live(app: Application, settings: Settings, *, time_stands_still: bool = False) -> Iterator[Live]:
    """Serve for as long as the block lasts.

    Args:
        app: What is served.
        settings: Its limits.
        time_stands_still: Whether none of the limits of time is met unless `Live.clock` is told to let time pass.
    """
    listening = open_socket(HOST, 0)
    port = listening.getsockname()[1]
    server = make_server(app, settings)
    loop = Clock() if time_stands_still else asyncio.SelectorEventLoop()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(server.serve([listening]))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    clock = loop if isinstance(loop, Clock) else None
    try:
        assert server.started
        yield Live(port, app, server, clock)
    finally:
        server.should_exit = True
        if clock is not None:
            clock.go_on()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the server did not end"


def ask(app: Application, method: str, path: str, **request: Any) -> httpx.Response:
    """Ask an application for one thing, without a socket."""
    (response,) = many(app, [(method, path, request)])
    return response


def many(app: Application, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
    """Ask an application for many things at once."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            asked = (client.request(method, path, **request) for method, path, request in requests)
            return list(await asyncio.gather(*asked))

    return asyncio.run(all_of_them())


def asked(images: NDArray[Any], **more: Any) -> dict[str, Any]:
    """An inference request of the Open Inference Protocol, as JSON."""
    tensor = {"name": "images", "shape": list(images.shape), "datatype": "UINT8", "data": images.tolist()}
    return {"inputs": [tensor], **more}


def raw(port: int, sent: bytes, *, end: bool = False) -> bytes:
    """Send bytes over a new connection; all that is answered until it is closed.

    Args:
        port: Of the server.
        sent: What is sent, whole.
        end: Whether to say that no more will come.
    """
    with socket.create_connection((HOST, port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(sent)
            if end:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def some_images(n: int = 3) -> NDArray[np.uint8]:
    """Noise, uint8 (n, 28, 28)."""
    return np.random.default_rng(n).integers(0, 256, (n, 28, 28), np.uint8)
