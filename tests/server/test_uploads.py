"""The one file of a form."""

import pytest

from digitnet.errors import RequestError
from digitnet.server.uploads import read_upload

KIND = b"multipart/form-data; boundary=edge"


def form(*parts: tuple[str, bytes], last: bytes = b"--edge--\r\n") -> bytes:
    """Parts as their disposition and content."""
    written = [
        b"--edge\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
        for disposition, content in parts
    ]
    return b"".join([*written, last])


def test_the_file_is_found_among_fields() -> None:
    body = form(('name="note"', b"hello"), ('name="file"; filename="seven.png"', b"\x89PNG\r\n\r\n-edge"))
    upload = read_upload(body, KIND)
    assert (upload.name, upload.content) == ("seven.png", b"\x89PNG\r\n\r\n-edge")


def test_the_only_part_needs_no_file_name() -> None:
    assert read_upload(form(('name="picture"', b"bytes")), KIND).content == b"bytes"


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\\\photos\\\\passwd", "/passwd"])
def test_folders_of_the_client_are_dropped(name: str) -> None:
    assert read_upload(form((f'name="file"; filename="{name}"', b"")), KIND).name == "passwd"


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (form(('name="file"', b"")), b"multipart/form-data", "no boundary"),
        (form(('name="file"', b"")), b"multipart/form-data; boundary=" + b"x" * 71, "no boundary"),
        (b"", KIND, "ends before its last boundary"),
        (b"not a form", KIND, "not a form"),
        (form(('name="file"; filename="a.png"', b"12"), last=b""), KIND, "ends before its last boundary"),
        (form(('filename="a"', b"1"), ('filename="b"', b"2")), KIND, "holds 2 files"),
        (form(('name="a"', b"1"), ('name="b"', b"2")), KIND, "holds 0 files"),
        (form(*[('name="a"', b"1")] * 17), KIND, "more than 16 parts"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, kind: bytes, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as refused:
        read_upload(body, kind)
    assert refused.value.status == 400
