"""Format `html`: one page that works without a network: a pad to draw on, the model file, and what runs it.

The drawing is brought to MNIST's frame by `web/frame.js`, as `Classifier.read_digit` does it for a clean drawing, and
the model file itself answers, run by onnxruntime-web. What is large is gzipped, and in base64, a third more again.
"""

import base64
import gzip
import html
import json
import math
import re
from importlib.resources import files

from digitnet.errors import ModelFileError
from digitnet.exports.source import ExportSource
from digitnet.exports.web_runtime import WebRuntime, read_web_runtime
from digitnet.exports.written import Place, Written
from digitnet.inference.classifier import DEFAULT_COVERAGE, DEFAULT_REFUSAL
from digitnet.inference.decision import decision_for
from digitnet.model_file.contract import open_model

__all__ = ["packed_file", "write"]

_WEB = files("digitnet.exports") / "web"
_LEVEL = 6  # of gzip; 9 saves 1 % of the page and takes seven times as long
_PLACEHOLDER = re.compile(r"@(\w+)@")


def write(source: ExportSource, place: Place) -> Written:
    """Write the page; see `digitnet.exports.export`."""
    runtime = read_web_runtime(place.runtime)
    place.now.write_text(_page(source, runtime), encoding="utf-8")
    session, _ = open_model(packed_file(place.now.read_text(encoding="utf-8"), "model"))
    return Written(
        answer=lambda images: session.run(["probabilities"], {"images": images})[0],
        how_to_run=f"open {place.out} in a browser",
        compared_by="ONNX Runtime, from the bytes inside the page",
    )


def packed_file(page: str, name: str) -> bytes:
    """One of the files inside a page.

    Args:
        page: The text of the page.
        name: The id of its element.

    Raises:
        ModelFileError: There is none.
    """
    found = re.search(rf'<script type="application/octet-stream" id="{re.escape(name)}">([^<]*)</script>', page)
    if found is None:
        raise ModelFileError(f"the page has no {name} inside")
    return gzip.decompress(base64.b64decode(found[1]))


def _page(source: ExportSource, runtime: WebRuntime) -> str:
    names = source.metadata.class_names
    parts = {
        "css": _text("page.css"),
        "frame": _text("frame.js"),
        "picture": _text("picture.js"),
        "page": _text("page.js"),
        "licence": html.escape(_text("onnxruntime_mit.txt")),
        "version": html.escape(runtime.version),
        "sha256": source.sha256,
        "classes": html.escape(", ".join(names)),
        "settings": _settings(source),
        "model": _packed(source.content),
        "wasm": _packed(runtime.wasm),
        "glue": _packed(runtime.glue),
        "runtime": _packed(runtime.script),
    }
    # One pass, so that nothing that is put in is taken for a place to put something.
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], _text("page.html"))


def _text(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8").rstrip("\n")


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, _LEVEL, mtime=0)).decode("ascii")


def _settings(source: ExportSource) -> str:
    """What the page decides by: the same thresholds as `load_classifier` has by default."""
    thresholds = decision_for(source.metadata, DEFAULT_COVERAGE, DEFAULT_REFUSAL).single
    settings = {
        "class_names": list(source.metadata.class_names),
        "unsure_below": thresholds.unsure_below,
        "candidate_from": thresholds.candidate_from,
        "refused_below": None if math.isinf(thresholds.refused_below) else thresholds.refused_below,
    }
    return json.dumps(settings).replace("<", "\\u003c")  # a label may end the element otherwise
