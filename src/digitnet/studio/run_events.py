"""What happens in a run, as a stream of server-sent events."""

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

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_OF_SILENCE = 15.0  # then a comment keeps proxies from closing the connection
_STREAMS_MAX = 64  # at the same time: tabs of a browser, not clients of a service
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter tells nginx not to hold it back


class RunEvents:
    """The endpoint of the stream.

    Args:
        workshop: Whose runs.
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
        told: Event | None = None
        spoke = time.monotonic()
        try:
            while True:
                events = [*news.events, *([news.moment] if news.moment and news.moment != told else [])]
                told = news.moment
                if events:
                    after = max(after, *(event.number for event in events))
                    spoke = time.monotonic()
                    yield b"".join(map(_encode, events))
                elif time.monotonic() - spoke > _SECONDS_OF_SILENCE:
                    spoke = time.monotonic()
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
    """Whether it is set, after waiting a little for it."""
    try:
        async with asyncio.timeout(_SECONDS_BETWEEN_LOOKS):
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
