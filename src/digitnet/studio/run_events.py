"""The events of a run as a stream of server-sent events."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from digitnet.errors import RequestError
from digitnet.server import in_thread, serving_of
from digitnet.studio.teaching import News, Workshop
from digitnet.studio.teaching.journal import Event

__all__ = ["RunEvents"]

_POLL_SECONDS = 0.2  # between two looks for new events; chosen by hand
_KEEP_ALIVE_SECONDS = 15.0  # without an event; then a comment keeps proxies from closing the connection
_STREAMS_MAX = 64  # at the same time: tabs of a browser, not clients of a service
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter tells nginx not to hold it back


class RunEvents:
    """The endpoint of the stream.

    Args:
        workshop: Has the runs.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._streams = 0

    async def __call__(self, request: Request) -> Response:
        """Begin a stream behind the last event that the client knows."""
        job_id = request.query_params.get("id", "")
        after = _number(request.headers.get("last-event-id") or request.query_params.get("after", "0"))
        if self._streams >= _STREAMS_MAX:
            raise RequestError(f"{_STREAMS_MAX} streams are open: close one first", 503, (("Retry-After", "5"),))
        news = await in_thread(request, self._workshop.runs.news, job_id, after)  # 404 comes before the stream
        stream = self._stream(request, job_id, after, news)
        return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)

    async def _stream(self, request: Request, job_id: str, after: int, news: News) -> AsyncIterator[bytes]:
        stopping = serving_of(request).stopping
        self._streams += 1  # whoever leaves cancels this, wherever it is
        sent_transient: Event | None = None
        last_sent = time.monotonic()
        try:
            while True:
                is_new = news.transient is not None and news.transient != sent_transient
                events = [*news.events, *([news.transient] if news.transient is not None and is_new else [])]
                sent_transient = news.transient
                if events:
                    after = max(after, *(event.number for event in events))
                    last_sent = time.monotonic()
                    yield b"".join(map(_encode, events))
                elif time.monotonic() - last_sent > _KEEP_ALIVE_SECONDS:
                    last_sent = time.monotonic()
                    yield b":\n\n"
                if news.is_over or await _is_set(stopping):
                    return
                try:
                    news = await asyncio.to_thread(self._workshop.runs.news, job_id, after)
                except LookupError:  # deleted meanwhile
                    return
        finally:
            self._streams -= 1


async def _is_set(event: asyncio.Event) -> bool:
    """Whether the event is set, after waiting for it for at most `_POLL_SECONDS`."""
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            return await event.wait()
    except TimeoutError:
        return False


def _encode(event: Event) -> bytes:
    number = f"id: {event.number}\n" if event.number else ""
    return f"{number}event: {event.kind}\ndata: {json.dumps(event.data)}\n\n".encode()


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise RequestError(f"the last event is {text!r:.40}: expected its number")
    return int(text)
