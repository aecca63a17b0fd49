"""From images to outputs: runs the networks of a model file, and distorted copies where that was asked for.

Which outputs are computed is asked for by name, and a network of which no output is asked for is not run. Any number of
threads may use a predictor at once, and so may a process forked from the one that made it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from digitnet.arrays import AnyArray, Images, Labels
from digitnet.errors import ModelOutputError
from digitnet.inference.outputs import Outputs
from digitnet.model_file.contract import DIGIT_SCORE, SECOND_LOGITS
from digitnet.parallel import for_each_slice

if TYPE_CHECKING:
    from digitnet.inference.augmented_inference import AugmentedInference

__all__ = ["FIRST_NETWORK", "Predictor", "Session"]

FIRST_NETWORK = ("probabilities", "logits")  # outputs that every model file has
_OF_ONE_NUMBER = frozenset({DIGIT_SCORE})  # outputs of shape (n,); all others are (n, classes)


class Session(Protocol):
    """What runs a model file: `ModelSession`, or another function of images with the same outputs."""

    def run(self, names: Sequence[str], feeds: Mapping[str, Images], /) -> list[AnyArray]:
        """Outputs by name, for images (n, 28, 28) uint8 under the name `images`, n >= 1."""
        ...


class Predictor:
    """Runs a model file on images in MNIST's frame. How many come in one call changes no bit of an output.

    Attributes:
        session: Of one thread; a large batch runs it several times at once.
        output_names: What the model file gives.
        num_classes: How many classes there are.
        temperature: Divisor of the logits, above 0.
        threads: Cores that one call may use at most; None takes all that the process may use.
        augmentation: From which distorted copies images are answered that the network is unsure of; None for none.
    """

    def __init__(
        self,
        session: Session,
        output_names: Collection[str],
        num_classes: int,
        temperature: float,
        threads: int | None = None,
        augmentation: "AugmentedInference | None" = None,
    ) -> None:
        self.session = session
        self.output_names = frozenset(output_names)
        self.num_classes = num_classes
        self.temperature = temperature
        self.threads = threads
        self.augmentation = augmentation

    def run(self, images: Images, names: Sequence[str]) -> dict[str, AnyArray]:
        """Outputs of the images as they are, never averaged over copies; all outputs in one pass.

        Args:
            images: uint8 (n, 28, 28); n may be 0.
            names: Of outputs that the model file has.

        Returns:
            Each output by its name, float32 (n, classes), or (n,) for the digit score.
        """
        n = len(images)
        found: dict[str, AnyArray] = {name: np.empty(self._shape(name, n), np.float32) for name in names}

        def compute(part: slice) -> None:
            for name, rows in zip(names, self._computed(images[part], names), strict=True):
                found[name][part] = rows

        for_each_slice(compute, n, self.threads)
        return found

    def outputs(self, images: Images, optional: Sequence[str] = (DIGIT_SCORE, SECOND_LOGITS)) -> Outputs:
        """Outputs of the images as they are, never averaged over copies; each image is shown to each network once.

        Args:
            images: As for `run`.
            optional: Which of the optional outputs are wanted, where the model file has them.
        """
        found = self.run(images, [*FIRST_NETWORK, *(name for name in optional if name in self.output_names)])
        return Outputs(
            probabilities=found["probabilities"],
            logits=found["logits"],
            digit_score=found.get(DIGIT_SCORE),
            second_logits=found.get(SECOND_LOGITS),
            is_averaged=np.zeros(len(images), np.bool_),
        )

    def averaged(self, images: Images, outputs: Outputs) -> Outputs:
        """The same outputs, in which the images that the network is unsure of are answered from copies too.

        Args:
            images: As for `run`.
            outputs: As `outputs` gives them for these images.

        Returns:
            The outputs as they are where no augmentation was asked for.

        Raises:
            ModelOutputError: The network's answer to a copy is not finite.
        """
        if self.augmentation is None:
            return outputs
        probabilities, logits = outputs.probabilities.copy(), outputs.logits.copy()
        is_averaged = self.augmentation.is_unsure(probabilities)

        def average(part: slice) -> None:
            self._average(images[part], probabilities[part], logits[part])

        for_each_slice(average, len(images), self.threads)
        return replace(
            outputs,
            probabilities=probabilities,
            logits=logits,
            is_averaged=is_averaged,
            copies=self.augmentation.copies,
        )

    def predict(self, images: Images) -> Labels:
        """The most probable class of each image, averaged over copies where that was asked for.

        Args:
            images: As for `run`.

        Returns:
            Labels, uint8 (n,).
        """
        labels = np.empty(len(images), np.uint8)

        def classify(part: slice) -> None:
            labels[part] = self._answer(images[part], "probabilities").argmax(axis=1)

        for_each_slice(classify, len(images), self.threads)
        return labels

    def answer(self, images: Images, name: str) -> AnyArray:
        """One output of the first network, averaged over copies where that was asked for.

        Args:
            images: As for `run`.
            name: One of `FIRST_NETWORK`.

        Returns:
            float32 (n, classes).
        """
        answers = np.empty((len(images), self.num_classes), np.float32)

        def compute(part: slice) -> None:
            answers[part] = self._answer(images[part], name)

        for_each_slice(compute, len(images), self.threads)
        return answers

    def _computed(self, images: Images, names: Sequence[str]) -> list[AnyArray]:
        """Outputs of the session, in the shapes that the file promises: a graph may give others at any time."""
        found = self.session.run(names, {"images": images})
        for name, output in zip(names, found, strict=True):
            if output.shape != self._shape(name, len(images)):
                raise ModelOutputError(
                    f"the model answers {len(images)} images with {name} of shape {output.shape}, expected "
                    f"{self._shape(name, len(images))}: its graph gives other shapes than it says"
                )
        return found

    def _shape(self, name: str, n: int) -> tuple[int, ...]:
        return (n,) if name in _OF_ONE_NUMBER else (n, self.num_classes)

    def _answer(self, images: Images, name: str) -> AnyArray:
        """The same for a few images, n >= 1."""
        if self.augmentation is None:
            return self._computed(images, (name,))[0]
        probabilities, logits = self._computed(images, FIRST_NETWORK)
        self._average(images, probabilities, logits)
        return probabilities if name == "probabilities" else logits

    def _average(self, images: Images, probabilities: AnyArray, logits: AnyArray) -> None:
        """Replace those rows that the network is unsure of by means over the image and its copies."""
        if self.augmentation is None:
            return

        def predict_logits(copies: Images) -> AnyArray:
            return self._computed(copies, ("logits",))[0]

        is_unsure = self.augmentation.is_unsure(probabilities)
        means = self.augmentation.log_probabilities(
            images[is_unsure], logits[is_unsure], self.temperature, predict_logits
        )
        probabilities[is_unsure], logits[is_unsure] = np.exp(means), means * self.temperature
