"""A page's form as a browser without scripts would send it."""

from html.parser import HTMLParser
from typing import Any


def form_on(page: str, action: str) -> dict[str, Any]:
    """Return the fields of the page's form for `action`, as they would be sent untouched."""
    reader = _FormReader(action)
    reader.feed(page)
    assert reader.is_there, f"the page has no form for {action}"
    return reader.fields


class _FormReader(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.is_there = False
        self._action = action
        self._form_id: str | None = None
        self._is_inside = False
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self._is_inside = found.get("action") == self._action
            if self._is_inside:
                self.is_there, self._form_id = True, found.get("id")
            return
        owner = found.get("form")
        belongs = owner == self._form_id if owner and self._form_id else self._is_inside
        name = found.get("name")
        if tag == "option":
            self._take_option(found)
        elif belongs and name:
            self._take(tag, name, found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area] += data

    def _take(self, tag: str, name: str, found: dict[str, str | None]) -> None:
        kind = found.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag != "input" or kind in ("file", "submit", "button"):
            return
        elif kind not in ("checkbox", "radio") or "checked" in found:
            self.fields[name] = found.get("value") or ("on" if kind == "checkbox" else "")

    def _take_option(self, found: dict[str, str | None]) -> None:
        if self._select is not None and ("selected" in found or self._select not in self.fields):
            self.fields[self._select] = found.get("value") or ""
