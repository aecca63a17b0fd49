"""What a notebook shows of an evaluation: the figures with their intervals, and where the mistakes are."""

from collections.abc import Sequence

from digitnet.arrays import ConfusionMatrix
from digitnet.errors.markup import ACCENT, ALERT, Markup, card, element, facts, percent

__all__ = ["evaluation_html"]

_MAX_CLASSES = 12  # of a matrix that fits beside the text of a page; with more of them the commonest mistakes are named


def evaluation_html(
    accuracy: float,
    interval: tuple[float, float],
    figures: dict[str, object],
    counts: ConfusionMatrix,
    most_confused: Sequence[tuple[int, int, int]],
) -> str:
    """What a notebook shows.

    Args:
        accuracy: Share of right answers.
        interval: Of the true accuracy.
        figures: More of them, by name.
        counts: (classes, classes), `[true, predicted]`.
        most_confused: (true, predicted, count) of the commonest mistakes.

    Returns:
        HTML in which every text is escaped.
    """
    low, high = (f"{100 * bound:.2f}" for bound in interval)
    headline = element(
        "div",
        element("span", percent(accuracy), style=f"font-size:28px;font-weight:600;color:{ACCENT}"),
        element("span", f" right, 95 % interval {low} to {high} %"),
    )
    if len(counts) <= _MAX_CLASSES:
        mistakes = _matrix(counts)
    else:
        pairs = [f"{true} as {predicted}: {count}" for true, predicted, count in most_confused[:5]]
        mistakes = facts({"commonest mistakes": ", ".join(pairs) or "none"})
    line = "display:flex;flex-wrap:wrap;gap:4px 28px;align-items:flex-start"
    return card("Evaluation", headline, element("div", facts(figures), mistakes, style=line))


def _matrix(counts: ConfusionMatrix) -> Markup:
    """Rows of true and columns of predicted classes; mistakes are the darker, the more of them there are."""
    off_diagonal = [int(count) for true, row in enumerate(counts) for count in [*row[:true], *row[true + 1 :]]]
    most = max(off_diagonal, default=0) or 1
    digits = "font-size:12px;font-variant-numeric:tabular-nums"
    style = f"text-align:right;padding:0 5px;border:none;min-width:34px;box-sizing:border-box;{digits}"
    heads = [element("th", label, style=f"{style};background:none", scope="col") for label in range(len(counts))]
    corner = element("th", "true \\ answer", style=f"{style};background:none;font-weight:400;opacity:.75")
    rows = [element("tr", corner, *heads, style="background:none")]
    for true, row in enumerate(counts.tolist()):
        cells = [element("th", true, style=f"{style};background:none", scope="row")]
        for predicted, count in enumerate(row):
            shade = "none"
            if predicted != true and count:
                shade = f"color-mix(in srgb,{ALERT} {15 + round(60 * count / most)}%,transparent)"
            faint = ";opacity:.75" if predicted == true else ""
            cells.append(element("td", f"{count:,}" if count else "·", style=f"{style};background:{shade}{faint}"))
        rows.append(element("tr", *cells, style="background:none"))
    return element("table", *rows, style="border-collapse:collapse;border:none;margin:4px 0")
