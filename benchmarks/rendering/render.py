"""A picture of digits, from their MNIST images and the severity of each hardship."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.camera import (
    USUAL_FRAMING,
    Framing,
    View,
    bordered,
    compressed,
    focused,
    lit,
    sensed,
    view_of,
)
from benchmarks.rendering.hardships import Severities, check_severities, streams
from benchmarks.rendering.layout import Lines, Page, write_page
from benchmarks.rendering.sheet import drawn_sheet, ink_box
from benchmarks.rendering.writing import Writing
from digitnet.errors import ConfigurationError


@dataclass(frozen=True)
class Rendered:
    """A picture and what is in it."""

    picture: NDArray[np.uint8]  # uint8 (height, width, 3), red, green, blue
    boxes: NDArray[np.float64]  # of each digit, line by line: left, top, right and bottom in pixels, float64 (n, 4)


def render(lines: Lines, severities: Severities, rng: np.random.Generator) -> Rendered:
    """Write lines of digits on a sheet, and photograph it.

    Without a hardship it is black on white, 200 pixels high for one line, even and sharp. The same digits, severities
    and state of the generator give the same bytes; more of one hardship leaves the directions, places and colours of
    all the others as they are.

    Args:
        lines: Of each line its digits, each uint8 (28, 28) in MNIST's frame, 0 = paper, 255 = ink; at least one.
        severities: Of each hardship in HARDSHIPS a number in [0, 1]; those left out are 0.
        rng: Where everything random comes from.

    Raises:
        ConfigurationError: A line without digits, an unknown hardship, or a severity outside [0, 1].
    """
    if not lines or not all(len(line) for line in lines):
        raise ConfigurationError("nothing to write: expected at least one digit in every line")
    return render_page(Page([[line] for line in lines]), severities, rng)


def render_page(
    page: Page, severities: Severities, rng: np.random.Generator, framing: Framing = USUAL_FRAMING
) -> Rendered:
    """Write a page with marks, words and rules, and photograph it.

    Args:
        page: What is written, and in which shape; at least one digit.
        severities: As for `render`.
        rng: As for `render`.
        framing: What of the sheet the picture shows; a picture that is cropped to its ink shows no box beside it.

    Raises:
        ConfigurationError: A page without a digit, an unknown hardship, or a severity outside [0, 1].
    """
    if all(isinstance(sign, str) for row in page.rows for cell in row for sign in cell):
        raise ConfigurationError("nothing to write: expected at least one digit on the page")
    checked, random = check_severities(severities), streams(rng)
    writing = write_page(page, checked, random, rng.spawn(1)[0])
    view = view_of(writing, checked, random, framing)
    colours = drawn_sheet(writing, view, checked, random)
    colours *= lit(view, checked, random)[:, :, None]
    colours = focused(colours, view, checked["blur"], random["blur"])
    if view.reduction > 1:
        size = (view.size[0] // view.reduction, view.size[1] // view.reduction)
        colours = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.float32)
    picture, boxes = sensed(colours, checked["noise"], random["noise"]), view.boxes(writing.boxes)
    if framing.is_tight:
        picture, boxes = _cropped(picture, boxes, writing, view)
    picture = bordered(picture, framing.border, framing.border_level)
    return Rendered(compressed(picture, checked["jpeg"]), boxes)


def _cropped(
    picture: NDArray[np.uint8], boxes: NDArray[np.float64], writing: Writing, view: View
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture and its boxes without the paper around the ink."""
    left, top, right, bottom = ink_box(writing, view)
    return np.ascontiguousarray(picture[top:bottom, left:right]), boxes - (left, top, left, top)


def render_digit(image: NDArray[np.uint8], severities: Severities, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of one digit, as `render` makes it.

    Args:
        image: uint8 (28, 28) in MNIST's frame.
        severities: As for `render`.
        rng: As for `render`.

    Returns:
        uint8 (height, width, 3).
    """
    return render([[image]], severities, rng).picture
