"""A training run: from settings and a source to a folder with everything about it, resumable on the way."""

from digitnet.runs.data import Data, load_data
from digitnet.runs.events import Outcome
from digitnet.runs.folder import RunFolder
from digitnet.runs.session import resume_run, start_run

__all__ = ["Data", "Outcome", "RunFolder", "load_data", "resume_run", "start_run"]
