"""Lists ordered by a column: the order stands in the address, and a heading leads to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from punchcard.kit.folding import fold_name
from punchcard.web.console.list_filters import Asked

Row = TypeVar("Row")


def by_text(*names: str) -> Callable[[Any], str]:
    """Return the key of rows by attributes that are texts, without case and accents."""
    return lambda row: " ".join(fold_name(getattr(row, name)) or "" for name in names)


class Heading(NamedTuple):
    """Where a column's heading leads, and how the list is ordered by it, as `aria-sort` says."""

    url: str
    direction: str | None


def asked_order(query: Mapping[str, str], keys: Iterable[str]) -> str | None:
    """Return the order that an address asks for: a key, with a hyphen the other way round."""
    order = query.get("sort", "")
    return order if order.removeprefix("-") in tuple(keys) else None


def headings(asked: Asked, path: str, keys: Iterable[str], order: str | None) -> dict[str, Heading]:
    """Return the heading of each key; one that the list is ordered by turns it round."""
    found = {}
    for key in keys:
        direction = {key: "ascending", f"-{key}": "descending"}.get(order or "")
        following = f"-{key}" if direction == "ascending" else key
        found[key] = Heading(asked.address(path, sort=following), direction)
    return found


def sorted_page(
    query: Mapping[str, str],
    path: str,
    rows: Sequence[Row],
    keys: Mapping[str, Callable[[Row], Any]],
    anchor: str = "",
) -> tuple[list[Row], dict[str, Heading]]:
    """Return rows as an address asks for them, and the headings above them.

    `anchor` names the list where it stands far down its page.
    """
    order = asked_order(query, keys)
    columns = headings(Asked({}), path, keys, order)
    if anchor:
        columns = {
            key: Heading(f"{one.url}#{anchor}", one.direction) for key, one in columns.items()
        }
    return in_order(rows, order, keys), columns


def in_order(
    rows: Sequence[Row], order: str | None, keys: Mapping[str, Callable[[Row], Any]]
) -> list[Row]:
    """Return rows in an order; where it is None, as they are. Equal ones stay as they stood."""
    if order is None:
        return list(rows)
    key = keys[order.removeprefix("-")]
    return sorted(rows, key=key, reverse=order.startswith("-"))
