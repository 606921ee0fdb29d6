"""How a database means to find what a statement asks for, and how much it looks at on its way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

from punchcard.db.database import Database
from punchcard.db.dialects import is_sqlite

BROAD = frozenset({"vendor_id", "program_id", "type", "status", "topic", "subject_kind"})
"""Columns that alone name no row or card: a whole shop's history may stand behind one value."""

CATALOGUES = (
    "ix_rewards_program_id",
    "ix_loyalty_programs_vendor_id",
    "ix_promotions_program_id_id",
)
"""Indexes over what a shop sets up by hand, and has a handful of."""

ONE_ROW = ("pk_vendor_plans", "SEARCH vendor_plans")
"""What finds one row by its vendor, as an index or as SQLite tells a step."""

_COLUMN = re.compile(r"\b([a-z_]+) (?:=|<|>)")
_SQLITE_STEP = re.compile(r"^(?P<how>SCAN|SEARCH) (?P<what>\S+)(?: USING .*?\((?P<by>.*)\))?")


@dataclass(frozen=True)
class Sent:
    """A statement as it was sent, with its parameters (of its first row, for many)."""

    statement: str
    parameters: Any


@contextmanager
def recorded(*engines: Engine) -> Iterator[list[Sent]]:
    """Collect every statement that is sent over `engines` while the block runs."""
    sent: list[Sent] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        sent.append(Sent(statement, parameters[0] if many else parameters))

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def engines_of(database: Database) -> list[Engine]:
    """Return the till's engine and the readers'."""
    with database.write_connection() as writer, database.read_connection() as reader:
        return [writer.engine, reader.engine]


def broad_steps(connection: Connection, sent: Sent) -> list[str]:
    """Return the steps of a statement's plan that read a table or a shop's whole history.

    On PostgreSQL the plan that serves for all values (EXPLAIN GENERIC_PLAN), with the settings
    that `connection` has.
    """
    if is_sqlite(connection):
        return _broad_on_sqlite(connection, sent)
    plan = connection.exec_driver_sql(
        f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {_numbered(sent.statement)}"
    ).scalar_one()
    return [told for node in _nodes(plan[0]["Plan"]) if (told := _broad_node(node))]


def _numbered(statement: str) -> str:
    """Return the statement with its places as PostgreSQL numbers them."""
    names: dict[str, int] = {}

    def number(place: re.Match[str]) -> str:
        name = place[1] or f"place {len(names)}"
        return f"${names.setdefault(name, len(names) + 1)}"

    # A percent sign that stands for itself is doubled, here as there.
    return re.sub(r"%(?:\((\w+)\))?s", number, statement)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _broad_node(node: dict[str, Any]) -> str | None:
    kind = node["Node Type"]
    if kind == "Seq Scan":
        return f"Seq Scan on {node['Relation Name']}"
    if kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
        condition = node.get("Index Cond", "")
        is_broad = set(_COLUMN.findall(condition)) <= BROAD
        if is_broad and node["Index Name"] not in (*CATALOGUES, *ONE_ROW):
            return f"{kind} by {node['Index Name']}: {condition}"
    return None


def _broad_on_sqlite(connection: Connection, sent: Sent) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent.statement}", sent.parameters)
    return [row[3] for row in rows if _is_broad(row[3])]


def _is_broad(detail: str) -> bool:
    step = _SQLITE_STEP.match(detail)
    if step is None or any(
        name in detail for name in ("CONSTANT", "(subquery", *CATALOGUES, *ONE_ROW)
    ):
        return False
    if step["how"] == "SCAN":
        return True
    return set(re.findall(r"([a-z_]+)[=<>]", step["by"] or "")) <= BROAD


def rows_looked_at(connection: Connection, sent: Sent) -> int:
    """Return how many rows the plan of a reading statement gave and threw away, on PostgreSQL."""
    plan = connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sent.statement}", sent.parameters
    ).scalar_one()
    kept_and_not = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    return sum(
        round(node.get(name, 0) * node["Actual Loops"])
        for node in _nodes(plan[0]["Plan"])
        # What a bitmap finds is counted where the rows are read.
        if node["Node Type"] != "Bitmap Index Scan"
        for name in kept_and_not
    )


@contextmanager
def counted_steps(engine: Engine) -> Iterator[list[int]]:
    """Count the steps of SQLite's virtual machine over every connection of `engine`."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def begin(raw: Any, _record: Any, _proxy: Any) -> None:
        raw.set_progress_handler(step, 1)

    def end(raw: Any, _record: Any, _state: Any) -> None:
        raw.set_progress_handler(None, 1)

    event.listen(engine, "checkout", begin)
    event.listen(engine, "reset", end)
    try:
        yield steps
    finally:
        event.remove(engine, "checkout", begin)
        event.remove(engine, "reset", end)
