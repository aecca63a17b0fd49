"""A port of loopback that nothing listens on."""

import socket

__all__ = ["free_port"]


def free_port() -> int:
    """Its number; nobody else takes it, unless in the moment before it is used."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
