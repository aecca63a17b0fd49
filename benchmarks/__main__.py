"""Run the benchmarks of speed: `python -m benchmarks`, from the repository's own environment.

Without a name everything runs, and docs/performance.md is written anew; a comparison alone is recorded in its place.
"""

import sys

from benchmarks.commands import Suite, run_suite
from benchmarks.environments import PYTORCH, SKLEARN, TENSORFLOW
from benchmarks.speed.answers import compare_answers
from benchmarks.speed.commands import compare_cold_start, compare_start_up
from benchmarks.speed.growth import compare_growth
from benchmarks.speed.training import compare_augmentation, compare_epoch, compare_profile

SUITE = Suite(
    "python -m benchmarks",
    "performance",
    {
        "epoch": compare_epoch,
        "cold-start": compare_cold_start,
        "answers": compare_answers,
        "start-up": compare_start_up,
        "growth": compare_growth,
        "profile": compare_profile,
        "augmentation": compare_augmentation,
    },
    (TENSORFLOW, PYTORCH, SKLEARN),
)

if __name__ == "__main__":
    try:
        sys.exit(run_suite(SUITE, __doc__))
    except KeyboardInterrupt:
        sys.exit("stopped; the comparisons that were finished are kept")
