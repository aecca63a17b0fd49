"""Training runs: from settings and a source to a folder with everything about it, resumable on the way; and sweeps.

search           dials, their values and seeds -> the runs of a sweep
planned_run      one run of a sweep, in a process of its own that ends with its starter
training_process what that process does
sweep            all runs of a search in one folder: what is missing is trained, and all of it becomes a table

The other modules are a single run. What trains imports Keras and JAX, so that each name is loaded at first use: whoever
only sends runs to workers needs neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitnet.runs.data import Data, load_data
    from digitnet.runs.events import Outcome
    from digitnet.runs.folder import RunFolder
    from digitnet.runs.reproduction import Reproduction, compare_runs, reproduce_run
    from digitnet.runs.session import resume_run, start_run

__all__ = [
    "Data",
    "Outcome",
    "Reproduction",
    "RunFolder",
    "compare_runs",
    "load_data",
    "reproduce_run",
    "resume_run",
    "start_run",
]

_MODULE_OF = {
    "Data": "data",
    "Outcome": "events",
    "Reproduction": "reproduction",
    "RunFolder": "folder",
    "compare_runs": "reproduction",
    "load_data": "data",
    "reproduce_run": "reproduction",
    "resume_run": "session",
    "start_run": "session",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'digitnet.runs' has no attribute {name!r}")
    return getattr(import_module(f"digitnet.runs.{_MODULE_OF[name]}"), name)
