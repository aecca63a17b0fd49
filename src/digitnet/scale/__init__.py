"""Many pictures: read part by part, in several processes or on a Dask cluster, into a folder of results.

remote           what fsspec opens: sizes, bytes, listings
parts            a part is some pictures whose rows become one file, named by them
part_size        how much a part holds, by how much there is to do
archives         the pictures of tar files
sources          words of a command line -> pictures
rows             an answer -> a row; rows -> Parquet, CSV or JSON lines
out_folder       the folder of results: its settings, the parts that are there, its manifest
picture_reading  pictures -> rows, in this process
picture_process  the same in a process of its own, with limits, which a bad picture may take down
work             what is done with a part, wherever it is done
versions         whether two processes give the same answers
cluster          a local cluster, or one that is there already
batch            from pictures to a whole folder of results
bag              the same for people who have a cluster: a Dask bag

Importing this loads none of them; Dask, pyarrow and fsspec come with the extra `scale`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitnet.scale.bag import read_pictures

__all__ = ["read_pictures"]


def __getattr__(name: str) -> Any:
    if name != "read_pictures":
        raise AttributeError(f"module 'digitnet.scale' has no attribute {name!r}")
    return import_module("digitnet.scale.bag").read_pictures
