"""Pages as people write them, of which every pixel is known: paper, ink of which character, rule, or something else.

Networks that read pictures learn from them what ink is, where a character begins and ends, and what is none. All is
drawn at the working size: digits some 20 to 64 pixels tall.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.augmentation.page_layouts import LAYOUTS, draw_frame
from digitnet.augmentation.page_light import camera_perspective, photographed, table_around
from digitnet.augmentation.written_sheet import Sheet, Writer, WrittenCharacter

__all__ = ["INK", "NOTHING", "OTHER", "RULE", "Writer", "WrittenCharacter", "WrittenPage", "write_page"]

# Kinds of pixels.
NOTHING, INK, RULE, OTHER = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class WrittenPage:
    """A page and what is on it.

    Attributes:
        picture: uint8 (height, width), as a camera, a scanner or a drawing program shows it; dark ink on light paper.
        ink: uint8 (height, width), coverage by characters alone.
        rules: uint8 (height, width), coverage by rules.
        owners: int32 (height, width), which character is the strongest in a pixel, 0 for none.
        kinds: uint8 (height, width), NOTHING, INK, RULE or OTHER.
        characters: All of them.
        height: Of its digits, in pixels.
    """

    picture: GrayPicture
    ink: GrayPicture
    rules: GrayPicture
    owners: NDArray[np.int32]
    kinds: GrayPicture
    characters: tuple[WrittenCharacter, ...]
    height: float


def write_page(writer: Writer, size: tuple[int, int] = (256, 384)) -> WrittenPage:
    """Write a page of a kind, a size, a pen and a light that the writer's random numbers choose.

    Args:
        writer: Whose `height` and `pen` are drawn anew.
        size: Height and width in pixels.
    """
    rng = writer.rng
    writer.height = float(rng.uniform(18, 72))
    writer.pen = max(1.2, writer.height * math.exp(rng.uniform(math.log(0.035), math.log(0.15))))
    writer.font = writer.fonts[int(rng.integers(len(writer.fonts)))] if writer.fonts else None
    writer.typed = 0.5 if rng.random() < 0.15 else 0.0
    is_by_hand = rng.random() < 0.25
    unsteadiness = float(rng.uniform(0.2, 0.05 * writer.height)) if is_by_hand else 0.0
    sheet = Sheet(writer, size, unsteadiness, with_pen=is_by_hand and rng.random() < 0.6)
    kinds = list(LAYOUTS)
    weights = np.array([LAYOUTS[kind] for kind in kinds])
    kinds[rng.choice(len(kinds), p=weights / weights.sum())](sheet)
    if rng.random() < 0.12:
        draw_frame(sheet)
    return _finished(sheet)


def _finished(sheet: Sheet) -> WrittenPage:
    """The page in its light, through its camera."""
    writer, rng, shape = sheet.writer, sheet.writer.rng, sheet.shape
    warp = camera_perspective(shape, rng)
    size = shape[::-1]
    ink, rules = (
        np.asarray(cv2.warpPerspective(layer, warp, size, flags=cv2.INTER_LINEAR), np.uint8)
        for layer in (sheet.ink, sheet.rules)
    )
    numbers = sheet.owners.astype(np.float32)  # OpenCV warps no integers of 32 bits
    owners = np.rint(cv2.warpPerspective(numbers, warp, size, flags=cv2.INTER_NEAREST)).astype(np.int32)
    outside = np.zeros(shape, np.uint8)
    if rng.random() < 0.3:
        outside = table_around(shape, rng)
        ink, rules = ink & ~outside, rules & ~outside
        owners[outside > 0] = 0
    picture = photographed(ink, rules, outside, writer, rng, same_ink=sheet.with_pen)
    kinds = np.full(shape, NOTHING, np.uint8)
    kinds[outside > 0] = OTHER
    kinds[rules > 45] = RULE
    kinds[(ink > 90) & (owners > 0)] = INK
    kept = []
    for character in sheet.characters:
        own = owners == character.number
        if own.any():
            x, y, width, height = cv2.boundingRect(own.astype(np.uint8))
            box = (x, y, x + width, y + height)
            kept.append(WrittenCharacter(character.name, box, character.number, character.line))
    return WrittenPage(picture, ink, rules, owners, kinds, tuple(kept), writer.height)
