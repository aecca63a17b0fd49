"""Several networks as one model file: their log-probabilities are averaged, which is a geometric mean.

    images -> member 1 -> logits / its temperature -> LogSoftmax -+
    images -> member 2 -> logits / its temperature -> LogSoftmax -+-> Mean -> LogSoftmax -> logits
    ...                                                           |           Softmax -> probabilities

Each member's graph is in the file as it was, under names of its own. What comes out as logits are log-probabilities
already, so that the file's own temperature is 1. Networks that were trained from other seeds make other mistakes, and a
class that one of them thinks impossible is out for all.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.evaluation.metrics import log_softmax
from digitnet.files import replaced_file
from digitnet.model_file.contract import DIGIT_SCORE, MODEL_FILE_NAMES, ModelSession, open_model
from digitnet.model_file.digit_score import with_digit_score_of, without_digit_score
from digitnet.model_file.graph import Graph, decode_model, with_metadata, with_prefix, with_reference_answers
from digitnet.model_file.metadata import ModelMetadata, Precision, check_precision
from digitnet.model_file.reference_answers import ReferenceAnswers

__all__ = ["save_committee"]

_BYTES_MAX = 1 << 30  # what `open_model` reads
_TOLERANCE = 1e-4  # largest accepted difference in a probability; float32 rounding gives about 1e-6
_IMAGES = 64  # to compare answers on


def save_committee(
    models: Sequence[str | Path], path: str | Path, *, precision: Precision = "float32"
) -> ModelMetadata:
    """Write several networks as one model file, whole or not at all, after checking that it answers as their mean.

    Args:
        models: Two or more `.onnx` files or run folders, of the same classes.
        path: The `.onnx` file to write; one that exists is left as it is.
        precision: Of all members, and so of the committee.

    Returns:
        What the file says about itself.

    Raises:
        ConfigurationError: Fewer than two models, the same one twice, another ending of the path, or no such precision.
        ModelFileError: A model that cannot be used, is of other classes or another precision, or is a committee itself;
            the path exists; or the committee would be too large, or would not answer as the mean of its members.
        OSError: The file cannot be written.
    """
    check_precision(precision)
    path = Path(path)
    if len(models) < 2:
        raise ConfigurationError(f"a committee has at least two models, found {len(models)}: name more of them")
    if path.suffix != ".onnx":
        raise ConfigurationError(f"{path} is to be a model file: expected a name that ends in .onnx")
    if path.exists():
        raise ModelFileError(f"{path} exists already and is never overwritten: choose another name")
    with replaced_file(path) as temporary:  # so that a folder that cannot be written is found out first
        members = [_Member.load(Path(model), precision) for model in models]
        _check_alike(members)
        metadata = _describe(members)
        content = with_metadata(_merge(members, len(metadata.class_names)).SerializeToString(), metadata)
        _check_same_answers(members, content)
        if all(DIGIT_SCORE in member.metadata.thresholds for member in members):
            # A score knows nothing of the network beside it, so that of one member serves all of them.
            content = with_digit_score_of(content, members[0].content, second_network=False)
        references = [found.images for member in members if (found := ReferenceAnswers.of(member.session)) is not None]
        content = with_reference_answers(content, references[0] if references else _noise())
        temporary.write_bytes(content)
    return metadata


@dataclass(frozen=True)
class _Member:
    """One of the models.

    Attributes:
        path: Where it came from.
        content: The bytes of its file.
        sha256: Of those bytes.
        session: To ask it.
        metadata: What it says about itself.
    """

    path: Path
    content: bytes
    sha256: str
    session: ModelSession
    metadata: ModelMetadata

    @classmethod
    def load(cls, path: Path, precision: Precision) -> "_Member":
        session, metadata = open_model(path, precision=precision)
        file = path / MODEL_FILE_NAMES[precision] if path.is_dir() else path
        content = file.read_bytes()
        return cls(path, content, hashlib.sha256(content).hexdigest(), session, metadata)

    @property
    def temperature(self) -> float:
        return float(self.metadata.calibration["temperature"])

    def log_probabilities(self, images: Images) -> NDArray[np.float64]:
        """Its answer, after a look at whether its two outputs and its temperature belong together."""
        probabilities, logits = self.session.run(["probabilities", "logits"], {"images": images})
        answers = log_softmax(logits.astype(np.float64) / self.temperature)
        if not np.allclose(probabilities, np.exp(answers), rtol=0, atol=_TOLERANCE):
            raise ModelFileError(
                f"{self.path}: its probabilities are not softmax(logits / {self.temperature:g}), the temperature that "
                "its metadata names: the file is damaged"
            )
        return answers


def _check_alike(members: list[_Member]) -> None:
    """Refuse members that cannot be averaged."""
    class_names = members[0].metadata.class_names
    for member in members:
        if member.metadata.committee:
            raise ModelFileError(f"{member.path} is a committee itself: name its members instead")
        if member.metadata.class_names != class_names:
            raise ModelFileError(
                f"{member.path} has the classes {_listed(member)}, but {members[0].path} has {_listed(members[0])}: "
                "the members of a committee know the same classes in the same order"
            )
    digest, count = Counter(member.sha256 for member in members).most_common(1)[0]
    if count > 1:
        same = ", ".join(str(member.path) for member in members if member.sha256 == digest)
        raise ConfigurationError(f"{same} are the same model: name each once")
    size = sum(len(member.content) for member in members)
    if size > _BYTES_MAX:
        raise ModelFileError(f"the committee would have {size:,} bytes: a model file has at most {_BYTES_MAX:,}")


def _listed(member: _Member) -> str:
    return ", ".join(member.metadata.class_names)[:80]


def _describe(members: list[_Member]) -> ModelMetadata:
    """What the committee says about itself; its data are those of its members, where they have them in common."""
    descriptions = [member.metadata for member in members]
    first = descriptions[0]
    layers: list[dict[str, Any]] = []
    for number, member in enumerate(descriptions, start=1):
        layers += [{**layer, "name": f"{_name(number)}_{layer['name']}"} for layer in member.layers]
    return ModelMetadata(
        class_names=first.class_names,
        layers=tuple(layers),
        data=first.data if all(member.data == first.data for member in descriptions) else {},
        # Quantiles of a member's answers say nothing of the mean's.
        thresholds={"unsure_below": max(member.thresholds["unsure_below"] for member in descriptions)},
        precision=first.precision,
        committee=tuple(
            {
                "name": _name(number),
                "sha256": member.sha256,
                "parameters": sum(layer["parameters"] for layer in member.metadata.layers),
                "recipe": member.metadata.recipe,
                "data": member.metadata.data,
                "metrics": member.metadata.metrics,
                "calibration": member.metadata.calibration,
            }
            for number, member in enumerate(members, start=1)
        ),
    )


def _name(number: int) -> str:
    return f"member_{number}"


def _merge(members: list[_Member], num_classes: int) -> onnx.ModelProto:
    """The graphs of all members side by side, and the mean of what they say behind them."""
    graph = Graph()
    answers = []
    for number, member in enumerate(members, start=1):
        scaled = f"{_name(number)}_logits"
        if member.temperature != 1.0:
            scaled = graph.add("Div", [scaled, graph.constant("temperature", np.float32(member.temperature))])
        answers.append(graph.add("LogSoftmax", [scaled], axis=-1))
    graph.add("LogSoftmax", [graph.add("Mean", answers)], output="logits", axis=-1)
    graph.add("Softmax", ["logits"], output="probabilities", axis=-1)
    proto = graph.to_model(num_classes)
    mean = list(proto.graph.node)
    del proto.graph.node[:]
    for number, member in enumerate(members, start=1):
        part = decode_model(without_digit_score(member.content))  # one score is added to the whole
        if list(part.opset_import) != list(proto.opset_import):
            raise ModelFileError(
                f"{member.path} is written in the operators of {_operators(part)}, expected {_operators(proto)}: save "
                "the network again with this version of digitnet"
            )
        renamed = with_prefix(part.graph, f"{_name(number)}_")
        proto.graph.node.extend(renamed.node)
        proto.graph.initializer.extend(renamed.initializer)
    proto.graph.node.extend(mean)
    return proto


def _operators(proto: onnx.ModelProto) -> str:
    return ", ".join(f"{entry.domain or 'ONNX'} {entry.version}" for entry in proto.opset_import)


def _check_same_answers(members: list[_Member], content: bytes) -> None:
    """Compare the file's answers with the mean of its members', worked out in float64."""
    images = _noise()
    expected = log_softmax(np.mean([member.log_probabilities(images) for member in members], axis=0))
    probabilities, logits = open_model(content)[0].run(["probabilities", "logits"], {"images": images})
    for found in (probabilities, np.exp(log_softmax(logits))):
        difference = float(np.abs(found - np.exp(expected)).max())
        if not difference < _TOLERANCE:
            raise ModelFileError(
                f"the committee does not answer as the mean of its members: a probability differs by {difference:.1e}, "
                f"expected below {_TOLERANCE:.0e}"
            )


def _noise() -> Images:
    """Images from blank paper to all noise, always the same."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (_IMAGES, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    ink = np.linspace(0, 1, _IMAGES)[:, None, None]
    return images * (generator.random(images.shape) < ink)
