"""The server's settings: all limits and switches."""

from dataclasses import dataclass

__all__ = ["MODEL_NAME", "MODEL_VERSION", "Settings"]

MODEL_NAME = "digitnet"  # in the paths of both protocols
MODEL_VERSION = "1"  # in the same paths; a process serves one model, so there is no second version


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and switches of the server; the limits were chosen by hand.

    Attributes:
        host: The name or address it listens on; on a loopback one every request must name this machine.
        root_path: A prefix of all paths, such as "/digits", whether or not the proxy in front has removed it.
        token: What `Authorization: Bearer` must carry; None asks for none.
        allow_hosts: More names that a request may be sent to, such as a proxy's: any request where `host` is a loopback
            address, and those of the page where it is another one.
        allow_origins: Web pages of these origins may call, such as "https://digits.example.org".
        body_bytes: Largest body of a request.
        json_bytes: Largest body of JSON; parsed into Python's objects it takes twenty times as much memory.
        all_bodies_bytes: Largest size of the bodies of all requests that are being answered.
        body_seconds: Time in which a body must be complete.
        header_seconds: Time in which a request's headers, and the first byte of a new connection, must have come.
        header_bytes: Largest size of the request line and all headers.
        headers: Largest number of headers.
        idle_seconds: Time after which a connection without a request is closed.
        shutdown_seconds: Time that accepted requests have to finish after SIGTERM or Ctrl-C, before they are cut off.
        requests: Largest number of requests at the same time; 503 beyond.
        connections: Largest number of connections at the same time; 503 beyond.
        answer_seconds: Time in which the answer to a request that has come must be there; 503 beyond.
        waiting_images: Images that may wait for an inference; 503 beyond.
        waiting_calls: Pictures and other blocking calls that may wait for a thread; 503 beyond.
        batching: Whether requests that arrive while an inference runs are answered together.
        access_log: Whether there is a line on stderr for each request.
    """

    host: str = "127.0.0.1"
    root_path: str = ""
    token: str | None = None
    allow_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    body_bytes: int = 32 << 20  # 40,000 images in binary form, or a phone's largest photo
    json_bytes: int = 8 << 20  # 2,000 images as numbers
    all_bodies_bytes: int = 256 << 20
    body_seconds: float = 30.0
    header_seconds: float = 10.0
    header_bytes: int = 64 << 10
    headers: int = 100
    idle_seconds: float = 30.0
    shutdown_seconds: float = 10.0  # chosen by hand: as long as `docker stop` waits
    requests: int = 1024
    connections: int = 4096
    answer_seconds: float = 60.0
    waiting_images: int = 262_144  # those of six requests of the largest size
    waiting_calls: int = 32
    batching: bool = True
    access_log: bool = True
