"""The description is of what there is, and what there is keeps to it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, make_app
from digitnet.server.app import own_routes
from digitnet.server.routing import Gate
from live_server import Live, ask
from patience import PATIENCE

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")

# What a schema cannot say: that the data has as many numbers as the shape tells, and that bytes are a picture. So not
# all that fits the schema is accepted there; what does not fit is refused, and every response is as described.
_BEYOND_SCHEMAS = ("/infer", ":predict", "/read", "/predict")
_POSITIVE, _NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
_OPERATIONS = [
    (path, method)
    for path, route in own_routes().items()
    for method in route.endpoints
    if method != "HEAD" and not ("/versions/" in path and method == "POST")  # the same endpoint once more
]
_EXAMPLES = 4  # each has some thousand numbers


@pytest.fixture(scope="module")
def described(server: Live) -> Any:
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json", timeout=PATIENCE)


@pytest.mark.parametrize(
    ("path", "method", "mode"),
    [
        *((path, method, _POSITIVE) for path, method in _OPERATIONS),
        *((path, method, _NEGATIVE) for path, method in _OPERATIONS if method == "POST"),
    ],
)
def test_every_response_is_as_described(described: Any, path: str, method: str, mode: Any) -> None:
    is_beyond = path.endswith(_BEYOND_SCHEMAS)
    excluded = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")] if is_beyond else []

    @settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def hold(case: Any) -> None:
        case.call_and_validate(excluded_checks=excluded, timeout=PATIENCE)

    hold()


def test_every_path_is_described(app: Gate) -> None:
    described = ask(app, "GET", "/openapi.json").json()["paths"]
    routes = own_routes()
    assert set(described) == set(routes)
    for path, item in described.items():
        assert set(item) == {method.lower() for method in routes[path].endpoints} - {"head"}


def test_what_needs_the_token_says_so(classifier: Classifier) -> None:
    app = make_app(classifier, Settings(access_log=False, token="correct-horse"))  # noqa: S106
    headers = {"Authorization": "Bearer correct-horse"}
    for path, item in ask(app, "GET", "/openapi.json", headers=headers).json()["paths"].items():
        (operation,) = item.values()
        is_open = own_routes()[path].is_open
        assert ("security" in operation) is not is_open
        assert ("401" in operation["responses"]) is not is_open
