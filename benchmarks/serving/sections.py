"""The sections of docs/serving.md, each from the result of one comparison."""

from typing import Any

from benchmarks.page.markdown import interval, prose, table, times
from benchmarks.results import Result
from benchmarks.serving.figures import median_of, milliseconds, speed_ratio, total_of
from benchmarks.serving.served import DIGITNET, PEERS, STARTED, UNBATCHED
from benchmarks.serving.turns import (
    BATCHES,
    CONNECTIONS,
    IDLE_COMPACT,
    IDLE_JSON,
    IMAGES_OF_A_BATCH,
    LOAD_COMPACT,
    LOAD_JSON,
    label,
)

__all__ = ["idle_section", "load_section", "page_section", "soak_section", "start_section"]

_EVERYONE = (DIGITNET.name, UNBATCHED.name, *(peer.name for peer in PEERS))


def idle_section(result: Result) -> str:
    """One image, one connection, a pause before each request."""
    rows = []
    for who in _EVERYONE:
        cells = [who]
        for measure in (IDLE_JSON, IDLE_COMPACT):
            name = label(measure, who)
            cells += [milliseconds(median_of(result, name, key)) for key in ("median_ms", "p99_ms")]
        if any(cell != "-" for cell in cells[1:]):
            rows.append([*cells, times(speed_ratio(result, IDLE_COMPACT, DIGITNET.name, who))])
    header = ["server", "JSON: median", "p99", "compact: median", "p99", "digitnet is faster, times"]
    return "\n\n".join([prose(_forms(result)), table(header, rows)])


def _forms(result: Result) -> str:
    forms = [f"{who}: {said['compact']}" for who, said in result.said.items() if who != UNBATCHED.name]
    return f"""
        One image a request on a connection that stays open, 2 ms after the answer before, timed from the first byte
        sent to the last one received. *JSON* is pixels as nested lists; *compact* is the most compact form that each
        server reads over HTTP: {"; ".join(forms)}. The last column is about the compact form."""


def load_section(result: Result) -> str:
    """32 connections in both forms, then batches."""
    ours = DIGITNET.name
    rows, batches = [], []
    for who in _EVERYONE:
        compact, numbers = label(LOAD_COMPACT, who), label(LOAD_JSON, who)
        cells = [*_load_cells(result, compact), *_load_cells(result, numbers)]
        if any(cell != "-" for cell in cells):
            ratio = speed_ratio(result, LOAD_COMPACT, ours, who)
            rows.append([who, *cells, times(ratio), interval(ratio)])
        many = median_of(result, label(BATCHES, who), "per_second")
        if many is not None:
            ratio = speed_ratio(result, BATCHES, ours, who)
            errors = total_of(result, label(BATCHES, who), "errors") or 0
            batches.append([who, f"{many * IMAGES_OF_A_BATCH:,.0f}", f"{errors:,.0f}", times(ratio)])
    header = ["server", "compact: requests/s", "p99", "errors", "JSON: requests/s", "p99", "errors", "times", "95 %"]
    return "\n\n".join(
        [
            prose(f"""
                {CONNECTIONS} connections, each of which sends the next image as soon as it has its answer, from
                {result.settings.get("client", "one client")} on the same {result.machine["cores"]} cores. *Times* is
                how many times as many requests digitnet answers in the compact form."""),
            table(header, rows),
            prose(f"Requests of {IMAGES_OF_A_BATCH} images in the compact form over four connections:"),
            table(["server", "images/s", "errors", "digitnet is faster, times"], batches),
            _batching(result),
        ]
    )


def _load_cells(result: Result, name: str) -> list[str]:
    per_second, errors = median_of(result, name, "per_second"), total_of(result, name, "errors")
    return [
        "-" if per_second is None else f"{per_second:,.0f}",
        milliseconds(median_of(result, name, "p99_ms")),
        "-" if errors is None else f"{errors:,.0f}",
    ]


def _batching(result: Result) -> str:
    ratios = [speed_ratio(result, name, DIGITNET.name, UNBATCHED.name) for name in (LOAD_COMPACT, IDLE_COMPACT)]
    if None in ratios:
        return ""
    load, idle = ratios
    return prose(f"""
        Batching, which answers together what arrived while an inference ran, makes digitnet {times(load)} times as
        fast ({interval(load)}) under this load, and {times(idle)} times as fast ({interval(idle)}) on an idle server,
        where 1 means that it costs nothing.""")


def soak_section(result: Result) -> str:
    """What was sent, what came back, and the memory."""
    row: dict[str, Any] = result.measured[DIGITNET.name][0]
    statuses = [[status, f"{count:,}"] for status, count in row["statuses"].items()]
    slow = ", ".join(f"{count} times by {status}" for status, count in row["slow"].items()) or "not at all"
    examples = result.said.get(DIGITNET.name, {}).get("examples", [])
    return "\n\n".join(
        [
            prose(f"""
                {row["sent"]:,} requests in {row["seconds"]:.0f} s at an even rate of {result.settings["rate"]:.0f}/s,
                as many as an hour of 17 a second has, from {result.settings["clients"]} clients: {row["good"]:,} good
                ones (`infer` in JSON and binary, one image and 256, TensorFlow Serving's form, pictures, metadata,
                metrics, the page) and bad ones (malformed and deeply nested JSON, wrong shapes and datatypes, NaN,
                lying sizes, bodies cut off, 10,000 headers, unknown models, path traversal, a picture bomb, what is not
                HTTP at all). {result.settings["slow_clients"]} more clients sent a byte a second all the while and
                were answered {slow}. A good request has to be answered with 200, a bad one with 400 to 499;
                {row["wrong"]:,} answers were others, {row["lost"]:,} did not come. {row["cut"]:,} requests were cut
                off by the client, which need no answer."""),
            table(["status", "answers"], statuses),
            "\n".join(f"- `{example}`" for example in examples),
            prose(f"""
                Good requests took {milliseconds(row["median_ms"])} in the median, p99 {milliseconds(row["p99_ms"])},
                pictures and batches included. Memory: {row["ready_mb"]:.0f} MB when ready, {row["warm_mb"]:.0f} MB
                after half a minute, {row["end_mb"]:.0f} MB in the last half minute, {row["most_mb"]:.0f} MB at
                most. The server {"answered" if row["is_well"] else "**did not answer**"} afterwards."""),
        ]
    ).replace("\n\n\n\n", "\n\n")


def start_section(result: Result) -> str:
    """Seconds and megabytes of each server, alone on the machine."""
    rows = []
    for who in (served.name for served in STARTED):
        seconds = median_of(result, who, "ready_seconds")
        if seconds is None:
            continue
        memory = [
            f"{median_of(result, who, key) or 0:.0f} MB"
            for key in ("resident_mb", "proportional_mb", "loaded_resident_mb", "loaded_proportional_mb")
        ]
        processes = median_of(result, who, "processes") or 1
        first = milliseconds(median_of(result, who, "first_answer_ms"))
        rows.append([who, f"{seconds:.2f} s", first, *memory, f"{processes:.0f}"])
    header = ["server", "ready", "first answer", "memory", "shared", "under load", "shared", "processes"]
    return "\n\n".join(
        [
            prose(f"""
                From the start of the process to the first answer that says it is ready; how long the first image then
                takes; and memory when ready, and after two seconds of {CONNECTIONS} connections. *Memory* is the
                resident set of all its processes; under *shared*, what several processes have in common is divided
                among them. Each server was alone, and had been started once before, so that its files are in the
                system's cache."""),
            table(header, rows),
        ]
    )


def page_section(result: Result) -> str:
    """Weight, and the first answer."""
    name = DIGITNET.name
    weight, files = median_of(result, name, "bytes"), median_of(result, name, "files")
    texts = sorted({str(row["text"]) for row in result.measured[name]})
    return prose(f"""
        Chromium without a window loads the page with nothing cached, draws a 7 with the mouse as soon as there is a
        pad, and waits for the answer, {len(result.measured[name])} times: the first answer appears
        {milliseconds(median_of(result, name, "first_answer_ms"))} after the navigation began, drawing included, and
        {milliseconds(median_of(result, name, "after_pointer_ms"))} after the pointer moved last before it. Once the pad
        is finished the page says {" or ".join(texts)}. It loads {files or 0:.0f} files with {weight or 0:,.0f}
        bytes, before any compression.""")
