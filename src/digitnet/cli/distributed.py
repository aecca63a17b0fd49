"""`digitnet train --distributed`: this process joins the others, and ends with one line whatever becomes of them.

JAX ends a process by SIGABRT when others do not come or are lost, with a page of C++ on stderr, and its transport
writes to stdout. So native libraries get no terminal, and SIGABRT becomes a line.
"""

import atexit
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TextIO

from digitnet.cli.lines import print_note
from digitnet.errors import ConfigurationError
from digitnet.training.processes import Address, address_of, join

__all__ = ["hide_native_output", "joined_processes", "replace_abort"]

_FAILED, _WRONG_USAGE = 1, 2
_LOST = "a process of this training has ended or cannot be reached any more: see what the others say"
_Handler = ctypes.CFUNCTYPE(None, ctypes.c_int)


@contextmanager
def joined_processes(*, is_verbose: bool) -> Iterator[None]:
    """Inside, JAX computes on the devices of all processes.

    Args:
        is_verbose: Whether native libraries may write to the terminal.

    Raises:
        ConfigurationError: The environment does not say where the others are.
    """
    import jax

    address = address_of(os.environ)
    if not is_verbose:
        hide_native_output()
    last_words = [_not_joined(address)]
    replace_abort(lambda: last_words[0])
    try:
        join(address)
        last_words[0] = _LOST
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # JAX makes a note of it instead
        yield
        jax.distributed.shutdown()  # type: ignore[no-untyped-call]
    except BaseException as error:
        # JAX would wait minutes for the others, which may be waiting for this one. It registered its wait before.
        code = _WRONG_USAGE if isinstance(error, ConfigurationError) else _FAILED
        atexit.register(partial(os._exit, code))
        raise


def _not_joined(address: Address) -> str:
    processes = "all processes" if address.count is None else f"all {address.count} processes"
    where = "" if address.coordinator is None else f" at {address.coordinator}"
    return (
        f"{processes} of this training did not come together{where} within {address.seconds} s: start process 0 there, "
        "and all with the same packages; DIGITNET_JOIN_SECONDS is how long they wait"
    )


def hide_native_output() -> None:
    """Leave file descriptors 1 and 2 to nobody; Python's own streams go where these went."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        before: TextIO = getattr(sys, name)
        before.flush()
        stream = open(  # noqa: SIM115, PTH123 - it is open as long as the process is
            os.dup(descriptor), "w", buffering=1, encoding=before.encoding, errors="backslashreplace"
        )
        setattr(sys, name, stream)
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def replace_abort(last_words: Callable[[], str]) -> None:
    """End with a line and exit code 1 where a library calls abort().

    Args:
        last_words: Called then; gives the line.
    """

    def end(_signal: int) -> None:
        print_note(last_words())
        os._exit(_FAILED)

    # Python's own handlers run only once the library has returned, which abort() never does.
    _KEPT.append(_Handler(end))
    ctypes.CDLL(None).signal(signal.SIGABRT, _KEPT[-1])


_KEPT: list[object] = []  # functions that C has pointers to
