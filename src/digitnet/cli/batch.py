"""`digitnet batch`: many pictures into a folder of results, in several processes or on a Dask cluster."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from digitnet.cli.command_line import Command, CommandLine, OptionSection
from digitnet.cli.known import add_known, known_numbers
from digitnet.cli.lines import print_line, print_note
from digitnet.cli.options import add_answering, add_json, add_model
from digitnet.cli.values import one_of, whole_number
from digitnet.errors import BatchError, ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from digitnet.scale.batch import Run, Summary
    from digitnet.scale.work import Job

__all__ = ["COMMAND"]

_TASKS = ("read", "predict", "table")
_FORMATS = ("parquet", "csv", "jsonl")
_SECONDS = 300  # that one picture may take; the slowest of 10,000 damaged ones takes 3, docs/reliability.md
_MEMORY = 4096  # MiB that one picture may take; chosen by hand


def _describe(line: CommandLine) -> None:
    line.explain(
        "DIR gets Parquet files with a row for each picture, and _manifest.json at the end. A run "
        "that was stopped in any way goes on when the same command is given again. A picture that cannot be read is a "
        "row with an error. Needs the extra: pip install 'digitnet[scale]'",
        examples=(
            "digitnet batch scans/ --out results",
            "digitnet batch 's3://scans/*.tar' --out s3://results",
            "digitnet batch images.npz --task predict --out digits",
            "digitnet batch scans/ --out results --scheduler HOST:8786",
        ),
    )
    line.argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        help="Pictures, PDFs, folders, tar files, patterns such as '*.tar', or URLs of these such as s3://...; with "
        "--task predict also files of many images of 28 x 28: IDX, .npz, .npy.",
    )
    _add_output(line.section("Output"))
    _add_work(line.section("Work"))
    add_model(line.section("Model"))
    add_answering(line.section("Answers"))
    add_known(line.section("What is known"))


def _add_output(section: OptionSection) -> None:
    section.option("--out", metavar="DIR", help="Folder of results, or a URL of one; needed.")
    section.option(
        "--format",
        choices=_FORMATS,
        type=one_of(_FORMATS),
        default="parquet",
        help="Of the files with rows.",
    )
    section.flag("--renew", help="Throw away what is in DIR and was read otherwise, or of other or changed pictures.")
    add_json(section)


def _add_work(section: OptionSection) -> None:
    section.option(
        "--task",
        choices=_TASKS,
        type=one_of(_TASKS),
        default="read",
        help="All numbers of a picture, its one digit, or its table.",
    )
    section.option(
        "--workers",
        metavar="N",
        type=whole_number(1, 1024),
        help="Processes of this machine; 1 works without a cluster. [default: one a core]",
    )
    section.option("--scheduler", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler.")
    section.option(
        "--picture-seconds",
        metavar="N",
        type=whole_number(1, 86_400),
        default=_SECONDS,
        help="Seconds that one picture may take.",
    )
    section.option(
        "--picture-memory",
        metavar="MB",
        type=whole_number(512, 1 << 20),
        default=_MEMORY,
        help="MiB of memory that the process that reads pictures may take.",
    )


def _run(arguments: Namespace) -> int:
    _check(arguments)
    try:
        import fsspec  # noqa: F401 - only to see that it is there
        import pyarrow as pa  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{error.name} is not installed: pip install 'digitnet[scale]'") from error
    from digitnet.cli.batch_progress import BatchProgress
    from digitnet.scale.batch import run_batch

    if arguments.scheduler is not None:
        from digitnet.scale.cluster import exposure

        if warning := exposure(arguments.scheduler):
            print_note(warning)
    job = _job(arguments)
    workers = partial(_workers, arguments, job)
    try:
        with BatchProgress(quiet=arguments.quiet) as progress:
            summary = run_batch(arguments.sources, job, workers, listener=progress, renew=arguments.renew)
    except KeyboardInterrupt:
        raise BatchError("stopped. What is finished is safe: the same command goes on from there") from None
    _report(summary, as_json=arguments.as_json)
    return 0


COMMAND = Command(_describe, _run)


def _check(arguments: Namespace) -> None:
    if arguments.out is None:
        raise ConfigurationError("--out is missing: name the folder that gets the results")
    if arguments.scheduler is not None and arguments.workers is not None:
        raise ConfigurationError("--scheduler and --workers exclude each other: a cluster has its own workers")
    known = [name for name, value in known_numbers(arguments).items() if value is not None]
    if known and arguments.task != "read":
        raise ConfigurationError(f"--{known[0]} is known of numbers: it goes with --task read alone")


def _job(arguments: Namespace) -> "Job":
    from digitnet.scale.picture_process import Limits
    from digitnet.scale.picture_reading import Settings
    from digitnet.scale.work import make_job

    settings = Settings(
        arguments.task,
        arguments.model,
        arguments.precision,
        arguments.augment_inference,
        arguments.coverage,
        arguments.always_answer,
        {name: value for name, value in known_numbers(arguments).items() if value is not None},
    )
    limits = Limits(arguments.picture_seconds, arguments.picture_memory)
    return make_job(settings, limits, out=arguments.out, kind=arguments.format)


@contextmanager
def _workers(arguments: Namespace, job: "Job") -> "Iterator[Run]":
    """What does the parts: this process, a cluster of this machine, or another one."""
    from digitnet.parallel import available_cores
    from digitnet.scale.batch import one_process

    workers = arguments.workers or available_cores()
    if arguments.scheduler is None and workers == 1:
        with one_process() as run:
            yield run
        return
    from digitnet.scale.cluster import check_workers, connected, dashboard_of, local_cluster, parts_on

    with local_cluster(workers) if arguments.scheduler is None else connected(arguments.scheduler) as client:
        check_workers(client, job)
        if not arguments.quiet and (dashboard := dashboard_of(client)):
            print_note(f"what the cluster does: {dashboard}")
        yield parts_on(client)


def _report(summary: "Summary", *, as_json: bool) -> None:
    if as_json:
        print_line(json.dumps(summary._asdict()))
        return
    errors = f", {summary.errors:,} of them with an error" if summary.errors else ""
    rows, parts = _count(summary.rows, "row"), _count(summary.parts, "part")
    print_line(f"{summary.out}: {rows} in {parts}{errors}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
