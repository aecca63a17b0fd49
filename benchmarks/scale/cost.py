"""A model of what reading many pictures costs: fitted to runs of one and two workers, carried on to a billion.

Processor time is what counts: it depends less than seconds do on what else the machine does, by a third at most so far.
A run costs `a` for each picture, `b` for each part, and its scheduler and its starter `s` and `l` for each part and
picture.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, load_runs, new_run
from benchmarks.scale.batches import page_folder, processor_seconds
from benchmarks.scale.simulated import WORKERS, subject_of
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.datasets.idx import write_idx
from digitnet.scale.batch import Run as Batch
from digitnet.scale.batch import one_process, run_batch
from digitnet.scale.cluster import check_workers, local_cluster, parts_on
from digitnet.scale.part_size import Amount, size_for
from digitnet.scale.parts import IMAGES_A_PART
from digitnet.scale.picture_process import Limits
from digitnet.scale.picture_reading import Settings as Reading
from digitnet.scale.picture_reading import Task
from digitnet.scale.work import Job, make_job

__all__ = ["Costs", "Plan", "fitted", "measure_cost", "plan"]

_SMALL = 64  # images of a small part, beside `IMAGES_A_PART`; chosen by hand
_LISTED = 20_000  # empty files, to see what finding one costs
_BILLION = 10**9
_CORES = (256, 4096)
_ALONE, _TOGETHER = "one process", "two workers"


class Costs(NamedTuple):
    """What one run costs.

    Attributes:
        a_picture: Seconds of a core.
        a_part: Seconds of a core, whatever is in it.
        bytes_a_picture: That are written.
    """

    a_picture: float
    a_part: float
    bytes_a_picture: float


class Plan(NamedTuple):
    """A run that nobody has made.

    Attributes:
        parts: How many there would be.
        part_seconds: What one takes.
        hours: From the first part to the last.
        scheduler: Share of the time that the scheduler is busy.
        limit: Workers from which on the scheduler would be the slowest.
    """

    parts: float
    part_seconds: float
    hours: float
    scheduler: float
    limit: float


def fitted(counts: Sequence[tuple[int, int]], seconds: Sequence[float]) -> tuple[float, float]:
    """Seconds a picture and seconds a part, by least squares.

    Args:
        counts: Pictures and parts of each run.
        seconds: What each took.
    """
    a_picture, a_part = np.linalg.lstsq(np.asarray(counts, float), np.asarray(seconds), rcond=None)[0]
    return float(a_picture), float(a_part)


def plan(n: int, a_part_of: int, costs: Costs, scheduler_seconds: float, cores: int) -> Plan:
    """What a run would take.

    Args:
        n: Pictures.
        a_part_of: Pictures in a part.
        costs: Of one.
        scheduler_seconds: What a part costs the scheduler, which has one core.
        cores: As many workers.
    """
    parts = n / a_part_of
    part_seconds = a_part_of * costs.a_picture + costs.a_part
    seconds = max(parts * part_seconds / cores, parts * scheduler_seconds)
    return Plan(
        parts, part_seconds, seconds / 3600, parts * scheduler_seconds / seconds, part_seconds / scheduler_seconds
    )


def measure_cost(
    images: int, pages: int, seed: int, settings: Settings, measured: Path, report: Callable[[str], None]
) -> Iterator[Run]:
    """Measure small runs, fit the model, and carry it on.

    Args:
        images: In MNIST's frame, read in small parts and in large ones.
        pages: Rendered pictures.
        seed: Of the pictures.
        settings: Folders.
        measured: Where the simulated workers are recorded.
        report: Is told how far it is.

    Raises:
        BenchmarkError: The simulated workers were not measured yet.
    """
    a_part_of_scheduler = _scheduler_seconds(measured)
    command = f"python -m benchmarks.scale cost --images {images} --pages {pages}"
    run = new_run("cost", command, quick=settings.quick, images=images, pages=pages, listed=_LISTED)
    run.seed = seed
    work = settings.work / "scale" / "cost"
    shutil.rmtree(work, ignore_errors=True)
    found = {}
    for workers, name in ((1, _ALONE), (2, _TOGETHER)):
        costs = found[name] = _of_images(images, workers, work / name)
        run.rows += [
            Row(name, "images", 1e6 * costs.a_picture, "us an image", images),
            Row(name, "part", 1e3 * costs.a_part, "ms a part", images // _SMALL),
        ]
        report(f"{name}: {1e6 * costs.a_picture:.1f} us an image, {1e3 * costs.a_part:.1f} ms a part")
    together = found[_TOGETHER]
    listing = _listing(work)
    reading = _of_pages(page_folder(settings, pages, seed), pages, work)._replace(a_part=together.a_part)
    run.rows += [
        Row("pages", "seconds", reading.a_picture, "s a picture", pages),
        Row("pages", "bytes", reading.bytes_a_picture, "bytes a row", pages),
        Row("images", "bytes", together.bytes_a_picture, "bytes a row", images),
        Row("starter", "listing", 1e6 * listing, "us a picture", _LISTED),
        Row("starter", "hours", listing * _BILLION / 3600, "hours"),
        Row("scheduler", "limit", 1 / a_part_of_scheduler, "parts a second"),
    ]
    run.rows += _billion("images", together, "predict", a_part_of_scheduler)
    run.rows += _billion("pages", reading, "read", a_part_of_scheduler)
    yield run


def _scheduler_seconds(measured: Path) -> float:
    """What a part costs the scheduler of the most workers that were simulated."""
    runs = [run for run in load_runs(measured) if run.experiment == "simulated workers"]
    rows = [row for run in runs for row in run.rows if row.subject == subject_of(WORKERS[-1])]
    found = [row.value / 1000 for row in rows if row.measure == "scheduler"]
    if not found:
        raise BenchmarkError("nothing simulated yet: run python -m benchmarks.scale simulated first")
    return found[0]


def _billion(name: str, costs: Costs, task: Task, scheduler_seconds: float) -> list[Row]:
    amount = Amount(images=_BILLION) if name == "images" else Amount(_BILLION)
    size = size_for(amount, task)
    held = size.images if name == "images" else size.pictures
    rows = [Row(f"a billion {name}", "bytes", _BILLION * costs.bytes_a_picture / 1e9, "GB")]
    for cores in _CORES:
        planned = plan(_BILLION, held, costs, scheduler_seconds, cores)
        subject = f"a billion {name} on {cores} cores"
        rows += [Row(subject, measure, value, measure) for measure, value in planned._asdict().items()]
    return rows


def _of_images(n: int, workers: int, work: Path) -> Costs:
    """The costs of images, from files of few and of many: a file is a part."""
    images = np.resize(load_mnist()[0].images, (n, 28, 28))
    job = make_job(Reading("predict"), Limits())
    counts, seconds, size = [], [], 0
    with _workers(workers, job) as run:
        for held in (IMAGES_A_PART, _SMALL, IMAGES_A_PART, _SMALL):  # the first of each makes everything ready
            place = work / str(held)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            paths = [place / f"{first:06d}-images-idx3-ubyte" for first in range(0, n, held)]
            for number, path in enumerate(paths):
                write_idx(path, images[number * held : (number + 1) * held])
            began = processor_seconds(os.getpid(), below=True)
            out = place / "out"
            run_batch([str(path) for path in paths], job._replace(out=str(out)), partial(_started, run))
            counts.append((n, len(paths)))
            seconds.append(processor_seconds(os.getpid(), below=True) - began)
            if held == IMAGES_A_PART:
                size = sum(path.stat().st_size for path in out.glob("part-*"))
    return Costs(*fitted(counts[2:], seconds[2:]), size / n)


def _of_pages(folder: Path, n: int, work: Path) -> Costs:
    """The costs of rendered pictures, without those of a part."""
    out = work / "pages"
    with one_process() as run:
        job = make_job(Reading("read"), Limits(), out=str(out))
        run_batch([str(min(folder.iterdir()))], job._replace(out=f"{out}-first"), partial(_started, run))
        began = processor_seconds(os.getpid(), below=True)
        run_batch([str(folder)], job, partial(_started, run))
        seconds = processor_seconds(os.getpid(), below=True) - began
    return Costs(seconds / n, 0.0, sum(path.stat().st_size for path in out.glob("part-*")) / n)


def _listing(work: Path) -> float:
    """Seconds that finding a picture and putting it into a part takes."""
    folder = work / "listed"
    folder.mkdir()
    for number in range(_LISTED):
        (folder / f"{number:06d}.png").touch()
    job = make_job(Reading("read"), Limits(), out=str(work / "nothing"))
    began = time.process_time()
    with suppress(_ListedError):
        run_batch([str(folder)], job, _none_start)
    return (time.process_time() - began) / _LISTED


def _started(run: Batch) -> AbstractContextManager[Batch]:
    return nullcontext(run)


class _ListedError(Exception):
    """All pictures are listed, and nothing is to be read."""


def _none_start() -> AbstractContextManager[Batch]:
    raise _ListedError


@contextmanager
def _workers(n: int, job: Job) -> Iterator[Batch]:
    """One process without a cluster, or several with one."""
    if n == 1:
        with one_process() as run:
            yield run
        return
    with local_cluster(n) as client:
        check_workers(client, job)
        yield parts_on(client)
