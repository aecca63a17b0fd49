"""Two workers beside one process on one core: the same pictures, in turn."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.results import Rounds, Row, Run, new_run
from benchmarks.scale.batches import finished, image_file, page_folder, rows_in, start_batch
from benchmarks.settings import Settings

__all__ = ["measure_speedup"]

_ALONE, _TOGETHER = "one process on one core", "two workers"


def measure_speedup(
    images: int, pages: int, seed: int, settings: Settings, report: Callable[[str], None]
) -> Iterator[Run]:
    """Read images in MNIST's frame and rendered pictures, each with both, round after round.

    Args:
        images: How many images; 0 to leave them out.
        pages: How many pictures; 0 to leave them out.
        seed: Of the pictures.
        settings: Rounds and folders.
        report: Is told how far it is.
    """
    rounds = settings.rounds_or(5)
    for name, n in (("images", images), ("pages", pages)):
        if n == 0:
            continue
        source = image_file(settings, n) if name == "images" else page_folder(settings, n, seed)
        command = f"python -m benchmarks.scale speedup --images {images} --pages {pages} --rounds {rounds}"
        run = new_run(f"speedup of {name}", command, quick=settings.quick, images=images, pages=pages, rounds=rounds)
        run.seed = seed
        options = (source, *(("--task", "predict") if name == "images" else ()))
        run.rows = _rows(options, n, rounds, settings.work / "scale", report)
        yield run


def _rows(options: tuple[str | Path, ...], n: int, count: int, work: Path, report: Callable[[str], None]) -> list[Row]:
    numbers, differing = Rounds(), 0
    for number in range(count):
        found = []
        for subject, workers, cores in ((_ALONE, 1, {0}), (_TOGETHER, 2, None)):
            out = work / f"speedup-{workers}"
            shutil.rmtree(out, ignore_errors=True)
            summary = finished(start_batch((*options, "--out", out, "--workers", str(workers)), cores=cores))
            seconds = summary["seconds"]
            numbers.add(subject, number, {"seconds": seconds, "rate": summary["rows"] / seconds})
            found.append(rows_in(out))
            report(f"round {number + 1} of {count}, {subject}: {seconds:.1f} s")
        differing += sum(one != other for one, other in zip(*found, strict=True))
    return [
        *numbers.row(_ALONE, "seconds", "s"),
        *numbers.row(_ALONE, "rate", "pictures a second"),
        *numbers.row(_TOGETHER, "seconds", "s"),
        *numbers.row(_TOGETHER, "rate", "pictures a second"),
        *numbers.times(_ALONE, _TOGETHER, "seconds", "times as fast"),
        Row(_TOGETHER, "other rows", differing, "rows", n * count),
    ]
