"""Jobs of this process, with the bundled model, for tests of the room scale."""

from typing import Any

from digitnet.scale.picture_process import Limits
from digitnet.scale.picture_reading import Settings
from digitnet.scale.work import Job, make_job

__all__ = ["job_for"]


def job_for(out: str = "", **settings: Any) -> Job:
    """A job whose settings are those of `Settings`."""
    return make_job(Settings(**settings), Limits(), out=out)
