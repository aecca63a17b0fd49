"""What a notebook shows of answers: a digit with its probabilities, a reading, a table, and the classifier itself.

All of it is made of plain values, so that the answers can import this.
"""

from collections.abc import Sequence
from typing import Any

from digitnet.arrays import IMAGE_SIDE
from digitnet.errors.markup import ACCENT, ALERT, Markup, bar, card, element, facts, joined, notes, percent, pill

__all__ = ["classifier_html", "dense_sizes", "digit_html", "reading_html", "table_html"]

_MAX_BARS = 10  # probabilities shown; of more classes the most probable ones
_WORDS = {"ok": "ok", "unsure": "unsure", "not_a_digit": "not a digit"}
_NUMBER = "font-variant-numeric:tabular-nums"


def digit_html(
    text: str,
    confidence: float,
    status: str,
    candidates: Sequence[int],
    probabilities: Sequence[float],
    remarks: tuple[str, ...],
) -> str:
    """What a notebook shows of one digit.

    Args:
        text: The name of its class; "" for what is not a digit.
        confidence: Its probability.
        status: As in `Digit`.
        candidates: Labels that may be right.
        probabilities: Of every class; none for what is not a digit.
        remarks: What was done to the picture.

    Returns:
        HTML in which every text is escaped.
    """
    large = element(
        "div", text or "?", style="font-size:56px;line-height:1;font-weight:600;min-width:44px;padding:0 18px 0 2px"
    )
    words: list[object] = [element("div", pill(_WORDS[status], is_alert=status != "ok"))]
    if probabilities:
        words.append(element("div", percent(confidence), style=f"font-size:20px;font-weight:600;{_NUMBER}"))
    if len(candidates) > 1:
        words.append(element("div", "one of ", joined(list(candidates), ", ")))
    chart = _bars(probabilities, candidates) if probabilities else Markup("")
    line = "display:flex;align-items:center;flex-wrap:wrap;gap:4px 0"
    side = element("div", *words, style="padding-right:28px")
    return card("Digit", element("div", large, side, chart, style=line), notes(remarks))


def _bars(probabilities: Sequence[float], candidates: Sequence[int]) -> Markup:
    """The probability of each class as a bar with its label below."""
    order = list(range(len(probabilities)))
    if len(probabilities) > _MAX_BARS:
        order = sorted(sorted(order, key=lambda label: -probabilities[label])[:_MAX_BARS])
    columns = [
        element(
            "div",
            bar(probabilities[label], is_strong=label in candidates),
            element("div", label, style=f"font-size:12px;text-align:center;{_NUMBER}"),
            style="width:18px;margin-right:4px",
            title=f"{label}: {percent(probabilities[label])}",
        )
        for label in order
    ]
    summary = ", ".join(f"{label} {percent(probabilities[label])}" for label in order)
    return element(
        "div",
        *columns,
        style="display:flex;align-items:flex-end;height:64px",
        role="img",
        aria_label=f"probability of each class: {summary}",
    )


def reading_html(
    lines: Sequence[Sequence[tuple[str, str]]],
    status: str,
    numbers: Sequence[tuple[str, float, str]],
    remarks: tuple[str, ...],
) -> str:
    """What a notebook shows of all that was read in a picture.

    Args:
        lines: Text and status of each number of each line, or of each digit where there are no numbers.
        status: Of all of it.
        numbers: Text, confidence and status of each number.
        remarks: What was done to the picture.

    Returns:
        HTML in which every text is escaped.
    """
    between = " " if numbers else ""
    rows = [element("div", joined([_marked(text, kind) for text, kind in line if text], between)) for line in lines]
    text = element("div", *rows, style=f"font-size:24px;line-height:1.4;font-weight:600;{_NUMBER}")
    parts: list[object] = [element("div", pill(_WORDS[status], is_alert=status != "ok"), style="margin:2px 0"), text]
    if len(numbers) > 1:
        shown: dict[str, object] = {
            f"{position}": joined([_marked(text, kind), f"  {percent(confidence)}"])
            for position, (text, confidence, kind) in enumerate(numbers, start=1)
        }
        parts.append(element("details", element("summary", f"{len(numbers)} numbers"), facts(shown)))
    return card("Reading", *parts, notes(remarks))


def _marked(text: str, status: str) -> Markup:
    """Text that is underlined where it is unsure, so that no colour alone says it."""
    if status == "ok":
        return element("span", text)
    return element("span", text, style=f"border-bottom:2px dotted {ALERT}", title=_WORDS[status])


def table_html(
    cells: Sequence[Sequence[tuple[str, float, str] | None]], outside: Sequence[str], remarks: tuple[str, ...]
) -> str:
    """What a notebook shows of a table.

    Args:
        cells: Rows of text, confidence and status; None where no number stands.
        outside: Numbers outside of the table's rules.
        remarks: What was done to the picture.

    Returns:
        HTML in which every text is escaped.
    """
    edge = "1px solid color-mix(in srgb,currentColor 30%,transparent)"
    style = f"border:{edge};padding:2px 10px;text-align:right;{_NUMBER};font-size:14px;background:none"
    rows = [
        element(
            "tr",
            *(
                element("td", "" if cell is None else _marked(cell[0], cell[2]), style=style, title=_chance(cell))
                for cell in row
            ),
            style="background:none",
        )
        for row in cells
    ]
    filled = [cell for row in cells for cell in row if cell is not None]
    doubtful = sum(kind != "ok" for _, _, kind in filled)
    columns = len(cells[0]) if cells else 0
    title = f"Table of {len(cells)} rows and {columns} columns, {len(filled)} numbers, {doubtful} of them unsure"
    beside = facts({"outside of the table": joined(list(outside), ", ")}) if outside else Markup("")
    grid = element("table", element("tbody", *rows), style="border-collapse:collapse;margin:2px 0")
    return card(title, grid if cells else Markup(""), beside, notes(remarks))


def _chance(cell: tuple[str, float, str] | None) -> str | None:
    return None if cell is None else f"{percent(cell[1])}, {_WORDS[cell[2]]}"


def classifier_html(
    sizes: Sequence[int],
    precision: str,
    class_names: Sequence[str],
    test: dict[str, object],
    settings: dict[str, object],
) -> str:
    """What a notebook shows of a classifier.

    Args:
        sizes: Units of each dense layer, the inputs first; none where the file does not say.
        precision: Of the weights.
        class_names: The text of each label.
        test: The figures that its file has from test images; empty where it has none.
        settings: Those that were chosen when it was loaded, by name.

    Returns:
        HTML in which every text is escaped.
    """
    shown: dict[str, object] = {}
    if sizes:
        strong = f"font-weight:600;{_NUMBER}"
        shown["network"] = element("span", " → ".join(f"{size:,}" for size in sizes), style=strong)
    shown["classes"] = joined(list(class_names[:12]), ", ") if len(class_names) <= 12 else f"{len(class_names)}"
    shown["precision"] = precision
    accuracy, n = test.get("accuracy"), test.get("n")
    if isinstance(accuracy, float) and isinstance(n, int):
        right = element("span", percent(accuracy), style=f"color:{ACCENT};font-weight:600")
        shown["on test images"] = joined([right, f" of {n:,} right, as its file says"])
    return card("Classifier", facts({**shown, **settings}))


def dense_sizes(layers: Sequence[dict[str, Any]]) -> list[int]:
    """The inputs of the first dense layer and the units of each, from what a model file says of its layers."""
    sizes = [layer["output_shape"][-1] for layer in layers if layer["kind"] == "Dense" and layer["output_shape"]]
    return [IMAGE_SIDE * IMAGE_SIDE, *sizes] if sizes and all(isinstance(size, int) for size in sizes) else []
