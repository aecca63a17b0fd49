"""Error messages for files that are no pictures: what was expected, what was found, and what to do about it."""

__all__ = ["SIGNATURE_BYTES", "unknown_format"]

# Length of the beginning of a file that identifies its format, in bytes; chosen by hand.
SIGNATURE_BYTES = 1024

_EXPECTED = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or PPM"
_EXPORT = "export it as PNG or JPEG"

# Signatures at the very beginning of a file: the bytes, the name of the format, and the advice.
_SIGNATURES_AT_START = (
    *(
        (mark, f"a {kind} that is damaged or cut short", "save or send it again")
        for mark, kind in (
            (b"\x89PNG", "PNG"),
            (b"\xff\xd8\xff", "JPEG"),
            (b"GIF8", "GIF"),
            (b"II*\0", "TIFF"),
            (b"MM\0*", "TIFF"),
        )
    ),
    (b"8BPS", "a Photoshop file", _EXPORT),
    (b"%!PS", "PostScript", _EXPORT),
    (b"\0\0\1\0", "an icon", _EXPORT),
    (b"PK\3\4", "a zip archive or an office document", f"unpack it, or {_EXPORT}"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"\x93NUMPY", "an array of NumPy", "digitnet predict reads it where it holds images of 28 x 28"),
)
# Signatures anywhere within the first SIGNATURE_BYTES: the bytes, the name of the format, and the advice.
_SIGNATURES_WITHIN = (
    (b"<svg", "an SVG drawing", "export it as PNG"),
    (b"<html", "a web page", "save the picture itself"),
    (b"ftyphei", "HEIC, an iPhone's format", "pip install pillow-heif, or export it as JPEG"),
    (b"ftypmif1", "HEIC, an iPhone's format", "pip install pillow-heif, or export it as JPEG"),
    (b"ftyp", "a film", "take a single picture out of it"),
)


def unknown_format(name: str, start: bytes) -> str:
    """The error message for a file that Pillow cannot identify.

    Args:
        name: Name of the file.
        start: Its first `SIGNATURE_BYTES` bytes, or all of it.

    Returns:
        One line.
    """
    if not start:
        return f"{name} is empty: expected a picture file"
    found, advice = _identified(start)
    return f"{name} is not a picture, or a damaged one: expected {_EXPECTED}, found {found}: {advice}"


def _identified(start: bytes) -> tuple[str, str]:
    """The name of the format, and what to do with such a file."""
    for mark, found, advice in _SIGNATURES_AT_START:
        if start.startswith(mark):
            return found, advice
    for mark, found, advice in _SIGNATURES_WITHIN:
        if mark in start:
            return found, advice
    if not any(start):
        return "nothing but zeros where it begins", "copy or download it again"
    if _is_text(start):
        return "text", "name the picture itself"
    return "a kind of file that is not known here", f"open it in a program that shows it, and {_EXPORT}"


def _is_text(start: bytes) -> bool:
    try:
        text = start.decode()
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # otherwise the last character was cut off in the middle
            return False
        text = start[: error.start].decode()
    return text.translate(_WHITE_SPACE).isprintable()


_WHITE_SPACE = dict.fromkeys(map(ord, "\t\n\r\f\ufeff"), " ")
