"""Whole inputs of every kind that digitnet reads, all small: what mutants are made of."""

import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto
from PIL import Image

from benchmarks.reliability.mutants import Sample
from benchmarks.serving.mixture import Manner, cases
from digitnet import load_mnist
from digitnet.arrays import Images, Labels
from digitnet.model_file.digest import without_digest
from digitnet.model_file.graph import Graph, with_metadata, with_reference_answers
from digitnet.model_file.metadata import ModelMetadata
from digitnet.studio.teaching.corrections import Corrections
from digitnet.training.checkpoint_file import CheckpointContent, encode_checkpoint
from digitnet.training.recipes import make_recipe

__all__ = ["samples_of"]

_IMAGES = 12  # of a data set
_GOOD_SHARE = 4  # good requests for a bad one
_REQUEST_MOST = 200_000  # bytes
_SIZES = (784, 2, 10)  # of the network: few weights, so that mutations meet its graph as often
_PICTURES: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "PNG": (("L", {}), ("RGB", {}), ("P", {}), ("RGBA", {}), ("1", {}), ("I;16", {})),
    "JPEG": (("L", {}), ("RGB", {}), ("RGB", {"progressive": True, "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"})),
    "WEBP": (("RGB", {}), ("RGB", {"lossless": True}), ("RGBA", {"save_all": True})),
    "GIF": (("P", {}), ("L", {"save_all": True})),
    "TIFF": (
        ("L", {}),
        ("RGB", {"compression": "tiff_lzw"}),
        ("L", {"compression": "jpeg"}),
        ("1", {"compression": "group4"}),
    ),
    "BMP": (("L", {}), ("RGB", {}), ("1", {})),
    "HEIF": (("RGB", {}), ("L", {})),
    "PDF": (("RGB", {}), ("L", {})),
    "PPM": (("L", {}), ("RGB", {})),
    "AVIF": (("RGB", {}),),
    "JPEG2000": (("RGB", {}), ("L", {})),
}


def samples_of(group: str) -> dict[str, list[Sample]]:
    """The inputs of one group.

    Args:
        group: "models", "checkpoints", "data", "pictures" or "requests".

    Returns:
        For each kind of file, or of request, some whole ones.
    """
    train_set = load_mnist()[0]
    images, labels = train_set.images[:_IMAGES], train_set.labels[:_IMAGES]
    if group == "models":
        return {"model file": _models(images)}
    if group == "checkpoints":
        return {"checkpoint": _checkpoints()}
    if group == "data":
        return _data(images, labels)
    if group == "pictures":
        return {name: _pictures(name, images) for name in _PICTURES}
    return {"HTTP request": _requests(images)}


def _models(images: Images) -> list[Sample]:
    """A small network as a model file: with its digest, and as older versions wrote it."""
    rng = np.random.default_rng(0)
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Mul", [graph.tip, graph.constant("scale", np.float32(1 / 255))])
    graph.add("Flatten", [graph.tip], axis=1)
    for number, (inputs, units) in enumerate(pairwise(_SIZES)):
        if number:
            graph.add("Relu", [graph.tip])
        kernel = rng.normal(0, 2 / np.sqrt(inputs), (inputs, units)).astype(np.float32)
        bias = rng.normal(0, 0.5, units).astype(np.float32)
        graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)])
    graph.name_tip("logits")
    scaled = graph.add("Div", [graph.tip, graph.constant("temperature", np.float32(1.7))])
    graph.add("Softmax", [scaled], output="probabilities", axis=-1)
    names = tuple(str(label) for label in range(_SIZES[-1]))
    metadata = ModelMetadata(names, calibration={"temperature": 1.7})
    bare = graph.to_model(len(names)).SerializeToString()
    whole = with_reference_answers(with_metadata(bare, metadata), images)
    older = [Sample("model without a digest", without_digest(whole))] * 4  # nearly all others end at the digest
    return [*older, Sample("model", whole)]


def _checkpoints() -> list[Sample]:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in ((28, 2), (2,), (), (2, 10))]
    history = [{"loss": 1.5, "accuracy": 0.5, "val_accuracy": 0.25, "seconds": 1.0}]
    difficulties = rng.random(_IMAGES).astype(np.float32)
    whole = encode_checkpoint(CheckpointContent(arrays, history, difficulties))
    return [Sample("state.npz", whole)]


def _data(images: Images, labels: Labels) -> dict[str, list[Sample]]:
    count = len(images).to_bytes(4, "big")
    side = (28).to_bytes(4, "big")
    idx_images = b"\0\0\x08\x03" + count + side + side + images.tobytes()
    idx_labels = b"\0\0\x08\x01" + count + labels.astype(np.uint8).tobytes()
    arrays = {"x_train": images, "y_train": labels, "x_test": images[:4], "y_test": labels[:4]}
    rows = (",".join(map(str, [label, *image.ravel()])) for label, image in zip(labels[:3], images[:3], strict=True))
    csv = "\n".join([",".join(["label", *(f"pixel{number}" for number in range(784))]), *rows, ""]).encode()
    kinds = {
        "IDX images": [idx_images, gzip.compress(idx_images, mtime=0)],
        "IDX labels": [idx_labels, gzip.compress(idx_labels, mtime=0)],
        "npz": [_npz(method, arrays) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)],
        "csv": [csv, gzip.compress(csv, mtime=0)],
        "run.json": [json.dumps(_description(), indent=2).encode()],
        "journal": [b'{"event": "state", "data": {}}\n' * 3],
        "corrections": [_corrections(images, labels)],
    }
    return {kind: [Sample(kind, content) for content in contents] for kind, contents in kinds.items()}


def _npz(method: int, arrays: dict[str, Any]) -> bytes:
    """As NumPy writes it, but without the time of day."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), method)
    return buffer.getvalue()


def _description() -> dict[str, Any]:
    """What a run.json holds."""
    return {
        "command": ["digitnet", "train", "--preset", "quick"],
        "settings": make_recipe("quick").to_dict(),
        "seed": 0,
        "class_names": [str(label) for label in range(10)],
        "data": {"source": "mnist", "train_digest": "0" * 64, "num_train": 55_000},
        "versions": {"python": "3.11.7"},
        "machine": "Linux x86_64",
        "cores": 2,
        "source_path": "mnist",
        "on_bad_picture": "fail",
        "started": "2026-01-02T03:04:05+00:00",
    }


def _corrections(images: Images, labels: Labels) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corrections.sqlite"
        corrections = Corrections(path)
        for image, label in zip(images, labels, strict=True):
            corrections.add(image.tobytes(), int(label), 0)
        with closing(sqlite3.connect(path)) as database:
            database.execute("VACUUM")
        return path.read_bytes()


def _pictures(kind: str, images: Images) -> list[Sample]:
    """Small pictures in each variant of a format."""
    if kind == "HEIF":
        import pillow_heif  # noqa: PLC0415 - it belongs to an extra

        pillow_heif.register_heif_opener()
    found = []
    for mode, options in _PICTURES[kind]:
        paper = _drawn(images[:2] if mode == "RGB" else images[:1], 3)
        buffer = io.BytesIO()
        image = Image.fromarray(paper.astype(np.uint16) * 257 if mode == "I;16" else paper)
        image = image if mode == "I;16" else image.convert(mode)
        more = {"append_images": [image.transpose(Image.Transpose.ROTATE_180)]} if "save_all" in options else {}
        image.save(buffer, kind, **options, **more)
        found.append(Sample(f"{kind} {mode} {options or ''}".strip(), buffer.getvalue()))
    return found


def _drawn(images: Images, scale: int) -> Images:
    """Ink on paper, side by side, with a margin."""
    row = np.hstack(list(images)).repeat(scale, 0).repeat(scale, 1)
    return 255 - np.pad(row, 20)


def _requests(images: Images) -> list[Sample]:
    """Every kind of request, but those of a megabyte; good ones more often, so that there is more to break."""
    return [
        Sample(case.name, case.message)
        for case in cases(images)
        for _ in range(_GOOD_SHARE if case.is_good else 1)
        if case.manner is Manner.WHOLE and len(case.message) < _REQUEST_MOST
    ]
