"""All of the page's endpoints, put together."""

from pathlib import Path

from starlette.routing import BaseRoute

from digitnet.inference.classifier import Classifier
from digitnet.studio.boundary_routes import boundary_routes
from digitnet.studio.counterfactual_routes import counterfactual_routes
from digitnet.studio.diagram_routes import diagram_routes
from digitnet.studio.export_routes import export_routes
from digitnet.studio.inside_routes import inside_routes
from digitnet.studio.inspectors import NetworkInspectors
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.map_routes import map_routes
from digitnet.studio.mistakes_routes import mistakes_routes
from digitnet.studio.networks import Networks
from digitnet.studio.reading_routes import reading_routes
from digitnet.studio.teaching import Workshop
from digitnet.studio.teaching_routes import teaching_routes

__all__ = ["Studio"]


class Studio:
    """What the page talks to.

    Args:
        classifier: The loaded model.
        model: Its model file or run folder; None is the bundled one.
        folder: Where runs and corrections are kept; made where it is missing.
        training: Whether the page may train.

    Attributes:
        routes: For `make_app`, all of them below /studio/.

    Raises:
        StorageError: The folder cannot be used.
    """

    def __init__(self, classifier: Classifier, model: Path | None, *, folder: Path, training: bool) -> None:
        self._workshop = Workshop(folder, model, training, classifier.num_classes)
        networks = Networks(classifier, model, self._workshop)
        mnist = LazyMnist()
        inspectors = NetworkInspectors(networks, mnist)
        self.routes: list[BaseRoute] = [
            *reading_routes(networks, self._workshop),
            *inside_routes(inspectors, networks, mnist),
            *counterfactual_routes(inspectors, networks),
            *diagram_routes(),
            *map_routes(mnist),
            *mistakes_routes(networks, mnist),
            *teaching_routes(self._workshop),
            *boundary_routes(self._workshop, mnist),
            *export_routes(networks),
        ]

    def close(self) -> None:
        """Stop a run that is under way; it can be resumed."""
        self._workshop.close()
