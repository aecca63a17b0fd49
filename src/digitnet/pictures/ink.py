"""Picture -> ink: finds the paper, subtracts it, cuts the noise, stretches the contrast.

Pure array work, in the textbook's order:

1. the paper is what the border shows, since a digit sits inside its picture: one shade, or under uneven light a
   slope fitted through the border. Where the picture does not agree, the paper is what is left when everything
   thinner than a few strokes is filled up, its shadows are divided out, and what lies beyond the sheet is ignored;
2. what deviates from the paper more strongly, its darker or its lighter pixels, is the ink, in any colour;
3. long straight lines all across are the paper's own, and where nothing else stands out, the sheet is blank;
4. what is within the paper's own noise is cut; of the rest, Otsu's threshold finds the strokes, and their
   soft edges stay;
5. the strokes are stretched to 255.

Whoever finds no digit there may look again: at the whole picture as one sheet, smoothed further, and at its colours.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.notes import Note, NoteKind
from digitnet.pictures.blank import is_blank
from digitnet.pictures.cleaning import Contrast, cut_and_stretch, without_lines_across
from digitnet.pictures.colour import colour_contrast
from digitnet.pictures.contrast import border_noise, contrast_with, energy
from digitnet.pictures.paper import AnyPicture, PlainPaper, border, plain_paper, reduced
from digitnet.pictures.ruling import without_ruled_lines
from digitnet.pictures.shading import (
    LOOK_SIDE,
    SHEET_SIDE,
    contrast_in_shade,
    is_darker,
    is_written,
    paper_around,
    paper_range,
    paper_side,
)
from digitnet.pictures.sheet import find_sheet, spread_over_table

__all__ = ["Steps", "extract_ink", "look_again"]

Steps: TypeAlias = list[tuple[str, AnyPicture]]  # what was done, and the picture after it

_TINY = 32  # pixels; a picture with a shorter side has no room for shadows beside its digit ...
_SMALL = 100  # ... and one with such a side shows no ruled lines
_NOISE_CLEAN = 1.0  # levels; with less, smoothing could only blur
_SMOOTHING_SIDE = 300  # one pixel of smoothing radius for this many pixels of picture ...
_SMOOTHING_RADIUS_MAX = 2  # ... and no more than this, for digits that are small in a large picture
_CLEAR_SIGMAS = 7.5  # strokes that a plane of light did not show stand out this far on average, or are none
_COARSER = 3  # times more is smoothed where nothing was seen
_COARSE_SIGMAS = 5.5  # since noise that was looked at four times has four chances
_WHOLE_SHARE = 1 / 2  # of the shorter side, which strokes on a whole sheet are thinner than
_FROM_EDGE_TO_EDGE = 0.9  # of the picture, one way or the other, reaches what may be left of its lines
_DRAWN = 2  # levels between the lightest and the darkest pixel of a border without noise
_FURTHER = 2  # pixels added to the radius that is smoothed by, when looking again
_SHADE_SHARE = 0.45  # of typical ink, which the tip of a shadow may reach
_SHADOW_DEPTH = 0.75  # of the bright paper's level; darker is called a shadow


def extract_ink(picture: AnyPicture, steps: Steps | None = None) -> tuple[GrayPicture, tuple[Note, ...]]:
    """Separate ink from paper, whichever of them is brighter.

    Args:
        picture: uint8 (height, width) grey, or (height, width, 3) RGB; at least one pixel.
        steps: A list to which the picture after each step is appended.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink, all 0 when nothing is written; and what was
        done.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
    paper = plain_paper(picture)
    if min(picture.shape[:2]) < _TINY:
        ink, notes = _finished(_on_plain_paper(picture, paper), steps)
    elif paper.fits and is_written(picture, paper.levels):
        ink, notes = _finished(_on_plain_paper(picture, paper), steps)
        if ink is None or not ink.any():  # corners in the dark look like noise to a plane of light
            shaded = replace(_on_shaded_paper(picture), visible_sigmas=_CLEAR_SIGMAS)
            ink, notes = _finished(shaded, steps)
    else:
        ink, notes = _finished(_on_shaded_paper(picture), steps)
    if ink is None and min(picture.shape[:2]) >= _TINY:  # coarse grain hides what a coarser look shows
        for radius in range(_smoothing_radius(picture) + 1, _smoothing_radius(picture) + 1 + _COARSER):
            coarse = replace(_on_shaded_paper(picture, radius), visible_sigmas=_COARSE_SIGMAS)
            ink, notes = _finished(coarse, steps)
            if ink is not None:
                break
    if ink is None and min(picture.shape[:2]) < _SMALL:  # a tight crop, whose strokes pass for the paper's noise
        ink, notes = _finished(_on_plain_paper(picture, paper), steps)
    if ink is None or not ink.any():
        return np.zeros(picture.shape[:2], np.uint8), (Note(NoteKind.BLANK),)
    return (ink if min(ink.shape) < _TINY else without_lines_across(ink)), notes


def look_again(picture: AnyPicture) -> Iterator[tuple[GrayPicture, tuple[Note, ...], Steps]]:
    """Ink as it shows in other ways: one of them may be right where the first look took paper for ink, or missed ink.

    Args:
        picture: As for `extract_ink`.

    Yields:
        The ink, never without a stroke; notes; and the steps on the way. Nothing for pictures of less than 32 pixels,
        nor for drawings and screenshots, whose paper no light has changed.
    """
    if min(picture.shape[:2]) < _TINY or _is_drawing(picture):
        return
    ways = (_on_whole_sheet, _by_colour) if picture.ndim == 3 else (_on_whole_sheet,)
    for way in ways:
        steps: Steps = []
        ink, notes = _finished(way(picture), steps)
        if ink is not None and ink.any():
            yield without_lines_across(ink), notes, steps


def _is_drawing(picture: AnyPicture) -> bool:
    """All around, the paper is of one colour: no camera and no scanner leaves it like that."""
    channels = cv2.split(picture) if picture.ndim == 3 else [picture]
    return all(np.ptp(border(np.asarray(channel, np.uint8))) <= _DRAWN for channel in channels)


def _finished(contrast: Contrast, steps: Steps | None) -> tuple[GrayPicture | None, tuple[Note, ...]]:
    ruled, contrast = contrast, _without_ruling(contrast)
    ink = cut_and_stretch(contrast)
    if ink is None:
        return None, ()
    if min(ink.shape) >= _TINY and (
        is_blank(ink, contrast.inside) or (contrast is not ruled and _is_ruling(ink, ruled))
    ):
        return np.zeros_like(ink), ()
    if steps is not None:
        steps.extend((*contrast.steps, ("ink", ink)))
    return ink, (Note(NoteKind.INVERTED), *contrast.notes) if contrast.is_ink_dark else contrast.notes


def _is_ruling(ink: GrayPicture, ruled: Contrast) -> bool:
    """All that is left of ruled paper goes from edge to edge, and is what is left of its lines."""
    _, _, width, height = cv2.boundingRect(ink)
    if max(width / ink.shape[1], height / ink.shape[0]) < _FROM_EDGE_TO_EDGE:
        return False
    return is_blank(ink, ruled.inside, cut_and_stretch(ruled))


def _without_ruling(contrast: Contrast) -> Contrast:
    if min(contrast.levels.shape) < _SMALL:
        return contrast
    levels = without_ruled_lines(contrast.levels, contrast.noise, contrast.inside)
    if levels is None:
        return contrast
    notes, steps = (*contrast.notes, Note(NoteKind.RULES_REMOVED)), (*contrast.steps, ("without ruled lines", levels))
    return replace(contrast, levels=levels, notes=notes, steps=steps)


def _on_plain_paper(picture: AnyPicture, paper: PlainPaper) -> Contrast:
    darker, lighter = (contrast_with(picture, paper.levels, is_ink_dark=side) for side in (True, False))
    is_ink_dark = energy(darker) > energy(lighter)
    levels = darker if is_ink_dark else lighter
    noise = border_noise(levels)
    radius = _smoothing_radius(picture)
    if radius and noise > _NOISE_CLEAN:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels = contrast_with(smooth, paper.levels, is_ink_dark=is_ink_dark)
        noise = border_noise(levels)
    notes = () if paper.is_even else (Note(NoteKind.LIGHT_EVENED),)
    return Contrast(levels, noise, is_ink_dark, notes, (("contrast with the paper", levels),))


def _on_shaded_paper(picture: AnyPicture, radius: int | None = None) -> Contrast:
    seen, small = picture, reduced(picture, LOOK_SIDE)
    sheet = find_sheet(small) if min(picture.shape[:2]) >= SHEET_SIDE else None
    if sheet is None:
        inside = np.full(picture.shape[:2], 255, np.uint8)
        small_inside = np.full(small.shape[:2], 255, np.uint8)
    else:
        inside = np.asarray(cv2.resize(sheet, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        picture = spread_over_table(picture, inside)
        small, small_inside = reduced(picture, LOOK_SIDE), sheet
    is_ink_dark = is_darker(small, small_inside)
    side = paper_side(small, small_inside, is_ink_dark=is_ink_dark)
    factor = max(picture.shape[:2]) / max(small.shape[:2])
    calm = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    paper = paper_around(calm, side * factor, is_ink_dark=is_ink_dark)
    bright, shade = paper_range(paper, inside)
    levels, noise = contrast_in_shade(calm, paper, bright, inside, is_ink_dark=is_ink_dark)
    radius = _smoothing_radius(picture) if radius is None else radius
    if radius and noise > _NOISE_CLEAN:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels, noise = contrast_in_shade(smooth, paper, bright, inside, is_ink_dark=is_ink_dark)
    notes = [Note(NoteKind.SHEET_EDGE_IGNORED)] if sheet is not None else []
    notes.append(Note(NoteKind.SHADOW_REMOVED if shade < _SHADOW_DEPTH * bright else NoteKind.LIGHT_EVENED))
    steps: list[tuple[str, AnyPicture]] = [("the sheet alone", picture)] if sheet is not None else []
    steps += [("paper without ink", paper), ("contrast with the paper", levels)]
    outline = inside if sheet is not None else None
    return Contrast(levels, noise, is_ink_dark, tuple(notes), tuple(steps), outline, _SHADE_SHARE, seen=seen)


def _on_whole_sheet(picture: AnyPicture) -> Contrast:
    """With no table around it; strokes may be thick, and are smoothed."""
    small = reduced(picture, LOOK_SIDE)
    is_ink_dark = is_darker(small, np.full(small.shape[:2], 255, np.uint8))
    calm = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    side = max(3, _WHOLE_SHARE * min(picture.shape[:2]))
    paper = paper_around(calm, side, is_ink_dark=is_ink_dark)
    inside = np.full(picture.shape[:2], 255, np.uint8)
    bright, _ = paper_range(paper, inside)
    reach = 2 * (_smoothing_radius(picture) + _FURTHER) + 1
    smooth = np.asarray(cv2.blur(picture, (reach, reach)), np.uint8)
    levels, noise = contrast_in_shade(smooth, paper, bright, inside, is_ink_dark=is_ink_dark)
    steps = (("paper without ink", paper), ("contrast with the paper", levels))
    notes = (Note(NoteKind.SECOND_ATTEMPT_SHEET),)
    return Contrast(levels, noise, is_ink_dark, notes, steps, shade_share=_SHADE_SHARE, seen=picture)


def _by_colour(picture: AnyPicture) -> Contrast:
    levels, noise = colour_contrast(picture)
    notes, steps = (Note(NoteKind.SECOND_ATTEMPT_COLOUR),), (("contrast of colours", levels),)
    return Contrast(levels, noise, is_ink_dark=False, notes=notes, steps=steps, shade_share=_SHADE_SHARE)


def _smoothing_radius(picture: AnyPicture) -> int:
    longer: int = max(picture.shape[:2])
    return min(round(longer / _SMOOTHING_SIDE), _SMOOTHING_RADIUS_MAX)
