"""The page in a real browser: what it weighs, and when it answers first."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.processes import BenchmarkError
from benchmarks.results import Rounds, Run, new_run
from benchmarks.rounds import Progress, shown
from benchmarks.serving.client import HOST
from benchmarks.serving.servers import DIGITNET, serving
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SEVEN = ((0.30, 0.22), (0.70, 0.22), (0.45, 0.80))  # corners of a 7, as shares of the pad
_STEPS = 8  # moves of the pointer between two corners
_LIMIT_MS = 15_000  # for anything in the browser; chosen by hand

# Runs before the page: notes when the pointer was moved last, and when the first answer appeared after that.
_WATCH = """
(() => {
  const seen = { first: null, pointer: null, since: null };
  window.seen = seen;
  addEventListener("pointermove", () => { seen.pointer = performance.now(); }, true);
  const look = () => {
    const text = document.querySelector("#draw-answer .hero");
    if (seen.first === null && text && /\\d/.test(text.textContent)) {
      seen.first = performance.now();
      seen.since = seen.pointer === null ? null : seen.first - seen.pointer;
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
})();
"""


def compare_page(settings: Settings) -> list[Run]:
    """Load the page with nothing cached, draw a 7 at once, and wait for the answer; round after round."""
    rounds, found = settings.rounds_or(7), Rounds()
    run = new_run("page", "python -m benchmarks.serving page", quick=settings.quick, rounds=rounds)
    try:
        with serving(DIGITNET, settings) as server:
            run.add_versions(DIGITNET.versions(settings))
            _visit_repeatedly(f"http://{HOST}:{server.port}/", rounds, run, found)
    except (BenchmarkError, OSError) as error:
        run.skip(DIGITNET.name, str(error))
    units = {"bytes": "bytes", "files": "files", "first answer": "ms", "after the pointer": "ms"}
    run.rows = [row for name, unit in units.items() for row in found.row("digitnet", name, unit)]
    run.rows += found.row("digitnet", "from elsewhere", "files", summary=sum)
    return [run]


@contextmanager
def started_browser() -> "Iterator[Browser]":
    """Chromium without a window.

    Raises:
        BenchmarkError: There is no Playwright or no browser, or it failed.
    """
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - part of the extra `dev` only
    except ImportError as error:
        raise BenchmarkError("playwright is not installed: pip install 'digitnet[dev]'") from error
    path = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if path is None:
        raise BenchmarkError("there is no Chromium: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        except Error as error:
            raise BenchmarkError(f"the browser: {str(error).splitlines()[0]}") from error
        finally:
            browser.close()


def _visit_repeatedly(address: str, rounds: int, run: Run, found: Rounds) -> None:
    progress, texts = Progress("page", rounds + 1), set()
    with started_browser() as browser:
        run.add_versions({"chromium": browser.version})
        for number in range(rounds + 1):
            measured = _visit(browser, address)
            texts.add(measured.pop("text"))
            if number:  # the first visit starts the browser's own processes
                found.add("digitnet", number, measured)
            progress.step(shown(measured))
    run.settings["text"] = " or ".join(sorted(texts))


def _visit(browser: Any, address: str) -> dict[str, Any]:
    """One visit in a context of its own, in which nothing is cached."""
    # Its policy would forbid the expressions by which the page is watched.
    context = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    try:
        page = context.new_page()
        page.set_default_timeout(_LIMIT_MS)
        responses: list[Any] = []
        page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright marks the function
        page.add_init_script(_WATCH)
        page.goto(address, wait_until="commit")
        _draw_seven(page)
        page.wait_for_function("window.seen.first !== null")
        seen = page.evaluate("window.seen")
        page.wait_for_load_state("networkidle")
        loaded = [response for response in responses if response.request.method == "GET"]
        return {
            "bytes": sum(len(response.body()) for response in loaded),
            "files": len(loaded),
            "from elsewhere": sum(not response.url.startswith((address, "data:")) for response in loaded),
            "first answer": seen["first"],
            "after the pointer": seen["since"],
            "text": page.locator("#draw-answer .hero").inner_text(),
        }
    finally:
        context.close()


def _draw_seven(page: Any) -> None:
    pad = page.locator("#draw-pad canvas").first
    pad.wait_for(state="visible")
    box = pad.bounding_box()
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in _SEVEN]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=_STEPS)
    page.mouse.up()
