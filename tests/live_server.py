"""A server in a thread, on a socket of this machine; and the application without a socket."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from digitnet.server.routing import Gate
from digitnet.server.running import make_server, open_socket
from digitnet.server.settings import Settings

__all__ = ["HOST", "INFER", "Live", "ask", "asked", "live", "many", "raw", "some_images"]

HOST = "127.0.0.1"
INFER = "/v2/models/digitnet/infer"


@dataclass(frozen=True)
class Live:
    """A server that runs.

    Attributes:
        port: Where.
        app: Its application.
    """

    port: int
    app: Gate

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{HOST}:{self.port}"


@contextmanager
def live(app: Gate, settings: Settings) -> Iterator[Live]:
    """Serve for as long as the block lasts."""
    listening = open_socket(HOST, 0)
    port = listening.getsockname()[1]
    server = make_server(app, settings)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield Live(port, app)
    finally:
        server.should_exit = True
        thread.join(30)


def ask(app: Gate, method: str, path: str, **request: Any) -> httpx.Response:
    """Ask an application for one thing, without a socket."""
    (response,) = many(app, [(method, path, request)])
    return response


def many(app: Gate, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
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


def raw(port: int, sent: bytes, *, end: bool = False, seconds: float = 20) -> bytes:
    """Send bytes over a new connection; all that is answered until it is closed.

    Args:
        port: Of the server.
        sent: What is sent, whole.
        end: Whether to say that no more will come.
        seconds: The answer must have ended after so long.
    """
    with socket.create_connection((HOST, port), timeout=seconds) as connection:
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
