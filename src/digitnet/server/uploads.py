"""A picture in a form: multipart/form-data, as browsers and `curl -F` send it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from digitnet.errors import RequestError

__all__ = ["Upload", "read_upload"]

_MAX_FILES = 16  # chosen by hand: enough to say how many there are, where one is expected
_MAX_FIELDS = 16  # chosen by hand: forms on web pages have a few fields beside the picture
_MAX_BOUNDARY = 70  # characters; RFC 2046, section 5.1.1


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form.

    Attributes:
        name: The file's own name, without folders; "" without a name.
        content: Its bytes.
    """

    name: str
    content: bytes


class _Parser(MultiPartParser):
    """Starlette's parser, which writes nothing to disk and notices a form without its end."""

    spool_max_size = 0  # bytes above which a file moves to disk; 0 is never: the body is in memory and has a limit
    is_complete = False

    def on_end(self) -> None:
        """The last boundary has come."""
        self.is_complete = True


async def read_upload(body: bytes, content_type: bytes) -> Upload:
    """Find the one file in a form.

    Args:
        body: The form.
        content_type: The header Content-Type, which holds the boundary.

    Returns:
        The file: the part with a file name, or the only part.

    Raises:
        RequestError: 400, it is no form, it is incomplete, or it does not hold exactly one file.
    """
    async with _form(body, content_type) as form:
        parts = [part for _, part in form.multi_items()]
        files = [part for part in parts if isinstance(part, UploadFile)]
        if not files and len(parts) == 1:
            return Upload("", str(parts[0]).encode("latin-1"))
        if len(files) != 1:
            raise RequestError(f"the form holds {len(files)} files: expected one picture at a time")
        name = (files[0].filename or "").encode("latin-1").decode("utf-8", "replace")
        return Upload(name.replace("\\", "/").rpartition("/")[2], await files[0].read())


@asynccontextmanager
async def _form(body: bytes, content_type: bytes) -> AsyncGenerator[FormData, None]:
    """All parts of a form, whose files are closed in the end; text is decoded as Latin-1, which keeps every byte."""
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary or len(boundary) > _MAX_BOUNDARY:
        raise RequestError(f"the Content-Type of the form has no boundary of 1 to {_MAX_BOUNDARY} characters")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        if not parser.is_complete:
            raise MultiPartException("it ends before its last boundary, so it was cut off")

    headers = Headers(raw=[(b"content-type", content_type + b"; charset=latin-1")])
    parser = _Parser(headers, stream(), max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=len(body))
    try:
        form = await parser.parse()
    except (FormParserError, MultiPartException) as error:
        raise RequestError(f"the body cannot be read as a form: {error}") from error
    try:
        yield form
    finally:
        await form.close()
