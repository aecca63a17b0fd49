"""The endpoints `models/formats` and `models/export`: a network to carry away, for any other program."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.server import in_thread, json_response
from digitnet.studio.error_status import with_error_status
from digitnet.studio.model_export import described_formats, exported
from digitnet.studio.networks import Networks

__all__ = ["export_routes"]


def export_routes(networks: Networks) -> list[Route]:
    """`models/formats` and `models/export`, below /studio/.

    Args:
        networks: Finds the model file of a network.

    Returns:
        Routes for `make_app`.
    """

    async def formats(request: Request) -> Response:
        return json_response({"formats": await in_thread(request, described_formats)})

    async def export(request: Request) -> Response:
        query = request.query_params
        model_id, format_name = query.get("model", ""), query.get("format", "onnx")
        stem = f"digitnet-{model_id or 'network'}-{format_name}"
        file = await in_thread(request, networks.file, model_id)
        name, content = await in_thread(request, exported, file, format_name, stem)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(content, 200, headers, "application/octet-stream")

    return [
        Route("/studio/models/formats", with_error_status(formats), methods=["GET"]),
        Route("/studio/models/export", with_error_status(export), methods=["GET"]),
    ]
