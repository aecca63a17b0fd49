"""Format `c`: one header and one source in C99, in 8-bit integers, without allocation and without any file.

The sums are those of the int8 model file bit for bit, on every processor with IEEE's float32.
"""

from collections.abc import Iterable

import numpy as np

from digitnet.errors import ModelFileError
from digitnet.exports.c_program import CProgram
from digitnet.exports.integer_layers import IntegerLayer, IntegerNetwork, integer_network
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written

__all__ = ["write"]

_LINE = 24  # whole numbers in a line of the source, and three times as many as others; chosen by hand

_HEADER = """\
/* A digit in MNIST's frame -> the probability of each class, by a network {sizes}, in 8-bit integers.

   Made by `digitnet export c` from the model file with the SHA-256
   {sha256}. */
#ifndef DIGITNET_H
#define DIGITNET_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

#define DIGITNET_PIXELS 784 /* 28 rows of 28, from the top left; 0 = paper, 255 = ink */
#define DIGITNET_CLASSES {classes}
#define DIGITNET_CONSTANT_BYTES {constants} /* weights, biases and multipliers; code and names come on top */
#define DIGITNET_STACK_BYTES {stack} /* of arrays; saved registers and those of expf() come on top */

/* Text of each label, in UTF-8. */
extern const char *const digitnet_class_names[DIGITNET_CLASSES];

/* Returns the most probable label, from 0, and writes the calibrated probabilities, which sum to 1; safe to call from
   several threads. The image is in MNIST's frame: the digit scaled to 20 pixels, its centre of mass in the middle. */
int digitnet_predict(const uint8_t image[DIGITNET_PIXELS], float probabilities[DIGITNET_CLASSES]);

#ifdef __cplusplus
}}
#endif

#endif
"""

_PRODUCTS = """\
/* sums = inputs * weights + bias. Most inputs are 0: those cost no products. No sum leaves 32 bits. */
static void add_products(const uint8_t *inputs, int num_inputs, const int8_t *weights, const int32_t *bias,
                         int num_units, int32_t *sums)
{
    int input, unit;
    memcpy(sums, bias, (size_t)num_units * sizeof *sums);
    for (input = 0; input < num_inputs; input++, weights += num_units) {
        const int32_t value = inputs[input];
        if (value == 0) {
            continue;
        }
        for (unit = 0; unit < num_units; unit++) {
            sums[unit] += value * weights[unit];
        }
    }
}

"""

_REQUANTIZE = """\
/* The sums as inputs of the next layer: halves are rounded to even, and cutting off below 0 is the ReLU. */
static void requantize(const int32_t *sums, const float *multipliers, int num_units, uint8_t *outputs)
{
    int unit;
    for (unit = 0; unit < num_units; unit++) {
        const float value = (float)sums[unit] * multipliers[unit];
        outputs[unit] = value <= 0.0f ? 0 : value >= 255.0f ? 255 : (uint8_t)lrintf(value);
    }
}

"""

_SOFTMAX = """\
/* softmax(logits / temperature), and the place of the largest. */
static int softmax(const int32_t *sums, const float *multipliers, float *probabilities)
{
    float total = 0.0f;
    int label, best = 0;
    for (label = 0; label < DIGITNET_CLASSES; label++) {
        probabilities[label] = (float)sums[label] * multipliers[label] / TEMPERATURE;
        if (probabilities[label] > probabilities[best]) {
            best = label;
        }
    }
    const float largest = probabilities[best];
    for (label = 0; label < DIGITNET_CLASSES; label++) {
        probabilities[label] = expf(probabilities[label] - largest);
        total += probabilities[label];
    }
    for (label = 0; label < DIGITNET_CLASSES; label++) {
        probabilities[label] /= total;
    }
    return best;
}
"""


def write(source: ExportSource, place: Place) -> Written:
    """Write the folder; see `digitnet.exports.export`."""
    if source.metadata.committee:
        raise ModelFileError(f"{source.path} is a committee of several networks: export a member of it")
    try:
        network = integer_network(source.content, float(source.metadata.calibration["temperature"]))
    except ModelFileError as error:
        raise ModelFileError(f"{source.path}: {error}") from error
    names = source.metadata.class_names
    (place.now / "digitnet.h").write_text(_header(network, len(names), source.sha256), encoding="ascii")
    (place.now / "digitnet.c").write_text(_source(network, names), encoding="ascii")
    program = CProgram.compiled(place.now)
    how = f"cc -std=c99 -O3 -c {place.out / 'digitnet.c'}, and call digitnet_predict() of digitnet.h; link with -lm"
    if program is None:
        return Written(network.probabilities, how, "the same integers in NumPy, as no C compiler was found")
    return Written(program.probabilities, how, f"the program that {program.compiler} makes of it")


def _header(network: IntegerNetwork, classes: int, sha256: str) -> str:
    layers = network.layers
    units = [len(layer.bias) for layer in layers]
    constants = sum(part.nbytes for layer in layers for part in (layer.weights, layer.bias, layer.multipliers))
    return _HEADER.format(
        sizes="-".join(map(str, [len(layers[0].weights), *units])),
        sha256=sha256,
        classes=classes,
        constants=constants,
        stack=4 * max(units) + max([1, *units[:-1]]),
    )


def _source(network: IntegerNetwork, names: Iterable[str]) -> str:
    """The whole source: constants, functions, and one call a layer."""
    parts = ['#include "digitnet.h"\n\n#include <math.h>\n#include <string.h>\n']
    listed = ", ".join(_c_string(name) for name in names)
    parts.append(f"const char *const digitnet_class_names[DIGITNET_CLASSES] = {{{listed}}};\n")
    parts.append(f"#define TEMPERATURE {_c_float(network.temperature)}\n")
    for number, layer in enumerate(network.layers, start=1):
        parts += _constants(number, layer)
    between = (
        [_REQUANTIZE] if len(network.layers) > 1 else []
    )  # a function that is not called is a warning of compilers
    return "\n".join([*parts, _PRODUCTS, *between, _SOFTMAX, _predict(network)])


def _constants(number: int, layer: IntegerLayer) -> list[str]:
    multipliers = [_c_float(value) for value in layer.multipliers.tolist()]
    inputs, units = layer.weights.shape
    return [
        f"/* Layer {number}: {inputs} inputs, {units} units; a row of weights an input. */",
        _c_array("int8_t", f"weights_{number}", map(str, layer.weights.ravel().tolist())),
        _c_array("int32_t", f"bias_{number}", map(str, layer.bias.tolist())),
        _c_array("float", f"multipliers_{number}", multipliers),
    ]


def _predict(network: IntegerNetwork) -> str:
    units = [len(layer.bias) for layer in network.layers]
    lines = [
        "int digitnet_predict(const uint8_t image[DIGITNET_PIXELS], float probabilities[DIGITNET_CLASSES])",
        "{",
        f"    int32_t sums[{max(units)}];",
    ]
    if len(units) > 1:
        lines.append(
            f"    uint8_t values[{max(units[:-1])}]; /* of a layer; its sums are complete before they change */"
        )
    inputs, num_inputs = "image", "DIGITNET_PIXELS"
    for number, size in enumerate(units, start=1):
        lines.append(f"    add_products({inputs}, {num_inputs}, weights_{number}, bias_{number}, {size}, sums);")
        if number < len(units):
            lines.append(f"    requantize(sums, multipliers_{number}, {size}, values);")
        inputs, num_inputs = "values", str(size)
    lines += [f"    return softmax(sums, multipliers_{len(units)}, probabilities);", "}", ""]
    return "\n".join(lines)


def _c_array(kind: str, name: str, numbers: Iterable[str]) -> str:
    texts = list(numbers)
    a_line = _LINE // 3 if kind == "float" else _LINE
    lines = (",".join(texts[start : start + a_line]) for start in range(0, len(texts), a_line))
    return f"static const {kind} {name}[{len(texts)}] = {{\n" + ",\n".join(lines) + "\n};\n"


def _c_float(value: float) -> str:
    """The float32 as C reads it: nine digits give the same bits again."""
    return f"{np.float32(value):.9e}f"


def _c_string(text: str) -> str:
    """A string literal; all but plain letters and digits as octal bytes, which no following character can extend."""
    return (
        '"' + "".join(chr(one) if chr(one).isalnum() and one < 128 else f"\\{one:03o}" for one in text.encode()) + '"'
    )
