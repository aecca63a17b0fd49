"""Metrics for Prometheus: requests and their durations, sizes of batches, results of pictures."""

import os
from collections.abc import Iterable

__all__ = ["CONTENT_TYPE", "SHARED_FOLDER", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# An environment variable of `prometheus_client`: the folder in which several workers share their counts. The package
# reads it once, when it is imported, so the import is late.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Upper bounds of buckets, chosen by hand around the figures of docs/serving.md.
_SECONDS_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 10)
_IMAGES_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)


class Metrics:
    """Counters and histograms of one worker, or of all of them together."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415

        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "digitnet_requests", "Requests answered.", ("endpoint", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "digitnet_request_seconds",
            "From a request's headers to the end of its response.",
            ("endpoint",),
            buckets=_SECONDS_BUCKETS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "digitnet_requests_in_progress",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._batch = Histogram(
            "digitnet_inference_images", "Images answered by one inference.", buckets=_IMAGES_BUCKETS, registry=registry
        )
        self._outcomes = Counter(
            "digitnet_picture_outcomes", "Pictures by what was found in them.", ("status",), registry=registry
        )
        self._digits = Counter(
            "digitnet_digits", "Digits read in pictures, by how sure the model was.", ("status",), registry=registry
        )
        self._known_requests: dict[tuple[str, str, int], Counter] = {}
        self._known_seconds: dict[str, Histogram] = {}

    def request_started(self) -> None:
        """Count a request that has arrived."""
        self._in_progress.inc()

    def request_finished(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count a request that has been answered.

        Args:
            endpoint: Name of the route; clients cannot make new ones.
            method: An HTTP method.
            status: Status of the response.
            seconds: Duration of the request.
        """
        self._in_progress.dec()
        key = (endpoint, method, status)
        requests = self._known_requests.get(key)
        if requests is None:
            requests = self._known_requests[key] = self._requests.labels(endpoint, method, str(status))
        requests.inc()
        histogram = self._known_seconds.get(endpoint)
        if histogram is None:
            histogram = self._known_seconds[endpoint] = self._seconds.labels(endpoint)
        histogram.observe(seconds)

    def inference_started(self, images: int) -> None:
        """Count an inference.

        Args:
            images: Number of images in its batch.
        """
        self._batch.observe(images)

    def picture_read(self, status: str, digits: Iterable[str]) -> None:
        """Count a picture that has been read.

        Args:
            status: Status of the whole picture.
            digits: The status of each digit in it.
        """
        self._outcomes.labels(status).inc()
        for digit in digits:
            self._digits.labels(digit).inc()

    def text(self) -> bytes:
        """All metrics in Prometheus's text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
