"""A server that gives the answers that it was made with, for tests of the benchmarks' clients."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["answering"]


@contextmanager
def answering(*answers: bytes, seen: list[bytes] | None = None) -> Iterator[int]:
    """A server on a free port, which gives each request the next of the answers, again and again; yields the port.

    A request ends after the body that its Content-Length announces. An empty answer closes the connection. `seen` gets
    the first line of each request.
    """
    turn = iter(range(1_000_000))
    lock = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while first := self._read():
                with lock:
                    if seen is not None:
                        seen.append(first)
                    answer = answers[next(turn) % len(answers)]
                if not answer:
                    return
                self.wfile.write(answer)

        def _read(self) -> bytes:
            first = line = self.rfile.readline()
            length = 0
            while line not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                line = self.rfile.readline()
            self.rfile.read(length)
            return first

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
