"""How a process of `digitnet train --distributed` ends, and what reaches its streams."""

import subprocess
import sys

import pytest

pytest.importorskip("jax", reason="needs the training extra")

PROGRAM = """
import os
from digitnet.cli import distributed
distributed.hide_native_output()
distributed.replace_abort(lambda: "the last words")
os.write(1, b"[Gloo] noise")
os.write(2, b"F0000 noise")
print("result")
os.abort()
"""


def test_a_library_that_aborts_leaves_one_line_and_exit_code_1() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=600, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (1, "result\n", "digitnet: the last words\n")
