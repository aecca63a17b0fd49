"""What a notebook shows of a data set: some of its images, and how many each class has."""

from base64 import b64encode
from collections.abc import Sequence

import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture, Images, Labels
from digitnet.datasets.png import encode_png
from digitnet.errors.markup import Markup, card, element, facts

__all__ = ["dataset_html", "dataset_png", "gallery"]

_COLUMNS, _ROWS = 12, 3  # of images shown; as wide as a cell of a notebook on a small screen
_GAP = 4  # pixels between two images
_MAX_CLASSES_NAMED = 12  # with more of them only how many there are is said
_PAPER = 250  # grey level around and below ink: a sheet that can be looked at on a dark page


def gallery(images: Images) -> GrayPicture:
    """The first images side by side, dark ink on light paper.

    Args:
        images: uint8 (n, 28, 28), n >= 1, 0 = paper, 255 = ink.

    Returns:
        uint8 (height, width), at most 3 rows of 12 images.
    """
    shown = images[: _COLUMNS * _ROWS]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    step = IMAGE_SIDE + _GAP
    sheet = np.full((rows * step + _GAP, columns * step + _GAP), _PAPER, np.uint8)
    for place, image in enumerate(shown):
        top, left = _GAP + place // columns * step, _GAP + place % columns * step
        levels = _PAPER - image.astype(np.uint16) * _PAPER // 255
        sheet[top : top + IMAGE_SIDE, left : left + IMAGE_SIDE] = levels
    return sheet


def dataset_png(images: Images) -> bytes:
    """The gallery as a PNG file, twice as large as it is, for hosts that show pictures only."""
    return encode_png(gallery(images).repeat(2, axis=0).repeat(2, axis=1))


def dataset_html(name: str, images: Images, labels: Labels, class_names: Sequence[str], skipped: int) -> str:
    """What a notebook shows.

    Args:
        name: Where the data came from.
        images: All of them.
        labels: All of them.
        class_names: Of each class.
        skipped: How many files could not be used.

    Returns:
        HTML in which every text is escaped.
    """
    sheet = gallery(images)
    picture = element(
        "img",
        src=f"data:image/png;base64,{b64encode(encode_png(sheet)).decode()}",
        alt=f"the first {min(len(images), _COLUMNS * _ROWS)} images",
        width=round(sheet.shape[1] * 1.5),
        style="max-width:100%;border-radius:4px;image-rendering:pixelated;display:block",
    )
    shown: dict[str, object] = {"images": f"{len(images):,}"}
    counts = np.bincount(labels, minlength=len(class_names))
    if len(class_names) <= _MAX_CLASSES_NAMED:
        shown["of each class"] = _counts(class_names, counts.tolist())
    else:
        shown["classes"] = f"{len(class_names)}, each {counts.min():,} to {counts.max():,} times"
    if skipped:
        shown["left out"] = f"{skipped:,} files that could not be used"
    return card(f"Dataset {name}".strip(), picture, facts(shown))


def _counts(class_names: Sequence[str], counts: Sequence[int]) -> Markup:
    """The name of each class above its number of images."""
    cell = "text-align:right;padding:0 8px 0 0;border:none;background:none;font-size:12px"
    rows = [
        element("tr", *(element(tag, text, style=cell) for text in texts), style="background:none")
        for tag, texts in (("th", class_names), ("td", [f"{count:,}" for count in counts]))
    ]
    return element("table", *rows, style="border:none;border-collapse:collapse;margin:0")
