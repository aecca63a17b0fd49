"""One call for all formats: write beside the place, compare with the model file, and only then rename into it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.exports.formats import Format, find_format
from digitnet.exports.source import ExportSource
from digitnet.exports.verification import Comparison, compare, comparison_images, refuse_other_answers
from digitnet.exports.written import Place, Written
from digitnet.files import new_folder, replaced_file
from digitnet.model_file.metadata import Precision, check_precision

__all__ = ["Export", "export_model"]

_TAKES_RUNTIME = "html"


@dataclass(frozen=True, slots=True)
class Export:
    """A finished export.

    Attributes:
        path: The file or folder.
        format_name: One of the formats.
        model: The model file that it came from.
        size: Bytes of all its files.
        comparison: With the model file.
        compared_by: What ran it for the comparison.
        how_to_run: One line.
        notes: What the user should know about it.
    """

    path: Path
    format_name: str
    model: Path
    size: int
    comparison: Comparison
    compared_by: str
    how_to_run: str
    notes: tuple[str, ...]


def export_model(
    format_name: str,
    out: str | Path,
    model: str | Path | None = None,
    *,
    precision: Precision | None = None,
    runtime: str | Path | None = None,
) -> Export:
    """Write a model file in another format, whole or not at all, after comparing their answers on 2,000 images.

    Args:
        format_name: One of `digitnet.exports.formats.FORMATS`.
        out: The file or folder to make; one that exists is left as it is.
        model: A `.onnx` file or a run folder; None for the model inside the package.
        precision: Of the model file that is exported; None takes the format's usual one.
        runtime: For `html`: npm's package onnxruntime-web, its folder or its .tgz.

    Returns:
        What was written, how far its answers are from those of the model file, and how to run it.

    Raises:
        ConfigurationError: No such format, a precision or an ending that the format does not have, or a runtime for a
            format that takes none.
        MissingExtraError: A package that the format needs is not installed.
        ModelFileError: The model cannot be used or does not fit into the format, the place is taken, or the export does
            not answer as the model file does.
        OSError: The place cannot be written.
    """
    form = find_format(format_name)
    out = Path(out)
    _check_request(format_name, form, out, precision, runtime)
    write: Callable[[ExportSource, Place], Written] = import_module(f"digitnet.exports.{form.module}").write
    with (replaced_file if form.suffix else new_folder)(out) as temporary:  # whether it can be written is seen first
        source = ExportSource.load(model, precision or form.precisions[0])
        written = write(source, Place(temporary, out, None if runtime is None else Path(runtime)))
        comparison = compare(source.probabilities, written.answer, comparison_images())
        refuse_other_answers(comparison, form.max_difference, form.max_other_labels)
        size = _size(temporary)
    return Export(
        out, format_name, source.path, size, comparison, written.compared_by, written.how_to_run, written.notes
    )


def _check_request(
    format_name: str, form: Format, out: Path, precision: Precision | None, runtime: str | Path | None
) -> None:
    if precision is not None:
        check_precision(precision)
        if precision not in form.precisions:
            raise ConfigurationError(
                f"the format {format_name} is made from a model in {' or '.join(form.precisions)}, not in {precision}"
            )
    if runtime is not None and format_name != _TAKES_RUNTIME:
        raise ConfigurationError(f"a runtime goes into {_TAKES_RUNTIME} only: leave it out for {format_name}")
    if form.suffix and out.suffix != form.suffix:
        raise ConfigurationError(f"{out} is to be a file of {format_name}: expected a name that ends in {form.suffix}")
    if out.exists() or out.is_symlink():
        raise ModelFileError(f"{out} exists already and is never overwritten: choose another name")


def _size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
