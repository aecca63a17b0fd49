"""A written sheet as a camera, a scanner or a drawing program shows it: perspective, the table around it, light."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.augmentation.written_sheet import Writer

__all__ = ["camera_perspective", "photographed", "table_around"]


def camera_perspective(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """The perspective of a scanner, mostly none, or of a hand that holds a camera."""
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    if rng.random() < 0.35:
        return np.eye(3)
    turn = rng.normal(0, 0.06)
    middle = corners.mean(axis=0)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = (corners - middle) @ rotation.T + middle + rng.normal(0, 0.02, (4, 2)) * (width, height)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def table_around(shape: tuple[int, int], rng: np.random.Generator) -> GrayPicture:
    """255 where the sheet does not reach."""
    height, width = shape
    margins = rng.uniform(-0.1, 0.4 if rng.random() < 0.25 else 0.25, 4)
    corners = np.array(
        [
            [margins[0] * width, margins[1] * height],
            [(1 - margins[2]) * width, margins[1] * height],
            [(1 - margins[2]) * width, (1 - margins[3]) * height],
            [margins[0] * width, (1 - margins[3]) * height],
        ]
    ) + rng.normal(0, 0.03, (4, 2)) * (width, height)
    inside = np.zeros(shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(corners).astype(np.int32)], 255)
    return np.asarray(255 - inside, np.uint8)


def photographed(
    ink: GrayPicture,
    rules: GrayPicture,
    outside: GrayPicture,
    writer: Writer,
    rng: np.random.Generator,
    *,
    same_ink: bool = False,
) -> GrayPicture:
    """Reflectances under uneven light, blurred, with noise, as grey levels; `same_ink`: rules are as dark as ink."""
    shape = ink.shape
    is_drawing = rng.random() < 0.2
    paper = 1.0 if is_drawing else rng.uniform(0.55, 1.0)
    pale = 0.0 if is_drawing else rng.uniform(0, 1) ** 2 * 0.75
    darkness = (1 - pale) * rng.uniform(0.75, 0.98)
    rule_darkness = darkness if same_ink else rng.uniform(0.25, 0.95)
    uneven: AnyArray = np.ones(shape, np.float32)
    if not is_drawing and rng.random() < 0.5:  # a pencil or a dry pen
        strength, grain = rng.uniform(0, 0.6), rng.random(shape).astype(np.float32)
        uneven = 1 - strength * cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 2))
    light: AnyArray = paper * (1 - rule_darkness * rules.astype(np.float32) / 255)
    light *= 1 - darkness * uneven * ink.astype(np.float32) / 255
    if outside.any():
        table = rng.uniform(0.05, 0.9)
        light = np.where(outside > 0, np.clip(table * (1 + _grain(shape, rng)), 0, 1), light)
    if not is_drawing:
        light = light * _lamp(shape, rng)
        light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), rng.uniform(0.3, max(0.4, 0.035 * writer.height)))
        light = light + rng.normal(0, 1, shape) * rng.uniform(0, 0.035)
    levels = np.clip(np.rint(light * rng.uniform(0.8, 1.0) * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        coded = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])[1]
        levels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return levels


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> AnyArray:
    """What a table shows: bumps of one size, as of cloth, or grain along a direction, as of wood; finer ones over it.

    float32 (height, width), around 0, as a part of the table's light.
    """
    coarse, fine = math.exp(rng.uniform(math.log(1.5), math.log(9))), rng.uniform(0.7, 1.5)  # pixels
    sizes = [[coarse, coarse], [coarse * rng.uniform(3, 10), coarse], [fine, fine]]
    chosen = [sizes[0 if rng.random() < 0.7 else 1], sizes[2]]
    grain = np.zeros(shape, np.float32)
    for size, strength in zip(chosen, rng.uniform(0, 0.2, 2), strict=True):
        rng.shuffle(size)
        noise = rng.normal(0, 1, shape).astype(np.float32)
        bumps = cv2.GaussianBlur(noise, (0, 0), size[0], sigmaY=size[1])
        grain += strength * bumps / max(1e-6, float(bumps.std()))
    return grain


def _lamp(shape: tuple[int, int], rng: np.random.Generator) -> AnyArray:
    """Light that falls off across the page, with a shadow over it now and then."""
    height, width = shape
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    slope = rng.normal(0, 0.2, 2)
    light = 1 + slope[0] * (down - 0.5) + slope[1] * (across - 0.5)
    if rng.random() < 0.2:
        angle, place = rng.uniform(0, 2 * math.pi), rng.uniform(-0.4, 0.4)
        side = math.cos(angle) * (across - 0.5) + math.sin(angle) * (down - 0.5) - place
        light = light * (1 - rng.uniform(0.1, 0.5) / (1 + np.exp(-side / rng.uniform(0.005, 0.1))))
    return np.asarray(np.clip(light, 0.1, 1.3), np.float32)
