"""Access checks: the Host header, the Origin header and the token.

A browser lets any web page send requests to this machine. So on a loopback address the Host header must name this
machine (otherwise DNS rebinding would let a page read answers under a name of its own), and a request from a web page
must come from our own page or from a listed origin. On another address any Host is answered, but what a user drew,
corrected and trained stays private: the endpoints of the page ask for this machine, a listed name or the token.
"""

import functools
import hmac
import ipaddress
import re

from digitnet.errors import RequestError
from digitnet.server.settings import Settings

__all__ = ["Guard", "is_loopback"]

_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"  # of all endpoints, the page's among them
_EXPOSED = "Inference-Header-Content-Length, Retry-After"  # response headers that scripts of a listed origin may read
_MAX_AGE = "600"  # seconds for which a browser keeps the answer of a preflight request; chosen by hand


class Guard:
    """Checks the headers of requests against the settings."""

    def __init__(self, settings: Settings) -> None:
        self._is_local = is_loopback(settings.host)
        self._origins = {origin.encode() for origin in settings.allow_origins}
        own = (origin.partition("://")[2] for origin in settings.allow_origins)
        self._hosts = {_name(host.lower().encode()) for host in (*settings.allow_hosts, *own)}
        self._token = None if settings.token is None else settings.token.encode()

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request with a foreign Host or Origin.

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

    def check_private(self, client: tuple[str, int] | None, headers: dict[bytes, bytes]) -> None:
        """Refuse a request for what belongs to the user of the page, unless it may see that.

        It needs a client and a Host of this machine, a Host that is listed, or the token of the server; whether that
        is right, `check_token` has found out before. So a page elsewhere that has its name resolved to this address
        (DNS rebinding) is refused, and a browser elsewhere that names the address. A client that writes a Host of its
        own is not.

        Args:
            client: Address and port of the client; None where that is unknown.
            headers: By names in lower case.

        Raises:
            RequestError: 403, none of them.
        """
        name = _name(headers.get(b"host", b"").lower())
        if self._token is not None or name in self._hosts:
            return
        if client is not None and is_loopback(client[0]) and is_loopback(name.decode("latin-1")):
            return
        raise RequestError(
            "the endpoints of the page are for browsers on this machine: list the name in the address with "
            "--allow-host, or set a token",
            403,
        )

    def check_token(self, headers: dict[bytes, bytes]) -> None:
        """Refuse a request without the token, if the server has one.

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
        """The CORS headers of a response: for listed origins only.

        Args:
            headers: Headers of the request.
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
        """The CORS headers of the answer to a preflight request.

        Args:
            headers: Headers of the preflight request.
        """
        requested = headers.get(b"access-control-request-headers", b"").decode("latin-1")
        allowed = requested if re.fullmatch(r"[A-Za-z0-9, -]{0,500}", requested) else ""
        return {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": allowed,
            "Access-Control-Max-Age": _MAX_AGE,
        }

    def _is_known(self, name: bytes) -> bool:
        return name.lower() in self._hosts or is_loopback(name.decode("latin-1"))


@functools.lru_cache(maxsize=64)  # clients use few host names; each request checks one
def is_loopback(host: str) -> bool:
    """Whether a name or an address is of the loopback interface.

    Args:
        host: Without a port and without brackets.
    """
    if host.lower().rstrip(".") in {"localhost", "localhost.localdomain"} or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)  # of a client of IPv4 where the server listens on ::
    return (address if mapped is None else mapped).is_loopback


def _name(host: bytes) -> bytes:
    """The host name in a Host header, without its port and brackets."""
    if host.startswith(b"["):
        return host[1:].partition(b"]")[0]
    return host.rpartition(b":")[0] if host.count(b":") == 1 else host
