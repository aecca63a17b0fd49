"""What Pillow's decoders raise for bytes they cannot make sense of: nearly anything."""

import struct
import zlib

__all__ = ["DAMAGE"]

DAMAGE = (
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
