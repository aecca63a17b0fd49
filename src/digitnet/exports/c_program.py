"""Exported C, compiled and run: images on its standard input, probabilities on its standard output."""

import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path

import numpy as np

from digitnet.arrays import Images, Probabilities
from digitnet.errors import ModelFileError

__all__ = ["CProgram"]

_COMPILERS = ("cc", "gcc", "clang")
_SECONDS_MAX = 600.0  # of the compiler, for the largest of networks on a slow machine; chosen by hand
_MAIN = """\
#include "digitnet.h"

#include <stdio.h>

int main(void)
{
    uint8_t image[DIGITNET_PIXELS];
    float probabilities[DIGITNET_CLASSES];
    while (fread(image, sizeof image, 1, stdin) == 1) {
        digitnet_predict(image, probabilities);
        if (fwrite(probabilities, sizeof probabilities, 1, stdout) != 1) {
            return 1;
        }
    }
    return 0;
}
"""


class CProgram:
    """A compiled export.

    Attributes:
        compiler: The name of what compiled it.
    """

    def __init__(self, compiler: str) -> None:
        self.compiler = compiler
        self._folder = Path(tempfile.mkdtemp(prefix="digitnet-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    @classmethod
    def compiled(cls, sources: Path) -> "CProgram | None":
        """Compile the two files of a folder.

        Args:
            sources: With `digitnet.h` and `digitnet.c`; nothing is written to it.

        Returns:
            The program; None where the machine has no C compiler.

        Raises:
            ModelFileError: The compiler refuses them.
        """
        names = [os.environ["CC"]] if os.environ.get("CC") else _COMPILERS
        compiler = next((found for name in names if (found := shutil.which(name))), None)
        if compiler is None:
            return None
        program = cls(Path(compiler).name)
        main = program._folder / "main.c"
        main.write_text(_MAIN, encoding="ascii")
        options = ["-std=c99", "-O2", f"-I{sources}", str(main), str(sources / "digitnet.c"), "-o", str(program._path)]
        run = _run([compiler, *options, "-lm"], b"")
        if run.returncode:
            lines = run.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            reason = next((line for line in lines if "error" in line), lines[0])
            raise ModelFileError(f"{compiler} does not compile the exported source: {reason}")
        return program

    @property
    def _path(self) -> Path:
        return self._folder / "digitnet"

    def probabilities(self, images: Images) -> Probabilities:
        """What the program answers: float32 (n, classes) for uint8 (n, 28, 28)."""
        run = _run([str(self._path)], images.tobytes())
        if run.returncode:
            raise ModelFileError(f"the program made of the exported source ended with code {run.returncode}")
        return np.frombuffer(run.stdout, np.float32).reshape(len(images), -1)


def _run(command: list[str], given: bytes) -> "subprocess.CompletedProcess[bytes]":
    # The compiler is the user's own, and the program is made of what was exported.
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=_SECONDS_MAX)  # noqa: S603
