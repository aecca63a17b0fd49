"""A picture in a form: multipart/form-data, as browsers and `curl -F` send it."""

from dataclasses import dataclass, field

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from digitnet.errors import RequestError

__all__ = ["Upload", "read_upload"]

_PARTS = 16  # a form has a picture, and perhaps a few fields


@dataclass(slots=True)
class Upload:
    """A file of a form.

    Attributes:
        name: The file's own name, without folders; "" without a name.
        content: Its bytes.
    """

    name: str
    content: bytes


@dataclass(slots=True)
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)


class _Reader:
    """Collects the parts of a form while they are parsed."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_complete = False
        self._name = bytearray()
        self._value = bytearray()

    def part_begin(self) -> None:
        if len(self.parts) == _PARTS:
            raise RequestError(f"the form has more than {_PARTS} parts: expected one picture")
        self.parts.append(_Part())

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def end(self) -> None:
        self.is_complete = True


def read_upload(body: bytes, content_type: bytes) -> Upload:
    """Find the one file in a form.

    Args:
        body: The form.
        content_type: The header, which holds the boundary.

    Returns:
        The file: the part with a file name, or the only part.

    Raises:
        RequestError: 400, it is no form, it is not complete, or it does not hold exactly one file.
    """
    parts = _parts(body, content_type)
    named = [part for part in parts if b"filename" in _disposition(part)]
    files = named or (parts if len(parts) == 1 else [])
    if len(files) != 1:
        raise RequestError(f"the form holds {len(named)} files: expected one picture at a time")
    name = _disposition(files[0]).get(b"filename", b"").decode("utf-8", "replace")
    return Upload(name.replace("\\", "/").rpartition("/")[2], bytes(files[0].content))


def _parts(body: bytes, content_type: bytes) -> list[_Part]:
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary or len(boundary) > 70:  # the longest that RFC 2046 allows
        raise RequestError("the Content-Type of the form has no boundary of 1 to 70 characters")
    reader = _Reader()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": reader.part_begin,
            "on_header_field": reader.header_name,
            "on_header_value": reader.header_value,
            "on_header_end": reader.header_end,
            "on_part_data": reader.part_data,
            "on_end": reader.end,
        },
    )
    try:
        parser.write(body)
    except FormParserError as error:
        raise RequestError("the body is not a form as its Content-Type says") from error
    if not reader.is_complete:
        raise RequestError("the form ends before its last boundary: it was cut off")
    return reader.parts


def _disposition(part: _Part) -> dict[bytes, bytes]:
    return parse_options_header(part.headers.get("content-disposition", b""))[1]
