"""Adds the outlier detector to a model file, as additional outputs; needs `onnx`.

The detector also classifies digits, and was trained on more varied writing than MNIST's. So its logits of the digits
are an output as well: a second network, whose answer is averaged with the first one's where a picture is read.
"""

import dataclasses
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from digitnet.errors import ModelFileError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.model_file.contract import DIGIT_SCORE, SECOND_LOGITS, open_model, start_session
from digitnet.model_file.graph import decode_model, with_metadata, with_prefix

__all__ = ["with_digit_score", "with_digit_score_of", "without_digit_score"]

_PREFIX = "rejection_"  # of all names of the detector in a model file; files in use have it
_NUMBERS = {"first": 0, "last": -1, "end": 2**31, "axis": 1}  # for Slice along the classes; 2**31 is beyond the end
# Operator, its inputs, its output and its attributes: log-sum-exp of the digits' logits, minus that of no digit.
_LOG_ODDS: tuple[tuple[str, list[str], str, dict[str, Any]], ...] = (
    ("Slice", [_PREFIX + name for name in ("logits", "first", "last", "axis")], SECOND_LOGITS, {}),
    ("Slice", [_PREFIX + name for name in ("logits", "last", "end", "axis")], f"{_PREFIX}other", {}),
    ("ReduceLogSumExp", [SECOND_LOGITS, f"{_PREFIX}axis"], f"{_PREFIX}any", {"keepdims": 0}),
    ("Squeeze", [f"{_PREFIX}other", f"{_PREFIX}axis"], f"{_PREFIX}none", {}),
    ("Sub", [f"{_PREFIX}any", f"{_PREFIX}none"], DIGIT_SCORE, {}),
)


def with_digit_score(content: bytes, rejection: bytes, scores: Quantiles) -> bytes:
    """Add an outlier detector to a model file.

    Args:
        content: The bytes of a model file, in any precision.
        rejection: The bytes of a model file whose last class is no digit, and all others are.
        scores: Of digits that the latter was not trained on; they go into the thresholds of the metadata.

    Returns:
        The bytes of a model file with the same answers, and the outputs `digit_score`, the logarithm of the odds that
        it is any of the digits, and `second_logits`, the logits of the latter for each digit, if both have the same
        classes.

    Raises:
        ModelFileError: The file has a score already, or the two are written in different operators.
    """
    proto, branch = decode_model(content), decode_model(rejection)
    if any(output.name == DIGIT_SCORE for output in proto.graph.output):
        raise ModelFileError(f"the model has an output {DIGIT_SCORE} already: take it away with without_digit_score")
    if list(proto.opset_import) != list(branch.opset_import):
        raise ModelFileError("the two networks are written in different operators: save both with the same version")
    named = with_prefix(branch.graph, _PREFIX)
    proto.graph.node.extend(node for node in named.node if f"{_PREFIX}probabilities" not in node.output)
    proto.graph.initializer.extend(named.initializer)
    proto.graph.initializer.extend(
        numpy_helper.from_array(np.array([number], np.int64), _PREFIX + name) for name, number in _NUMBERS.items()
    )
    for kind, inputs, output, attributes in _LOG_ODDS:
        proto.graph.node.append(
            helper.make_node(kind, inputs, [output], name=f"{_PREFIX}{kind}_{output}", **attributes)
        )
    proto.graph.output.append(helper.make_tensor_value_info(DIGIT_SCORE, TensorProto.FLOAT, ["n"]))
    class_names, further = (open_model(one)[1].class_names for one in (content, rejection))
    if further[:-1] == class_names:
        logits = helper.make_tensor_value_info(SECOND_LOGITS, TensorProto.FLOAT, ["n", len(class_names)])
        proto.graph.output.append(logits)
    return _checked(content, proto, scores)


def with_digit_score_of(content: bytes, other: bytes, *, second_network: bool = True) -> bytes:
    """Copy the outlier detector of another model file into a model file.

    Args:
        content: The bytes of a model file.
        other: The bytes of a model file; where that has no score, neither has the result.
        second_network: Whether `second_logits` come along, if the other has them and knows the same classes.

    Returns:
        The bytes of a model file.

    Raises:
        ModelFileError: The two are written in different operators.
    """
    content = without_digit_score(content)
    proto, donor = decode_model(content), decode_model(other)
    class_names, further = (open_model(one)[1].class_names for one in (content, other))
    names = {DIGIT_SCORE, SECOND_LOGITS} if second_network and class_names == further else {DIGIT_SCORE}
    outputs = [output for output in donor.graph.output if output.name in names]
    if not any(output.name == DIGIT_SCORE for output in outputs):
        return content
    if list(proto.opset_import) != list(donor.opset_import):
        raise ModelFileError("the two networks are written in different operators: save both with the same version")
    proto.graph.node.extend(node for node in donor.graph.node if node.name.startswith(_PREFIX))
    proto.graph.initializer.extend(one for one in donor.graph.initializer if one.name.startswith(_PREFIX))
    proto.graph.output.extend(outputs)
    return _checked(content, proto, open_model(other)[1].quantiles(DIGIT_SCORE))


def without_digit_score(content: bytes) -> bytes:
    """The model file as it was before `with_digit_score`; one without a score stays as it is.

    Args:
        content: The bytes of a model file.

    Returns:
        The bytes of a model file with the same answers, and nothing beside them.
    """
    proto = decode_model(content)
    for kept in (proto.graph.node, proto.graph.initializer):
        others = [one for one in kept if not one.name.startswith(_PREFIX)]
        del kept[:]
        kept.extend(others)
    outputs = [output for output in proto.graph.output if output.name not in {DIGIT_SCORE, SECOND_LOGITS}]
    del proto.graph.output[:]
    proto.graph.output.extend(outputs)
    return _with_threshold(bytes(proto.SerializeToString()), None)


def _checked(content: bytes, merged: onnx.ModelProto, scores: Quantiles) -> bytes:
    """The bytes of the merged file, after checking that its answers are those of `content`."""
    onnx.checker.check_model(merged, full_check=True)
    result = _with_threshold(bytes(merged.SerializeToString()), scores)
    _check_same_answers(content, result)
    return result


def _with_threshold(content: bytes, scores: Quantiles | None) -> bytes:
    _, metadata = open_model(content)
    thresholds = {name: value for name, value in metadata.thresholds.items() if name != DIGIT_SCORE}
    if scores is not None:
        thresholds[DIGIT_SCORE] = scores.to_dict()
    return with_metadata(content, dataclasses.replace(metadata, thresholds=thresholds))


def _check_same_answers(content: bytes, merged: bytes) -> None:
    """The answers of the digit network must not change by a bit."""
    images = np.random.default_rng(0).integers(0, 256, (16, 28, 28), dtype=np.uint8)
    before, after = (
        start_session(one).run(["probabilities", "logits"], {"images": images}) for one in (content, merged)
    )
    if not all(np.array_equal(*pair) for pair in zip(before, after, strict=True)):
        raise ModelFileError("with a score beside them the answers of the model changed: the file is damaged")
