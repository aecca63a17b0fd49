"""Measure the server beside its peers: `python -m benchmarks.serving`, from the repository's own environment.

Without a name everything runs, and docs/serving.md is written anew; a comparison alone is recorded in its place.
"""

import signal
import sys

from benchmarks.commands import Suite, run_suite
from benchmarks.environments import BENTOML, LITSERVE, MLSERVER
from benchmarks.serving.browser import compare_page
from benchmarks.serving.soak import compare_soak
from benchmarks.serving.turns import compare_start_up, compare_turns

SUITE = Suite(
    "python -m benchmarks.serving",
    "serving",
    {"start-up": compare_start_up, "turns": compare_turns, "page": compare_page, "soak": compare_soak},
    (MLSERVER, BENTOML, LITSERVE),
    only_page="write",
)

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are ended as well
    try:
        sys.exit(run_suite(SUITE, __doc__))
    except KeyboardInterrupt:
        sys.exit("stopped; the comparisons that were finished are kept")
