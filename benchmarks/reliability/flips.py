"""Single flipped bits in a model file: is the file refused, do the answers stay, or are they silently others?"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import Row, Run, new_run
from digitnet import Classifier, load_mnist
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import open_model
from digitnet.model_file.digest import without_digest
from digitnet.model_file.wire_format import fields

__all__ = ["Outcome", "answers_of", "any_bits", "exponent_bits", "flip_rows", "flipped", "measure_flips", "outcome_of"]

_MODEL_GRAPH, _GRAPH_INITIALIZER, _TENSOR_TYPE, _TENSOR_BYTES = 7, 5, 2, 9  # fields of onnx.proto
_FLOAT = 1  # data type
_EVERY = 50  # bits between two reports of how far it is


class Outcome(NamedTuple):
    """What came of one flipped bit.

    Attributes:
        kind: "refused", "without effect" or "silently wrong".
        changed: Answers that are others than those of the whole file.
    """

    kind: str
    changed: int = 0


def measure_flips(n: int, seed: int, models: Mapping[str, Path], num_images: int, report: Callable[[str], None]) -> Run:
    """The same bits of a model file as it is, and of the same file without its digest, as older versions wrote it.

    Args:
        n: Bits, each flipped on its own.
        seed: Decides which.
        models: Model files, by what they are called in the results.
        num_images: Training images that each file answers.
        report: Gets a line now and then.

    Returns:
        The run; its rows have a subject for each file and kind of bit.
    """
    images = load_mnist()[0].images
    images = images[np.linspace(0, len(images) - 1, num_images).astype(int)]
    run = new_run("flips", f"python -m benchmarks.reliability flips --n {n} --seed {seed}", n=n)
    run.seed = seed
    contents = {name: path.read_bytes() for name, path in models.items()}
    files = {f"{name}, with its digest": content for name, content in contents.items()}
    files |= {f"{name}, without a digest": without_digest(content) for name, content in contents.items()}
    bits = {"any bit": any_bits, "exponent bit": exponent_bits}
    for (subject, file), (which, choose) in product(files.items(), bits.items()):

        def reported(done: int, subject: str = f"{subject}, {which}") -> None:
            if done % _EVERY == 0:
                report(f"{subject}: {done:,} of {n:,}")

        run.rows += flip_rows(f"{subject}, {which}", file, choose(file, n, seed), images, reported)
    return run


def flip_rows(
    subject: str, content: bytes, bits: Sequence[int], images: NDArray[np.uint8], report: Callable[[int], None]
) -> list[Row]:
    """Flip single bits, one after the other, each in the whole file.

    Args:
        subject: What the file is called in the results.
        content: The bytes of a model file.
        bits: Which, from `any_bits` or `exponent_bits`.
        images: uint8 (m, 28, 28), which are answered by every file that is not refused.
        report: Called with the number of bits that are done.

    Returns:
        How many there were of each outcome, and how many answers changed at most.
    """
    expected = answers_of(content, images)
    counts: Counter[str] = Counter()
    most = 0
    for done, bit in enumerate(bits, start=1):
        outcome = outcome_of(flipped(content, bit), images, expected)
        counts[outcome.kind] += 1
        most = max(most, outcome.changed)
        report(done)
    kinds = ("refused", "without effect", "silently wrong")
    return [
        *(Row(subject, kind, counts[kind], "errors", len(bits)) for kind in kinds),
        Row(subject, "answers changed at most", most, "answers", len(images)),
    ]


def any_bits(content: bytes, n: int, seed: int) -> list[int]:
    """So many bits of a file, all with the same chance."""
    return np.random.default_rng(seed).integers(0, 8 * len(content), n).tolist()


def exponent_bits(content: bytes, n: int, seed: int) -> list[int]:
    """So many of the bits that do most harm: the highest of the exponent of a float32 among the weights and scales.

    Tensors come with the same chance, however many numbers they have, and so do the numbers in each.
    """
    model = memoryview(content)
    (graph,) = (field.content for field in fields(model) if field.number == _MODEL_GRAPH)
    starts = []
    for field in fields(graph):
        if field.number == _GRAPH_INITIALIZER:
            parts = {part.number: part for part in fields(field.content)}
            if parts[_TENSOR_TYPE].value == _FLOAT and len(parts[_TENSOR_BYTES].content) >= 4:
                starts.append((_place(parts[_TENSOR_BYTES].content, model), len(parts[_TENSOR_BYTES].content) // 4))
    rng = np.random.default_rng(seed)
    chosen = [starts[number] for number in rng.integers(0, len(starts), n)]
    # The numbers are little-endian: the highest byte comes last, its highest bit is the sign.
    return [8 * (start + 4 * int(rng.integers(0, count)) + 3) + 6 for start, count in chosen]


def _place(part: memoryview, whole: memoryview) -> int:
    first, start = (np.frombuffer(view, np.uint8).ctypes.data for view in (whole, part))
    return start - first


def outcome_of(content: bytes, images: NDArray[np.uint8], expected: NDArray[np.int64]) -> Outcome:
    """What comes of a damaged file."""
    try:
        found = answers_of(content, images)
    except DigitnetError:
        return Outcome("refused")
    changed = int((found != expected).any(axis=1).sum())
    return Outcome("silently wrong" if changed else "without effect", changed)


def answers_of(content: bytes, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The label of each network for each image, and whether the image is called a digit; int64 (n, 1 to 3).

    Raises a DigitnetError where the file, or an answer, is refused.
    """
    classifier = Classifier(*open_model(content))
    columns = [classifier.predict(images)]
    second = classifier.predict_second_network(images)
    if second is not None:
        columns.append(second.argmax(axis=1))
    scores = classifier.score_digits(images)
    if scores is not None:
        columns.append(scores >= classifier.decision.single.refused_below)
    return np.stack(columns, axis=1).astype(np.int64)


def flipped(content: bytes, bit: int) -> bytes:
    """The file with one bit, counted from the lowest of the first byte, that is another."""
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)
