"""Messages of Protocol Buffers, field by field, without knowing what the fields mean; needs no `onnx`.

Source:
    Protocol Buffers, "Encoding" (protobuf.dev/programming-guides/encoding).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "Field",
    "WireFormatError",
    "encode_varint",
    "encoded_field",
    "encoded_number",
    "field_pieces",
    "fields",
    "text",
    "varints",
]

VARINT, FIXED_64, LENGTH, FIXED_32 = 0, 1, 2, 5  # wire types
_NUMBER_MAX = 2**29 - 1
_FIXED_BYTES = {FIXED_64: 8, FIXED_32: 4}
_FIELDS_MAX = 100_000  # chosen by hand: a network of ours has a few hundred, and a damaged file must not take minutes


class WireFormatError(ValueError):
    """The bytes are no such message, or have more fields than any of ours."""


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: Of the field, which says what it means.
        encoded: All of its bytes.
        content: The bytes of its text, message or numbers; none of a single number.
        value: The single number; None where there is content.
    """

    number: int
    encoded: memoryview
    content: memoryview
    value: int | None = None


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of a message, one after the other.

    Args:
        message: Its bytes.

    Raises:
        WireFormatError: It is damaged.
    """
    place = count = 0
    while place < len(message):
        start = place
        tag, place = _read_varint(message, place)
        number, kind = tag >> 3, tag & 7
        if not 0 < number <= _NUMBER_MAX:  # of larger ones other readers may see only the lower bits
            raise WireFormatError(f"a field has the number {number}")
        begin, value = place, None
        if kind == VARINT:
            value, place = _read_varint(message, place)
            begin = place
        elif kind == LENGTH:
            length, begin = _read_varint(message, place)
            place = begin + length
        elif kind in _FIXED_BYTES:
            place += _FIXED_BYTES[kind]
        else:
            raise WireFormatError("a field is of no kind that ONNX has")
        count += 1
        if place > len(message) or count > _FIELDS_MAX:
            raise WireFormatError("a field is cut off" if place > len(message) else "it has too many fields")
        yield Field(number, message[start:place], message[begin:place], value)


def text(message: memoryview, number: int) -> str:
    """The text in a message under a number; of several the last counts, as for every reader.

    Args:
        message: Its bytes.
        number: Of the field.

    Raises:
        WireFormatError: There is none, or the message is damaged.
        UnicodeDecodeError: It is no text.
    """
    found = [field.content for field in fields(message) if field.number == number]
    if not found:
        raise WireFormatError("a name is missing")
    return str(found[-1], "utf-8")


def varints(field: Field) -> list[int]:
    """The numbers of a repeated field, one in each field or all in one.

    Args:
        field: Of that kind.

    Returns:
        At least one number, below 2**64; what is negative is above 2**63.

    Raises:
        WireFormatError: It is damaged.
    """
    if field.value is not None:
        return [field.value]
    numbers, place = [], 0
    while place < len(field.content):
        number, place = _read_varint(field.content, place)
        numbers.append(number)
    return numbers


def encoded_field(number: int, *contents: bytes | memoryview) -> bytes:
    """A field of text, bytes or a message.

    Args:
        number: Of the field.
        contents: Its bytes, in as many pieces as there are.
    """
    return b"".join(field_pieces(number, contents))


def field_pieces(number: int, contents: Sequence[bytes | memoryview]) -> list[bytes | memoryview]:
    """The same, not put together yet, for contents that are too large to be copied again and again.

    Args:
        number: As for `encoded_field`.
        contents: Likewise.
    """
    return [encode_varint(number << 3 | LENGTH), encode_varint(sum(map(len, contents))), *contents]


def encoded_number(number: int, value: int) -> bytes:
    """A field of a single number.

    Args:
        number: Of the field.
        value: 0 or more.
    """
    return encode_varint(number << 3 | VARINT) + encode_varint(value)


def encode_varint(number: int) -> bytes:
    """A number of 7 bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of 7 bits a byte, the lowest first, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            raise WireFormatError("a number is cut off")
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # the highest bit says that another byte follows
            return number & 0xFFFF_FFFF_FFFF_FFFF, place
    raise WireFormatError("a number is too long")
