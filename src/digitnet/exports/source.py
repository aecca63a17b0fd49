"""The model file that is exported: its bytes, what runs it, and the layers inside."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from digitnet.arrays import Images, Probabilities
from digitnet.errors import ModelFileError
from digitnet.inspection import Network
from digitnet.inspection.model_weights import read_network
from digitnet.model_file.contract import ModelSession, bundled_model_path, open_model
from digitnet.model_file.metadata import ModelMetadata, Precision

__all__ = ["ExportSource"]


@dataclass(frozen=True, slots=True, eq=False)
class ExportSource:
    """A model file that was opened and checked.

    Attributes:
        path: Where it is.
        content: Its bytes.
        session: Runs it.
        metadata: What it says about itself.
    """

    path: Path
    content: bytes
    session: ModelSession
    metadata: ModelMetadata

    @classmethod
    def load(cls, model: str | Path | None, precision: Precision | None) -> "ExportSource":
        """Open a model file.

        Args:
            model: A `.onnx` file or a run folder; None for the model inside the package.
            precision: The one that it must have; None takes what is there.

        Raises:
            ModelFileError: The file is missing, damaged, not one of ours, or of another precision.
        """
        session, metadata = open_model(bundled_model_path(precision) if model is None else model, precision=precision)
        if session.path is None:
            raise ModelFileError(f"{model}: expected the path of a model file or of a run folder")
        return cls(session.path, session.path.read_bytes(), session, metadata)

    @property
    def sha256(self) -> str:
        """Of all its bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    def network(self) -> Network:
        """The layers of the network that answers; a second one, which gives the digit score, is left out.

        Raises:
            ModelFileError: It is a committee, or no chain of dense layers.
        """
        if self.metadata.committee:
            raise ModelFileError(
                f"{self.path} is a committee of {len(self.metadata.committee)} networks, and this format holds the "
                "layers of one: export a member of it"
            )
        return read_network(self.path)

    def probabilities(self, images: Images) -> Probabilities:
        """What the model file answers: float32 (n, classes) for uint8 (n, 28, 28)."""
        (found,) = self.session.run(["probabilities"], {"images": images})
        return found
