"""What other programs read in a picture, digits only. Argument: the program.

`rapidocr`, `tesseract` (told to look for digits, and whether the picture holds one line or more), `ddddocr` (it
takes every picture for one line), `digit-recognizer` (it takes every picture for one digit).
A request has `picture`, the path of a PNG file, and `is_one_line`; the answer has `lines`, of which none is empty, and
`seconds`.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import contest

Reader = Callable[[str, bool], Sequence[str]]  # path of a picture, whether it holds one line -> lines as they are read


def open_rapidocr() -> tuple[Reader, tuple[str, ...]]:
    """Detection, direction and recognition with its defaults; texts beside one another become a line."""
    from rapidocr_onnxruntime import RapidOCR  # noqa: PLC0415 - only one of the programs is there

    engine = RapidOCR()

    def read(picture: str, _: bool) -> Sequence[str]:
        found, _ = engine(picture)
        return joined([(corners, text) for corners, text, _ in found or []])

    return read, ("rapidocr-onnxruntime", "onnxruntime")


def joined(texts: Sequence[tuple[Any, str]]) -> list[str]:
    """Texts with the four corners of each -> lines: a text belongs to one whose middle it spans, from left to right."""
    parts = []
    for corners, text in texts:
        across, down = [corner[0] for corner in corners], [corner[1] for corner in corners]
        parts.append((min(down), max(down), min(across), text))
    lines: list[list[tuple[float, float, float, str]]] = []
    for part in sorted(parts, key=lambda part: part[0] + part[1]):
        middle = (part[0] + part[1]) / 2
        top, bottom, _, _ = lines[-1][0] if lines else (0.0, 0.0, 0.0, "")
        if lines and top <= middle <= bottom:
            lines[-1].append(part)
        else:
            lines.append([part])
    return ["".join(part[3] for part in sorted(line, key=lambda part: part[2])) for line in lines]


def open_tesseract() -> tuple[Reader, tuple[str, ...]]:
    """English, with nothing but digits to choose from; one line (7) or a block of lines (6)."""
    import pytesseract  # noqa: PLC0415 - only one of the programs is there

    pytesseract.get_tesseract_version()  # raises where Debian's package is missing

    def read(picture: str, is_one_line: bool) -> Sequence[str]:
        asked = f"--psm {7 if is_one_line else 6} -c tessedit_char_whitelist=0123456789"
        return str(pytesseract.image_to_string(picture, config=asked)).splitlines()

    return read, ("pytesseract",)


def open_ddddocr() -> tuple[Reader, tuple[str, ...]]:
    """Recognition of one line; limited to digits by `set_ranges`, version 1.6.1 reads nothing at all."""
    import ddddocr  # noqa: PLC0415 - only one of the programs is there

    engine = ddddocr.DdddOcr(show_ad=False)

    def read(picture: str, _: bool) -> Sequence[str]:
        return [str(engine.classification(Path(picture).read_bytes()))]

    return read, ("ddddocr", "onnxruntime")


def open_digit_recognizer() -> tuple[Reader, tuple[str, ...]]:
    """One digit."""
    # torchvision's operators are compiled for graphics cards and do not load beside a PyTorch for processors. None is
    # used here, and this module of torchvision, which fails without them, only describes them to compilers.
    sys.modules["torchvision._meta_registrations"] = ModuleType("torchvision._meta_registrations")
    from digit_recognizer import DigitRecognizer  # noqa: PLC0415 - only one of the programs is there

    engine = DigitRecognizer()
    return lambda picture, _: [str(engine.predict(picture))], ("digit-recognizer-py", "torch")


READERS = {
    "rapidocr": open_rapidocr,
    "tesseract": open_tesseract,
    "ddddocr": open_ddddocr,
    "digit-recognizer": open_digit_recognizer,
}


def digits_of(lines: Sequence[str]) -> list[str]:
    """Lines without anything but digits, and without those that have none."""
    kept = ("".join(letter for letter in line if letter in "0123456789") for line in lines)
    return [line for line in kept if line]


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Open the program."""
    read, versions = READERS[sys.argv[1]]()

    def respond(request: dict[str, Any]) -> contest.Answer:
        began = time.perf_counter()
        lines = read(request["picture"], request["is_one_line"])
        return {"seconds": time.perf_counter() - began, "lines": digits_of(lines)}

    return respond, {"versions": contest.versions_of(*versions)}


if __name__ == "__main__":
    contest.serve(prepare)
