"""S3, spoken to by a real client against moto's server on loopback."""

import io
import json
import logging
import os
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digitnet.errors import BatchError
from digitnet.scale.batch import Run, one_process, run_batch
from digitnet.scale.out_folder import MANIFEST
from digitnet.scale.parts import IMAGES_A_PART, Part, PartSize
from digitnet.scale.sources import find_items
from digitnet.scale.work import DonePart, Job
from patience import PATIENCE
from scale_jobs import job_for

pytest.importorskip("s3fs", reason="needs s3fs and moto: pip install s3fs 'moto[server]'")
pytest.importorskip("moto.server", reason="needs s3fs and moto: pip install s3fs 'moto[server]'")


@pytest.fixture(scope="module")
def bucket(pngs: list[bytes]) -> Iterator[Any]:
    """The file system of an S3 with a bucket `archive` of two pictures and a tar file of two."""
    import fsspec  # noqa: PLC0415 - comes with an extra
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - tested only where it is installed

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("AWS_ENDPOINT_URL", f"http://{host}:{port}"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        system = fsspec.filesystem("s3")
        system.mkdir("archive")
        system.mkdir("results")
        for name, png in zip(("a.png", "b/b.png"), pngs, strict=False):
            system.pipe_file(f"archive/scans/{name}", png)
        system.pipe_file("archive/shard.tar", _tar_of(pngs[2:4]))
        yield system
        server.stop()


def _tar_of(pictures: list[bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for place, png in enumerate(pictures):
            member = tarfile.TarInfo(f"{place}.png")
            member.size = len(png)
            archive.addfile(member, io.BytesIO(png))
    return file.getvalue()


def test_a_bucket_is_read_into_another_and_a_second_run_has_nothing_to_do(bucket: Any) -> None:
    job = job_for("s3://results/run")._replace(format="jsonl")
    words = ["s3://archive/scans", "s3://archive/*.tar"]
    summary = run_batch(words, job, one_process)
    assert (summary.rows, summary.errors) == (4, 0)
    files = [path for path in bucket.ls("results/run", detail=False) if "/part-" in path]
    rows = [json.loads(line) for path in files for line in bucket.cat_file(path).splitlines()]
    assert sorted(row["file"] for row in rows) == [
        *("s3://archive/scans/a.png", "s3://archive/scans/b/b.png"),
        *("s3://archive/shard.tar/0.png", "s3://archive/shard.tar/1.png"),
    ]
    assert all(len(row["text"]) == 2 for row in rows)
    assert json.loads(bucket.cat_file(f"results/run/{MANIFEST}"))["rows"] == 4
    assert run_batch(words, job, one_process).parts_read == 0
    with pytest.raises(BatchError, match="other settings"):
        run_batch(words, job._replace(settings=job.settings._replace(coverage=0.9)), one_process)


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_one_line() -> None:
    for word in (
        "s3://nowhere",
        "s3://nowhere/scans",
        "s3://nowhere/a.png",
        "s3://archive/none.png",
        "s3://nowhere/*.png",
    ):
        with pytest.raises(
            BatchError, match=r"s3://(nowhere|archive).* (does not exist|matches no file|cannot be reached)"
        ):
            list(find_items([word], takes_images=False))
    with pytest.raises(BatchError, match=r"s3://nowhere/out.*does not exist"):
        run_batch(["s3://archive/scans"], job_for("s3://nowhere/out"), one_process)


@pytest.fixture
def refusal(bucket: Any) -> Iterator[None]:
    """The server wants permissions now, which the user of the tests does not have."""
    set_unchecked_requests(0)
    bucket.invalidate_cache()
    yield
    set_unchecked_requests(10**9)


def set_unchecked_requests(count: int) -> None:
    """After how many requests moto's server begins to check permissions."""
    address = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
    headers = {"Content-Type": "text/plain"}  # else moto takes the number for a form
    request = urllib.request.Request(address, str(count).encode(), headers)  # noqa: S310 - of this machine
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        assert answer.status == 200


@pytest.mark.usefixtures("refusal")
@pytest.mark.parametrize("word", ["s3://archive/scans", "s3://archive/scans/a.png", "s3://archive/scans/*.png"])
def test_a_bucket_that_refuses_to_be_read_is_one_line(word: str) -> None:
    with pytest.raises(BatchError, match=r"^s3://archive/scans\S* refuses access: \S.*\. Check credentials") as caught:
        list(find_items([word], takes_images=False))
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("refusal")
def test_a_bucket_that_refuses_to_be_written_is_one_line(
    tmp_path: Path, pngs: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(pngs[0])
    with pytest.raises(BatchError, match=r"^s3://results/refused refuses access: \S.*\. Check credentials"):
        run_batch(["a.png"], job_for("s3://results/refused"), one_process)


def test_a_bucket_that_begins_to_refuse_loses_no_part(bucket: Any) -> None:
    job = job_for("s3://results/later")._replace(format="jsonl")
    words = ["s3://archive/scans", "s3://archive/shard.tar"]

    def refusing(whole: Run) -> Run:
        """Refuse everything after the first part."""

        def run(job: Job, parts: Iterator[Part]) -> Iterator[DonePart]:
            for done in whole(job, parts):
                yield done
                set_unchecked_requests(0)

        return run

    @contextmanager
    def workers() -> Iterator[Run]:
        with one_process() as run:
            yield refusing(run)

    monkey = pytest.MonkeyPatch()
    monkey.setattr("digitnet.scale.batch.size_for", lambda *_: PartSize(16, IMAGES_A_PART, 1))  # a part a picture
    try:
        with pytest.raises(BatchError, match=r"s3://results/later\S* refuses access"):
            run_batch(words, job, workers)
    finally:
        monkey.undo()
        set_unchecked_requests(10**9)
    bucket.invalidate_cache()
    left = {path.rpartition("/")[2] for path in bucket.ls("results/later", detail=False)}
    assert len([name for name in left if name.startswith("part-")]) == 1
    assert MANIFEST not in left
    summary = run_batch(words, job, one_process)
    assert (summary.rows, summary.errors, summary.parts_read) == (4, 0, 3)


def test_a_server_that_is_not_there_is_one_line(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(bucket), "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    type(bucket).clear_instance_cache()
    try:
        with pytest.raises(BatchError, match=r"^s3://archive/scans cannot be reached: .*127.0.0.1:1"):
            list(find_items(["s3://archive/scans"], takes_images=False))
    finally:
        type(bucket).clear_instance_cache()
