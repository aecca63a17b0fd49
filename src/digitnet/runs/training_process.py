"""What the process of a planned run does: `python -m digitnet.runs.training_process`.

It gets one line of JSON, trains, answers with one line, and ends at once when its input does: a run whose starter was
killed does not go on beside the one that comes after it.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from digitnet.errors import ConfigurationError, DigitnetError, TrainingDivergedError
from digitnet.runs.data import load_data
from digitnet.runs.folder import RunFolder
from digitnet.runs.planned_run import LOCKS
from digitnet.runs.session import resume_run, start_run
from digitnet.training.compilation_cache import compilation_cache
from digitnet.training.recipes import Recipe

__all__ = ["trained"]


def main() -> None:
    """Train what the first line of stdin says."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing that a library prints gets into the answer
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    answers.write(f"{json.dumps(trained(*job))}\n")
    answers.flush()
    os._exit(0)  # the thread still waits for the end of the input


def trained(
    folder: str, source: str, on_bad_picture: Any, name: str, settings: dict[str, Any], command: Sequence[str]
) -> dict[str, Any]:
    """Train a run to its end, go on with it, or leave it alone where it has ended.

    Args:
        folder: Of the sweep.
        source: The data.
        on_bad_picture: `fail` or `skip`.
        name: Of the run.
        settings: As `Recipe.to_dict` gives them.
        command: That would train the same.

    Returns:
        The error, "" where there is none, and whether all other runs would end in it too.
    """
    path = Path(folder) / name
    try:
        with _alone(Path(folder) / LOCKS / name), compilation_cache(lambda _: None):
            if RunFolder(path).is_complete:
                pass
            elif (path / "run.json").exists():
                resume_run(path)
            else:
                recipe = Recipe.from_dict(settings)
                start_run(recipe, load_data(source, recipe, on_bad_picture), path, command=command)
    except (ConfigurationError, TrainingDivergedError) as error:
        return {"error": str(error), "ends_sweep": False}
    except (DigitnetError, OSError) as error:
        return {"error": str(error), "ends_sweep": True}
    except Exception as error:  # noqa: BLE001 - such as memory that XLA does not get; the other runs need not know it
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", "ends_sweep": False}
    return {"error": "", "ends_sweep": False}


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process has this lock, and hold it; the system takes it from a process that dies."""
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        try:
            import fcntl  # noqa: PLC0415 - Windows has none

            fcntl.flock(file, fcntl.LOCK_EX)
        except (ImportError, OSError):  # a file system without locks: what is renamed into place is whole all the same
            pass
        yield


def _end_with(stream: IO[str]) -> None:
    while stream.read(1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
