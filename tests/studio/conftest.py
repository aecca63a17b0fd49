"""The page's endpoints with the network that ships, and with two small ones that were trained there."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from digitnet.classifier import Classifier, load_classifier
from extras import HAS_SERVER

if TYPE_CHECKING:
    import httpx

    from digitnet.server.gate import Gate

HAS_STUDIO = HAS_SERVER and find_spec("onnx") is not None
collect_ignore_glob = [] if HAS_STUDIO else ["test_*.py"]  # without the serve extra there is nothing to be tested


@dataclass(frozen=True)
class Page:
    """The page's side of a server.

    Attributes:
        app: The application.
        small: Id of a network of 20 and 12 neurons.
        few_classes: Id of one that knows three classes.
        folder: Of the studio.
    """

    app: "Gate"
    small: str
    few_classes: str
    folder: Path

    def get(self, path: str, **query: Any) -> "httpx.Response":
        """GET /studio/..."""
        from live_server import ask  # noqa: PLC0415 - as below: not there without the extra

        return ask(self.app, "GET", f"/studio/{path}", params=query)

    def post(self, path: str, **request: Any) -> "httpx.Response":
        """POST /studio/..."""
        from live_server import ask  # noqa: PLC0415

        return ask(self.app, "POST", f"/studio/{path}", **request)


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="session")
def page(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Page:
    from digitnet.server import Settings, make_app  # noqa: PLC0415
    from digitnet.studio import Studio  # noqa: PLC0415
    from digitnet.teaching.jobs import Jobs  # noqa: PLC0415
    from made_up_model_files import model_file  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("studio")
    jobs = Jobs(folder / "runs")
    small = jobs.create("run", {}, "20-12", files={"model.onnx": model_file()}).id
    few = jobs.create("run", {}, "9", files={"model.onnx": model_file((9,), names=("no", "may be", "yes"))}).id
    studio = Studio(classifier, None, folder=folder, training=False)
    return Page(make_app(classifier, Settings(access_log=False), studio.routes), small, few, folder)
