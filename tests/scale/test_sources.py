"""What words stand for: files, folders, patterns, tar files and files of images."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets.idx import write_idx
from digitnet.errors import BatchError, ConfigurationError
from digitnet.scale.parts import IMAGES_A_PART
from digitnet.scale.sources import find_items
from extras import needs_scale


def names(*words: str | Path) -> list[str]:
    return [item.name for item in find_items([str(word) for word in words], takes_images=False)]


def add_member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def test_a_folder_is_its_pictures_in_the_order_of_their_names(scans: Path) -> None:
    expected = ["a.png", "b/a.png", "b.png", "c.PNG", "d.png", "e.png"]
    assert names(scans) == [f"scans/{name}" for name in expected]
    assert names(scans) == sorted(names(scans), key=lambda name: Path(name).parts)


@pytest.mark.usefixtures("scans")
def test_patterns_and_files_are_as_they_are_named() -> None:
    assert names("scans/?.png", "scans/c.PNG") == [
        f"scans/{name}" for name in ("a.png", "b.png", "d.png", "e.png", "c.PNG")
    ]
    assert names("scans/**/a.png") == ["scans/a.png", "scans/b/a.png"]


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.bz2", "tgz", "tar.xz"])
def test_pictures_of_a_tar_file_are_where_it_says(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"shard.{ending}"
    packing = {"tar": "", "tgz": "gz"}.get(ending, ending.removeprefix("tar."))
    with tarfile.open(path, f"w:{packing}") as archive:  # type: ignore[call-overload] # a mode that is put together
        for name, content in (("1.png", b"first"), ("1.cls", b"7"), ("x/2.jpg", b"second")):
            add_member(archive, name, content)
    first, second = find_items([str(path)], takes_images=False)
    assert (first.name, second.name) == (f"{path}/1.png", f"{path}/x/2.jpg")
    with tarfile.open(path) as archive:
        unpacked = archive.fileobj
        assert unpacked is not None
        unpacked.seek(second.start)
        assert unpacked.read(second.size) == b"second"
    assert first.is_packed == (ending != "tar")


def test_a_damaged_tar_file_gives_what_stands_before_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "shard.tar"
    with tarfile.open(path, "w") as archive:
        for name in ("1.png", "2.png", "3.png"):
            add_member(archive, name, bytes(5000))
    path.write_bytes(path.read_bytes()[:8000])
    found = list(find_items([str(path)], takes_images=False))
    assert [item.kind for item in found][:1] == ["member"]
    assert found[-1].kind == "error"
    assert "damaged tar file" in found[-1].error
    (tmp_path / "none.tar").write_bytes(b"no tar file at all" * 100)
    assert [item.kind for item in find_items([str(tmp_path / "none.tar")], takes_images=False)] == ["error"]


def test_images_are_cut_into_parts_of_one_size(tmp_path: Path) -> None:
    images = np.zeros((IMAGES_A_PART + 3, 28, 28), np.uint8)
    write_idx(tmp_path / "images.gz", images)
    np.savez(tmp_path / "images.npz", x_test=images)
    for name in ("images.gz", "images.npz"):
        found = list(find_items([str(tmp_path / name)], takes_images=True))
        assert [(item.kind, item.start, item.size) for item in found] == [
            ("images", 0, IMAGES_A_PART),
            ("images", IMAGES_A_PART, 3),
        ]


def test_images_are_not_read_as_pictures(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(ConfigurationError, match=r"images holds images in MNIST's frame.*--task predict"):
        names(tmp_path / "images")


def test_a_damaged_file_of_images_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "images.gz").write_bytes(gzip.compress(b"\0\0\x08\x03\0\0"))
    (found,) = find_items([str(tmp_path / "images.gz")], takes_images=True)
    assert found.kind == "error"
    assert "images.gz" in found.error


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("nowhere.png", "nowhere.png cannot be read: No such file or directory"),
        ("*.tif", r"\*.tif matches no file"),
        ("empty", "empty is a folder without pictures"),
        ("a\0b", "cannot be read: .*null (byte|character)"),
    ],
)
def test_a_word_that_stands_for_nothing_is_refused(scans: Path, word: str, message: str) -> None:
    (scans.parent / "empty").mkdir()
    with pytest.raises(BatchError, match=message):
        names("scans", word)


def test_standard_input_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="- is standard input"):
        names("-")


@needs_scale
def test_a_url_is_listed_as_a_folder_is(pngs: list[bytes]) -> None:
    import fsspec  # noqa: PLC0415 - comes with an extra

    system = fsspec.filesystem("memory")
    for name in ("a.png", "b/c.png", "readme.txt"):
        system.pipe_file(f"/listed/{name}", pngs[0])
    assert names("memory://listed") == ["memory:///listed/a.png", "memory:///listed/b/c.png"]
    assert names("memory://listed/*.png") == ["memory:///listed/a.png"]
    with pytest.raises(BatchError, match="memory://nowhere does not exist"):
        names("memory://nowhere")
