"""A folder of results: each picture once, whatever stops the run, and nothing that belongs to another run."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets.idx import write_idx
from digitnet.errors import BatchError
from digitnet.scale.batch import Found, Progress, Run, one_process, run_batch
from digitnet.scale.out_folder import MANIFEST, SETTINGS, OutFolder
from digitnet.scale.parts import IMAGES_A_PART, SMALLEST, Part, PartSize, cut_parts
from digitnet.scale.rows import encode, error_row
from digitnet.scale.sources import find_items
from digitnet.scale.work import DonePart, Job
from extras import needs_scale
from scale_jobs import job_for


class Workers:
    """Writes a row for each item without reading it, and stops with an error after some parts."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.parts: list[str] = []
        self._stop_after = stop_after

    def __call__(self) -> AbstractContextManager[Run]:
        return nullcontext(self._run)

    def _run(self, job: Job, parts: Iterator[Part]) -> Iterator[DonePart]:
        out = OutFolder(job.out, job.format)
        for part in parts:
            if len(self.parts) == self._stop_after:
                raise BatchError("stopped")
            self.parts.append(part.name)
            rows = [{**error_row(item.name, "not read"), "model": ""} for item in part.items]
            out.write(out.file_of(part.name), encode(rows, job.format))
            yield DonePart(part.name, len(rows), len(rows), 0.1)


def files_of(rows_in: Path) -> list[str]:
    """The file of each row in the folder."""
    return sorted(
        json.loads(line)["file"] for path in rows_in.glob("part-*.jsonl") for line in path.read_text().splitlines()
    )


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two hundred empty files that are called pictures, some parts of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "many").mkdir()
    for place in range(200):
        (tmp_path / "many" / f"{place:03d}.png").touch()
    return Path("many")


def job() -> Job:
    return job_for("out")._replace(format="jsonl")


def test_a_run_that_was_stopped_goes_on_with_what_is_missing(many: Path) -> None:
    expected = sorted(map(str, many.iterdir()))
    first, second = Workers(stop_after=2), Workers()
    with pytest.raises(BatchError, match="stopped"):
        run_batch(["many"], job(), first)
    assert not Path("out", MANIFEST).exists()
    summary = run_batch(["many"], job(), second)
    assert not set(first.parts) & set(second.parts)
    assert files_of(Path("out")) == expected
    assert (summary.rows, summary.errors, summary.parts_read) == (200, 200, len(second.parts))
    manifest = json.loads(Path("out", MANIFEST).read_text())
    assert sum(part["rows"] for part in manifest["parts"]) == manifest["rows"] == 200
    assert {part["file"] for part in manifest["parts"]} == {path.name for path in Path("out").glob("part-*")}


def test_a_finished_run_starts_no_workers(many: Path) -> None:
    run_batch([str(many)], job(), Workers())
    before = Path("out", MANIFEST).read_bytes()

    def none_is_needed() -> AbstractContextManager[Run]:
        raise AssertionError

    assert run_batch([str(many)], job(), none_is_needed).parts_read == 0
    assert Path("out", MANIFEST).read_bytes() == before


def test_new_pictures_are_refused_until_told_and_then_few_are_read_again(many: Path) -> None:
    run_batch(["many"], job(), Workers())
    (many / "100b.png").touch()
    with pytest.raises(BatchError, match=r"out holds [123] parts of pictures that were not named now.*--renew"):
        run_batch(["many"], job(), Workers())
    assert len(files_of(Path("out"))) == 200
    workers = Workers()
    run_batch(["many"], job(), workers, renew=True)
    assert len(workers.parts) <= 3  # of some twelve
    assert files_of(Path("out")) == sorted(map(str, many.iterdir()))


@pytest.mark.parametrize("recorded", [None, PartSize(64, IMAGES_A_PART, 0)])
def test_a_folder_keeps_the_size_of_its_parts(
    many: Path, monkeypatch: pytest.MonkeyPatch, recorded: PartSize | None
) -> None:
    """Also one that was begun before parts had a size, and one that more pictures are added to."""
    wanted = [PartSize(64, IMAGES_A_PART, 0)]
    monkeypatch.setattr("digitnet.scale.batch.size_for", lambda *_: wanted[0])
    if recorded is None:
        wanted[0] = SMALLEST
    first, second = Workers(stop_after=1), Workers()
    with pytest.raises(BatchError, match="stopped"):
        run_batch([str(many)], job(), first)
    if recorded is None:
        settings = json.loads(Path("out", SETTINGS).read_text())
        del settings["part_size"]
        Path("out", SETTINGS).write_text(json.dumps(settings))
    wanted[0] = PartSize(128, IMAGES_A_PART, 0)
    run_batch([str(many)], job(), second)
    sizes = recorded or SMALLEST
    assert first.parts + second.parts == [
        part.name for part in cut_parts(find_items(["many"], takes_images=False), sizes)
    ]
    assert len(files_of(Path("out"))) == 200


@pytest.mark.parametrize("size", ["16", {"pictures": 0, "images": 4096, "file_bytes": 0}, {"pictures": 16}])
def test_a_size_that_makes_no_sense_is_refused(many: Path, size: object) -> None:
    run_batch([str(many)], job(), Workers())
    settings = {**json.loads(Path("out", SETTINGS).read_text()), "part_size": size}
    Path("out", SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(BatchError, match=r"out/_batch.json is damaged: name a new folder"):
        run_batch([str(many)], job(), Workers())


@pytest.mark.usefixtures("many")
def test_other_settings_are_refused_until_told() -> None:
    run_batch(["many"], job(), Workers())
    other = job()._replace(settings=job().settings._replace(coverage=0.9))
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    with pytest.raises(BatchError, match=r"other settings: coverage \(coverage was null and is 0.9\)"):
        run_batch(["many"], other, Workers())
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    workers = Workers()
    run_batch(["many"], other, workers, renew=True)
    assert len(workers.parts) == len(before) - 2
    assert json.loads(Path("out", SETTINGS).read_text())["coverage"] == 0.9


@pytest.mark.usefixtures("many")
def test_a_folder_of_something_else_is_refused() -> None:
    Path("out").mkdir()
    Path("out", "diary.txt").write_text("mine")
    with pytest.raises(BatchError, match=r"out holds files that no digitnet batch wrote, such as diary.txt"):
        run_batch(["many"], job(), Workers(), renew=True)
    assert [path.name for path in Path("out").iterdir()] == ["diary.txt"]


@pytest.mark.parametrize("words", [["many", "many/007.png"], ["many/007.png", "many/*"], ["many", "many"]])
def test_a_picture_that_is_named_twice_is_refused(many: Path, words: list[str]) -> None:
    with pytest.raises(BatchError, match=rf"{many}/0\d\d.png is there twice"):
        run_batch(words, job(), Workers())
    assert not Path("out").exists()


def test_workers_that_cannot_start_leave_no_trace(many: Path) -> None:
    def unreachable() -> AbstractContextManager[Run]:
        raise BatchError("no scheduler")

    with pytest.raises(BatchError, match="no scheduler"):
        run_batch([str(many)], job(), unreachable)
    assert not Path("out").exists()


def test_parts_are_taken_only_as_they_are_done(many: Path) -> None:
    """A runner that has use for one part at a time gets one, and is told how far it is after each."""
    events: list[Found | Progress] = []
    workers = Workers()
    run_batch([str(many)], job(), workers, listener=events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event for event in events if isinstance(event, Found)] == [Found(200, is_all=True)]
    assert [event.parts for event in progress] == list(range(len(workers.parts) + 1))
    assert (progress[-1].pictures, progress[-1].all_pictures, progress[-1].errors) == (200, 200, 200)


@needs_scale
@pytest.mark.usefixtures("many")
def test_a_damaged_part_is_named() -> None:
    run_batch(["many"], job_for("out"), Workers())
    damaged = next(Path("out").glob("part-*"))
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(BatchError, match=rf"{damaged} is damaged .*: delete it"):
        run_batch(["many"], job_for("out"), Workers())


def test_images_are_read_as_predict_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_idx(tmp_path / "images.gz", np.zeros((5, 28, 28), np.uint8))
    summary = run_batch(["images.gz"], job_for("out", task="predict")._replace(format="jsonl"), one_process)
    assert (summary.rows, summary.errors) == (5, 0)
    rows = [json.loads(line) for path in Path("out").glob("part-*") for line in path.read_text().splitlines()]
    assert [(row["file"], row["index"], row["status"]) for row in rows] == [
        ("images.gz", place, "not_a_digit") for place in range(5)
    ]


def write_until_full(monkeypatch: pytest.MonkeyPatch, files: int) -> None:
    """Let the disk be full after some more files: half of the next one is written, and then nothing more."""
    written = iter(range(files))
    whole = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        if next(written, None) is not None:
            return whole(path, content)
        whole(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", write)


@pytest.mark.parametrize("files", [0, 1, 4])
def test_a_full_disk_is_one_line_and_what_is_finished_stays(many: Path, files: int) -> None:
    expected = sorted(map(str, many.iterdir()))
    with pytest.MonkeyPatch.context() as patch:
        write_until_full(patch, files)
        with pytest.raises(BatchError, match=r"out/\S+ cannot be written: No space left on device. What is finished"):
            run_batch([str(many)], job(), Workers())
    left = sorted(path.name for path in Path("out").iterdir())
    assert left == sorted([SETTINGS][:files] + [name for name in left if name.startswith("part-")])
    assert len(left) == files
    second = Workers()
    summary = run_batch([str(many)], job(), second)
    assert files_of(Path("out")) == expected
    assert summary.parts - len(second.parts) == max(0, files - 1)


def test_a_disk_that_is_full_at_the_very_end_leaves_no_manifest(many: Path) -> None:
    parts = len(list(cut_parts(find_items([str(many)], takes_images=False))))
    with pytest.MonkeyPatch.context() as patch:
        write_until_full(patch, 1 + parts)
        with pytest.raises(BatchError, match=r"_manifest.json cannot be written: No space left on device"):
            run_batch([str(many)], job(), Workers())
    assert MANIFEST not in {path.name for path in Path("out").iterdir()}
    assert run_batch([str(many)], job(), Workers()).parts_read == 0
    assert Path("out", MANIFEST).exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_list_that_cannot_be_written_is_one_line(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("rb+")  # noqa: SIM115 - closed by what it is for
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full)
    with pytest.raises(BatchError, match=r"list of pictures cannot be written in \S+: No space left .* TMPDIR"):
        run_batch([str(many)], job(), Workers())
    assert not Path("out").exists()
