"""The static files of the page, served from memory: a path either is one of these files or is not served."""

import gzip
import hashlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from digitnet.server.routes import Routes, get
from digitnet.server.serving import headers_of

__all__ = ["CONTENT_SECURITY_POLICY", "routes"]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

_FOLDER = Path(__file__).parents[1] / "studio" / "web"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-cache",  # the browser revalidates each time, and gets 304 while the file is the same
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Frame-Options": "DENY",
}
_MIN_COMPRESSED = 1024  # bytes; chosen by hand: a smaller file fits into one packet anyway


@dataclass(slots=True)
class _File:
    """A file of the page; it is compressed at the first request that accepts gzip."""

    content: bytes
    media_type: str
    tag: str
    compressed: bytes = field(default=b"")

    def body(self, *, may_compress: bool) -> tuple[bytes, dict[str, str]]:
        if (
            not may_compress
            or len(self.content) < _MIN_COMPRESSED
            or self.media_type.startswith(("image/png", "font/"))
        ):
            return self.content, {}
        self.compressed = self.compressed or gzip.compress(self.content, mtime=0)
        return self.compressed, {"Content-Encoding": "gzip"}


def routes(folder: Path = _FOLDER) -> Routes:
    """Read all files into memory.

    Args:
        folder: Folder of the files; its index.html is served at / too.

    Returns:
        A route for each file.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES and path.is_file())
    files = {f"/{path.relative_to(folder).as_posix()}": _read(path) for path in paths}
    if "/index.html" in files:
        files["/"] = files["/index.html"]
    return {path: get("page", partial(_send, file), is_open=True) for path, file in files.items()}


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, _TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:20]}"')


async def _send(file: _File, request: Request) -> Response:
    headers = headers_of(request.scope)
    tagged = {**_HEADERS, "ETag": file.tag}
    if file.tag.encode() in headers.get(b"if-none-match", b""):
        return Response(status_code=304, headers=tagged)
    body, encoding = file.body(may_compress=b"gzip" in headers.get(b"accept-encoding", b""))
    return Response(body, 200, {**tagged, **encoding}, file.media_type)
