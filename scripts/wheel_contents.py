"""See that a wheel holds exactly the files of the package below `src`, byte for byte.

python scripts/wheel_contents.py dist/digitnet-0.1.0-py3-none-any.whl
"""

import sys
import zipfile
from pathlib import Path

__all__ = ["differences", "main"]

_SOURCE = Path(__file__).parents[1] / "src"


def differences(wheel: Path, source: Path = _SOURCE) -> list[str]:
    """What a wheel lacks, has beside the package, or has otherwise than the checkout; one line each.

    Args:
        wheel: The built wheel.
        source: The folder that holds the package.
    """
    files = {
        path.relative_to(source).as_posix(): path
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
        changed = {name for name in packed & set(files) if archive.read(name) != files[name].read_bytes()}
    return [
        *(f"{name} is missing" for name in sorted(set(files) - packed)),
        *(f"{name} is not in the checkout" for name in sorted(packed - set(files))),
        *(f"{name} is another than in the checkout" for name in sorted(changed)),
    ]


def main(arguments: list[str]) -> str | None:
    """Compare the wheel that is named; what differs, or None."""
    if len(arguments) != 1:
        return "usage: python scripts/wheel_contents.py WHEEL"
    found = differences(Path(arguments[0]))
    return "\n".join(f"{Path(arguments[0]).name}: {line}" for line in found) or None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
