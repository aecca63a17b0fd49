"""Format `litert-int8`: as `litert`, a quarter of the size, its weights in 8-bit integers."""

from digitnet.exports.litert_file import write_file
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written

__all__ = ["write"]


def write(source: ExportSource, place: Place) -> Written:
    """Write the file; see `digitnet.exports.export`."""
    return write_file(source, place, in_8_bits=True)
