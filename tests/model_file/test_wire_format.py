"""Fields of messages, against the reader of ONNX itself and by hand."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from digitnet.model_file.wire_format import WireFormatError, encode_varint, fields, text, varints
from made_up_model_files import model_file

CONTENT = model_file((6,))


def test_the_fields_of_a_model_are_those_that_onnx_reads() -> None:
    found = list(fields(memoryview(CONTENT)))
    assert b"".join(field.encoded for field in found) == CONTENT
    proto = onnx.load_from_string(CONTENT)
    (graph,) = (field for field in found if field.number == 7)
    assert bytes(graph.content) == proto.graph.SerializeToString()
    (version,) = (field for field in found if field.number == 1)
    assert (version.value, bytes(version.content)) == (proto.ir_version, b"")
    assert text(graph.content, 2) == proto.graph.name


@pytest.mark.parametrize("sizes", [[3], [1, 300, 70_000], [-1]])
def test_repeated_numbers_are_read_packed_and_one_by_one(sizes: list[int]) -> None:
    packed = b"".join(encode_varint(size % 2**64) for size in sizes)
    together = b"\x0a" + encode_varint(len(packed)) + packed
    apart = onnx.TensorProto(dims=sizes).SerializeToString()
    for message in (together, apart):
        assert onnx.TensorProto.FromString(message).dims == sizes
        found = [number for field in fields(memoryview(message)) for number in varints(field)]
        assert found == [size % 2**64 for size in sizes]


def test_of_two_texts_the_last_counts() -> None:
    message = (
        helper.make_node("Loop", [], []).SerializeToString() + helper.make_node("Relu", [], []).SerializeToString()
    )
    assert onnx.NodeProto.FromString(message).op_type == text(memoryview(message), 4) == "Relu"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x00\x01", "the number 0"),
        (b"\x0b", "no kind that ONNX has"),
        (b"\x0a\x05abcd", "cut off"),
        (b"\x08", "cut off"),
        (b"\x08\x80\x80", "cut off"),
        (b"\x0d\x00\x00", "cut off"),
        (b"\x08" + 10 * b"\x80" + b"\x00", "too long"),
        (b"\x8a\x80\x80\x80\x10\x00", "the number 536870913"),  # the lower 32 bits are those of field 1
        (b"\x08\x01" * 200_000, "too many"),
    ],
)
def test_a_damaged_message_is_an_error(message: bytes, reason: str) -> None:
    with pytest.raises(WireFormatError, match=reason):
        list(fields(memoryview(message)))


def test_a_name_that_is_missing_or_no_text_is_an_error() -> None:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32)).SerializeToString()
    with pytest.raises(WireFormatError, match="a name is missing"):
        text(memoryview(tensor), 8)
    with pytest.raises(UnicodeDecodeError):
        text(memoryview(b"\x42\x02\xff\xfe"), 8)
