"""Parts of MNIST's test set that differ: two populations of writers, and labels that people reject."""

from collections.abc import Set as AbstractSet

__all__ = ["FIRST", "LAST", "REJECTED_LABELS", "TEST_IMAGES", "UNDISPUTED", "errors_in"]

TEST_IMAGES = 10_000
# Positions 0 to 5,000 were written by 249 high-school students, the rest by 48 employees of the Census Bureau: Yadav
# and Bottou (2019), arXiv 1905.10498, who traced each image to its writer. The data set's page has it the other way.
FIRST, LAST = range(5_000), range(5_000, TEST_IMAGES)
# Images whose label fewer than three of five people confirmed: Northcutt, Athalye and Mueller (2021), arXiv 2103.14749;
# counted in mturk/mnist_mturk.json of github.com/cleanlab/label-errors.
REJECTED_LABELS = frozenset((947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729))
UNDISPUTED = frozenset(range(TEST_IMAGES)) - REJECTED_LABELS


def errors_in(wrong: AbstractSet[int], part: AbstractSet[int] | range) -> int:
    """How many of the mistakes are in that part of the test set."""
    return sum(position in part for position in wrong)
