"""What each thing of a day costs: read from the figures that docs/benchmarks.md records."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bench.document import FIRST_MARK, LAST_MARK, PAGE

_ROW = re.compile(r"^\| `([\w-]+)` \| ([\d.e+]+) ", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """Microseconds of processor: of the server or its worker, and of PostgreSQL."""

    server_us: float
    postgresql_us: float = 0.0


@dataclass(frozen=True)
class Costs:
    """What one of each kind costs, a process's memory, and the bytes that rows leave."""

    each: Mapping[str, Cost]
    process_mb: float
    entry_bytes: float
    purchase_bytes: float
    card_bytes: float


def recorded(page: str | None = None) -> dict[str, float]:
    """Return every figure of docs/benchmarks.md, or of `page`, by its name."""
    text = PAGE.read_text(encoding="utf-8") if page is None else page
    table = text.partition(FIRST_MARK)[2].partition(LAST_MARK)[0]
    return {name: float(value) for name, value in _ROW.findall(table)}


def costs_of(figures: Mapping[str, float]) -> Costs:
    """Return what a day's things cost by `figures`; raises KeyError when one was not recorded.

    Operations cost what stamps do that come alone, with few beside them; purchases as much more as
    they take more instructions. A push is the worker's whole work on a card that changed. What is
    read costs PostgreSQL something too. An open page costs what is read over it, counted there.
    """
    stamp = Cost(figures["stamps-16-cpu-server"], figures["stamps-16-cpu-postgresql"])
    richer = figures["instructions-rich-purchase"] / figures["instructions-stamp"]
    each = {kind: stamp for kind in ("stamps", "redemptions", "enrolments")}
    each["purchases"] = Cost(stamp.server_us * richer, stamp.postgresql_us)
    for kind, name in (("lookups", "lookup"), ("pages", "page"), ("statistics", "statistics")):
        each[kind] = Cost(figures[f"{name}-cpu-server"], figures[f"{name}-cpu-postgresql"])
    each["fetches"] = Cost(1e6 / figures["passes"])
    each["pushes"] = Cost(figures["fanout-cpu"])
    return Costs(
        each=each,
        process_mb=figures["memory"],
        entry_bytes=figures["rows-stamp"],
        purchase_bytes=figures["rows-purchase"],
        card_bytes=figures["rows-card"],
    )
