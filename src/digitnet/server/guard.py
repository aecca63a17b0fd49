"""Who may ask: the host a request names, the web page it comes from, and the token it carries.

A browser lets any web page send requests to this machine. So on a loopback address a request must name this machine
(else a page could point a name of its own here), and a request from a page must come from our own page or a listed one.
"""

import functools
import hmac
import ipaddress
import re

from digitnet.errors import RequestError
from digitnet.server.settings import Settings

__all__ = ["Guard"]

_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
_EXPOSED = "Inference-Header-Content-Length, Retry-After"
_MAX_AGE = "600"  # seconds for which a browser remembers what is allowed


class Guard:
    """Checks the headers of requests against the settings."""

    def __init__(self, settings: Settings) -> None:
        self._is_local = is_loopback(settings.host)
        self._origins = {origin.encode() for origin in settings.allow_origins}
        own = (origin.partition("://")[2] for origin in settings.allow_origins)
        self._hosts = {_name(host.encode()) for host in (*settings.allow_hosts, *own)}
        self._token = None if settings.token is None else settings.token.encode()

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request from elsewhere.

        Args:
            headers: By names in lower case.

        Raises:
            RequestError: 403, the host or the origin is not allowed.
        """
        host = headers.get(b"host", b"")
        if self._is_local and host and not self._is_known(_name(host)):
            raise RequestError("this host name is not served here: allow it with --allow-host", 403)
        origin = headers.get(b"origin")
        if origin is None or origin in self._origins:
            return
        if headers.get(b"sec-fetch-site") == b"same-origin" or origin.partition(b"://")[2] == host:
            return
        raise RequestError("requests from web pages of this origin are not allowed: list it with --allow-origin", 403)

    def check_token(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request without the token, where there is one.

        Args:
            headers: By names in lower case.

        Raises:
            RequestError: 401, the token is missing or wrong.
        """
        if self._token is None:
            return
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._token):
            raise RequestError(
                "the header Authorization does not carry the token of this server: expected Bearer and the token",
                401,
                (("WWW-Authenticate", "Bearer"),),
            )

    def response_headers(self, headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """What a page of a listed origin needs to be told; nothing for others.

        Args:
            headers: Of the request.
        """
        origin = headers.get(b"origin")
        if origin is None or origin not in self._origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED.encode()),
            (b"vary", b"Origin"),
        ]

    def preflight_headers(self, headers: dict[bytes, bytes]) -> dict[str, str]:
        """What a browser is told that asks before a request of a listed origin.

        Args:
            headers: Of the browser's question.
        """
        asked = headers.get(b"access-control-request-headers", b"").decode("latin-1")
        wanted = asked if re.fullmatch(r"[A-Za-z0-9, -]{0,500}", asked) else ""
        return {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": wanted,
            "Access-Control-Max-Age": _MAX_AGE,
        }

    def _is_known(self, name: bytes) -> bool:
        return name in self._hosts or is_loopback(name.decode("latin-1"))


@functools.lru_cache(maxsize=64)  # clients name few hosts, and each with every request
def is_loopback(host: str) -> bool:
    """Whether a name or an address means the machine itself.

    Args:
        host: Without a port and without brackets.
    """
    if host.lower().rstrip(".") in {"localhost", "localhost.localdomain"} or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(host: bytes) -> bytes:
    """The header Host without its port and brackets."""
    if host.startswith(b"["):
        return host[1:].partition(b"]")[0]
    return host.rpartition(b":")[0] if host.count(b":") == 1 else host
