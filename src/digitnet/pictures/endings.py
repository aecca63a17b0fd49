"""How the names of picture files end; what a file really is, only its bytes tell."""

__all__ = ["PICTURE_ENDINGS"]

PICTURE_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("avif", "bmp", "gif", "heic", "heif", "jp2", "jpeg", "jpg", "pbm", "pdf", "pgm", "png", "pnm", "ppm"),
        *("tif", "tiff", "webp"),
    )
)
