"""Puts what was typed back into the form of a page, whichever form and page that is.

It works on the page as it is about to be sent, so no page has to know of it. What a page shows
that the form did not send stays as it is; what the form no longer has is dropped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final

from markupsafe import escape

SHOWN_FIELD: Final = "shown"
"""The hidden field that belongs to what was typed: what the page showed then."""
# What is never kept is never typed for anybody either.
_UNTOUCHED: Final = frozenset({"password", "file", "submit", "button", "image", "reset"})
_TICKED: Final = frozenset({"checkbox", "radio"})
_FIELDS: Final = frozenset({"input", "textarea", "select"})
_AROUND: Final = frozenset({"form", "details", "textarea", "select"})
_READ: Final = _FIELDS | _AROUND | {"option"}


@dataclass(frozen=True, slots=True)
class Typed:
    """What one form sent to `action`, in its order, without what must not be kept.

    `lacks` says that something was left out: files, passwords, PINs.
    """

    action: str
    fields: Sequence[tuple[str, str]]
    lacks: bool = False


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: dict[str, str | None]
    start: int
    end: int
    form: int | None = None
    """The `start` of the form it belongs to."""
    inside: tuple[int, ...] = ()
    """Where the `<details>` around it begin."""
    closed: int = 0
    """Where its content ends."""
    options: list["_Element"] | None = None

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""


def refill(page: str, typed: Typed) -> str | None:
    """Return the page with what was typed in its form; None when it holds no such form."""
    reader = _Reader(page)
    form = _form_of(reader, typed)
    if form is None:
        return None
    edits = {span: text for field in reader.fields_of(form) for span, text in _edits(field, typed)}
    for start in form.inside:
        details = next(one for one in reader.elements if one.start == start)
        edits[details.start, details.end] = _tag(details, {**details.attributes, "open": None})
    parts, at = [], 0
    for (start, end), text in sorted(edits.items()):
        parts += [page[at:start], text]
        at = end
    return "".join([*parts, page[at:]])


def _form_of(reader: "_Reader", typed: Typed) -> _Element | None:
    """Return the form with that address; else the one that has all its fields, as for a preview."""
    for form in reader.forms:
        if form.attributes.get("action") == typed.action:
            return form
    names = {name for name, _ in typed.fields} - {"preview_language"}
    for form in reader.forms:
        known = {field.name for field in reader.fields_of(form)}
        if len(names) > 1 and names <= known and form.attributes.get("method") == "post":
            return form
    return None


def _edits(field: _Element, typed: Typed) -> Iterator[tuple[tuple[int, int], str]]:
    sent = [value for name, value in typed.fields if name == field.name]
    attributes = dict(field.attributes)
    kind = (attributes.get("type") or "text").lower() if field.tag == "input" else field.tag
    span = (field.start, field.end)
    if not field.name or kind in _UNTOUCHED or "disabled" in attributes:
        return
    if kind == "select":
        for option in field.options or ():
            is_chosen = option.attributes.get("value") in sent
            if sent:
                yield (option.start, option.end), _marked(option, "selected", is_chosen)
    elif kind in _TICKED:
        # An empty box sends nothing; of several to choose one from, one is always sent.
        if sent or kind == "checkbox":
            value = attributes.get("value")
            yield span, _marked(field, "checked", ("on" if value is None else value) in sent)
    elif not sent or (kind == "hidden" and field.name != SHOWN_FIELD):
        return
    elif kind == "textarea":
        # Browsers drop the first line's end of a text area.
        yield (field.end, field.closed), "\n" + str(escape(sent[0]))
    else:
        yield span, _tag(field, {**attributes, "value": sent[0]})


def _marked(element: _Element, mark: str, is_on: bool) -> str:
    kept = {name: value for name, value in element.attributes.items() if name != mark}
    return _tag(element, {**kept, mark: None} if is_on else kept)


def _tag(element: _Element, attributes: dict[str, str | None]) -> str:
    written = [
        f" {name}" if value is None else f' {name}="{escape(value)}"'
        for name, value in attributes.items()
    ]
    return f"<{element.tag}{''.join(written)}>"


class _Reader(HTMLParser):
    """The forms of a page, their fields, and where in the text each stands."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[_Element] = []
        self._open: list[_Element] = []
        self._lines = [0, *accumulate(len(line) + 1 for line in page.split("\n"))]
        self.feed(page)
        self.close()

    @property
    def forms(self) -> list[_Element]:
        return [one for one in self.elements if one.tag == "form"]

    def fields_of(self, form: _Element) -> list[_Element]:
        """Return a form's fields, also those that stand elsewhere and name it."""
        own_id = form.attributes.get("id")
        return [
            one
            for one in self.elements
            if one.tag in _FIELDS
            and (
                one.attributes["form"] == own_id
                if one.attributes.get("form")
                else one.form == form.start
            )
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _READ:
            return
        start = self._here()
        found = _Element(
            tag=tag,
            attributes=dict(attrs),
            start=start,
            end=start + len(self.get_starttag_text() or ""),
            form=next((one.start for one in reversed(self._open) if one.tag == "form"), None),
            inside=tuple(one.start for one in self._open if one.tag == "details"),
            options=[],
        )
        self.elements.append(found)
        if tag == "option" and self._open and self._open[-1].options is not None:
            self._open[-1].options.append(found)
        elif tag in _AROUND:
            self._open.append(found)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop().closed = self._here()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
