"""HTML for notebooks, put together so that no text from elsewhere can become markup.

Whatever is no `Markup` is text, and is escaped where it is put in. Styles are inline, as hosts of notebooks strip
others, and colours are those of the page around: text has the colour of the text, lines have a part of it, and what
stands out is one blue and one orange that can be seen on white and on black alike.
"""

from digitnet.errors.escaping import escape_controls

__all__ = ["ACCENT", "ALERT", "Markup", "bar", "card", "element", "facts", "joined", "notes", "percent", "pill"]

ACCENT = "#3987c8"  # 3.9 : 1 against white, 5.4 : 1 against black: enough for a shape, and for large or bold text
ALERT = "#cf6a1b"  # 3.7 : 1 and 5.6 : 1

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_CARD = "display:inline-block;max-width:100%;overflow-x:auto;font:13px/1.5 system-ui,sans-serif"
_FAINT = "opacity:.75"


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: object) -> Markup:
    """Any text as HTML that shows it and does nothing else; control characters are written out."""
    return text if isinstance(text, Markup) else Markup(escape_controls(str(text)).translate(_ENTITIES))


def joined(parts: "list[object]", between: str = "") -> Markup:
    """Parts one after the other, each escaped where it is mere text."""
    return Markup(escaped(between).join(escaped(part) for part in parts))


def element(tag: str, *children: object, style: str = "", **attributes: object) -> Markup:
    """One element.

    Args:
        tag: Its name.
        children: Markup, or text to escape.
        style: Inline CSS.
        attributes: Others, with `_` for `-`; those that are None are left out.

    Returns:
        Its HTML.
    """
    named = {"style": style or None, **attributes}
    inside = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for name, value in named.items()
        if value is not None
    )
    return Markup(f"<{tag}{inside}>" if tag == "img" else f"<{tag}{inside}>{joined(list(children))}</{tag}>")


def card(title: object, *children: object) -> Markup:
    """What a notebook shows of one object: a line that says what it is, and what is in it."""
    return element("div", element("div", title, style=f"{_FAINT};margin-bottom:4px"), *children, style=_CARD)


def percent(share: float, digits: int = 2) -> str:
    """A share as people write it: `99.61 %`. What is nearly 1 never becomes 100 %, nor what is nearly 0 nothing."""
    text = f"{100 * share:.{digits}f}"
    if 0 < share < 1 and float(text) in {0.0, 100.0}:
        step = 10.0**-digits
        return f"> {100 - step:.{digits}f} %" if share > 0.5 else f"< {step:.{digits}f} %"
    return f"{text} %"


def pill(text: str, *, is_alert: bool) -> Markup:
    """A word that says how it stands: in the accent, or in the colour that warns."""
    colour = ALERT if is_alert else ACCENT
    return element(
        "span", text, style=f"border:1px solid {colour};color:{colour};border-radius:9px;padding:0 8px;font-weight:600"
    )


def bar(share: float, *, is_strong: bool) -> Markup:
    """An upright bar of a share in [0, 1], 44 pixels high where it is 1."""
    height = max(1, round(44 * share))
    colour = ACCENT if is_strong else "currentColor;opacity:.35"
    return element("div", style=f"height:{height}px;background:{colour};border-radius:2px 2px 0 0")


def facts(rows: "dict[str, object]") -> Markup:
    """Names and values, one pair a line."""
    cell = "text-align:left;padding:1px 14px 1px 0;border:none;background:none;vertical-align:top;font-size:13px"
    lines = [
        element(
            "tr",
            element("th", name, style=f"{cell};font-weight:400;{_FAINT}", scope="row"),
            element("td", value, style=cell),
            style="background:none",
        )
        for name, value in rows.items()
    ]
    return element("table", element("tbody", *lines), style="border:none;border-collapse:collapse;margin:4px 0")


def notes(texts: "tuple[str, ...]") -> Markup:
    """What was done on the way, one note a line; nothing where there are none."""
    lines = [element("div", text) for text in texts]
    return element("div", *lines, style=f"{_FAINT};margin-top:4px") if lines else Markup("")
