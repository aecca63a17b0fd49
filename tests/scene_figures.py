"""What segmentation makes of drawn lines and tables, in a few figures each, beside those that are kept.

The kept figures say what the settings as they are do; a test compares them, so that no setting moves unnoticed. Where
one is changed on purpose, `python tests/scene_figures.py` writes them anew, and the difference belongs to the change.
"""

import itertools
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.segmentation.cells import find_cell_regions
from digitnet.segmentation.components import separate_marks
from digitnet.segmentation.page import segment_page, segment_written
from digitnet.segmentation.table_grid import find_table_grid
from digitnet.segmentation.table_rows import table_rows

KEPT = Path(__file__).parent / "scene_figures.json"
SAME = 0.02  # share by which a figure may differ, for other versions of OpenCV and NumPy

Figures = dict[str, float]


def differences(found: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """What differs, in a line each."""
    return [
        f"{name}: {found.get(name)} instead of {kept.get(name)}"
        for name in sorted({*found, *kept})
        if name not in found or name not in kept or abs(found[name] - kept[name]) > SAME * abs(kept[name]) + 1e-6
    ]


def line_figures(seed: int) -> Figures:
    """Of lines of print, some of it touching: components, cuts, groups, costs, and the digits that are chosen."""
    rng = np.random.default_rng(seed)
    ink = _lines(rng)
    page = segment_page(ink)
    weights = np.random.default_rng(7).normal(0, 0.02, (784, 10))
    logits = page.images.reshape(len(page.images), 784) / 255 @ weights * 20
    unlike = (page.images.mean(axis=(1, 2)) / 25 - 1) if len(page.images) else np.zeros(0)
    groups = [group for line in page.lines for group in line.groups]
    chosen = page.choose(logits, tuple("0123456789"), unlike)
    return {
        "slope": round(page.slope, 3),
        "left out": float(page.left_out),
        "lines": float(len(page.lines)),
        "segments": float(sum(len(line.segments) for line in page.lines)),
        "groups": float(len(groups)),
        "height": sum(line.height for line in page.lines),
        "cost": sum(group.cost for group in groups),
        "cuts": sum(cut.cost for line in page.lines for own in line.segments for cut in own.whole.cuts),
        "images": float(page.images.mean()) if len(page.images) else 0.0,
        "digits": float(len(chosen)),
        "boxes": float(sum(sum(digit.box) for digit in chosen)),
        "notes": float(sum(len(digit.notes) for digit in chosen)),
        "marks": float(sum(mark.width for mark in separate_marks(ink))),
        **_written_figures(ink),
    }


def table_figures(seed: int) -> Figures:
    """Of a drawn table: its cells, its rows and columns, strokes among its rules, and the lines of its ink."""
    rng = np.random.default_rng(seed)
    rules, ink, height = _table(rng)
    regions, grid = find_cell_regions(rules, height), find_table_grid(rules, height)
    figures = {
        "cells": 0.0 if regions is None else float(len(regions.corners)),
        "rows": 0.0 if grid is None else float(grid.shape[0]),
        "columns": 0.0 if grid is None else float(grid.shape[1]),
        "boxes": 0.0 if grid is None else float((grid.boxes >= 0).sum()),
    }
    if grid is not None:
        down, across = np.mgrid[3 : rules.shape[0] : 11, 3 : rules.shape[1] : 11]
        points = np.column_stack([across.ravel(), down.ravel()]).astype(np.float64)
        figures["places"] = float((grid.place(points) * (1, 3)).sum())
        figures["grid places"] = float((grid.grid_place(points) * (1, 3)).sum())
        figures["distances"] = float(grid.from_rules(points).sum())
        figures["support"] = float(grid.support(0).sum() * 3 + grid.support(1).sum())
    rows = table_rows(grid, height, rules)
    if rows is not None:
        figures["strokes"] = _size(rows.strokes)
        page = segment_written(
            np.maximum(ink, rows.strokes), height, np.eye(2, 3), (rules.shape[0], rules.shape[1]), rows
        )
        figures["lines"] = float(len(page.lines))
        figures["segments"] = float(sum((n + 1) * len(line.segments) for n, line in enumerate(page.lines)))
        figures["crossing"] = float(len(page.crossing))
    return figures


KINDS: dict[str, Callable[[int], Figures]] = {
    "lines": line_figures,
    "tables": table_figures,
}


def _size(mask: AnyArray | None) -> float:
    return 0.0 if mask is None else float((mask > 0).mean())


def _written_figures(ink: GrayPicture) -> Figures:
    """The same ink, as that of characters alone."""
    page = segment_written(ink, 30.0, np.eye(2, 3), (ink.shape[0], ink.shape[1]))
    features = page.character_features()
    return {
        "written groups": float(sum(len(line.groups) for line in page.lines)),
        "features": float(features.mean()) if len(features) else 0.0,
        "place": float(features[:, 784:].mean()) if len(features) else 0.0,
    }


def _lines(rng: np.random.Generator) -> GrayPicture:
    ink = np.zeros((int(rng.integers(60, 130)), int(rng.integers(110, 200))), np.uint8)
    size, slope = rng.uniform(0.6, 1.8), rng.choice([0.0, rng.uniform(-0.2, 0.2)])
    thickness, space = int(rng.integers(1, 5)), rng.uniform(0.55, 1.3)
    y = int(28 * size)
    while y < ink.shape[0] - 4:
        x = int(rng.integers(2, 30))
        while x < ink.shape[1] - 20 * size:
            own = size * rng.uniform(0.75, 1.2)
            place = (x, int(y + slope * x + rng.uniform(-2, 2)))
            cv2.putText(ink, str(rng.integers(10)), place, cv2.FONT_HERSHEY_SIMPLEX, own, 255, thickness)
            x += int(20 * own * space * (3 if rng.uniform() < 0.1 else 1))
        y += int(22 * size * rng.uniform(1.1, 2.2))
    for _ in range(int(rng.integers(0, 8))):
        cv2.circle(
            ink, (int(rng.integers(ink.shape[1])), int(rng.integers(ink.shape[0]))), int(rng.integers(0, 4)), 255, -1
        )
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.6), np.uint8)


def _rules(
    rng: np.random.Generator, xs: AnyArray, ys: AnyArray, shape: tuple[int, int], slope: float, thickness: int
) -> GrayPicture:
    """Rules between cells, a few of them missing, those from left to right sloping and bent, uint8 of that shape."""
    rules, bend = np.zeros(shape, np.uint8), rng.uniform(-3, 3)
    for y in ys:
        for first, last in itertools.pairwise(xs):
            if rng.uniform() > 0.06:
                sag = bend * np.sin(np.array([first, last]) / shape[1] * np.pi) + slope * np.array([first, last])
                cv2.line(rules, (int(first), int(y + sag[0])), (int(last), int(y + sag[1])), 255, thickness)
    for x in xs:
        for first, last in itertools.pairwise(ys):
            if rng.uniform() > 0.06:
                cv2.line(rules, (int(x), int(first + slope * x)), (int(x), int(last + slope * x)), 255, thickness)
    return rules


def _table(rng: np.random.Generator) -> tuple[GrayPicture, GrayPicture, float]:
    """Rules and ink, uint8 (height, width), and the height of a digit."""
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    height = float(rng.uniform(20, 40))
    across, down = height * rng.uniform(0.8, 3), height * rng.uniform(1.1, 2)
    xs = 20 + across * np.cumsum([0, *rng.uniform(0.8, 1.2, columns)])
    ys = 20 + down * np.cumsum([0, *rng.uniform(0.9, 1.1, rows)])
    shape = (int(ys[-1]) + 30, int(xs[-1]) + 30)
    ink, thickness = np.zeros(shape, np.uint8), int(rng.integers(1, 5))
    slope = rng.choice([0, rng.uniform(-0.06, 0.06)])
    rules = _rules(rng, xs, ys, shape, slope, thickness)
    for y in ys[:-1]:
        for x in xs[:-1]:
            if rng.uniform() < 0.8:
                low = (int(x + across * rng.uniform(0.1, 0.4)), int(y + slope * x + down * rng.uniform(0.75, 1.15)))
                cv2.putText(ink, str(rng.integers(10)), low, cv2.FONT_HERSHEY_SIMPLEX, height / 22, 255, 2)
            if rng.uniform() < 0.15:  # a stroke that was taken for a rule
                place = int(x + across * rng.uniform(0.2, 0.8))
                cv2.line(
                    rules, (place, int(y + slope * x + 4)), (place, int(y + slope * x + down - 4)), 255, thickness + 1
                )
    for _ in range(int(rng.integers(0, 6))):
        gap = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
        cv2.circle(rules, gap, int(rng.integers(2, 7)), 0, -1)
    return rules, ink, height


if __name__ == "__main__":
    SEEDS = {kind: list(own) for kind, own in json.loads(KEPT.read_text(encoding="utf-8")).items()}
    ANEW = {kind: {seed: KINDS[kind](int(seed)) for seed in own} for kind, own in SEEDS.items()}
    KEPT.write_text(json.dumps(ANEW, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"written: {KEPT}\n")
