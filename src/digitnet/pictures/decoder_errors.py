"""What Pillow raises for bytes that it cannot make sense of: nearly anything. Pillow itself is not imported here."""

import struct
import zlib

__all__ = ["DECODER_ERRORS"]

DECODER_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
