"""One classifier, its application, and a server for all tests that change nothing."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from digitnet.inference.classifier import Classifier, load_classifier
from extras import HAS_SERVER

if TYPE_CHECKING:
    from digitnet.server.routing import Application
    from live_server import Live

collect_ignore_glob = [] if HAS_SERVER else ["test_*.py"]  # without the serve extra there is nothing to be tested


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the module's advice, if it has one, to each test that failed."""
    report = yield
    advice = getattr(getattr(item, "module", None), "ADVICE", None)
    if report.failed and advice is not None:
        report.sections.append(("what to do", advice))
    return report


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="session")
def app(classifier: Classifier) -> "Application":
    from digitnet.server import Settings, make_app  # noqa: PLC0415 - as below: not there without the extra

    return make_app(classifier, Settings(access_log=False))


@pytest.fixture(scope="session")
def server(classifier: Classifier) -> "Iterator[Live]":
    from digitnet.server import Settings, make_app  # noqa: PLC0415
    from live_server import live  # noqa: PLC0415

    settings = Settings(access_log=False)
    with live(make_app(classifier, settings), settings, time_stands_still=True) as running:
        yield running
