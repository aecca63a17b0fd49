"""The search for a learning rate, seen from the server: a process that takes the training framework with it."""

import json
import subprocess
import sys
from typing import Any

from digitnet.errors import ConfigurationError

__all__ = ["searched_rates"]

_MODULE = "digitnet.studio.teaching.rate_search"
_SECONDS_MAX = 300.0  # it takes a quarter of a minute, on a busy machine a few times as long


def searched_rates(settings: dict[str, Any]) -> dict[str, Any]:
    """What `digitnet.studio.teaching.rate_search` finds.

    Args:
        settings: Of a run, JSON-ready.

    Returns:
        `rates`, the `losses` at them, and the `suggestion`.

    Raises:
        ConfigurationError: The settings do not fit the data, or the process broke off.
    """
    command = [sys.executable, "-m", _MODULE]
    question = json.dumps(settings).encode()
    try:
        done = subprocess.run(command, input=question, capture_output=True, timeout=_SECONDS_MAX, check=False)  # noqa: S603
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise ConfigurationError("the search for a learning rate broke off: start it again") from error
    if "error" in answer:
        raise ConfigurationError(str(answer["error"]))
    return answer
