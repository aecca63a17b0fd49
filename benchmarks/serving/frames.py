"""What a frame of the page costs, by Chromium's tracing: `python -m benchmarks.serving.frames`.

Starts a server and a browser without a GPU, draws on the small network of the panel Inside, moves the mouse over its
units, moves and zooms the map of 5,000 digits, and does nothing. A frame is the work of the main thread from the
callbacks of `requestAnimationFrame` to what it hands to the compositor: script, style, layout and painting. Its time on
the processor (`tdur` of the trace) hardly depends on what else the machine does; its time on the clock does. Printed,
not recorded: figures of known machines, and of their load, are in docs/log.md.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.serving.browser import started_browser
from benchmarks.serving.client import HOST
from benchmarks.serving.servers import DIGITNET, serving
from benchmarks.settings import Settings, default_environments, positive

_SIZE = {"width": 1440, "height": 900}
_LIMIT_MS = 120_000  # for anything in the browser; chosen by hand
_CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "__metadata"]
# What the main thread does for a frame, as Chromium names it.
_WORK = frozenset({
    "FireAnimationFrame", "UpdateLayoutTree", "RecalculateStyles", "Layout", "PrePaint", "Paint", "Layerize", "Commit",
})  # fmt: skip
_FIRST, _LAST = "FireAnimationFrame", "Commit"
_DRAWN = [(0.3, 0.2), (0.7, 0.22), (0.55, 0.5), (0.45, 0.85), (0.3, 0.6), (0.6, 0.4), (0.7, 0.8), (0.4, 0.3)]
_IDLE_SECONDS = 2


@dataclass(frozen=True)
class Frame:
    """The work of one frame in milliseconds: on the processor, and on the clock."""

    processor: float
    clock: float


def frames_of(events: Iterable[dict[str, Any]]) -> list[Frame]:
    """The frames of a trace that a script has painted.

    Args:
        events: Of Chromium's trace: "name", "ph", "ts" and "dur" in microseconds, "tdur" likewise, "pid", "tid".

    Returns:
        A frame for each commit that follows callbacks. Work inside of other work is counted once.
    """
    whole = [event for event in events if event.get("ph") == "X" and event.get("name") in _WORK]
    found: list[Frame] = []
    for thread in sorted({(event["pid"], event["tid"]) for event in whole if event["name"] == _FIRST}):
        parts: list[dict[str, Any]] = []
        end = 0.0
        for event in sorted(whole, key=lambda event: (event["ts"], -event["dur"])):
            if (event["pid"], event["tid"]) != thread or event["ts"] < end:
                continue
            end = event["ts"] + event["dur"]
            parts.append(event)
            if event["name"] == _LAST:
                if any(part["name"] == _FIRST for part in parts):
                    found.append(_frame(parts))
                parts = []
    return found


def _frame(parts: Sequence[dict[str, Any]]) -> Frame:
    processor = sum(event.get("tdur", event["dur"]) for event in parts)
    return Frame(processor / 1e3, sum(event["dur"] for event in parts) / 1e3)


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table_of(scenes: dict[str, list[Frame]]) -> str:
    """A Markdown table of scenes, with the median and the 95th percentile of their frames."""
    lines = [
        "| frames | n | processor: median, ms | 95th percentile, ms | clock: median, ms | 95th percentile, ms |",
        "|---|---|---|---|---|---|",
    ]
    for name, frames in scenes.items():
        cells = [name, str(len(frames))]
        for values in ([frame.processor for frame in frames], [frame.clock for frame in frames]):
            cells += [f"{statistics.median(values):.1f}", f"{_percentile(values, 0.95):.1f}"] if values else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def measure(seconds: int) -> dict[str, list[Frame]]:
    """Run all scenes.

    Args:
        seconds: How long each of them takes, but the one in which nothing happens.

    Raises:
        BenchmarkError: There is no Playwright, no browser, or no server.
    """
    settings = Settings(default_environments())
    settings.work.mkdir(parents=True, exist_ok=True)
    with serving(DIGITNET, settings) as server, started_browser() as browser:
        return _scenes(browser, f"http://{HOST}:{server.port}/", seconds)


def _scenes(browser: Any, address: str, seconds: int) -> dict[str, list[Frame]]:
    page = browser.new_page(viewport=_SIZE)
    page.set_default_timeout(_LIMIT_MS)
    found = {}

    def trace(name: str, act: Callable[[], None]) -> None:
        browser.start_tracing(page=page, categories=_CATEGORIES)
        act()
        found[name] = frames_of(json.loads(browser.stop_tracing())["traceEvents"])

    page.goto(f"{address}#inside")
    page.locator(".diagram .unit").first.wait_for()
    trace("a drawing that grows on the small network", lambda: _draw(page, seconds))
    page.locator(".diagram-answer").get_by_text("It answers").wait_for()
    trace("the mouse over one unit after the other", lambda: _pass_over_units(page, seconds))
    page.goto(f"{address}#inside?view=map")
    page.get_by_text("is the filled circle").wait_for()
    trace("the map of 5,000 digits, moved", lambda: _move_map(page, seconds))
    trace("the map, nearer and farther", lambda: _zoom_map(page, seconds))
    page.mouse.move(0, 0)
    page.wait_for_timeout(1000)  # what is still to be painted
    trace(f"nothing happens for {_IDLE_SECONDS} seconds", lambda: page.wait_for_timeout(1000 * _IDLE_SECONDS))
    return found


def _until(seconds: int) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _draw(page: Any, seconds: int) -> None:
    box = page.locator(".diagram-pad .pad").bounding_box()
    goes_on, turn = _until(seconds), 0
    while goes_on():
        x, y = _DRAWN[turn % len(_DRAWN)]
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=20)
        if turn == 0:
            page.mouse.down()
        turn += 1
    page.mouse.up()


def _pass_over_units(page: Any, seconds: int) -> None:
    boxes = [unit.bounding_box() for unit in page.locator(".diagram .unit").all()]
    goes_on, turn = _until(seconds), 0
    while goes_on():
        box = boxes[turn % len(boxes)]
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.wait_for_timeout(20)
        turn += 1


def _move_map(page: Any, seconds: int) -> None:
    box = page.locator(".map-canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    goes_on, turn = _until(seconds), 0
    page.mouse.move(*middle)
    page.mouse.down()
    while goes_on():
        page.mouse.move(middle[0] + 40 * (-1) ** turn, middle[1] + 20 * (-1) ** turn, steps=20)
        turn += 1
    page.mouse.up()


def _zoom_map(page: Any, seconds: int) -> None:
    page.locator(".map-canvas").focus()
    goes_on, turn = _until(seconds), 0
    while goes_on():
        page.keyboard.press("+" if turn % 12 < 6 else "-")
        turn += 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table and the load of the machine."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=positive, default=6, help="of each scene (6)")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    try:
        scenes = measure(options.seconds)
    except (BenchmarkError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{table_of(scenes)}\n\nload at the start: {load:.1f} on {os.cpu_count()} cores\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
