"""What Prometheus collects: requests, how long they took, how many images at a time, what was found in pictures."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

__all__ = ["CONTENT_TYPE", "SHARED_FOLDER", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# An environment variable of `prometheus_client`: the folder in which several workers count together. The package looks
# at it once, when it is imported, so that is done late.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1, 2.5, 10)
_IMAGES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)


class Metrics:
    """Counts what happens, for one worker or for all of them."""

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
            buckets=_SECONDS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "digitnet_requests_in_progress",
            "Requests that are being answered.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._batch = Histogram(
            "digitnet_inference_images", "Images answered by one inference.", buckets=_IMAGES, registry=registry
        )
        self._outcomes = Counter(
            "digitnet_picture_outcomes", "Pictures by what was found in them.", ("status",), registry=registry
        )
        self._digits = Counter(
            "digitnet_digits", "Digits read in pictures, by how sure the model was.", ("status",), registry=registry
        )
        self._known_requests: dict[tuple[str, str, int], Counter] = {}
        self._known_seconds: dict[str, Histogram] = {}

    def begin(self) -> None:
        """A request has come."""
        self._in_progress.inc()

    def end(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """A request has been answered.

        Args:
            endpoint: A path of ours; one of few, whatever clients ask for.
            method: One of HTTP's.
            status: Of the response.
            seconds: It took so long.
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

    def infer(self, images: int) -> None:
        """An inference has begun.

        Args:
            images: How many it answers.
        """
        self._batch.observe(images)

    def found(self, status: str, digits: Iterable[str]) -> None:
        """A picture has been read.

        Args:
            status: Of the picture.
            digits: The status of each digit in it.
        """
        self._outcomes.labels(status).inc()
        for digit in digits:
            self._digits.labels(digit).inc()

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
