"""How fast pictures are read, and how much memory a large one takes: `python -m benchmarks.pictures.speed`.

A page of 40 of MNIST's test digits, photographed with mild hardships at 12 megapixels and kept as JPEG, is read by a
process of its own, decoding included; a 28 x 28 image is read by a process that has read others before. Medians are
recorded.
"""

import io
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.contestants.contest import peak_megabytes
from benchmarks.pages import text_of
from benchmarks.rendering.render import render
from benchmarks.results import MEASURED, Row, new_run, record
from digitnet import load_classifier, load_mnist

_PIXELS = 12_000_000
_LINES, _DIGITS = 5, 8  # of each line
_HARDSHIPS = {"large": 0.8, "noise": 0.1, "jpeg": 0.1, "vignette": 0.2, "rotation": 0.1}
_PAGES, _IMAGES = 5, 1_000  # readings


def photographed_page(pixels: int, seed: int) -> tuple[bytes, list[str]]:
    """A JPEG of five lines of eight of MNIST's test digits, and these lines."""
    rng = np.random.default_rng(seed)
    digits = load_mnist()[1]
    lines = rng.integers(len(digits), size=(_LINES, _DIGITS))
    picture = render([list(digits.images[line]) for line in lines], _HARDSHIPS, rng).picture
    scale = (pixels / (picture.shape[0] * picture.shape[1])) ** 0.5
    enlarged = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    file = io.BytesIO()
    Image.fromarray(enlarged).save(file, "JPEG", quality=90)
    return file.getvalue(), ["".join(map(str, digits.labels[line])) for line in lines]


def _median_seconds(read: Callable[[Any], object], pictures: Sequence[Any]) -> float:
    seconds = []
    for picture in pictures:
        began = time.perf_counter()
        read(picture)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _read_page(photo: bytes) -> tuple[list[str], float, float]:
    """Its lines, the median of seconds, and the most memory of this process in megabytes."""
    classifier = load_classifier(threads=1)
    seconds = _median_seconds(classifier.read_number, [photo] * _PAGES)
    lines = classifier.read_number(photo).text.split("\n")
    return lines, seconds, peak_megabytes()


def main() -> int:
    """Measure, record and print."""
    run = new_run("picture speed", "python -m benchmarks.pictures.speed")
    photo, written = photographed_page(_PIXELS, seed=0)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # without what rendering took
        lines, seconds, megabytes = pool.submit(_read_page, photo).result()
    image = _median_seconds(load_classifier(threads=1).read_digit, list(load_mnist()[1].images[:_IMAGES]))
    run.rows = [
        Row("page", "seconds", round(seconds, 3), "s", _PAGES),
        Row("page", "memory", round(megabytes), "MB", 1),
        Row("page", "lines right", sum(line in lines for line in written), "lines", _LINES),
        Row("image", "seconds", round(image, 6), "s", _IMAGES),
    ]
    record(run, MEASURED / "pictures.json")
    sys.stdout.writelines(f"{row.subject}, {row.measure}: {text_of(row)}\n" for row in run.rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
