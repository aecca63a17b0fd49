"""What Prometheus collects, as its own parser reads it."""

from io import BytesIO

import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, make_app
from digitnet.server.routing import Application
from live_server import INFER, ask, asked, many, some_images


def measured(app: Application) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Each value by its name and labels."""
    response = ask(app, "GET", "/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


@pytest.fixture
def fresh(classifier: Classifier) -> Application:
    return make_app(classifier, Settings(access_log=False))


def test_requests_are_counted_by_endpoint_method_and_status(fresh: Application) -> None:
    for _ in range(3):
        ask(fresh, "POST", INFER, json=asked(some_images(1)))
    ask(fresh, "POST", "/v2/models/digitnet/versions/1/infer", json={})
    for path in ("/nothing", "/nowhere", "/.env"):
        ask(fresh, "GET", path)
    ask(fresh, "BREW", "/v2")
    found = measured(fresh)

    def count(endpoint: str, method: str, status: str) -> float:
        labels = (("endpoint", endpoint), ("method", method), ("status", status))
        return found["digitnet_requests_total", labels]

    assert count(INFER, "POST", "200") == 3
    assert count(INFER, "POST", "400") == 1
    assert count("unknown", "GET", "404") == 3  # however many paths are tried, there is one row
    assert count("/v2", "other", "405") == 1
    assert found["digitnet_request_seconds_count", (("endpoint", INFER),)] == 4
    assert found["digitnet_requests_in_progress", ()] == 1  # this one


def test_inferences_are_counted_by_size(fresh: Application) -> None:
    many(fresh, [("POST", INFER, {"json": asked(some_images(n))}) for n in (1, 2, 3)])
    found = measured(fresh)
    assert found["digitnet_inference_images_sum", ()] == 6
    assert 1 <= found["digitnet_inference_images_count", ()] <= 3


def test_pictures_are_counted_by_outcome(fresh: Application) -> None:
    buffer = BytesIO()
    Image.new("L", (100, 80), 255).save(buffer, "PNG")
    for content in (buffer.getvalue(), b"no picture"):
        ask(fresh, "POST", "/predict", content=content)
    found = measured(fresh)
    assert found["digitnet_picture_outcomes_total", (("status", "not_a_digit"),)] == 1
    assert found["digitnet_picture_outcomes_total", (("status", "error"),)] == 1
    assert found["digitnet_digits_total", (("status", "not_a_digit"),)] == 1
