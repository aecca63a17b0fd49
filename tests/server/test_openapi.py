"""The description is of what there is, and what there is keeps to it."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digitnet.arrays import IMAGE_SIDE
from digitnet.inference.classifier import Classifier
from digitnet.server import Settings, make_app
from digitnet.server.app import own_routes
from digitnet.server.openapi import description
from digitnet.server.routing import Application
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION
from digitnet.server.tensors import INPUT, OUTPUTS
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


def test_every_path_is_described(app: Application) -> None:
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


def test_the_file_agrees_with_what_the_program_knows() -> None:
    schemas = description(10, Settings())["components"]["schemas"]
    tensor = schemas["InputTensor"]["properties"]
    assert tensor["name"] == {"const": INPUT}
    assert tensor["shape"]["prefixItems"][1:] == [{"const": IMAGE_SIDE}] * 2
    image = schemas["Image"]
    assert {image[bound] for bound in ("minItems", "maxItems")} == {IMAGE_SIDE}
    assert {image["items"][bound] for bound in ("minItems", "maxItems")} == {IMAGE_SIDE}
    assert schemas["RequestedOutput"]["properties"]["name"]["enum"] == list(OUTPUTS)
    assert schemas["OutputTensor"]["properties"]["name"]["enum"] == list(OUTPUTS)
    assert set(schemas["OutputTensor"]["properties"]["datatype"]["enum"]) == set(OUTPUTS.values())
    assert schemas["ModelMetadata"]["properties"]["name"] == {"const": MODEL_NAME}
    assert schemas["InferenceResponse"]["properties"]["model_version"] == {"const": MODEL_VERSION}


@pytest.mark.parametrize("classes", [10, 26])
def test_what_depends_on_the_classes_is_completed(classes: int) -> None:
    schemas = description(classes, Settings())["components"]["schemas"]
    assert schemas["Label"]["maximum"] == classes - 1
    assert schemas["Digit"]["properties"]["probabilities"]["maxItems"] == classes
    assert (schemas["Probabilities"]["minItems"], schemas["Probabilities"]["maxItems"]) == (classes, classes)


def test_every_operation_has_the_responses_that_any_may_give() -> None:
    for item in description(10, Settings())["paths"].values():
        for operation in item.values():
            assert {"200", "400", "403", "503"} <= set(operation["responses"])


def test_every_reference_has_its_target() -> None:
    content = description(10, Settings())

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from [part["$ref"]] if "$ref" in part else []
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                yield from references(item)

    for reference in set(references(content)):
        functools.reduce(lambda part, name: part[name], reference.removeprefix("#/").split("/"), content)
