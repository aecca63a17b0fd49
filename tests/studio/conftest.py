"""The page's endpoints with the network that ships, and with two small ones that were trained there."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from digitnet.inference.classifier import Classifier, load_classifier
from extras import HAS_SERVER

if TYPE_CHECKING:
    from studio_page import Page

HAS_STUDIO = HAS_SERVER and find_spec("onnx") is not None
collect_ignore_glob = [] if HAS_STUDIO else ["test_*.py"]  # without the serve extra there is nothing to be tested


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return load_classifier()


@pytest.fixture(scope="session")
def page(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> "Page":
    from digitnet.server import Settings, make_app  # noqa: PLC0415 - not there without the extra
    from digitnet.studio.studio import Studio  # noqa: PLC0415
    from digitnet.studio.teaching.jobs import Jobs  # noqa: PLC0415
    from made_up_model_files import model_file  # noqa: PLC0415
    from studio_page import Page  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("studio")
    jobs = Jobs(folder / "runs")
    small = jobs.create("run", {}, "20-12", files={"model.onnx": model_file()}).id
    few = jobs.create("run", {}, "9", files={"model.onnx": model_file((9,), names=("no", "may be", "yes"))}).id
    studio = Studio(classifier, None, folder=folder, training=False)
    return Page(make_app(classifier, Settings(access_log=False), studio.routes), small, few, folder)
