"""Which versions decide about an answer, so that two processes that give other answers can be told apart."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

__all__ = ["READING_PACKAGES", "TRAINING_PACKAGES", "differing", "own_versions"]

READING_PACKAGES = (
    "digitnet",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "pypdfium2",
    "pillow-heif",
    "pyarrow",
)
TRAINING_PACKAGES = ("digitnet", "numpy", "jax", "jaxlib", "keras", "onnx", "opencv-python-headless")


def own_versions(packages: Sequence[str] = READING_PACKAGES) -> dict[str, str]:
    """The versions of this process: Python's first two numbers, and of each package, "none" where there is none.

    Args:
        packages: Those that decide about an answer; left out, about what is read.
    """
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    return found


def differing(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """What differs, in words such as `numpy 2.4.6 instead of 2.5.5`; empty where nothing does.

    Args:
        expected: Versions of the process that starts the work.
        found: Versions of another.
    """
    return ", ".join(
        f"{name} {found.get(name, 'none')} instead of {expected[name]}"
        for name in expected
        if found.get(name, "none") != expected[name]
    )
