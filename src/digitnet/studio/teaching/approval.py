"""Whether a taught copy may answer: the rule, and what it makes of copies that an older version had approved."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

__all__ = ["refusal", "withdrawn"]

_POINT_TENTHS = 1000  # a tenth of a point is one image in a thousand


class Counted(Protocol):
    """A measurement: so many mistakes in so many images."""

    @property
    def n(self) -> int:
        """Images."""
        ...

    @property
    def errors(self) -> int:
        """Mistakes."""
        ...


class _Counts(NamedTuple):
    n: int
    errors: int


def refusal(before: Mapping[str, Counted], after: Mapping[str, Counted]) -> str:
    """Why a taught copy may not answer, as a sentence; empty where it may.

    Args:
        before: The network on the parts `test` and `corrections`.
        after: Its copy on the same.
    """
    test, more = after["test"], after["test"].errors - before["test"].errors
    if more * _POINT_TENTHS > test.n:
        return (
            f"The copy makes {more} more mistakes on the {test.n:,} test images, {100 * more / test.n:.2f} points: "
            "more than the 0.1 that are allowed. The network before goes on answering."
        )
    n = after["corrections"].n
    was_right, right = (n - each["corrections"].errors for each in (before, after))
    if was_right == right == n:
        return f"There was nothing to learn: the network reads {_your_corrections(n)} right as it is."
    if right <= was_right:
        return (
            f"The copy has learned nothing: of {_your_corrections(n)} it reads {right} right, the network before it "
            f"{was_right}. That network goes on answering: correct more digits of this kind, and teach again."
        )
    return ""


def withdrawn(result: object) -> dict[str, Any] | None:
    """The result of a lesson whose approval does not stand by the rule of today.

    Older versions approved a copy that had learned nothing, as long as it forgot nothing.

    Args:
        result: The data of its last `result`, as it was kept.

    Returns:
        The same figures, refused, with the reason; None where the approval stands, there was none, or the figures that
        would decide are not there.
    """
    if not isinstance(result, dict) or result.get("accepted") is not True:
        return None
    try:
        before, after = (
            {
                part: _Counts(result[moment][part]["n"], result[moment][part]["errors"])
                for part in ("test", "corrections")
            }
            for moment in ("before", "after")
        )
        reason = refusal(before, after)
    except (KeyError, TypeError):
        return None
    if not reason:
        return None
    return {**result, "accepted": False, "reason": f"An older version had approved this copy. {reason}"}


def _your_corrections(count: int) -> str:
    return f"your {count:,} correction{'' if count == 1 else 's'}"
