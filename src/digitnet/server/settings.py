"""Every limit and switch of the server, in one place."""

from dataclasses import dataclass

__all__ = ["MODEL_NAME", "MODEL_VERSION", "Settings"]

MODEL_NAME = "digitnet"  # in the paths of both protocols
MODEL_VERSION = "1"  # one process serves one model, so there is never a second


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves.

    Attributes:
        host: The name or address it listens on; on a loopback one every request must name this machine.
        root_path: A prefix of all paths, such as "/digits", whether or not the proxy in front has removed it.
        token: What `Authorization: Bearer` must carry; None asks for none.
        allow_hosts: More names that a request may be sent to, where `host` is a loopback address: a proxy's.
        allow_origins: Web pages of these origins may call, such as "https://digits.example.org".
        body_bytes: Of one request at most.
        json_bytes: Of JSON at most; as Python's objects it takes twenty times as much.
        all_bodies_bytes: Of all requests together at most, while they are answered.
        body_seconds: A body must be complete after so long.
        header_seconds: The same for a request's headers, and for a new connection's first byte.
        header_bytes: Of the request line and all headers at most.
        headers: So many at most.
        idle_seconds: A connection without a request is closed after so long.
        shutdown_seconds: What was accepted has so long to finish.
        requests: At the same time, at most.
        connections: At the same time, at most.
        waiting_images: Images that may wait for the network.
        waiting_calls: Pictures and other blocking work that may wait for a thread.
        batching: Whether requests that arrive while an inference runs are answered together.
        access_log: Whether there is a line on stderr for each request.
    """

    host: str = "127.0.0.1"
    root_path: str = ""
    token: str | None = None
    allow_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    body_bytes: int = 32 << 20  # 40,000 images in binary form; a phone's largest photo
    json_bytes: int = 8 << 20  # 2,000 images as numbers
    all_bodies_bytes: int = 256 << 20
    body_seconds: float = 30.0
    header_seconds: float = 10.0
    header_bytes: int = 64 << 10
    headers: int = 100
    idle_seconds: float = 30.0
    shutdown_seconds: float = 10.0
    requests: int = 1024
    connections: int = 4096
    waiting_images: int = 65_536
    waiting_calls: int = 32
    batching: bool = True
    access_log: bool = True
