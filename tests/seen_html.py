"""What a reader sees of HTML, and whether it is well formed and harmless."""

from html.parser import HTMLParser

__all__ = ["HOSTILE", "seen"]

HOSTILE = "</div><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\""

_ALLOWED = {"div", "span", "table", "tbody", "tr", "th", "td", "img", "details", "summary", "svg", "polyline", "text"}
_HARMLESS = {
    *("style", "title", "role", "aria-label", "scope", "alt", "src", "width", "height", "viewbox", "points", "fill"),
    *("stroke", "stroke-width", "stroke-dasharray", "x", "y", "text-anchor", "opacity", "font-size"),
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.open: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED
        given = dict(attrs)
        assert set(given) <= _HARMLESS
        assert (given.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")
        assert "url(" not in (given.get("style") or "")
        self.titles += [value or "" for name, value in attrs if name in {"title", "aria-label", "alt"}]
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def seen(html: str) -> str:
    """The text of HTML and of its titles, after checking that it is well formed and can do nothing."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return " | ".join([*reader.texts, *reader.titles])
