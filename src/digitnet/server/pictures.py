"""POST /read and /predict: a picture in, the contract's JSON out."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from digitnet.errors import PictureError, RequestError
from digitnet.inference.answers import Digit, Reading, error_outcome, outcome
from digitnet.inference.classifier import Classifier
from digitnet.server.bodies import read_body
from digitnet.server.replies import json_response
from digitnet.server.routes import Routes, post
from digitnet.server.serving import Serving, headers_of, in_thread, serving_of
from digitnet.server.uploads import Upload, read_upload

__all__ = ["routes"]

_Reader: TypeAlias = Callable[[Classifier, bytes], Digit | Reading]
# What clients send for pictures whose type they do not know, and PDF.
_OTHER_TYPES = {"application/octet-stream", "application/pdf", "binary/octet-stream", ""}


def routes() -> Routes:
    """The routes of both endpoints."""
    return {"/read": post("/read", read), "/predict": post("/predict", predict)}


async def read(request: Request) -> Response:
    """Read the numbers of a picture: any count of digits, in lines."""
    upload = await _upload(request)
    return await _respond(request, upload, _read_number)


async def predict(request: Request) -> Response:
    """Read the one digit of a picture."""
    upload = await _upload(request)
    return await _respond(request, upload, _read_digit)


async def _respond(request: Request, upload: Upload, read_picture: _Reader) -> Response:
    serving = serving_of(request)
    try:
        answer = await in_thread(request, read_picture, serving.classifier, upload.content)
    except PictureError as error:
        serving.metrics.picture_read("error", ())
        return json_response(error_outcome(upload.name, error), 422)
    _count(serving, answer)
    return json_response(outcome(upload.name, answer))


async def _upload(request: Request) -> Upload:
    """The picture of a request, in a form or as the whole body."""
    content_type = headers_of(request.scope).get(b"content-type", b"")
    kind = content_type.partition(b";")[0].strip().lower().decode("latin-1")
    if kind == "multipart/form-data":
        return await read_upload(await read_body(request), content_type)
    if kind not in _OTHER_TYPES and not kind.startswith("image/"):
        raise RequestError(
            "the Content-Type is not that of a picture: send image/png, image/jpeg or the like, or a form with a file",
            415,
        )
    body = await read_body(request)
    if not body:
        raise RequestError("the body is empty: expected a picture")
    return Upload("", body)


def _read_number(classifier: Classifier, picture: bytes) -> Reading:
    return classifier.read_number(picture)


def _read_digit(classifier: Classifier, picture: bytes) -> Digit:
    return classifier.read_digit(picture)


def _count(serving: Serving, answer: Digit | Reading) -> None:
    digits = answer.digits if isinstance(answer, Reading) else (answer,)
    serving.metrics.picture_read(answer.status, (digit.status for digit in digits))
