"""The page in a real browser: what it weighs, and when it answers first."""

import shutil
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.serving.client import HOST
from benchmarks.serving.served import DIGITNET
from benchmarks.serving.servers import Server, serving, versions_of
from benchmarks.settings import Settings

__all__ = ["compare_page"]

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu")
_SEVEN = ((0.30, 0.22), (0.70, 0.22), (0.45, 0.80))  # corners of a 7, as shares of the pad
_STEPS = 8  # moves of the pointer between two corners
_PATIENCE_MS = 15_000

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


def compare_page(settings: Settings) -> Result:
    """Load the page with nothing cached, draw a 7 at once, and wait for the answer; round after round."""
    rounds = settings.rounds_or(7)
    result = new_result("page", settings, rounds=rounds)
    progress = Progress("page", 4.0 + 1.5 * (rounds + 1))
    try:
        with serving(DIGITNET, settings) as server:
            result.versions[DIGITNET.name] = versions_of(DIGITNET, settings)
            progress.step("digitnet is ready", 4.0)
            _play(server, rounds, result, progress)
    except (BenchmarkError, OSError) as error:
        progress.say(skip(result, DIGITNET.name, str(error)))
    return result


def _play(server: Server, rounds: int, result: Result, progress: Progress) -> None:
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 - part of the extra `dev` only
    except ImportError as error:
        raise BenchmarkError("playwright is not installed: pip install 'digitnet[dev]'") from error
    path = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if path is None:
        raise BenchmarkError("there is no Chromium: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        result.versions["browser"] = {"chromium": browser.version}
        try:
            for number in range(rounds + 1):
                measured = _visit(browser, f"http://{HOST}:{server.port}/")
                if number:  # the first visit starts the browser's own processes
                    result.measured.setdefault(DIGITNET.name, []).append({"round": number - 1, **measured})
                progress.step(f"{measured['bytes']:,} bytes, first answer {measured['first_answer_ms']:.0f} ms", 1.5)
        except Error as error:
            raise BenchmarkError(f"the browser: {str(error).splitlines()[0]}") from error
        finally:
            browser.close()


def _visit(browser: Any, address: str) -> dict[str, Any]:
    """One visit in a context of its own, in which nothing is cached."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        responses: list[Any] = []
        page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright marks the function
        page.add_init_script(_WATCH)
        page.goto(address, wait_until="commit")
        _draw_seven(page)
        page.wait_for_function("window.seen.first !== null")
        seen = page.evaluate("window.seen")
        page.wait_for_load_state("networkidle")
        text = page.locator("#draw-answer .hero").inner_text()
        loaded = [response for response in responses if response.request.method == "GET"]
        return {
            "bytes": sum(len(response.body()) for response in loaded),
            "files": len(loaded),
            "elsewhere": sum(not response.url.startswith((address, "data:")) for response in loaded),
            "first_answer_ms": seen["first"],
            "after_pointer_ms": seen["since"],
            "text": text,
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
