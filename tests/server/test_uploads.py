"""The one file of a form."""

import asyncio
import tempfile

import pytest

from digitnet.errors import RequestError
from digitnet.server.uploads import Upload, read_upload

KIND = b"multipart/form-data; boundary=edge"


def form(*parts: tuple[str, bytes], last: bytes = b"--edge--\r\n") -> bytes:
    """Parts as their disposition and content."""
    written = [
        b"--edge\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
        for disposition, content in parts
    ]
    return b"".join([*written, last])


def read(body: bytes, kind: bytes = KIND) -> Upload:
    """The file of a form."""
    return asyncio.run(read_upload(body, kind))


def test_the_file_is_found_among_fields() -> None:
    body = form(('name="note"', b"hello"), ('name="file"; filename="seven.png"', b"\x89PNG\r\n\r\n-edge"))
    upload = read(body)
    assert (upload.name, upload.content) == ("seven.png", b"\x89PNG\r\n\r\n-edge")


def test_the_only_part_needs_no_file_name() -> None:
    every_byte = bytes(range(256)) + "é".encode()
    assert read(form(('name="picture"', every_byte))).content == every_byte
    assert read(form(('name="picture"', every_byte)), KIND + b"; charset=utf-16").content == every_byte


def test_a_name_in_utf_8_is_read() -> None:
    assert read(form(('name="file"; filename="größe.png"', b""))).name == "größe.png"


def test_a_large_picture_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def on_disk(*_: object, **__: object) -> None:
        raise AssertionError("a file of a form was written to disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", on_disk)
    picture = b"0123456789abcdef" * (5 << 16)  # 5 MiB
    assert read(form(('name="file"; filename="a.png"', picture))).content == picture


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\\\photos\\\\passwd", "/passwd"])
def test_folders_of_the_client_are_dropped(name: str) -> None:
    assert read(form((f'name="file"; filename="{name}"', b""))).name == "passwd"


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (form(('name="file"', b"")), b"multipart/form-data", "no boundary"),
        (form(('name="file"', b"")), b"multipart/form-data; boundary=" + b"x" * 71, "no boundary"),
        (b"", KIND, "ends before its last boundary"),
        (b"not a form", KIND, "cannot be read as a form"),
        (form(('name="file"; filename="a.png"', b"12"), last=b""), KIND, "ends before its last boundary"),
        (form(('name="a"; filename="a"', b"1"), ('name="b"; filename="b"', b"2")), KIND, "holds 2 files"),
        (form(('name="a"', b"1"), ('name="b"', b"2")), KIND, "holds 0 files"),
        (form(*[('name="a"', b"1")] * 17), KIND, "Maximum number of fields is 16"),
        (form(*[('name="a"; filename="a"', b"1")] * 17), KIND, "Maximum number of files is 16"),
        (form(('filename="a"', b"1")), KIND, '"name" must be provided'),
    ],
)
def test_what_is_wrong_is_said(body: bytes, kind: bytes, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as refused:
        read(body, kind)
    assert refused.value.status == 400
