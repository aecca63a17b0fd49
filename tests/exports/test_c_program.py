"""A C compiler that is not there, one that refuses, and a program that fails."""

import shutil
from pathlib import Path

import pytest

from digitnet.errors import ModelFileError
from digitnet.exports.c_program import CProgram
from exported import images_of_ink

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
HEADER = "#include <stdint.h>\n#define DIGITNET_PIXELS 784\n#define DIGITNET_CLASSES 2\n"
DECLARATION = "int digitnet_predict(const uint8_t *image, float *probabilities);\n"


def sources(folder: Path, body: str) -> Path:
    (folder / "digitnet.h").write_text(HEADER + DECLARATION)
    (folder / "digitnet.c").write_text(
        f'#include <stdlib.h>\n#include "digitnet.h"\n'
        f"int digitnet_predict(const uint8_t *image, float *probabilities) {{ {body} }}\n"
    )
    return folder


@needs_compiler
def test_images_go_in_and_probabilities_come_out(tmp_path: Path) -> None:
    body = "probabilities[0] = image[3]; probabilities[1] = image[783]; return 0;"
    program = CProgram.compiled(sources(tmp_path, body))
    images = images_of_ink(30)
    assert program is not None
    pixels = images.reshape(30, 784)[:, [3, 783]]
    assert (program.probabilities(images) == pixels).all()


@needs_compiler
def test_a_refusal_and_a_failure_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"cc does not compile the exported source: .*error"):
        CProgram.compiled(sources(tmp_path, "#error no"))
    program = CProgram.compiled(sources(tmp_path, "(void)image; (void)probabilities; exit(3);"))
    assert program is not None
    with pytest.raises(ModelFileError, match="ended with code 3"):
        program.probabilities(images_of_ink(1))


def test_no_compiler_is_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    assert CProgram.compiled(tmp_path) is None
