"""Pictures as a Dask bag, for people who have a cluster, and tasks of their own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from digitnet.model_file.metadata import Precision
from digitnet.scale.part_size import Amount, size_for
from digitnet.scale.parts import Part, cut_parts
from digitnet.scale.picture_process import Limits
from digitnet.scale.picture_reading import Settings, Task
from digitnet.scale.rows import Row
from digitnet.scale.sources import find_items
from digitnet.scale.work import Job, make_job, rows_of_part

if TYPE_CHECKING:
    from dask.bag import Bag

__all__ = ["read_pictures"]


def read_pictures(
    sources: str | Sequence[str],
    *,
    task: Task = "read",
    model: str | None = None,
    precision: Precision | None = None,
    limits: Limits = Limits(),  # noqa: B008 - it never changes
    **known: Any,
) -> "Bag":
    """Pictures as a Dask bag of rows, which nothing is read for before it is computed.

    Args:
        sources: Files, folders, patterns and URLs, as `digitnet batch` takes them.
        task: "read", "predict" or "table".
        model: A `.onnx` file or a run folder, where each worker finds it too; None for the bundled model.
        precision: As `load_classifier` takes it.
        limits: What one picture may take, in seconds and MiB.
        known: As `Classifier.read_number` takes it; for "read" alone.

    Returns:
        A bag with a dict for each picture, with the columns of `digitnet batch`; `.to_dataframe()` makes a Dask
        DataFrame of it. It is computed by whatever Dask is set up with.

    Raises:
        BatchError: A source stands for nothing.
        ModelFileError: The model cannot be used.
        ConfigurationError: A source makes no sense.
        MissingExtraError: The extra `scale` is not installed.
    """
    import dask.bag  # noqa: PLC0415 - comes with an extra

    words = [sources] if isinstance(sources, str) else list(sources)
    job = make_job(Settings(task, model, precision, known=known), limits)
    items, amount = [], Amount()
    for item in find_items(words, takes_images=task == "predict"):
        items.append(item)
        amount = amount.with_item(item)
    lines = [part.to_json() for part in cut_parts(items, size_for(amount, task))]
    return dask.bag.from_sequence(lines, npartitions=len(lines)).map_partitions(_rows, job)


def _rows(lines: Sequence[str], job: Job) -> list[Row]:
    return [row for line in lines for row in rows_of_part(job, Part.from_json(line))]
