"""Memory while many images are read: of the process that holds the scheduler, and of each worker, minute by minute."""

import shutil
import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks.results import Row, Run, new_run
from benchmarks.scale.batches import descendants, finished, image_file, resident_megabytes, start_batch
from benchmarks.settings import Settings

__all__ = ["growth", "measure_memory"]

_EVERY = 0.5  # seconds between two looks
_STARTS = 60.0  # seconds of work after which memory is to be flat
_WORKERS = 2


def growth(samples: list[tuple[float, float]], starts: float = _STARTS) -> float | None:
    """By which share memory is larger at the end than when it had settled; None where there was no time for either.

    Args:
        samples: Seconds since the work began, and MB, in order.
        starts: Seconds after which it is to be flat.
    """
    flat = [memory for moment, memory in samples if moment >= starts]
    tenth = len(flat) // 10
    if tenth < 2:
        return None
    return statistics.median(flat[-tenth:]) / statistics.median(flat[:tenth]) - 1


def measure_memory(images: int, settings: Settings, report: Callable[[str], None]) -> Iterator[Run]:
    """Read images with two workers, and look at what is resident.

    Args:
        images: How many, in MNIST's frame.
        settings: Folders.
        report: Is told how far it is.
    """
    source, out = image_file(settings, images), settings.work / "scale" / "memory"
    shutil.rmtree(out, ignore_errors=True)
    run = new_run("memory", f"python -m benchmarks.scale memory --images {images}", images=images)
    process = start_batch((source, "--out", out, "--task", "predict", "--workers", str(_WORKERS)))
    samples: dict[str, list[tuple[float, float]]] = {}
    began = None
    while process.poll() is None:
        if began is None and next(out.glob("part-*"), None):
            began = time.monotonic()
        for name, pid in _watched(process.pid) if began is not None else ():
            samples.setdefault(name, []).append((time.monotonic() - (began or 0), resident_megabytes(pid)))
        time.sleep(_EVERY)
    summary = finished(process)
    run.settings["seconds"] = round(summary["seconds"])
    for kind in ("scheduler and starter", "worker"):
        found = [values for name, values in samples.items() if name.startswith(kind)]
        run.rows.append(Row(kind, "largest", max(memory for each in found for _, memory in each), "MB", images))
        grown = [share for each in found if (share := growth(each)) is not None]
        if grown:
            run.rows.append(Row(kind, "growth", max(grown), "share", images))
        report(f"{kind}: largest {run.rows[-1].value:.3g}, growth {grown}")
    yield run


def _watched(pid: int) -> list[tuple[str, int]]:
    return [("scheduler and starter", pid), *((f"worker {child}", child) for child in descendants(pid))]
