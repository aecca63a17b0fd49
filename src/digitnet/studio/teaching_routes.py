"""The endpoints of the panels Train and Teach; `digitnet.studio.teaching` says what they take and give."""

import base64
import binascii
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.errors import RequestError
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.error_status import Endpoint, text_of, with_error_status
from digitnet.studio.run_events import RunEvents
from digitnet.studio.teaching import LOADED, PICTURE_BYTES_MAX, Workshop, archive

__all__ = ["teaching_routes"]

_SMALL = 4 << 10  # bytes of a body that holds an id or settings
_CURVES_MAX = 8  # runs side by side: what a page has room for
_CORRECTION = (4 << 10) + 2 * PICTURE_BYTES_MAX  # an image and a picture, in base64


def teaching_routes(workshop: Workshop) -> list[Route]:
    """All of them, below /studio/.

    Args:
        workshop: Whose runs, corrections and networks.

    Returns:
        Routes for `make_app`.
    """
    training, corrections = _Training(workshop), _Corrections(workshop)
    endpoints: list[tuple[str, str, Endpoint]] = [
        ("training", "GET", training.list),
        ("training", "POST", training.start),
        ("training", "DELETE", training.delete),
        ("training/name", "POST", training.rename),
        ("training/curves", "GET", training.curves),
        ("training/rates", "POST", training.rates),
        ("training/stop", "POST", training.stop),
        ("training/resume", "POST", training.resume),
        ("training/events", "GET", RunEvents(workshop)),
        ("teach", "POST", training.teach),
        ("models/use", "POST", training.use),
        ("corrections", "GET", corrections.list),
        ("corrections", "POST", corrections.add),
        ("corrections", "DELETE", corrections.delete),
        ("corrections/export", "GET", corrections.export),
    ]
    return [
        Route(f"/studio/{path}", with_error_status(endpoint), methods=[method]) for path, method, endpoint in endpoints
    ]


class _Training:
    """Runs and lessons."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    async def list(self, request: Request) -> Response:
        """All of them."""
        return json_response({"runs": await in_thread(request, self._workshop.runs.describe)})

    async def start(self, request: Request) -> Response:
        """Start a run."""
        settings = await read_json(request, _SMALL)
        name = text_of(settings, "name", "")
        others = {key: value for key, value in settings.items() if key != "name"}
        return json_response({"id": await in_thread(request, self._workshop.start_training, others, name)})

    async def rename(self, request: Request) -> Response:
        """Give one another name."""
        content = await read_json(request, _SMALL)
        job_id = text_of(content, "id")
        await in_thread(request, self._workshop.rename, job_id, text_of(content, "name"))
        return json_response({"id": job_id})

    async def rates(self, request: Request) -> Response:
        """Losses at growing learning rates."""
        settings = await read_json(request, _SMALL)
        return json_response(await in_thread(request, self._workshop.search_rates, settings))

    async def curves(self, request: Request) -> Response:
        """The figures of all epochs of some."""
        ids = [part for part in request.query_params.get("ids", "").split(",") if part]
        if not 1 <= len(ids) <= _CURVES_MAX:
            raise RequestError(f"ids names {len(ids)} runs: expected 1 to {_CURVES_MAX}, with commas between")
        curves = self._workshop.runs.curves
        return json_response({"curves": {job_id: await in_thread(request, curves, job_id) for job_id in ids}})

    async def stop(self, request: Request) -> Response:
        """Ask one to stop."""
        job_id = text_of(await read_json(request, _SMALL), "id")
        await in_thread(request, self._workshop.runs.stop, job_id)
        return json_response({"id": job_id})

    async def resume(self, request: Request) -> Response:
        """Go on with one."""
        job_id = text_of(await read_json(request, _SMALL), "id")
        await in_thread(request, self._workshop.resume_training, job_id)
        return json_response({"id": job_id})

    async def delete(self, request: Request) -> Response:
        """Delete one."""
        job_id = request.query_params.get("id", "")
        await in_thread(request, self._workshop.runs.delete, job_id)
        return json_response({"id": job_id})

    async def teach(self, request: Request) -> Response:
        """Start a lesson."""
        model_id = text_of(await read_json(request, _SMALL), "model", LOADED)
        return json_response({"id": await in_thread(request, self._workshop.teach, model_id)})

    async def use(self, request: Request) -> Response:
        """Choose the network that answers."""
        model_id = text_of(await read_json(request, _SMALL), "id")
        return json_response({"id": model_id, "before": await in_thread(request, self._workshop.use, model_id)})


class _Corrections:
    """The corrected pictures."""

    def __init__(self, workshop: Workshop) -> None:
        self._kept = workshop.corrections

    async def list(self, request: Request) -> Response:
        """All of them."""
        rows = await in_thread(request, self._kept.all)
        listed = [
            {
                "id": correction.id,
                "image": base64.b64encode(correction.image).decode("ascii"),
                "label": correction.label,
                "was": correction.was,
                "when": correction.when,
                "has_png": has_png,
            }
            for correction, has_png in rows
        ]
        return json_response({"corrections": listed})

    async def add(self, request: Request) -> Response:
        """Keep one."""
        content = await read_json(request, _CORRECTION)
        if unknown := sorted(content.keys() - {"image", "label", "was", "png"}):
            raise RequestError(f"{unknown[0]!r:.40} is not known: expected image, label, was and png")
        if "label" not in content:
            raise RequestError("label is missing: expected that of a digit, or null for no digit")
        image = _decoded(content, "image") or b""
        values = (image, content.get("label"), content.get("was"), _decoded(content, "png"))
        correction_id, replaced = await in_thread(request, self._kept.add, *values)
        return json_response({"id": correction_id, "replaced": replaced})

    async def delete(self, request: Request) -> Response:
        """Delete one, or all."""
        query = request.query_params
        if query.get("all") == "1" and "id" not in query:
            return json_response({"deleted": await in_thread(request, self._kept.delete_all)})
        text = query.get("id", "")
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise RequestError(f"id is {text!r:.40}: expected the number of a correction, or all=1")
        await in_thread(request, self._kept.delete, int(text))
        return json_response({"deleted": 1})

    async def export(self, request: Request) -> Response:
        """All of them as a zip file."""
        kind = request.query_params.get("format", "idx")
        content = await in_thread(request, archive, self._kept, kind)
        disposition = f'attachment; filename="digitnet-corrections-{kind}.zip"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return Response(content, 200, headers, "application/zip")


def _decoded(content: dict[str, Any], name: str) -> bytes | None:
    text = content.get(name)
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise RequestError(f"{name} is not base64: expected the bytes of an image as text") from error
