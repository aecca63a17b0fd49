"""What a file is that is no picture, in words: what was expected, what came, what to do."""

__all__ = ["BYTES_LOOKED_AT", "unknown_format"]

BYTES_LOOKED_AT = 1024

_EXPECTED = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or PPM"
_EXPORT = "export it as PNG or JPEG"

# How a file begins -> its kind, and what to do with it.
_BEGINNINGS = (
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
# What stands somewhere near the beginning -> the same.
_INSIDE = (
    (b"<svg", "an SVG drawing", "export it as PNG"),
    (b"<html", "a web page", "save the picture itself"),
    (b"ftyphei", "HEIC, an iPhone's format", "pip install pillow-heif, or export it as JPEG"),
    (b"ftypmif1", "HEIC, an iPhone's format", "pip install pillow-heif, or export it as JPEG"),
    (b"ftyp", "a film", "take a single picture out of it"),
)


def unknown_format(name: str, start: bytes) -> str:
    """Say what a file is, of which Pillow knows nothing.

    Args:
        name: Of the file.
        start: Its first `BYTES_LOOKED_AT` bytes, or all of it.

    Returns:
        One line for an error.
    """
    if not start:
        return f"{name} is empty: expected a picture file"
    found, advice = _recognised(start)
    return f"{name} is not a picture, or a damaged one: expected {_EXPECTED}, found {found}: {advice}"


def _recognised(start: bytes) -> tuple[str, str]:
    """What it is, and what to do with it."""
    for mark, found, advice in _BEGINNINGS:
        if start.startswith(mark):
            return found, advice
    for mark, found, advice in _INSIDE:
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
        if error.start < len(start) - 3:  # else the last letter was cut in two
            return False
        text = start[: error.start].decode()
    return text.translate(_WHITE_SPACE).isprintable()


_WHITE_SPACE = dict.fromkeys(map(ord, "\t\n\r\f\ufeff"), " ")
