"""How fast pictures are read, and how much memory a large one takes: `python -m benchmarks.pictures.speed`.

A page of 40 of MNIST's test digits, photographed with mild hardships at 12 megapixels and kept as JPEG, is read by a
process of its own, decoding included; a 28 x 28 image is read by a process that has read others before. Medians go to
benchmarks/measured/pictures_speed.json.
"""

import io
import json
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.machine import describe_machine
from benchmarks.pictures.rendering import render
from benchmarks.settings import REPOSITORY
from digitnet import load_classifier, load_mnist
from digitnet.files import write_atomically

__all__ = ["MEASURED", "Speed", "load_speed", "photographed_page"]

MEASURED = REPOSITORY / "benchmarks" / "measured" / "pictures_speed.json"
_PIXELS = 12_000_000
_LINES, _DIGITS = 5, 8  # of each line
_HARDSHIPS = {"large": 0.8, "noise": 0.1, "jpeg": 0.1, "vignette": 0.2, "rotation": 0.1}
_PAGES, _IMAGES = 5, 1_000  # readings


@dataclass(frozen=True)
class Speed:
    """How long reading takes.

    Attributes:
        page_pixels: Width times height of the photo of a page.
        page_digits: Written on it.
        page_right: Of these lines, exactly right.
        page_seconds: Median duration of reading it, decoding included.
        page_megabytes: The most memory that the process ever held, all it had loaded included.
        image_ms: Median duration of reading a 28 x 28 image.
        machine: `processor` and `cores` of what it was measured on.
    """

    page_pixels: int
    page_digits: int
    page_right: int
    page_seconds: float
    page_megabytes: float
    image_ms: float
    machine: dict[str, Any]


def load_speed(path: Path = MEASURED) -> Speed | None:
    """What was measured; None where nothing was."""
    return Speed(**json.loads(path.read_bytes())) if path.exists() else None


def photographed_page(pixels: int, seed: int) -> tuple[bytes, list[str]]:
    """A JPEG of five lines of eight of MNIST's test digits, and these lines.

    Args:
        pixels: Width times height, within one per cent.
        seed: Of the choice of digits, and of all that is random in the picture.
    """
    rng = np.random.default_rng(seed)
    digits = load_mnist()[1]
    lines = rng.integers(len(digits), size=(_LINES, _DIGITS))
    picture = render([list(digits.images[line]) for line in lines], _HARDSHIPS, rng).picture
    scale = (pixels / (picture.shape[0] * picture.shape[1])) ** 0.5
    enlarged = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    file = io.BytesIO()
    Image.fromarray(enlarged).save(file, "JPEG", quality=90)
    return file.getvalue(), ["".join(map(str, digits.labels[line])) for line in lines]


def _read_page(photo: bytes) -> tuple[list[str], float, float]:
    """Its lines, the median of seconds, and the most memory of this process in megabytes."""
    classifier, seconds = load_classifier(threads=1), []
    for _ in range(_PAGES):
        began = time.perf_counter()
        lines = classifier.read_number(photo).text.split("\n")
        seconds.append(time.perf_counter() - began)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return lines, statistics.median(seconds), kilobytes / 1e3


def _read_images() -> float:
    """Median of milliseconds."""
    classifier, images = load_classifier(threads=1), load_mnist()[1].images[:_IMAGES]
    seconds = []
    for image in images:
        began = time.perf_counter()
        classifier.read_digit(image)
        seconds.append(time.perf_counter() - began)
    return 1e3 * statistics.median(seconds)


def main() -> int:
    """Measure, record and print."""
    photo, written = photographed_page(_PIXELS, seed=0)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:  # without what rendering took
        lines, seconds, megabytes = pool.submit(_read_page, photo).result()
    machine = {name: value for name, value in describe_machine().items() if name in {"processor", "cores"}}
    right = sum(line in lines for line in written)
    found = Speed(
        _PIXELS, _LINES * _DIGITS, right, round(seconds, 3), round(megabytes), round(_read_images(), 3), machine
    )
    text = json.dumps(asdict(found), indent=2) + "\n"
    write_atomically(MEASURED, text)
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
