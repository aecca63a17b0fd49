"""The SHA-256 inside a model file, of all its bytes except the digest's own value; needs no `onnx`.

A single flipped bit in a weight makes thousands of answers wrong and leaves the file a valid one. So each file that
digitnet writes begins and ends with fields of its own, which any reader of ONNX takes for two entries of the file:

    producer_version = "sha256"                                     the first 8 bytes: a digest is to be expected
    ...                                                             the model, its weights and its metadata
    metadata_props += {"digitnet_sha256": 64 hexadecimal digits}    the last 85 bytes

The fields of a Protocol Buffers message may come in any order, so that neither needs the rest to be read. Damage to
one of them is found out by the other.

Source:
    Protocol Buffers, "Encoding" (protobuf.dev/programming-guides/encoding); the numbers of the fields are those of
    onnx/onnx.proto.
"""

import hashlib

from digitnet.errors import ModelFileError

__all__ = ["DIGEST_KEY", "check_digest", "with_digest", "without_digest"]

DIGEST_KEY = "digitnet_sha256"

_DIGITS = 2 * hashlib.sha256().digest_size  # hexadecimal
_LENGTH = 2  # the wire type of texts and messages
_PRODUCER_VERSION, _METADATA_ENTRY, _KEY, _VALUE = ((number << 3) | _LENGTH for number in (3, 14, 1, 2))
_HEAD = bytes([_PRODUCER_VERSION, len("sha256")]) + b"sha256"
_ENTRY = bytes([_KEY, len(DIGEST_KEY)]) + DIGEST_KEY.encode() + bytes([_VALUE, _DIGITS])
# Every length is below 128, and so is one byte.
_TAIL = bytes([_METADATA_ENTRY, len(_ENTRY) + _DIGITS]) + _ENTRY


def with_digest(content: bytes) -> bytes:
    """Add the digest to a file.

    Args:
        content: The bytes of an ONNX file; a digest that it has, right or wrong, is replaced.

    Returns:
        The bytes of the same model, which `check_digest` finds whole.
    """
    hashed = _HEAD + without_digest(content) + _TAIL
    return hashed + hashlib.sha256(hashed).hexdigest().encode()


def without_digest(content: bytes) -> bytes:
    """The file as it was before `with_digest`; one without a digest stays as it is.

    Args:
        content: The bytes of an ONNX file.
    """
    if content[:-_DIGITS].endswith(_TAIL):
        content = content[: -len(_TAIL) - _DIGITS]
    return content.removeprefix(_HEAD)


def check_digest(content: bytes) -> str | None:
    """Compare a file with the digest inside it.

    Args:
        content: The bytes of an ONNX file, perhaps a damaged one.

    Returns:
        The digest, 64 hexadecimal digits. None where there is none: the file is older than digests, or was made by
        another program.

    Raises:
        ModelFileError: The digest is that of other bytes, or is missing where the file promises one.
    """
    view = memoryview(content)
    if view[-len(_TAIL) - _DIGITS : -_DIGITS] != _TAIL:
        if content.startswith(_HEAD):
            raise ModelFileError(
                "damaged: the file promises a SHA-256 of its bytes, which does not stand at its end. Copy it once more "
                "from where it came"
            )
        return None
    found, expected = hashlib.sha256(view[:-_DIGITS]).hexdigest(), bytes(view[-_DIGITS:])
    if found.encode() != expected:
        raise ModelFileError(
            f"damaged, or changed by another program: the SHA-256 of its bytes is {found[:12]}..., expected "
            f"{expected[:12].decode('ascii', 'replace')}.... Copy it once more from where it came"
        )
    return found
