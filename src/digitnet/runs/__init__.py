"""A training run: from settings and a source to a folder with everything about it, resumable on the way."""

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
