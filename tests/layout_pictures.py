"""Small grey pictures of the page, compared with approved ones: where things stand, whatever letters a machine has.

Letters are bars of a font that is made here, so that lines break alike everywhere. A picture is taken at an eighth of
the page's size, of all that can be scrolled to; differences count where a block of it, 32 x 32 of the page's pixels, is
lighter or darker than the approved one.
"""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from digitnet.arrays import AnyArray

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["Tolerance", "difference", "layout_picture", "use_bars_for_letters"]

_SCALE = 0.125
_BLOCK = 4  # pixels of a picture, 32 of the page
_STEP = 16  # between two levels of grey: more of them would cost bytes, and show nothing of the layout
_HIGHEST = 5000  # pixels of the page that are looked at, from the top; chosen by hand
_WIDTH = 540  # of each bar in thousandths of the size of letters, about the mean of a usual font

_STYLE = """
@font-face { font-family: Bars; src: url(data:font/ttf;base64,%s); }
* { font-family: Bars !important; font-weight: 400 !important; letter-spacing: 0 !important;
  caret-color: transparent !important; transition: none !important; animation: none !important; }
.timing { visibility: hidden; } /* how many milliseconds it took */
"""


class Tolerance(NamedTuple):
    """How far a picture may be from the approved one, in levels of grey from 0 to 255; docs/log.md, 2026-12-01.

    Attributes:
        mean: Of all pixels.
        block: Of the block that differs most.
        height: Of the page, in pixels of a picture.
    """

    mean: float = 1.5
    block: float = 18.0
    height: int = 1


USUAL = Tolerance()


def use_bars_for_letters(page: "Page") -> None:
    """From here on letters are bars, and nothing moves by itself; the page needs `bypass_csp`."""
    page.add_style_tag(content=_STYLE % base64.b64encode(_font()).decode("ascii"))
    page.evaluate("document.fonts.load('16px Bars')")


def layout_picture(page: "Page") -> AnyArray:
    """The page as it is now, uint8 (height / 8, width / 8)."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, _HIGHEST), "scale": _SCALE}
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True})
    session.detach()
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(taken["data"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.minimum((picture.astype(np.int64) + _STEP // 2) // _STEP * _STEP, 255).astype(np.uint8)


def difference(picture: AnyArray, approved: Path, tolerance: Tolerance = USUAL) -> str:
    """In what a picture differs from the approved one, "" where it does not beyond the tolerance."""
    expected = cv2.imread(str(approved), cv2.IMREAD_GRAYSCALE)
    if expected is None:
        return "there is no approved picture"
    heights = [len(picture), len(expected)]
    if picture.shape[1] != expected.shape[1] or abs(heights[0] - heights[1]) > tolerance.height:
        return f"it has {picture.shape[1]} x {heights[0]} pixels instead of {expected.shape[1]} x {heights[1]}"
    rows = min(heights) // _BLOCK * _BLOCK
    columns = picture.shape[1] // _BLOCK * _BLOCK
    both = np.stack([picture[:rows, :columns], expected[:rows, :columns]]).astype(np.float64)
    mean = np.abs(both[0] - both[1]).mean()
    blocks = both.reshape(2, rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK).mean(axis=(2, 4))
    apart = np.abs(blocks[0] - blocks[1])
    if mean <= tolerance.mean and apart.max() <= tolerance.block:
        return ""
    row, column = (int(place) * round(_BLOCK / _SCALE) for place in np.unravel_index(apart.argmax(), apart.shape))
    return f"pixels differ by {mean:.1f} in the mean, and by {apart.max():.0f} around x = {column}, y = {row}"


def _font() -> bytes:
    """A font in which every character is the same bar."""
    pen = TTGlyphPen(None)
    for number, (x, y) in enumerate(((60, 0), (60, 480), (_WIDTH - 60, 480), (_WIDTH - 60, 0))):
        (pen.lineTo if number else pen.moveTo)((x, y))
    pen.closePath()
    names = [".notdef", "bar", "space"]
    empty = TTGlyphPen(None).glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({code: "space" if code in {0x20, 0xA0} else "bar" for code in range(0x20, 0x2800)})
    builder.setupGlyf({".notdef": empty, "bar": pen.glyph(), "space": empty})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (_WIDTH, 0)))
    builder.setupHorizontalHeader(ascent=900, descent=-250)
    builder.setupNameTable({"familyName": "Bars", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-250, usWinAscent=900, usWinDescent=250)
    builder.setupPost()
    written = io.BytesIO()
    builder.save(written)
    return written.getvalue()
