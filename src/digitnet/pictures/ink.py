"""Binarization: separates the ink of a picture from its paper.

1. Estimate the background: one shade, or a plane of light, fitted to the border. Where the picture does not agree, a
   local estimate by a morphological closing; its shadows are divided out, and the table around a sheet is ignored.
2. Subtract it: the darker or the lighter pixels, whichever deviate more strongly, are ink of any colour.
3. Remove ruled lines; a sheet with nothing else is blank.
4. Remove noise and find the strokes by Otsu's threshold; their soft edges stay.
5. Stretch the strokes to 255.

A caller that finds no digit may ask for other binarizations: of the whole picture as one sheet, smoothed further, and
of its colours.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.notes import Note, NoteKind
from digitnet.pictures.blank import is_blank
from digitnet.pictures.cleaning import Contrast, binarize, without_lines_across
from digitnet.pictures.colour import colour_contrast
from digitnet.pictures.contrast import border_noise, contrast_with, energy
from digitnet.pictures.paper import AnyPicture, PlainPaper, border, plain_paper, reduced
from digitnet.pictures.ruling import without_ruled_lines
from digitnet.pictures.shading import (
    MEASURING_SIDE,
    SHEET_SIDE,
    contrast_in_shade,
    is_darker,
    is_written,
    paper_around,
    paper_range,
    paper_side,
)
from digitnet.pictures.sheet import extend_sheet, find_sheet

__all__ = ["INK_LIMITS", "InkLimits", "Steps", "extract_ink", "other_binarizations"]

Steps: TypeAlias = list[tuple[str, AnyPicture]]  # the name of each step, and the picture after it


class InkLimits(NamedTuple):
    """Which of several ways to estimate the paper is tried, and how much is smoothed before that."""

    # Shorter side in pixels below which there is no room for shadows beside the digit; chosen by hand.
    tiny_side: int = 32
    # Shorter side in pixels below which ruled lines are not removed, and a picture may be a tight crop whose strokes
    # pass for noise; docs/log.md 2026-11-28, "hard rendered pictures, looked at".
    small_side: int = 100
    # Noise in grey levels below which smoothing could only blur; chosen by hand.
    clean_noise: float = 1.0
    # Pixels of the picture's longer side for each pixel of the smoothing radius; chosen by hand.
    smoothing_side: int = 300
    # Greatest smoothing radius in pixels, since digits may be small in a large picture; chosen by hand.
    max_smoothing_radius: int = 2
    # Least mean contrast of strokes on local paper that a plane of light did not show, in standard deviations of the
    # noise; chosen on rendered pictures, docs/log.md 2026-11-28, "hard rendered pictures".
    clear_sigmas: float = 7.5
    # Radii beyond the usual one that are tried where no strokes are found; chosen by hand.
    coarser_radii: int = 3
    # Least mean contrast of strokes found by those, since more attempts find more noise; chosen on rendered pictures,
    # docs/log.md 2026-11-28, "hard rendered pictures, looked at".
    coarse_sigmas: float = 5.5
    # Side of the morphological square for the whole picture as one sheet, as a share of its shorter side; chosen on
    # rendered pictures, docs/log.md 2026-11-29, "looking again".
    one_sheet_square: float = 1 / 2
    # Pixels added to the smoothing radius for the whole picture as one sheet; same source.
    one_sheet_smoothing: int = 2
    # Share of the picture's width or height that remnants of ruled lines reach across; chosen by hand.
    remnant_extent: float = 0.9
    # Greatest range in grey levels of the border of a drawing or a screenshot, which has no noise; chosen by hand.
    drawing_border_range: int = 2
    # Greatest contrast of the tip of a shadow as a share of typical ink; chosen by hand.
    shadow_share: float = 0.45
    # Share of bright paper's grey level below which the paper's darkest parts are called a shadow; chosen by hand.
    shadow_light: float = 0.75


INK_LIMITS = InkLimits()


def extract_ink(picture: AnyPicture, steps: Steps | None = None) -> tuple[GrayPicture, tuple[Note, ...]]:
    """Separate ink from paper, whichever of them is brighter.

    Args:
        picture: uint8 (height, width) grey, or (height, width, 3) RGB; at least one pixel.
        steps: A list to which the picture after each step is appended.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink, all 0 where nothing is written; and what
        was done.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
    paper, shorter = plain_paper(picture), min(picture.shape[:2])
    if shorter < INK_LIMITS.tiny_side:
        ink, notes = _binarized(_contrast_on_plain_paper(picture, paper), steps)
    else:
        ink, notes = _extracted(picture, paper, steps)
    if ink is None and shorter < INK_LIMITS.small_side:  # a tight crop, whose strokes pass for the paper's noise
        ink, notes = _binarized(_contrast_on_plain_paper(picture, paper), steps)
    if ink is None or not ink.any():
        return np.zeros(picture.shape[:2], np.uint8), (Note(NoteKind.BLANK),)
    return (ink if shorter < INK_LIMITS.tiny_side else without_lines_across(ink)), notes


def _extracted(
    picture: AnyPicture, paper: PlainPaper, steps: Steps | None
) -> tuple[GrayPicture | None, tuple[Note, ...]]:
    """The ink and notes of a picture that is not tiny, on paper that is plain or has shadows, or in coarse noise."""
    visible_sigmas = None
    if paper.fits and is_written(picture, paper.levels):
        ink, notes = _binarized(_contrast_on_plain_paper(picture, paper), steps)
        if ink is not None and ink.any():
            return ink, notes
        visible_sigmas = INK_LIMITS.clear_sigmas  # with one plane of light, dark corners pass for noise
    shaded = _shaded_paper(picture)
    contrast = _contrast_on_shaded_paper(shaded, _smoothing_radius(picture))
    if visible_sigmas is not None:
        contrast = replace(contrast, visible_sigmas=visible_sigmas)
    ink, notes = _binarized(contrast, steps)
    return (ink, notes) if ink is not None else _binarized_coarsely(shaded, steps)


def other_binarizations(picture: AnyPicture) -> Iterator[tuple[GrayPicture, tuple[Note, ...], Steps]]:
    """Binarize in other ways, one of which may succeed where `extract_ink` took paper for ink, or missed ink.

    Args:
        picture: As for `extract_ink`.

    Yields:
        The ink, always with a stroke; notes; and the steps on the way. Nothing for pictures of less than 32 pixels, nor
        for drawings and screenshots, whose background has no light and no noise.
    """
    if min(picture.shape[:2]) < INK_LIMITS.tiny_side or _is_drawing(picture):
        return
    methods = (_contrast_on_one_sheet, _contrast_of_colours) if picture.ndim == 3 else (_contrast_on_one_sheet,)
    for method in methods:
        steps: Steps = []
        ink, notes = _binarized(method(picture), steps)
        if ink is not None and ink.any():
            yield without_lines_across(ink), notes, steps


def _binarized_coarsely(shaded: "_ShadedPaper", steps: Steps | None) -> tuple[GrayPicture | None, tuple[Note, ...]]:
    """The ink and notes of the first larger smoothing radius that shows strokes, which coarse noise had hidden."""
    usual = _smoothing_radius(shaded.original)
    for radius in range(usual + 1, usual + 1 + INK_LIMITS.coarser_radii):
        coarse = replace(_contrast_on_shaded_paper(shaded, radius), visible_sigmas=INK_LIMITS.coarse_sigmas)
        ink, notes = _binarized(coarse, steps)
        if ink is not None:
            return ink, notes
    return None, ()


def _is_drawing(picture: AnyPicture) -> bool:
    """Whether the whole border is of one colour, as no camera and no scanner leaves it."""
    channels = cv2.split(picture) if picture.ndim == 3 else [picture]
    return all(np.ptp(border(np.asarray(channel, np.uint8))) <= INK_LIMITS.drawing_border_range for channel in channels)


def _binarized(contrast: Contrast, steps: Steps | None) -> tuple[GrayPicture | None, tuple[Note, ...]]:
    """The ink of a contrast, and notes; None where there are no strokes, and all 0 on a blank sheet."""
    ruled, contrast = contrast, _without_ruling(contrast)
    ink = binarize(contrast)
    if ink is None:
        return None, ()
    if min(ink.shape) >= INK_LIMITS.tiny_side and (
        is_blank(ink, contrast.inside) or (contrast is not ruled and _is_ruling(ink, ruled))
    ):
        return np.zeros_like(ink), ()
    if steps is not None:
        steps.extend((*contrast.steps, ("ink", ink)))
    return ink, (Note(NoteKind.INVERTED), *contrast.notes) if contrast.is_ink_dark else contrast.notes


def _is_ruling(ink: GrayPicture, ruled: Contrast) -> bool:
    """Whether ink that reaches across the picture is only what is left of ruled lines."""
    _, _, width, height = cv2.boundingRect(ink)
    if max(width / ink.shape[1], height / ink.shape[0]) < INK_LIMITS.remnant_extent:
        return False
    return is_blank(ink, ruled.inside, binarize(ruled))


def _without_ruling(contrast: Contrast) -> Contrast:
    """The contrast without ruled lines; the same object where there are none."""
    if min(contrast.levels.shape) < INK_LIMITS.small_side:
        return contrast
    levels = without_ruled_lines(contrast.levels, contrast.noise, contrast.inside)
    if levels is None:
        return contrast
    notes, steps = (*contrast.notes, Note(NoteKind.RULES_REMOVED)), (*contrast.steps, ("without ruled lines", levels))
    return replace(contrast, levels=levels, notes=notes, steps=steps)


def _contrast_on_plain_paper(picture: AnyPicture, paper: PlainPaper) -> Contrast:
    """The contrast with one shade or plane of light."""
    darker, lighter = (contrast_with(picture, paper.levels, is_ink_dark=side) for side in (True, False))
    is_ink_dark = energy(darker) > energy(lighter)
    levels = darker if is_ink_dark else lighter
    noise = border_noise(levels)
    radius = _smoothing_radius(picture)
    if radius and noise > INK_LIMITS.clean_noise:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels = contrast_with(smooth, paper.levels, is_ink_dark=is_ink_dark)
        noise = border_noise(levels)
    notes = () if paper.is_even else (Note(NoteKind.LIGHT_EVENED),)
    return Contrast(levels, noise, is_ink_dark, notes, (("contrast with the paper", levels),))


class _ShadedPaper(NamedTuple):
    """A picture and a local estimate of its paper, which takes far longer than smoothing it by another radius.

    Attributes:
        original: The picture, with the table around its sheet.
        picture: The same without one.
        paper: The paper without ink.
        inside: uint8 (height, width), 255 on the sheet.
        is_ink_dark: Whether the ink is darker than its paper.
        levels: The contrast of a picture that is not smoothed, and the noise of that.
        notes: What was done.
        bright: The grey level of bright paper.
        is_sheet: Whether a sheet was found.
    """

    original: AnyPicture
    picture: AnyPicture
    paper: AnyPicture
    inside: GrayPicture
    is_ink_dark: bool
    levels: tuple[GrayPicture, float]
    notes: tuple[Note, ...]
    bright: float
    is_sheet: bool


def _shaded_paper(picture: AnyPicture) -> _ShadedPaper:
    """A local estimate of the paper, without its table."""
    original, small = picture, reduced(picture, MEASURING_SIDE)
    sheet = find_sheet(small) if min(picture.shape[:2]) >= SHEET_SIDE else None
    if sheet is None:
        inside = np.full(picture.shape[:2], 255, np.uint8)
        small_inside = np.full(small.shape[:2], 255, np.uint8)
    else:
        inside = np.asarray(cv2.resize(sheet, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        picture = extend_sheet(picture, inside)
        small, small_inside = reduced(picture, MEASURING_SIDE), sheet
    is_ink_dark = is_darker(small, small_inside)
    side = paper_side(small, small_inside, is_ink_dark=is_ink_dark)
    factor = max(picture.shape[:2]) / max(small.shape[:2])
    filtered = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    paper = paper_around(filtered, side * factor, is_ink_dark=is_ink_dark)
    bright, shade = paper_range(paper, inside)
    levels = contrast_in_shade(filtered, paper, bright, inside, is_ink_dark=is_ink_dark)
    notes = [Note(NoteKind.SHEET_EDGE_IGNORED)] if sheet is not None else []
    has_shadow = shade < INK_LIMITS.shadow_light * bright
    notes.append(Note(NoteKind.SHADOW_REMOVED if has_shadow else NoteKind.LIGHT_EVENED))
    return _ShadedPaper(
        original, picture, paper, inside, is_ink_dark, levels, tuple(notes), bright, is_sheet=sheet is not None
    )


def _contrast_on_shaded_paper(shaded: _ShadedPaper, radius: int) -> Contrast:
    """The contrast with a local estimate of the paper, without its table, smoothed by `radius` pixels."""
    picture, paper, inside, is_ink_dark = shaded.picture, shaded.paper, shaded.inside, shaded.is_ink_dark
    levels, noise = shaded.levels
    if radius and noise > INK_LIMITS.clean_noise:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels, noise = contrast_in_shade(smooth, paper, shaded.bright, inside, is_ink_dark=is_ink_dark)
    steps: list[tuple[str, AnyPicture]] = [("the sheet alone", picture)] if shaded.is_sheet else []
    steps += [("paper without ink", paper), ("contrast with the paper", levels)]
    outline = inside if shaded.is_sheet else None
    return Contrast(
        levels,
        noise,
        is_ink_dark,
        shaded.notes,
        tuple(steps),
        outline,
        INK_LIMITS.shadow_share,
        original=shaded.original,
    )


def _contrast_on_one_sheet(picture: AnyPicture) -> Contrast:
    """The contrast of the picture as one sheet, with no table around it, for thick strokes; smoothed further."""
    small = reduced(picture, MEASURING_SIDE)
    is_ink_dark = is_darker(small, np.full(small.shape[:2], 255, np.uint8))
    filtered = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    side = max(3, INK_LIMITS.one_sheet_square * min(picture.shape[:2]))
    paper = paper_around(filtered, side, is_ink_dark=is_ink_dark)
    inside = np.full(picture.shape[:2], 255, np.uint8)
    bright, _ = paper_range(paper, inside)
    reach = 2 * (_smoothing_radius(picture) + INK_LIMITS.one_sheet_smoothing) + 1
    smooth = np.asarray(cv2.blur(picture, (reach, reach)), np.uint8)
    levels, noise = contrast_in_shade(smooth, paper, bright, inside, is_ink_dark=is_ink_dark)
    steps = (("paper without ink", paper), ("contrast with the paper", levels))
    notes = (Note(NoteKind.SECOND_ATTEMPT_SHEET),)
    return Contrast(levels, noise, is_ink_dark, notes, steps, shadow_share=INK_LIMITS.shadow_share, original=picture)


def _contrast_of_colours(picture: AnyPicture) -> Contrast:
    """The contrast of colours without their brightness."""
    levels, noise = colour_contrast(picture)
    notes, steps = (Note(NoteKind.SECOND_ATTEMPT_COLOUR),), (("contrast of colours", levels),)
    return Contrast(levels, noise, is_ink_dark=False, notes=notes, steps=steps, shadow_share=INK_LIMITS.shadow_share)


def _smoothing_radius(picture: AnyPicture) -> int:
    """Radius in pixels of the box filter that reduces noise in a picture of this size."""
    longer: int = max(picture.shape[:2])
    return min(round(longer / INK_LIMITS.smoothing_side), INK_LIMITS.max_smoothing_radius)
