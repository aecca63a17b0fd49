"""The C source, compiled as strictly as C99 can be, against the int8 model file that ONNX Runtime runs."""

import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from digitnet.arrays import AnyArray, Images
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path, start_session
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import decode_model
from digitnet.model_file.quantization import quantize
from digitnet.training.recipes import PRESETS
from exported import int8_model_path, model_path, needs_all
from made_up_model_files import model_file

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc: apt-get install gcc")
STRICT = ("gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O3")

# Includes the source, so that it can look at what is between the layers; writes all sums, then the answer.
HARNESS = """
#include "digitnet.c"
#include <stdio.h>
int main(void)
{
    uint8_t image[DIGITNET_PIXELS];
    float probabilities[DIGITNET_CLASSES];
    int32_t label;
    printf("%u %d", (unsigned)(CONSTANTS), DIGITNET_CONSTANT_BYTES);
    putchar(10);
    while (fread(image, sizeof image, 1, stdin) == 1) {
        LAYERS
        label = digitnet_predict(image, probabilities);
        fwrite(&label, sizeof label, 1, stdout);
        fwrite(probabilities, sizeof probabilities, 1, stdout);
    }
    return 0;
}
"""


def harness_of(sizes: list[int]) -> str:
    layers = f"int32_t sums[{max(sizes)}];" + (f"uint8_t values[{max(sizes)}];" if len(sizes) > 2 else "")
    constants = "0"
    for number, (inputs, units) in enumerate(pairwise(sizes), start=1):
        given = "image" if number == 1 else "values"
        layers += f"add_products({given}, {inputs}, weights_{number}, bias_{number}, {units}, sums);"
        layers += f"fwrite(sums, sizeof *sums, {units}, stdout);"
        if number < len(sizes) - 1:
            layers += f"requantize(sums, multipliers_{number}, {units}, values);"
        constants += f" + sizeof weights_{number} + sizeof bias_{number} + sizeof multipliers_{number}"
    return HARNESS.replace("LAYERS", layers).replace("CONSTANTS", constants)


def run_program(folder: Path, sizes: list[int], images: Images) -> tuple[list[AnyArray], AnyArray, AnyArray]:
    """Sums of each layer, labels and probabilities; and that the header says how large the constants are."""
    (folder / "harness.c").write_text(harness_of(sizes))
    subprocess.run([*STRICT, "harness.c", "-o", "harness", "-lm"], cwd=folder, check=True)
    output = subprocess.run([folder / "harness"], input=images.tobytes(), capture_output=True, check=True).stdout
    line, _, rows = output.partition(b"\n")
    found, stated = line.split()
    assert found == stated
    row = np.dtype([(f"sums_{n}", "<i4", (n_units,)) for n, n_units in enumerate(sizes[1:])])
    row = np.dtype([*row.descr, ("label", "<i4"), ("probabilities", "<f4", (sizes[-1],))])
    table = np.frombuffer(rows, row)
    assert len(table) == len(images)
    return [table[f"sums_{n}"] for n in range(len(sizes) - 1)], table["label"], table["probabilities"]


def expected_sums(model: Path, images: Images) -> list[AnyArray]:
    """From the integers that ONNX Runtime itself hands from layer to layer, and the weights in the file."""
    proto = decode_model(model.read_bytes())
    constants = {one.name: numpy_helper.to_array(one) for one in proto.graph.initializer}
    makers = {name: node for node in proto.graph.node for name in node.output}
    gemms = [node for node in proto.graph.node if node.op_type == "Gemm" and "rejection" not in node.name]
    names = [makers[gemm.input[0]].input[0] for gemm in gemms]
    del proto.graph.output[:]
    for name in names:
        proto.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None))
    inputs = start_session(proto.SerializeToString()).run(names, {"images": images})
    found = []
    for gemm, values in zip(gemms, inputs, strict=True):
        weights, bias = (constants[makers[part].input[0]] for part in gemm.input[1:])
        found.append(values.astype(np.float64) @ weights + bias)  # exact: no sum has more than 31 bits
    return found


def check_against_model_file(model: Path, folder: Path, sizes: list[int], images: Images) -> None:
    sums, labels, probabilities = run_program(folder, sizes, images)
    for found, expected in zip(sums, expected_sums(model, images), strict=True):
        assert np.array_equal(found, expected)
    classifier = load_classifier(model)
    assert np.array_equal(labels, classifier.predict(images))
    assert np.abs(probabilities - classifier.predict_proba(images)).max() < 1e-6


@needs_gcc
def test_every_sum_and_every_label_of_the_test_images_is_that_of_the_model_file(
    tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> None:
    model = int8_model_path(tmp_path, mnist[0].images[:500], (40, 24))
    found = export_model("c", tmp_path / "c", model)
    assert found.compared_by == "the program that cc makes of it"
    check_against_model_file(model, tmp_path / "c", [784, 40, 24, 10], mnist[1].images)


@needs_all
@needs_gcc
def test_the_bundled_network_too(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    export_model("c", tmp_path / "c")
    sizes = [784, 1536, 1024, 512, 10]
    check_against_model_file(bundled_model_path("int8"), tmp_path / "c", sizes, mnist[1].images)


@needs_gcc
def test_the_preset_for_microcontrollers_is_small(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    sizes = [784, *PRESETS["tiny"].hidden_sizes, 10]
    export_model("c", tmp_path / "c", int8_model_path(tmp_path, mnist[0].images[:100], sizes[1:-1]))
    header = (tmp_path / "c" / "digitnet.h").read_text()
    constants, stack = (
        int(re.findall(rf"{name}_BYTES (\d+)", header)[0]) for name in ("DIGITNET_CONSTANT", "DIGITNET_STACK")
    )
    weights = sum(inputs * units for inputs, units in pairwise(sizes))
    assert constants == weights + sum(sizes[1:]) * (4 + 4)  # one byte a weight, four a bias and a multiplier
    assert constants <= 64 * 1024
    subprocess.run([*STRICT, "-Os", "-fstack-usage", "-c", "digitnet.c"], cwd=tmp_path / "c", check=True)
    used = [int(line.split("\t")[1]) for line in (tmp_path / "c" / "digitnet.su").read_text().splitlines()]
    assert stack <= sum(used) < stack + 512 < 4 * 1024  # even if each function called the next


@needs_gcc
def test_one_layer_and_any_text_of_a_label(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    names = ('a"b', "?\\?/", "é\n7", "%d", "4")
    model = tmp_path / "m.onnx"
    model.write_bytes(quantize(model_file((), names=names), mnist[0].images[:100]))
    export_model("c", tmp_path / "c", model)
    check_against_model_file(model, tmp_path / "c", [784, 5], mnist[1].images[:200])
    main = '#include "digitnet.h"\n#include <stdio.h>\nint main(void) { for (int i = 0; i < 5; i++) { '
    main += "fputs(digitnet_class_names[i], stdout); putchar(0); } return 0; }\n"
    (tmp_path / "c" / "names.c").write_text(main)
    subprocess.run([*STRICT, "names.c", "digitnet.c", "-o", "names", "-lm"], cwd=tmp_path / "c", check=True)
    printed = subprocess.run([tmp_path / "c" / "names"], capture_output=True, check=True).stdout
    assert printed.decode().split("\0")[:-1] == list(names)


def test_without_a_compiler_the_same_integers_are_compared(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    found = export_model("c", tmp_path / "c", int8_model_path(tmp_path, mnist[0].images[:100]))
    assert found.compared_by == "the same integers in NumPy, as no C compiler was found"
    assert found.comparison.largest_difference < 1e-6


def test_what_is_not_a_chain_of_integers_with_relu_is_refused(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    images = mnist[0].images[:100]
    with pytest.raises(ModelFileError, match=r"no single chain of dense layers with ReLU .* its graph has integers"):
        export_model("c", tmp_path / "c", int8_model_path(tmp_path, images, operator="Tanh"))
    with pytest.raises(ModelFileError, match=r"a model in float32, but int8 was asked for"):
        export_model("c", tmp_path / "c", model_path(tmp_path))
    members = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        members.append(int8_model_path(tmp_path / name, images, (8 if name == "a" else 9,)))
    save_committee(members, tmp_path / "both.onnx", precision="int8")
    with pytest.raises(ModelFileError, match=r"both.onnx is a committee of several networks: export a member of it"):
        export_model("c", tmp_path / "c", tmp_path / "both.onnx")
    assert not (tmp_path / "c").exists()
