"""Responses with errors, and what their messages may quote."""

import json

from digitnet.server.replies import error_response, without_folders


def test_an_error_is_one_line_without_control_characters() -> None:
    response = error_response(404, "there is no /\x1b[2J\x9b31m\nhere \udc9b", (("Allow", "GET"),))
    text = bytes(response.body).decode()
    assert text.isprintable()
    assert json.loads(text) == {"error": r"there is no /\x1b[2J\x9b31m here \udc9b"}
    assert (response.status_code, response.headers["Allow"]) == (404, "GET")


def test_a_message_names_no_folders() -> None:
    assert without_folders("/home/me/runs/digits.onnx is damaged") == "digits.onnx is damaged"
