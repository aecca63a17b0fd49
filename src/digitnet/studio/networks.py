"""The networks that can answer: the loaded one, and those that were trained or taught on the page."""

from pathlib import Path

from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES, bundled_model_path
from digitnet.studio.file_cache import FileCache
from digitnet.studio.teaching import LOADED, Workshop

__all__ = ["Networks"]


class Networks:
    """Finds the classifier and the model file that belong to the id of a network.

    Args:
        loaded: The classifier that the server was started with.
        model: Its model file or run folder; None is the bundled one.
        workshop: Knows the networks that were trained or taught on the page.
    """

    def __init__(self, loaded: Classifier, model: Path | None, workshop: Workshop) -> None:
        self.loaded = loaded
        self._model = model
        self._workshop = workshop
        self._classifiers: FileCache[Classifier] = FileCache()

    @property
    def name(self) -> str:
        """The name of the loaded network for people; it does not say where the file is."""
        return "Built-in network" if self._model is None else "Loaded network"

    def classifier(self, model_id: str) -> Classifier:
        """The classifier of a network.

        Args:
            model_id: "" is the loaded one.

        Returns:
            The classifier; safe to use from any thread.

        Raises:
            NotFoundError: There is no such network.
            BusyError: It may not answer.
            ModelFileError: Its file is damaged.
        """
        if model_id == LOADED:
            return self.loaded
        path = self._workshop.resolve(model_id)
        return self._classifiers.get(path, lambda: load_classifier(path))

    def file(self, model_id: str) -> Path:
        """The model file that a network was read from.

        Args:
            model_id: As for `classifier`.

        Returns:
            The path of a model file.

        Raises:
            NotFoundError: As `classifier`.
            BusyError: As `classifier`.
            ModelFileError: There is no bundled one.
        """
        if model_id != LOADED:
            return self._workshop.resolve(model_id)
        precision = self.loaded.metadata.precision
        if self._model is None:
            return bundled_model_path(precision)
        return self._model / MODEL_FILE_NAMES[precision] if self._model.is_dir() else self._model
